#include "outside/smtp.h"

#include <assert.h>
#include <sys/socket.h>

#include "outside/inside.h"

struct sending {
	struct fl_str left;
	struct fl_buf reply; /* the last line, or the first that refuses: libcurl says QUIT after it */
};

bool fl_mail_address_valid(struct fl_str s)
{
	size_t at = 0, ats = 0;

	if (s.n < 3 || s.n > 254 || !fl_str_utf8(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == 0x7f || strchr("<>()[]\\,;:\"", c))
			return false;
		if (c == '@') {
			at = i;
			ats++;
		}
	}
	return ats == 1 && at > 0 && at + 1 < s.n;
}

static size_t give(char *p, size_t size, size_t n, void *user)
{
	struct sending *s = user;
	size_t take = s->left.n < size * n ? s->left.n : size * n;

	memcpy(p, s->left.p, take);
	s->left.p += take;
	s->left.n -= take;
	return take;
}

static size_t note_reply(char *p, size_t size, size_t n, void *user)
{
	struct sending *s = user;

	if (s->reply.n > 3 && (s->reply.p[0] == '4' || s->reply.p[0] == '5') && s->reply.p[3] == ' ')
		return size * n;
	s->reply.n = 0;
	s->reply.over = false;
	fl_buf_str(&s->reply, fl_str_clip(fl_str_trim((struct fl_str){ p, size * n }), 500));
	return size * n;
}

static enum fl_rc recipients(struct fl_cx *cx, const struct fl_smtp_mail *mail, struct curl_slist **out)
{
	struct curl_slist *list = NULL;

	if (*mail->from && !fl_mail_address_valid(fl_str(mail->from)))
		return FL_FAIL(cx, FL_INVALID, "the sender's address is malformed");
	if (!mail->to[0])
		return FL_FAIL(cx, FL_INVALID, "the mail has no recipient");
	for (int i = 0; mail->to[i]; i++) {
		struct curl_slist *more;

		if (!fl_mail_address_valid(fl_str(mail->to[i])))
			return FL_FAIL(cx, FL_INVALID, "address %d of the recipients is malformed", i + 1);
		more = curl_slist_append(list, mail->to[i]);
		assert(more);
		if (!list)
			fl_defer(cx->a, free_list, more);
		list = more;
	}
	*out = list;
	return FL_OK;
}

static void server(struct fl_cx *cx, CURL *h, const struct fl_conf *conf)
{
	bool tls = strcmp(conf->smtp_secure, "tls") == 0, starttls = strcmp(conf->smtp_secure, "starttls") == 0;

	curl_easy_setopt(h, CURLOPT_URL, fl_fmt(cx->a, "%s://%s:%d/", tls ? "smtps" : "smtp", conf->smtp_host, conf->smtp_port));
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(h, CURLOPT_USE_SSL, (long)(tls || starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (conf->smtp_user && *conf->smtp_user) {
		curl_easy_setopt(h, CURLOPT_USERNAME, conf->smtp_user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, conf->smtp_password);
	}
}

/* Refusals of RFC 4954 and 3207 that are of us and not of the message: whoever runs the house mends them, and then it can go. */
static bool is_of_us(CURLcode code, long status)
{
	return (code == CURLE_LOGIN_DENIED && status >= 500) || status == 530 || status == 534 || status == 535 || status == 538;
}

static enum fl_rc by_code(struct fl_cx *cx, CURLcode code, long status, const char *reply)
{
	if (code == CURLE_OK)
		return FL_OK;
	if (is_of_us(code, status))
		return FL_FAIL(cx, FL_LATER, "the mail server lets us not in (SMTP_USER, SMTP_PASSWORD, SMTP_SECURE): %s", reply);
	if (status >= 500 && code != CURLE_OPERATION_TIMEDOUT)
		return FL_FAIL(cx, FL_INVALID, "the mail server refused the message: %s", reply);
	if (status >= 400)
		return FL_FAIL(cx, FL_LATER, "the mail server put the message off: %s", reply);
	return handle_failed(cx, code, NULL, "mail server");
}

/* libcurl would send the next mail into the middle of this one. Shut down, the connection is found dead then and left without QUIT. */
static void leave_connection(CURL *h)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
		(void)shutdown(fd, SHUT_RDWR);
}

enum fl_rc fl_smtp_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_smtp_mail *mail, const char **reply)
{
	struct sending s = { .left = mail->message, .reply = fl_buf(cx->a, 512) };
	struct curl_slist *to;
	CURLcode code;
	long status = 0;

	*reply = "";
	FL_TRY(recipients(cx, mail, &to));
	FL_TRY(handle_ready(cx, o->smtp, NULL, 5000, 30000));
	server(cx, o->smtp, o->conf);
	curl_easy_setopt(o->smtp, CURLOPT_MAIL_FROM, mail->from);
	curl_easy_setopt(o->smtp, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(o->smtp, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(o->smtp, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->message.n);
	curl_easy_setopt(o->smtp, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(o->smtp, CURLOPT_READDATA, &s);
	curl_easy_setopt(o->smtp, CURLOPT_HEADERFUNCTION, note_reply);
	curl_easy_setopt(o->smtp, CURLOPT_HEADERDATA, &s);
	code = curl_easy_perform(o->smtp);
	if (code != CURLE_OK)
		leave_connection(o->smtp);
	curl_easy_getinfo(o->smtp, CURLINFO_RESPONSE_CODE, &status);
	*reply = fl_buf_cstr(&s.reply);
	return by_code(cx, code, status, *reply);
}
