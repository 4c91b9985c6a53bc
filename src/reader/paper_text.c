/* Texts: plain, Markdown, HTML, Word documents and mails, cut into pages where they are long. */
#include <glib.h>

#include "base/json.h"
#include "reader/html.h"
#include "reader/mail.h"
#include "reader/paper_inside.h"

enum {
	PAGE_BYTES = 60 * 1000,     /* a text search vector counts 16,383 places */
	WHOLE_BYTES = 80 << 20, /* of what a file says, whole */
	MAIL_DEPTH = 8,         /* mails in mails; those further in are named only */
	ATTACHED_FILES = 20,    /* of a mail and the mails in it */
	ATTACHED_BYTES = 4 << 20, /* what they say, together; one with which it would be more is named only */
	ATTACHED_ARENA = 128 << 20,
	UNPACK_BYTES = 64 << 20, /* of Word documents: of one, or of all that are attached to a mail; a small one may grow a thousandfold */
};

static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 8, .keys = 10000 };

static void put_people(struct fl_buf *b, const char *label, struct json_object *list)
{
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		fl_buf_puts(b, i ? ", " : label);
		fl_buf_str(b, fl_json_str(one, "name"));
		fl_buf_puts(b, " <");
		fl_buf_str(b, fl_json_str(one, "address"));
		fl_buf_puts(b, ">");
	}
	if (n)
		fl_buf_putc(b, '\n');
}

static void free_text(void *p)
{
	g_free(p);
}

/* Seconds since 1970 as ISO 8601. */
static struct fl_str instant(struct fl_cx *cx, int64_t seconds)
{
	GDateTime *t = g_date_time_new_from_unix_utc(seconds);
	char *text = t ? g_date_time_format_iso8601(t) : NULL;

	if (t)
		g_date_time_unref(t);
	if (text)
		fl_defer(cx->a, free_text, text);
	return fl_str(text ? text : "");
}

/* How far in we are, and how much more of what is attached is read: each page of a mail is cut out of the whole, which is read anew for it. */
struct within {
	int depth, files;
	size_t bytes, unpack;
};

static const char *whole(struct fl_cx *cx, const char *type, struct fl_str file, struct within *in, struct fl_buf *out, struct paper_meta *meta);

static bool ends_in(struct fl_str s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && fl_str_ieq((struct fl_str){ s.p + s.n - n, n }, fl_str(end));
}

/* The type of an attachment that is read here, by what its mail or else its name says; NULL: it is named only. */
static const char *readable(struct json_object *file)
{
	static const struct {
		const char *type, *end;
	} kinds[] = {
		{ "message/rfc822", ".eml" }, { "text/plain", ".txt" }, { "text/markdown", ".md" }, { "text/html", ".html" },
		{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx" },
	};

	if (!json_object_get_boolean(fl_json_get(file, "kept")))
		return NULL;
	for (size_t i = 0; i < FL_COUNT(kinds); i++)
		if (fl_str_ieq(fl_json_str(file, "type"), fl_str(kinds[i].type)) || ends_in(fl_json_str(file, "name"), kinds[i].end))
			return kinds[i].type;
	return NULL;
}

/* In memory of its own: of a hundred attachments the work is held of one. */
static void attached_one(const struct fl_cx *of, const char *type, struct fl_str file, struct within *in, struct fl_buf *out)
{
	struct fl_arena *a = fl_arena_new(ATTACHED_ARENA);
	struct fl_buf says = fl_buf(a, in->bytes);
	size_t bytes = in->bytes;
	struct paper_meta own = { 0 };
	struct fl_cx cx = *of;

	cx.a = a;
	in->files--;
	in->depth++;
	if (!whole(&cx, type, file, in, &says, &own)[0] && !says.over) {
		fl_buf_str(out, fl_str_trim(fl_buf_get(&says)));
		bytes -= says.n; /* what was attached to it is part of what it says */
	}
	in->depth--;
	in->bytes = bytes;
	fl_arena_free(a);
}

/* The names of what is attached, then what those of them say that are texts: the words of a forwarded letter are words of its mail. */
static void attached(struct fl_cx *cx, struct json_object *list, struct fl_str files, struct within *in, struct fl_buf *out)
{
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		fl_buf_puts(out, i ? ", " : "\n\nAttachments: ");
		fl_buf_str(out, fl_json_str(json_object_array_get_idx(list, i), "name"));
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		size_t size = json_object_get_boolean(fl_json_get(one, "kept")) ? (size_t)fl_json_int(one, "size", 0) : 0;
		const char *type = in->depth < MAIL_DEPTH && in->files > 0 && in->bytes > 0 ? readable(one) : NULL;

		if (type) {
			fl_buf_puts(out, "\n\n* ");
			fl_buf_str(out, fl_json_str(one, "name"));
			fl_buf_puts(out, "\n\n");
			attached_one(cx, type, (struct fl_str){ files.p, size }, in, out);
		}
		files = (struct fl_str){ files.p + size, files.n - size };
	}
}

