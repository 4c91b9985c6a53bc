#include <math.h>
#include <stdlib.h>

#include "vector/maps.h"

enum { AGAIN_LEAST = 64, AGAIN_TIMES = 8 };

static float dot(const float *a, const float *b, int n)
{
	float sum[8] = { 0 };
	int i = 0;

	for (; i + 8 <= n; i += 8)
		for (int k = 0; k < 8; k++)
			sum[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		sum[0] += a[i] * b[i];
	return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* Best first; equal ones by id, so that the answer does not depend on the order of the file. */
static int by_score(const void *a, const void *b)
{
	const struct fl_near *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return memcmp(&x->id, &y->id, sizeof(x->id));
}

/* Ranks the candidates by their float32 vectors; false when one of them is damaged. */
static bool again(const struct fl_vmap *m, const struct fl_vtop *top, int ntop, const float *q, float least, struct fl_near *out, int *n)
{
	*n = 0;
	for (int i = 0; i < ntop; i++) {
		const struct fl_vmeta *meta = fl_vmeta(m, top[i].record);
		const float *full = fl_vfull(m, top[i].record);
		float score;

		if (!fl_vrecord_good(m, top[i].record))
			return false;
		score = dot(q, full, m->dims);
		if (score >= least)
			out[(*n)++] = (struct fl_near){ meta->id, score };
	}
	qsort(out, (size_t)*n, sizeof(*out), by_score);
	return true;
}

enum fl_rc fl_vectors_near(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	int k = ask->k < FL_VECTOR_K_MAX ? ask->k : FL_VECTOR_K_MAX, most = k * AGAIN_TIMES > AGAIN_LEAST ? k * AGAIN_TIMES : AGAIN_LEAST, found;
	int stride = (key->dims + FL_SCAN_ALIGN - 1) / FL_SCAN_ALIGN * FL_SCAN_ALIGN;
	struct fl_vtop *top = FL_NEW_ARRAY(cx->a, most, struct fl_vtop);
	struct fl_near *all = FL_NEW_ARRAY(cx->a, most, struct fl_near);
	float *q = FL_NEW_ARRAY(cx->a, key->dims, float), scale;
	int8_t *small = FL_NEW_ARRAY(cx->a, stride, int8_t);
	const struct fl_vmap *m;
	struct fl_vhead head;

	*n = 0;
	if (fl_vpack(ask->values, key->dims, stride, q, small, &scale) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the vector asked for has no direction");
	m = fl_vmap_get(cx, v, key, &head);
	if (!m || k < 1)
		return FL_OK;
	found = fl_vscan(m, v->dots, small, scale, ask, top, most);
	if (!again(m, top, found, q, ask->least, all, &found)) {
		fl_vectors_drop(cx, v, key);
		return FL_FAIL(cx, FL_NOT_FOUND, "a record of the store of vectors is damaged; it is made anew");
	}
	*n = found < k ? found : k;
	memcpy(out, all, (size_t)*n * sizeof(*out));
	return FL_OK;
}
