#include <math.h>
#include <stdlib.h>

#include "vector/inside.h"

void fl_vdots_plain(const int8_t *q, const uint8_t *vectors, const uint8_t *next, int n, int stride, int32_t *out)
{
	(void)next;
	for (int r = 0; r < n; r++, vectors += stride) {
		int32_t sum = 0;

		for (int i = 0; i < stride; i++) {
			const int8_t *two = q + i / FL_SCAN_ALIGN * 2 * FL_SCAN_ALIGN + i % FL_SCAN_ALIGN;

			sum += two[0] * (vectors[i] & 15) + two[FL_SCAN_ALIGN] * (vectors[i] >> 4);
		}
		out[r] = sum;
	}
}

fl_vdots *fl_vdots_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return fl_vdots_avx2;
#endif
	return fl_vdots_plain;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fl_uuid));
}

static bool in_groups(const struct fl_near_ask *ask, const struct fl_uuid *group)
{
	return !ask->groups || bsearch(group, ask->groups, (size_t)ask->ngroups, sizeof(*group), by_bytes);
}

/* A min-heap: the worst of those kept is the first, so that what is worse falls off at once. */
static void sink(struct fl_vtop *top, int n, struct fl_vtop t)
{
	int i = 0;

	for (int child = 1; child < n; child = 2 * i + 1) {
		if (child + 1 < n && top[child + 1].score < top[child].score)
			child++;
		if (top[child].score >= t.score)
			break;
		top[i] = top[child];
		i = child;
	}
	top[i] = t;
}

static void rise(struct fl_vtop *top, int i, struct fl_vtop t)
{
	for (; i > 0 && top[(i - 1) / 2].score > t.score; i = (i - 1) / 2)
		top[i] = top[(i - 1) / 2];
	top[i] = t;
}

int fl_vscan(const struct fl_vmap *m, fl_vdots *dots, const int8_t *q, float q_scale, const struct fl_near_ask *ask, struct fl_vtop *top, int most)
{
	int32_t out[FL_BLOCK], zero = 0;
	/* Four bits are off by some 0.12 / sqrt(dims): what is just under the bound is ranked again too. Scores here lack the factor of the query's scale. */
	float bound = (ask->least - 1 / sqrtf((float)m->dims)) / q_scale;
	int kept = 0;

	for (int i = 0; i < 2 * m->stride; i++)
		zero += q[i] * FL_SMALL_ZERO;

	for (uint64_t from = 0; from < m->records; from += FL_BLOCK) {
		int n = m->records - from < FL_BLOCK ? (int)(m->records - from) : FL_BLOCK;
		const float *scale = fl_vscale(m, from);

		dots(q, fl_vsmall(m, from), fl_vsmall(m, from + FL_BLOCK), n, m->stride, out);
		for (int i = 0; i < n; i++) {
			float score = (float)(out[i] - zero) * scale[i];

			if (!(score >= bound) || !in_groups(ask, &fl_vmeta(m, from + (uint64_t)i)->group)) /* deleted ones compare with nothing */
				continue;
			if (kept < most)
				rise(top, kept++, (struct fl_vtop){ from + (uint64_t)i, score });
			else
				sink(top, kept, (struct fl_vtop){ from + (uint64_t)i, score });
			if (kept == most && top[0].score > bound)
				bound = top[0].score;
		}
	}
	return kept;
}
