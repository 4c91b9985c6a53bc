#include "outside/imap.h"

#include <assert.h>
#include <poll.h>

#include "outside/inside.h"

enum { LINE_BYTES = 1 << 20, CHUNK = 16 * 1024 };

/* libcurl connects, speaks TLS and signs in; the commands are ours, since its own FETCH marks the mail as seen. */
struct fl_imap {
	struct fl_cx *cx;
	CURL *h;
	int tag;
	bool over;        /* after a failure nothing more can be read */
	struct fl_buf in; /* of the command under way */
	size_t at;
};

/* What one command brought. */
struct answer {
	const char *with;      /* what the line that is looked for holds; NULL: whatever it says */
	struct fl_str line;    /* the untagged line that was looked for, after its name */
	struct fl_str literal; /* the {n} block */
	size_t max_literal;
};

static void free_handle(void *p)
{
	curl_easy_cleanup(p);
}

static enum fl_rc lost(struct fl_imap *s, const char *why)
{
	s->over = true;
	return FL_FAIL(s->cx, FL_LATER, "mailbox: %s", why);
}

static enum fl_rc wait_for(struct fl_imap *s, short events)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct pollfd p = { .events = events };

	curl_easy_getinfo(s->h, CURLINFO_ACTIVESOCKET, &fd);
	p.fd = fd;
	if (fd == CURL_SOCKET_BAD || poll(&p, 1, fl_cx_left_ms(s->cx)) <= 0)
		return lost(s, "timed out");
	return FL_OK;
}

/* What has come, at most n bytes; waits for the first of them. */
static enum fl_rc receive(struct fl_imap *s, char *to, size_t n, size_t *got)
{
	for (;;) {
		CURLcode code = curl_easy_recv(s->h, to, n, got);

		if (code == CURLE_OK)
			return *got ? FL_OK : lost(s, "the server hung up");
		if (code != CURLE_AGAIN)
			return lost(s, curl_easy_strerror(code));
		FL_TRY(wait_for(s, POLLIN));
	}
}

static enum fl_rc fill(struct fl_imap *s)
{
	char *to = fl_buf_room(&s->in, CHUNK);
	size_t got = 0;

	if (!to)
		return lost(s, "the server says too much");
	FL_TRY(receive(s, to, CHUNK, &got));
	s->in.n += got;
	return FL_OK;
}

static enum fl_rc send_text(struct fl_imap *s, struct fl_str text)
{
	while (text.n) {
		size_t n = 0;
		CURLcode code = curl_easy_send(s->h, text.p, text.n, &n);

		if (code == CURLE_AGAIN) {
			FL_TRY(wait_for(s, POLLOUT));
		} else if (code != CURLE_OK) {
			return lost(s, curl_easy_strerror(code));
		}
		text.p += n;
		text.n -= n;
	}
	return FL_OK;
}

/* The next line without its end; borrows s->in until the next fill. */
static enum fl_rc read_line(struct fl_imap *s, struct fl_str *line)
{
	size_t seen = s->at;

	for (;;) {
		const char *end = s->in.n > seen ? memmem(s->in.p + seen, s->in.n - seen, "\r\n", 2) : NULL;

		if (end) {
			*line = (struct fl_str){ s->in.p + s->at, (size_t)(end - s->in.p) - s->at };
			s->at = (size_t)(end - s->in.p) + 2;
			return FL_OK;
		}
		seen = s->in.n > s->at ? s->in.n - 1 : s->at;
		FL_TRY(fill(s));
	}
}

/* The size of a literal announced at the end of a line ("... {123}"), -1 when there is none. */
static int64_t literal_size(struct fl_str line)
{
	size_t at = line.n;
	int64_t n;

	if (line.n < 3 || line.p[line.n - 1] != '}')
		return -1;
	while (at > 0 && line.p[at - 1] != '{')
		at--;
	if (at == 0 || fl_str_int((struct fl_str){ line.p + at, line.n - 1 - at }, 0, INT64_C(1) << 40, &n) != FL_OK)
		return -1;
	return n;
}

/* A literal goes straight to where it stays: a mail is held once. A command asks for one. */
static enum fl_rc read_literal(struct fl_imap *s, size_t n, struct answer *out)
{
	size_t have = s->in.n - s->at < n ? s->in.n - s->at : n, got;
	char *to;

