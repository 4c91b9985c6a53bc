#include <math.h>
#include <stdlib.h>

#include "vector/maps.h"

/* How many by the small vectors are ranked again. With four bits a number, the ten nearest of a million stood among the first hundred. */
enum { AGAIN_LEAST = 200, AGAIN_TIMES = 16 };

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

struct ranked {
	struct fl_near near;
	uint64_t record;
};

/* Best first; equal ones by id, so that the answer does not depend on the order of the file. */
static int by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->near.score != y->near.score)
		return x->near.score < y->near.score ? 1 : -1;
	return memcmp(&x->near.id, &y->near.id, sizeof(x->near.id));
}

/* Ranks the candidates by their float32 vectors, the k best into out; false when one of those is damaged. */
static bool again(const struct fl_vmap *m, const struct fl_vtop *top, int ntop, const float *q, struct ranked *all, const struct fl_near_ask *ask, int k, struct fl_near *out, int *n)
{
	int nall = 0;

	for (int i = 0; i < ntop; i++) {
		float score = dot(q, fl_vfull(m, top[i].record), m->dims);

		if (!(score < ask->least))
			all[nall++] = (struct ranked){ { fl_vmeta(m, top[i].record)->id, score }, top[i].record };
	}
	qsort(all, (size_t)nall, sizeof(*all), by_score);
	for (*n = 0; *n < nall && *n < k; (*n)++) {
		if (!fl_vrecord_good(m, all[*n].record))
			return false;
		out[*n] = all[*n].near;
	}
	return true;
}

enum fl_rc fl_vectors_near(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	int k = ask->k < FL_VECTOR_K_MAX ? ask->k : FL_VECTOR_K_MAX, most = k * AGAIN_TIMES > AGAIN_LEAST ? k * AGAIN_TIMES : AGAIN_LEAST, found;
	struct fl_vtop *top = FL_NEW_ARRAY(cx->a, most, struct fl_vtop);
	struct ranked *all = FL_NEW_ARRAY(cx->a, most, struct ranked);
	float *q = FL_NEW_ARRAY(cx->a, key->dims, float), *work = FL_NEW_ARRAY(cx->a, key->dims, float), scale;
	int8_t *small = FL_NEW_ARRAY(cx->a, 2 * fl_vstride(key->dims), int8_t);
	const struct fl_vmap *m;
	struct fl_vhead head;

	*n = 0;
	if (fl_vask(ask->values, key->dims, q, work, small, &scale) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the vector asked for has no direction");
	m = fl_vmap_get(cx, v, key, &head);
	if (!m || k < 1)
		return FL_OK;
	found = fl_vscan(m, v->dots, small, scale, ask, top, most);
	if (!again(m, top, found, q, all, ask, k, out, n)) {
		fl_vectors_drop(cx, v, key);
		return FL_FAIL(cx, FL_NOT_FOUND, "a record of the store of vectors is damaged; it is made anew");
	}
	return FL_OK;
}
