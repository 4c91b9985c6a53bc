#include "reader/mail.h"

#include <gmime/gmime.h>
#include <iconv.h>

#include "base/json.h"
#include "reader/html.h"
#include "reader/ical.h"
#include "reader/report.h"

struct file {
	const char *name, *type;
	int64_t size;
	bool kept;
};

/* What a walk over the parts gathers. */
struct found {
	struct fl_arena *a;
	struct fl_buf plain, html, *data;
	struct file files[FL_MAIL_LIST];
	int nfiles, parts;
	bool truncated;
	struct fl_str calendar; /* undecoded; n 0: none */
};

void fl_mail_start(void)
{
	static const char *const sets[] = {
		"US-ASCII",     "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",  "ISO-8859-4",  "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",
		"ISO-8859-8",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252",
		"WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "KOI8-R",      "KOI8-U",       "GB18030",
		"BIG5",         "SHIFT_JIS",    "EUC-JP",       "ISO-2022-JP", "EUC-KR",      "UTF-16",       "UTF-7",
	};

	g_mime_init();
	/* never closed: an open converter keeps its module loaded */
	for (size_t i = 0; i < FL_COUNT(sets); i++)
		(void)iconv_open("UTF-8", sets[i]);
}

static void unref(void *p)
{
	g_object_unref(p);
}

static void release(void *p)
{
	g_free(p);
}

/* A copy that is clean, trimmed and at most max bytes. */
static const char *clean(struct fl_arena *a, const char *s, size_t max)
{
	struct fl_buf b = fl_buf(a, max * 3 + 8);

	fl_text_clean(&b, fl_str_clip(fl_str(s), max));
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\t')
			b.p[i] = ' ';
	return fl_strndup(a, fl_str_trim(fl_buf_get(&b)));
}

/* The decoded content, appended to the files when it fits; its length in any case. */
static int64_t part_data(struct found *f, GMimeObject *part, bool *kept)
{
	GMimeDataWrapper *content = GMIME_IS_PART(part) ? g_mime_part_get_content(GMIME_PART(part)) : NULL;
	GMimeStream *sink = g_mime_stream_mem_new();
	GByteArray *data = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(sink));
	int64_t n = 0;

	if (content)
		n = g_mime_data_wrapper_write_to_stream(content, sink);
	else if (GMIME_IS_MESSAGE_PART(part))
		n = g_mime_object_write_to_stream(GMIME_OBJECT(g_mime_message_part_get_message(GMIME_MESSAGE_PART(part))), NULL, sink);
	n = n < 0 ? 0 : data->len;
	*kept = f->nfiles < FL_MAIL_LIST && f->data->n + (size_t)n <= FL_MAIL_FILES_BYTES;
	if (*kept)
		fl_buf_add(f->data, (const char *)data->data, (size_t)n);
	g_object_unref(sink);
	return n;
}

static void add_file(struct found *f, GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	char *mime = type ? g_mime_content_type_get_mime_type(type) : NULL;
	const char *name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part)) : NULL;

	if (f->nfiles == FL_MAIL_LIST) {
		f->truncated = true;
	} else {
		struct file *file = &f->files[f->nfiles];

		file->name = clean(f->a, name ? name : GMIME_IS_MESSAGE_PART(part) ? "mail.eml" : "", 255);
		file->type = clean(f->a, mime ? mime : "application/octet-stream", 100);
		file->size = part_data(f, part, &file->kept);
		f->nfiles++;
	}
	g_free(mime);
}

/* An invitation (RFC 6047): the first part that is a calendar, whatever it is called. Read besides being an attachment. */
static void add_calendar(struct found *f, GMimeObject *part)
{
	GMimeDataWrapper *content = GMIME_IS_PART(part) ? g_mime_part_get_content(GMIME_PART(part)) : NULL;
	GMimeContentType *type = g_mime_object_get_content_type(part);
	GMimeStream *bytes;
	GByteArray *array;

	if (f->calendar.n || !content || !type ||
	    !(g_mime_content_type_is_type(type, "text", "calendar") || g_mime_content_type_is_type(type, "application", "ics")))
		return;
	bytes = g_mime_stream_mem_new();
	fl_defer(f->a, unref, bytes);
	if (g_mime_data_wrapper_write_to_stream(content, bytes) < 0)
		return;
	array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(bytes));
	f->calendar = (struct fl_str){ (const char *)array->data, array->len < FL_ICAL_BYTES ? array->len : FL_ICAL_BYTES };
}

