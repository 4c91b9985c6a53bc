#include "vector/maps.h"

enum fl_rc fl_vectors_near(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	int k = ask->k < FL_VECTOR_K_MAX ? ask->k : FL_VECTOR_K_MAX, found;
	struct fl_vfound *best = FL_NEW_ARRAY(cx->a, k + 1, struct fl_vfound);
	const struct fl_vmap *m;
	struct fl_vquery q;
	struct fl_vhead head;

	*n = 0;
	if (fl_vask(cx->a, ask->values, key->dims, &q) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the vector asked for has no direction");
	m = fl_vmap_get(cx, v, key, &head);
	if (!m || k < 1)
		return FL_OK;
	found = fl_vscan(m, v->dots, &q, ask, best, k);
	for (int i = 0; i < found; i++) {
		if (!fl_vrecord_good(m, best[i].record)) {
			fl_vectors_drop(cx, v, key);
			return FL_FAIL(cx, FL_NOT_FOUND, "a record of the store of vectors is damaged; it is made anew");
		}
		out[i] = best[i].near;
	}
	*n = found;
	return FL_OK;
}
