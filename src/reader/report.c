#include "reader/report.h"

#include "reader/html.h"

enum { TEXT_BYTES = 64 << 10, VALUE_BYTES = 500 };

static void unref(void *p)
{
	g_object_unref(p);
}

/* The decoded text of a part, at most TEXT_BYTES, with LF lines. */
static struct fl_str part_text(struct fl_arena *a, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *sink;
	GByteArray *bytes;
	struct fl_buf b = fl_buf(a, TEXT_BYTES * 3 + 8);

	if (!content)
		return FL_STR("");
	sink = g_mime_stream_mem_new();
	fl_defer(a, unref, sink);
	g_mime_data_wrapper_write_to_stream(content, sink);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(sink));
	fl_text_clean(&b, (struct fl_str){ (const char *)bytes->data, bytes->len < TEXT_BYTES ? bytes->len : TEXT_BYTES });
	return fl_buf_get(&b);
}

/* The next header of a block, unfolded; false at its end. The blank line that ends the block is taken. */
static bool next_header(struct fl_arena *a, struct fl_str *rest, struct fl_str *name, struct fl_str *value)
{
	struct fl_buf b = fl_buf(a, VALUE_BYTES);
	struct fl_str line;

	if (!rest->n)
		return false;
	line = fl_str_cut(rest, '\n');
	if (!fl_str_trim(line).n)
		return false;
	*name = fl_str_trim(fl_str_cut(&line, ':'));
	fl_buf_puts(&b, fl_strndup(a, fl_str_clip(fl_str_trim(line), VALUE_BYTES - 2)));
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		line = fl_str_trim(fl_str_cut(rest, '\n'));
		if (b.n + line.n + 2 < VALUE_BYTES) {
			fl_buf_putc(&b, ' ');
			fl_buf_add(&b, line.p, line.n);
		}
	}
	*value = fl_buf_get(&b);
	return true;
}

/* "rfc822; ana@example.org" without the type before it. */
static struct fl_str typed(struct fl_str value)
{
	struct fl_str rest = value;

	(void)fl_str_cut(&rest, ';');
	return fl_str_trim(rest.p ? rest : value);
}

static void add_block(struct fl_jw *w, struct fl_arena *a, struct fl_str *rest)
{
	struct fl_str name, value, address = { NULL, 0 }, original = { NULL, 0 }, action = { NULL, 0 }, status = { NULL, 0 }, why = { NULL, 0 };

	while (next_header(a, rest, &name, &value)) {
		if (fl_str_ieq(name, FL_STR("Final-Recipient")))
			address = typed(value);
		else if (fl_str_ieq(name, FL_STR("Original-Recipient")))
			original = typed(value);
		else if (fl_str_ieq(name, FL_STR("Action")))
			action = value;
		else if (fl_str_ieq(name, FL_STR("Status")))
			status = value;
		else if (fl_str_ieq(name, FL_STR("Diagnostic-Code")))
			why = typed(value);
	}
	if (!address.n || !action.n)
		return; /* the block about the whole mail, or a damaged one */
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "address", address);
	fl_jw_str(w, "original", original);
	fl_jw_str(w, "action", action);
	fl_jw_str(w, "status", status);
	fl_jw_str(w, "why", why);
	fl_jw_close(w, '}');
}

static void add_recipients(struct fl_jw *w, struct fl_arena *a, GMimePart *part)
{
	struct fl_str rest = part_text(a, part);

	fl_jw_open(w, "recipients", '[');
	for (int i = 0; i <= FL_REPORT_LIST && rest.n; i++)
		add_block(w, a, &rest);
	fl_jw_close(w, ']');
}

/* The part of that place in a report; NULL when m is no report or has none. */
static GMimeObject *part_of(GMimeMessage *m, int place)
{
	GMimeObject *top = g_mime_message_get_mime_part(m);
	GMimeContentType *type = top ? g_mime_object_get_content_type(top) : NULL;
	const char *kind = type ? g_mime_content_type_get_parameter(type, "report-type") : NULL;

	if (!kind || !fl_str_ieq(fl_str(kind), FL_STR("delivery-status")) || !GMIME_IS_MULTIPART(top) || g_mime_multipart_get_count(GMIME_MULTIPART(top)) <= place)
		return NULL;
	return g_mime_multipart_get_part(GMIME_MULTIPART(top), place);
}

struct fl_str fl_report_of(struct fl_arena *a, GMimeMessage *m)
{
	GMimeObject *part = part_of(m, 2);
	const char *id = NULL;
	struct fl_str rest, name, value;

	if (part && GMIME_IS_MESSAGE_PART(part) && g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)))
		id = g_mime_message_get_message_id(g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)));
	if (id)
		return fl_str(fl_fmt(a, "<%.*s>", (int)fl_str_clip(fl_str(id), VALUE_BYTES).n, id));
	if (part && GMIME_IS_PART(part)) {
		rest = part_text(a, GMIME_PART(part));
		while (next_header(a, &rest, &name, &value))
			if (fl_str_ieq(name, FL_STR("Message-ID")))
				return value;
	}
	return (struct fl_str){ NULL, 0 };
}

void fl_report_add(struct fl_jw *w, struct fl_arena *a, GMimeMessage *m)
{
	GMimeObject *status = part_of(m, 1);

	if (!status || !GMIME_IS_PART(status) || !g_mime_content_type_is_type(g_mime_object_get_content_type(status), "message", "delivery-status")) {
		fl_jw_null(w, "report");
		return;
	}
	fl_jw_open(w, "report", '{');
	fl_jw_str(w, "of", fl_report_of(a, m));
	add_recipients(w, a, GMIME_PART(status));
	fl_jw_close(w, '}');
}
