/* An answer kept as a file of its own: the question, the answer, its sources. */
#include "app/chat/chat.h"
#include "app/document/document.h"
#include "base/buf.h"

enum { ASSET_BYTES = 512 << 10, NAME_BYTES = 80 };

/* A question as the name of a file: one line without slashes, which would cut it. */
static struct fl_str name_of(struct fl_arena *a, struct fl_str question)
{
	char *name = fl_fmt(a, "%s.md", fl_strndup(a, fl_str_clip(question, NAME_BYTES)));

	for (char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '/' || *p == '\\')
			*p = ' ';
	return fl_str(name);
}

static void write_line(struct fl_buf *b, struct fl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		fl_buf_putc(b, s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : s.p[i]);
}

static struct fl_str text_of(struct fl_arena *a, const struct fl_rows *turn, const struct fl_rows *sources)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);

	*b = fl_buf(a, ASSET_BYTES);
	fl_buf_puts(b, "# ");
	write_line(b, fl_rows_str(turn, 0, CHAT_KEPT_QUESTION));
	fl_buf_puts(b, "\n\n");
	fl_buf_str(b, fl_rows_str(turn, 0, CHAT_KEPT_ANSWER));
	fl_buf_puts(b, "\n\n");
	for (int i = 0; i < sources->nrows; i++) {
		fl_buf_printf(b, "%lld. ", (long long)fl_rows_int(sources, i, CHAT_KEPT_SOURCES_N));
		write_line(b, fl_rows_str(sources, i, CHAT_KEPT_SOURCES_NAME));
		fl_buf_printf(b, ", %lld: \"", (long long)fl_rows_int(sources, i, CHAT_KEPT_SOURCES_PAGE));
		write_line(b, fl_rows_str(sources, i, CHAT_KEPT_SOURCES_QUOTE));
		fl_buf_puts(b, "\"\n");
	}
	return b->over ? (struct fl_str){ NULL, 0 } : fl_buf_get(b);
}

enum fl_rc chat_keep(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str id = fl_req_get(req, "id"), text;
	struct fl_rows *turn, *sources;
	struct document_kept k;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_chat_kept(id), &turn));
	if (!turn->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such answer");
	FL_TRY(fl_db_run(cx, req->db, q_chat_kept_sources(id), &sources));
	text = text_of(cx->a, turn, sources);
	if (!text.n)
		return FL_FAIL(cx, FL_INVALID, "the answer is over %d bytes", ASSET_BYTES);
	FL_TRY(document_keep(cx, cx->who.org_id, name_of(cx->a, fl_rows_str(turn, 0, CHAT_KEPT_QUESTION)), text, &k));
	return fl_db_run(cx, req->db, q_generated_asset_keep(id, k.name, fl_str(k.type), k.size, fl_str(k.hash), fl_str(k.status), fl_str(k.reason), fl_str(k.scan), k.quota_mb), &req->effect);
}