static void add_text(struct found *f, GMimeObject *part)
{
	char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	struct fl_buf *b = g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", "html") ? &f->html : &f->plain;

	if (!text)
		return;
	fl_defer(f->a, release, text);
	if (b->n)
		fl_buf_putc(b, '\n');
	fl_text_clean(b, fl_str_clip(fl_str(text), FL_MAIL_TEXT_BYTES));
	if (b->over)
		f->truncated = true;
}

static bool is_text(GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);

	return GMIME_IS_TEXT_PART(part) && !g_mime_part_is_attachment(GMIME_PART(part)) && !g_mime_part_get_filename(GMIME_PART(part)) &&
	       (g_mime_content_type_is_type(type, "text", "plain") || g_mime_content_type_is_type(type, "text", "html"));
}

static void walk(struct found *f, GMimeObject *part, int depth)
{
	int n;

	if (!part)
		return;
	if (depth > FL_MAIL_DEPTH || f->parts >= FL_MAIL_PARTS) {
		f->truncated = true;
		return;
	}
	f->parts++;
	if (GMIME_IS_MULTIPART(part)) {
		n = g_mime_multipart_get_count(GMIME_MULTIPART(part));
		for (int i = 0; i < n && f->parts <= FL_MAIL_PARTS; i++)
			walk(f, g_mime_multipart_get_part(GMIME_MULTIPART(part), i), depth + 1);
	} else if (is_text(part)) {
		add_text(f, part);
	} else {
		add_calendar(f, part);
		add_file(f, part);
	}
}

static bool add_person(struct fl_jw *w, struct fl_arena *a, const char *key, InternetAddress *ia)
{
	const char *address, *name = internet_address_get_name(ia);

	if (!INTERNET_ADDRESS_IS_MAILBOX(ia))
		return false;
	address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia));
	if (!address || !*address)
		return false;
	fl_jw_open(w, key, '{');
	fl_jw_cstr(w, "name", clean(a, name ? name : "", 200));
	fl_jw_cstr(w, "address", clean(a, address, 254));
	fl_jw_close(w, '}');
	return true;
}

static void add_people(struct fl_jw *w, struct fl_arena *a, const char *key, InternetAddressList *list)
{
	int n = list ? internet_address_list_length(list) : 0;

	fl_jw_open(w, key, '[');
	for (int i = 0; i < n && i < FL_MAIL_LIST; i++)
		add_person(w, a, NULL, internet_address_list_get_address(list, i));
	fl_jw_close(w, ']');
}

static void add_id(struct fl_jw *w, struct fl_arena *a, const char *key, const char *id)
{
	if (id && *id)
		fl_jw_cstr(w, key, fl_fmt(a, "<%s>", clean(a, id, 500)));
	else if (key)
		fl_jw_null(w, key);
}

/* Header values lie in the message. */
static struct fl_str header(GMimeMessage *m, const char *name)
{
	return fl_str_trim(fl_str(g_mime_object_get_header(GMIME_OBJECT(m), name)));
}

static void add_threads(struct fl_jw *w, struct fl_arena *a, GMimeMessage *m)
{
	static const char *const names[] = { "In-Reply-To", "References" };
	struct fl_str of = fl_report_of(a, m);

	for (size_t k = 0; k < FL_COUNT(names); k++) {
		GMimeReferences *ids = g_mime_references_parse(NULL, fl_strndup(a, header(m, names[k])));
		int n = ids ? g_mime_references_length(ids) : 0;

		if (k == 0) {
			add_id(w, a, "in_reply_to", n ? g_mime_references_get_message_id(ids, 0) : NULL);
		} else {
			fl_jw_open(w, "references", '[');
			/* the newest stand at the end */
			for (int i = n > FL_MAIL_LIST ? n - FL_MAIL_LIST : 0; i < n; i++)
				add_id(w, a, NULL, g_mime_references_get_message_id(ids, i));
			if (of.n)
				fl_jw_str(w, NULL, of);
			fl_jw_close(w, ']');
		}
		g_mime_references_free(ids);
	}
}

static void add_flags(struct fl_jw *w, GMimeMessage *m)
{
	struct fl_str auto_submitted = header(m, "Auto-Submitted"), precedence = header(m, "Precedence");
	bool bulk = header(m, "List-Id").n > 0 || fl_str_ieq(precedence, FL_STR("bulk")) || fl_str_ieq(precedence, FL_STR("list")) ||
	            fl_str_ieq(precedence, FL_STR("junk"));

	fl_jw_bool(w, "auto_submitted", auto_submitted.n > 0 && !fl_str_ieq(auto_submitted, FL_STR("no")));
	fl_jw_bool(w, "bulk", bulk);
	fl_jw_bool(w, "empty_return_path", fl_str_eq(header(m, "Return-Path"), FL_STR("<>")));
}

