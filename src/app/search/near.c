#include "app/search/passages.h"
#include "app/search/vectors.h"
#include "base/conf.h"
#include "base/json.h"

enum { NEAR_K = 60, NEAR_BYTES = 16 << 10 };

enum fl_rc passages_near(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const float *question, const struct fl_uuid *documents, int ndocuments,
                         struct fl_str *near)
{
	const struct fl_near_ask ask = { .values = question, .groups = documents, .ngroups = ndocuments, .least = vectors_least(cx->conf), .k = NEAR_K };
	struct fl_near *found = FL_NEW_ARRAY(cx->a, NEAR_K, struct fl_near);
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf);
	struct fl_jw w;
	enum fl_rc rc;
	int n = 0;

	*near = (struct fl_str){ NULL, 0 };
	if (!key->dims)
		return FL_OK;
	rc = fl_vectors_near(cx, v, key, &ask, found, &n);
	if (rc == FL_NOT_FOUND || rc == FL_INVALID) /* damaged, and made anew from now on; or a question without words: found by text alone */
		return FL_OK;
	FL_TRY(rc);
	*b = fl_buf(cx->a, NEAR_BYTES);
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
