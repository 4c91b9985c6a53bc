#include "app/search/passages.h"

#include "base/json.h"

enum { FILTER_BYTES = 256 << 10 };

static void member(struct fl_jw *w, const char *name, struct fl_str v)
{
	if (v.n)
		fl_jw_str(w, name, v);
}

struct fl_str passage_filter(struct fl_arena *a, const struct passage_ask *ask)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(a, FILTER_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	if (ask->documents.n)
		fl_jw_raw(&w, "documents", ask->documents);
	member(&w, "kind", ask->kind);
	member(&w, "since", ask->since);
	member(&w, "until", ask->until);
	member(&w, "pipeline", ask->pipeline);
	member(&w, "contact", ask->contact);
	fl_jw_close(&w, '}');
	return fl_buf_get(b);
}

struct fl_call passage_call(struct fl_arena *a, const struct passage_ask *ask)
{
	return q_passage_find(ask->q, passage_filter(a, ask), ask->near, ask->k);
}

int passage_rows(struct fl_arena *a, const struct fl_rows *rows, struct passage **out)
{
	struct passage *p = FL_NEW_ARRAY(a, rows->nrows + 1, struct passage);

	for (int i = 0; i < rows->nrows; i++) {
		p[i] = (struct passage){
			.name = fl_rows_str(rows, i, PASSAGE_FIND_NAME),
			.page = (int)fl_rows_int(rows, i, PASSAGE_FIND_PAGE),
			.heading = fl_rows_str(rows, i, PASSAGE_FIND_HEADING),
			.body = fl_rows_str(rows, i, PASSAGE_FIND_BODY),
			.quote = fl_rows_str(rows, i, PASSAGE_FIND_QUOTE),
			.marks = fl_rows_str(rows, i, PASSAGE_FIND_QUOTE_MARKS),
			.from = (int)fl_rows_int(rows, i, PASSAGE_FIND_FROM_CHAR),
			.to = (int)fl_rows_int(rows, i, PASSAGE_FIND_TO_CHAR),
			.score = fl_rows_float(rows, i, PASSAGE_FIND_SCORE),
			.by_text = fl_rows_bool(rows, i, PASSAGE_FIND_BY_TEXT),
			.by_vector = fl_rows_bool(rows, i, PASSAGE_FIND_BY_VECTOR),
		};
		fl_rows_uuid(rows, i, PASSAGE_FIND_ID, p[i].id);
		fl_rows_uuid(rows, i, PASSAGE_FIND_DOCUMENT_ID, p[i].document_id);
	}
	*out = p;
	return rows->nrows;
}