static void add_headers(struct fl_jw *w, struct fl_arena *a, GMimeMessage *m)
{
	InternetAddressList *from = g_mime_message_get_from(m);
	GDateTime *date = g_mime_message_get_date(m);
	const char *subject = g_mime_message_get_subject(m);

	add_id(w, a, "message_id", g_mime_message_get_message_id(m));
	add_threads(w, a, m);
	if (!from || !internet_address_list_length(from) || !add_person(w, a, "from", internet_address_list_get_address(from, 0)))
		fl_jw_null(w, "from");
	add_people(w, a, "to", g_mime_message_get_to(m));
	add_people(w, a, "cc", g_mime_message_get_cc(m));
	fl_jw_cstr(w, "subject", clean(a, subject ? subject : "", 1000));
	if (date)
		fl_jw_int(w, "date_us", g_date_time_to_unix(date) * FL_SECOND_US);
	else
		fl_jw_null(w, "date_us");
	add_flags(w, m);
	fl_report_add(w, a, m);
}

static void add_body(struct fl_jw *w, struct found *f)
{
	struct fl_buf text = fl_buf(f->a, FL_MAIL_TEXT_BYTES);
	struct fl_str plain = fl_str_trim(fl_buf_get(&f->plain));

	if (!plain.n) {
		fl_html_text(&text, fl_buf_get(&f->html));
		plain = fl_str_trim(fl_buf_get(&text));
		f->truncated = f->truncated || text.over;
	}
	fl_jw_str(w, "text", plain.p ? plain : FL_STR(""));
	fl_jw_open(w, "attachments", '[');
	for (int i = 0; i < f->nfiles; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "name", f->files[i].name);
		fl_jw_cstr(w, "type", f->files[i].type);
		fl_jw_int(w, "size", f->files[i].size);
		fl_jw_bool(w, "kept", f->files[i].kept);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
	if (f->calendar.n)
		fl_ical_read(f->calendar, w, "calendar");
	fl_jw_int(w, "parts", f->parts);
	fl_jw_bool(w, "truncated", f->truncated);
}

/* True when a part says that it holds bytes as they are (RFC 3030): there a NUL means something. */
static bool has_binary(struct fl_str raw)
{
	static const char name[] = "content-transfer-encoding:";
	struct fl_str rest = raw;

	while (rest.n) {
		struct fl_str line = fl_str_cut(&rest, '\n');

		if (line.n < sizeof(name) - 1 || !fl_str_ieq((struct fl_str){ line.p, sizeof(name) - 1 }, FL_STR(name)))
			continue;
		line = fl_str_trim((struct fl_str){ line.p + sizeof(name) - 1, line.n - (sizeof(name) - 1) });
		if (line.n >= 6 && fl_str_ieq((struct fl_str){ line.p, 6 }, FL_STR("binary")))
			return true;
	}
	return false;
}

/* A mail holds no NUL (RFC 5322, 4); of one that does, GMime would give the text only as far as that. */
static struct fl_str without_nul(struct fl_arena *a, struct fl_str raw)
{
	size_t n = 0;
	char *to;

	if (!memchr(raw.p, '\0', raw.n) || has_binary(raw))
		return raw;
	to = fl_alloc_raw(a, raw.n);
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i])
			to[n++] = raw.p[i];
	return (struct fl_str){ to, n };
}

static GMimeMessage *parse(struct fl_arena *a, struct fl_str raw)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(raw.p, raw.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

	fl_defer(a, unref, stream);
	fl_defer(a, unref, parser);
	if (m)
		fl_defer(a, unref, m);
	return m;
}

enum fl_rc fl_mail_read(struct fl_cx *cx, struct fl_str raw, struct fl_buf *out, struct fl_buf *files)
{
	struct found f = { .a = cx->a, .data = files, .plain = fl_buf(cx->a, FL_MAIL_TEXT_BYTES), .html = fl_buf(cx->a, FL_MAIL_TEXT_BYTES) };
	struct fl_jw w = fl_jw(out);
	GMimeMessage *m;

	if (raw.n > FL_MAIL_BYTES)
		return FL_FAIL(cx, FL_INVALID, "the mail is over %d bytes", FL_MAIL_BYTES);
	if (raw.n)
		raw = without_nul(cx->a, raw);
	m = raw.n ? parse(cx->a, raw) : NULL;
	if (!m)
		return FL_FAIL(cx, FL_INVALID, "there is no mail in it");
	walk(&f, g_mime_message_get_mime_part(m), 0);
	fl_jw_open(&w, NULL, '{');
	add_headers(&w, cx->a, m);
	add_body(&w, &f);
	fl_jw_close(&w, '}');
	return out->over ? FL_FAIL(cx, FL_INVALID, "what the mail says is over the limit") : FL_OK;
}
