#include "app/search/passages.h"
#include "app/search/vectors.h"
#include "base/conf.h"
#include "base/json.h"

enum { NEAR_K = 60, NEAR_BYTES = 96 }; /* bytes of one as JSON */

/* The documents a search is narrowed to, for ask; false when there are none. So many that they do not fit are sorted out by the statement, of more candidates. */
static bool narrow(struct fl_cx *cx, const struct fl_rows *documents, struct fl_near_ask *ask)
{
	struct fl_uuid *g;

	if (!fl_rows_bool(documents, 0, PASSAGE_DOCUMENTS_NARROWED))
		return true;
	if (documents->nrows >= PASSAGES_DOCUMENTS_MAX) {
		ask->k = FL_VECTOR_K_MAX;
		return true;
	}
	g = FL_NEW_ARRAY(cx->a, documents->nrows, struct fl_uuid);
	for (int i = 0; i < documents->nrows && !fl_rows_null(documents, i, PASSAGE_DOCUMENTS_ID); i++)
		memcpy(g[ask->ngroups++].b, fl_rows_cell(documents, i, PASSAGE_DOCUMENTS_ID)->p, sizeof(*g));
	ask->groups = g;
	return ask->ngroups > 0;
}

bool passages_ask(struct fl_cx *cx, const struct vectors_news *seen, const float *question, const struct fl_rows *documents, struct fl_near_ask *ask)
{
	*ask = (struct fl_near_ask){ .values = question, .least = vectors_least(cx->conf, seen->passages, seen->near_pct), .k = NEAR_K };
	return seen->key.dims && narrow(cx, documents, ask);
}

enum fl_rc passages_near(const struct vector_at *at, const struct vectors_news *seen, const float *question, const struct fl_rows *documents, struct fl_str *near)
{
	struct fl_cx *cx = at->cx;
	struct fl_near_ask ask;
	struct fl_near *found = FL_NEW_ARRAY(cx->a, FL_VECTOR_K_MAX, struct fl_near);
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf);
	struct fl_jw w;
	enum fl_rc rc;
	int n = 0;

	*near = (struct fl_str){ NULL, 0 };
	if (!passages_ask(cx, seen, question, documents, &ask))
		return FL_OK;
	rc = vector_store(cx->conf)->near(at, &seen->key, &ask, found, &n);
	if (rc == FL_NOT_FOUND || rc == FL_INVALID) /* damaged, and made anew from now on; or a question without words: found by text alone */
		return FL_OK;
	FL_TRY(rc);
	*b = fl_buf(cx->a, (size_t)n * NEAR_BYTES + NEAR_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n; i++) {
		char id[FL_UUID_TEXT];

		fl_uuid_text(found[i].id, id);
		fl_jw_open(&w, NULL, '{');
		fl_jw_cstr(&w, "id", id);
		fl_jw_double(&w, "score", (double)found[i].score);
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	*near = fl_buf_get(b);
	return FL_OK;
}