/* As people see a mail: from, to, subject, text, what is attached. */
static const char *mail(struct fl_cx *cx, struct fl_str file, struct within *in, struct fl_buf *out, struct paper_meta *meta)
{
	struct fl_buf json = fl_buf(cx->a, 16 << 20), files = fl_buf(cx->a, FL_MAIL_FILES_BYTES);
	struct json_object *m;

	if (fl_mail_read(cx, file, &json, &files) != FL_OK || fl_json_parse(cx->a, fl_buf_get(&json), &limits, &m, NULL) != FL_OK)
		return "damaged";
	meta->title = fl_json_str(m, "subject");
	meta->author = fl_json_str(m, "from.name").n ? fl_json_str(m, "from.name") : fl_json_str(m, "from.address");
	if (fl_json_int(m, "date_us", 0))
		meta->created = instant(cx, fl_json_int(m, "date_us", 0) / FL_SECOND_US);
	if (fl_json_get(m, "from"))
		fl_buf_printf(out, "From: %.*s <%.*s>\n", (int)fl_json_str(m, "from.name").n, fl_json_str(m, "from.name").p,
		              (int)fl_json_str(m, "from.address").n, fl_json_str(m, "from.address").p);
	put_people(out, "To: ", fl_json_get(m, "to"));
	put_people(out, "Cc: ", fl_json_get(m, "cc"));
	fl_buf_puts(out, "Subject: ");
	fl_buf_str(out, fl_json_str(m, "subject"));
	fl_buf_puts(out, "\n\n");
	fl_buf_str(out, fl_json_str(m, "text"));
	attached(cx, fl_json_get(m, "attachments"), fl_buf_get(&files), in, out);
	return "";
}

/* All that a file says, as clean UTF-8; why not, or "". */
static const char *whole(struct fl_cx *cx, const char *type, struct fl_str file, struct within *in, struct fl_buf *out, struct paper_meta *meta)
{
	struct fl_buf raw = fl_buf(cx->a, WHOLE_BYTES);
	const char *failed;

	if (strncmp(type, "text/", 5) == 0) {
		bool html = strcmp(type, "text/html") == 0;
		struct fl_str text = paper_utf8(cx, file, html);

		if (html) {
			paper_html_meta(cx, text, meta);
			fl_html_text(out, text);
			return "";
		}
		if (strcmp(type, "text/markdown") == 0)
			paper_markdown_meta(cx, text, meta);
		fl_text_clean(out, text);
		return "";
	}
	failed = strcmp(type, "message/rfc822") == 0 ? mail(cx, file, in, &raw, meta) : paper_docx(cx, file, &in->unpack, &raw);
	fl_text_clean(out, fl_buf_get(&raw));
	return failed;
}

/* The longest beginning that makes a page: to the end of a paragraph or a line in its second half, else of a character. */
static struct fl_str cut_page(struct fl_str *rest)
{
	struct fl_str page = fl_str_clip(*rest, PAGE_BYTES);

	if (page.n < rest->n) {
		const char *line = memrchr(page.p, '\n', page.n);

		if (line && line > page.p + page.n / 2)
			page.n = (size_t)(line + 1 - page.p);
	}
	*rest = (struct fl_str){ rest->p + page.n, rest->n - page.n };
	return page;
}

void paper_text(struct fl_cx *cx, struct fl_str file, const char *type, int page, struct fl_paper *p)
{
	struct fl_buf b = fl_buf(cx->a, WHOLE_BYTES);
	struct within in = { .files = ATTACHED_FILES, .bytes = ATTACHED_BYTES, .unpack = UNPACK_BYTES };
	struct fl_str rest, one;

	p->failed = whole(cx, type, file, &in, &b, &p->meta);
	rest = fl_buf_get(&b);
	if (p->failed[0])
		return;
	if (b.over)
		p->failed = "unpacks";
	else if (!fl_str_trim(rest).n)
		p->failed = "empty";
	p->source = "text";
	if (page == 0 && strncmp(type, "application/", 12) == 0)
		paper_docx_meta(cx, file, &p->meta);
	for (p->pages = 0; rest.n && !p->failed[0]; ) {
		one = cut_page(&rest);
		if (++p->pages == page) {
			p->text = one;
			break;
		}
	}
	if (p->pages > FL_PAPER_PAGES)
		p->failed = "too_many_pages";
}