	if (n > out->max_literal || out->literal.p)
		return lost(s, "a literal is larger than was said, or one too many");
	to = fl_alloc_raw(s->cx->a, n + 1);
	if (have)
		memcpy(to, s->in.p + s->at, have);
	s->at += have;
	for (; have < n; have += got)
		FL_TRY(receive(s, to + have, n - have, &got));
	to[n] = '\0';
	out->literal = (struct fl_str){ to, n };
	return FL_OK;
}

static bool starts(struct fl_str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && fl_str_ieq((struct fl_str){ s.p, n }, fl_str(with));
}

static enum fl_rc by_tag(struct fl_imap *s, struct fl_str rest)
{
	struct fl_str text = fl_str_clip(rest, 200);

	if (starts(rest, "OK"))
		return FL_OK;
	return FL_FAIL(s->cx, FL_INVALID, "the mailbox answered %.*s", (int)text.n, text.p);
}

/* Keeps an untagged line that has `name` as its first or second word. A server tells what else changed in between, in lines of the same name
 * (RFC 3501, 5.2): only one that holds out->with is an answer. */
static void note_line(struct fl_imap *s, struct fl_str line, const char *name, struct answer *out)
{
	struct fl_str rest, second, first;

	if (out->line.p || !starts(line, "* ") || (out->with && !memmem(line.p, line.n, out->with, strlen(out->with))))
		return;
	rest = (struct fl_str){ line.p + 2, line.n - 2 };
	first = fl_str_cut(&rest, ' ');
	second = rest;
	if (fl_str_ieq(first, fl_str(name)))
		out->line = fl_str(fl_strndup(s->cx->a, rest));
	else if (fl_str_ieq(fl_str_cut(&second, ' '), fl_str(name)))
		out->line = fl_str(fl_strndup(s->cx->a, second));
}

/* Sends a command and reads up to its tagged answer. */
static enum fl_rc command(struct fl_imap *s, const char *text, const char *name, struct answer *out)
{
	const char *tag = fl_fmt(s->cx->a, "F%d ", ++s->tag);
	struct fl_str line;

	if (s->over)
		return FL_FAIL(s->cx, FL_LATER, "mailbox: the session is over");
	s->in = fl_buf(s->cx->a, LINE_BYTES);
	s->at = 0;
	FL_TRY(send_text(s, fl_str(fl_fmt(s->cx->a, "%s%s\r\n", tag, text))));
	for (;;) {
		int64_t size;

		FL_TRY(read_line(s, &line));
		if (starts(line, tag))
			return by_tag(s, (struct fl_str){ line.p + strlen(tag), line.n - strlen(tag) });
		if (starts(line, "* BYE"))
			return lost(s, "the server said goodbye");
		note_line(s, line, name, out);
		size = literal_size(line);
		if (size >= 0)
			FL_TRY(read_literal(s, (size_t)size, out));
	}
}

/* The mailbox of the URL's path as a quoted string. */
static enum fl_rc mailbox(struct fl_cx *cx, CURLU *url, const char **out)
{
	struct fl_buf b = fl_buf(cx->a, 1024);
	char *path = NULL;
	const char *p;

	if (curl_url_get(url, CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK)
		return FL_FAIL(cx, FL_INVALID, "the mailbox's URL is malformed");
	fl_defer(cx->a, curl_free, path);
	p = path[0] == '/' && path[1] ? path + 1 : "INBOX";
	fl_buf_putc(&b, '"');
	for (; *p; p++) {
		if (*p < ' ' || *p > '~')
			return FL_FAIL(cx, FL_INVALID, "the mailbox's name holds other characters than ASCII");
		if (*p == '"' || *p == '\\')
			fl_buf_putc(&b, '\\');
		fl_buf_putc(&b, *p);
	}
	fl_buf_putc(&b, '"');
	*out = fl_buf_cstr(&b);
	return FL_OK;
}

static enum fl_rc connect_box(struct fl_imap *s, struct target *t, const struct fl_imap_box *box)
{
	CURLcode code;

	FL_TRY(handle_ready(s->cx, s->h, t, 5000, 15000));
	curl_easy_setopt(s->h, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	curl_easy_setopt(s->h, CURLOPT_USE_SSL, (long)(t->listed ? CURLUSESSL_TRY : CURLUSESSL_ALL));
	curl_easy_setopt(s->h, CURLOPT_USERNAME, box->user);
	curl_easy_setopt(s->h, CURLOPT_PASSWORD, box->password);
	curl_easy_setopt(s->h, CURLOPT_CONNECT_ONLY, 1L);
	code = curl_easy_perform(s->h);
	if (code == CURLE_LOGIN_DENIED)
		return FL_FAIL(s->cx, FL_DENIED, "mailbox: user or password are wrong");
	return code == CURLE_OK ? FL_OK : handle_failed(s->cx, code, t, t->host);
}

enum fl_rc fl_imap_open(struct fl_cx *cx, struct fl_outside *o, const struct fl_imap_box *box, struct fl_imap **out)
{
	struct fl_imap *s = FL_NEW(cx->a, struct fl_imap);
	struct target *t = FL_NEW(cx->a, struct target);
	struct answer answer = { .max_literal = 0 };
	const char *name = "";

	t->tenant = true;
	FL_TRY(target_parse(cx, o, box->url, "|imap|imaps|", t));
	FL_TRY(mailbox(cx, t->url, &name));
	*s = (struct fl_imap){ .cx = cx, .h = curl_easy_init() };
	assert(s->h);
	fl_defer(cx->a, free_handle, s->h);
	FL_TRY(connect_box(s, t, box));
	*out = s;
	return command(s, fl_fmt(cx->a, "SELECT %s", name), "EXISTS", &answer);
}

enum fl_rc fl_imap_unseen(struct fl_imap *s, int max, uint32_t **uids, int *n)
{
	struct answer answer = { .max_literal = 0 };
	struct fl_str rest;

	*n = 0;
	*uids = FL_NEW_ARRAY(s->cx->a, (size_t)max, uint32_t);
	FL_TRY(command(s, "UID SEARCH UNSEEN", "SEARCH", &answer));
	rest = answer.line;
	while (rest.p && *n < max) {
		int64_t uid;

		if (fl_str_int(fl_str_cut(&rest, ' '), 1, UINT32_MAX, &uid) == FL_OK)
			(*uids)[(*n)++] = (uint32_t)uid;
	}
	return FL_OK;
}

static const char size_name[] = "RFC822.SIZE ";

/* The number after that name in a FETCH line, -1 when the mail is gone. */
static int64_t mail_size(struct fl_str line)
{
	const char *name = size_name, *at = line.p ? memmem(line.p, line.n, name, strlen(name)) : NULL;
	struct fl_str digits;
	int64_t n;

	if (!at)
		return -1;
	digits = (struct fl_str){ at + strlen(name), 0 };
	while (digits.p + digits.n < line.p + line.n && digits.p[digits.n] >= '0' && digits.p[digits.n] <= '9')
		digits.n++;
	return fl_str_int(digits, 0, INT64_C(1) << 40, &n) == FL_OK ? n : -1;
}

enum fl_rc fl_imap_fetch(struct fl_imap *s, uint32_t uid, size_t max_bytes, struct fl_str *raw)
{
	struct answer answer = { .with = size_name };
	int64_t size;

	FL_TRY(command(s, fl_fmt(s->cx->a, "UID FETCH %u (RFC822.SIZE)", uid), "FETCH", &answer));
	size = mail_size(answer.line);
	if (size < 0)
		return FL_FAIL(s->cx, FL_NOT_FOUND, "mail %u is gone from the mailbox", uid);
	if ((size_t)size > max_bytes)
		return FL_FAIL(s->cx, FL_INVALID, "mail %u has %lld bytes, more than %zu", uid, (long long)size, max_bytes);
	answer = (struct answer){ .max_literal = max_bytes };
	FL_TRY(command(s, fl_fmt(s->cx->a, "UID FETCH %u (BODY.PEEK[])", uid), "FETCH", &answer));
	if (!answer.literal.p)
		return FL_FAIL(s->cx, FL_NOT_FOUND, "mail %u is gone from the mailbox", uid);
	*raw = answer.literal;
	return FL_OK;
}

enum fl_rc fl_imap_seen(struct fl_imap *s, uint32_t uid)
{
	struct answer answer = { .max_literal = 0 };

	return command(s, fl_fmt(s->cx->a, "UID STORE %u +FLAGS.SILENT (\\Seen)", uid), "FETCH", &answer);
}
