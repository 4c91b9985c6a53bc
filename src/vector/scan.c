/* A search reads of each record as little as decides about it: the high bits of its numbers, all four, at last the float32 vector. Each grade tells the cosine within
 * a doubt; who cannot reach the k-th best found so far even with it is left out. Where bits decide nothing (all vectors nearly alike) all are read whole. */
#include <math.h>
#include <stdlib.h>

#include "vector/inside.h"

void fl_vdots_plain(const int8_t *q, const uint8_t *rows, const uint8_t *next, int n, int stride, int32_t *out)
{
	(void)next;
	for (int r = 0; r < n; r++, rows += stride) {
		int32_t sum = 0;

		for (int i = 0; i < stride; i++) {
			const int8_t *four = q + i / FL_SCAN_ALIGN * 4 * FL_SCAN_ALIGN + i % FL_SCAN_ALIGN;

			for (int k = 0; k < 4; k++)
				sum += four[k * FL_SCAN_ALIGN] * (rows[i] >> 2 * k & 3);
		}
		out[r] = sum;
	}
}

fl_vdots *fl_vdots_best(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl"))
		return fl_vdots_vnni;
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

/* Best first; equal ones by id, so that the answer does not depend on the order of the file. */
static int by_score(const void *a, const void *b)
{
	const struct fl_vfound *x = a, *y = b;

	if (x->near.score != y->near.score)
		return x->near.score < y->near.score ? 1 : -1;
	return memcmp(&x->near.id, &y->near.id, sizeof(x->near.id));
}

struct search {
	const struct fl_vmap *m;
	fl_vdots *dots;
	const struct fl_vquery *q;
	const struct fl_near_ask *ask;
	struct fl_vfound *best; /* a heap: the worst of them is the first */
	int n, k;
	float bound;            /* what a cosine must reach */
	float doubt, doubt_q;   /* of a score: off * doubt + doubt_q */
};

/* A direction that was turned at random leans SURE / sqrt(dims) towards a question once in 30,000 times. What the bits leave out of a vector is such a direction, its
 * length the tangent `off` times the sine of the angle asked about; what the steps leave out of the question is another. */
static void set_bound(struct search *s, float bound)
{
	static const float sure = 4;
	float lean = sure / sqrtf((float)s->m->dims), sine = bound > 0 ? sqrtf(fmaxf(0, 1 - bound * bound)) : 1;

	s->bound = bound;
	s->doubt = lean * (sine + s->q->off);
	s->doubt_q = lean * s->q->off + 1e-6f;
}

static bool may_reach(const struct search *s, const struct fl_vgrade *g, int32_t product)
{
	return g->by * s->q->step * (float)product + g->off * s->doubt + s->doubt_q >= s->bound; /* deleted ones compare with nothing */
}

static void sink(struct fl_vfound *heap, int n, struct fl_vfound f)
{
	int i = 0;

	for (int child = 1; child < n; child = 2 * i + 1) {
		if (child + 1 < n && by_score(&heap[child + 1], &heap[child]) > 0)
			child++;
		if (by_score(&heap[child], &f) <= 0)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = f;
}

static void rise(struct fl_vfound *heap, int i, struct fl_vfound f)
{
	for (; i > 0 && by_score(&heap[(i - 1) / 2], &f) < 0; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = f;
}

static void offer(struct search *s, struct fl_vfound f)
{
	if (!(f.near.score >= s->bound))
		return;
	if (s->n < s->k)
		rise(s->best, s->n++, f);
	else if (by_score(&f, s->best) < 0)
		sink(s->best, s->n, f);
	if (s->n == s->k && s->best[0].near.score > s->bound)
		set_bound(s, s->best[0].near.score);
}

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

/* One whose high bits (their sum: high) did not leave it out. */
static void look_closer(struct search *s, uint64_t record, int32_t high)
{
	const struct fl_vmeta *meta = fl_vmeta(s->m, record);
	const uint8_t *row = fl_vlow(s->m, record);
	int32_t low;

	if (!in_groups(s->ask, &meta->group))
		return;
	s->dots(s->q->small, row, row, 1, s->m->stride, &low);
	if (may_reach(s, &fl_vblock(s->m, record)->fine[record % FL_BLOCK], 2 * (4 * high + low) - 15 * s->q->sum))
		offer(s, (struct fl_vfound){ { meta->id, dot(s->q->full, fl_vfull(s->m, record), s->m->dims) }, record });
}

static void scan_block(struct search *s, uint64_t from)
{
	int32_t high[FL_BLOCK];
	int n = s->m->records - from < FL_BLOCK ? (int)(s->m->records - from) : FL_BLOCK, left[FL_BLOCK], nleft = 0;
	const struct fl_vgrade *rough = fl_vblock(s->m, from)->rough;

	s->dots(s->q->small, fl_vhigh(s->m, from), fl_vhigh(s->m, from + FL_BLOCK), n, s->m->stride, high);
	for (int i = 0; i < n; i++) {
		left[nleft] = i;
		nleft += may_reach(s, &rough[i], 2 * high[i] - 3 * s->q->sum); /* no branch to be guessed wrong */
	}
	for (int i = 0; i < nleft; i++)
		__builtin_prefetch(fl_vlow(s->m, from + (uint64_t)left[i]));
	for (int i = 0; i < nleft; i++)
		look_closer(s, from + (uint64_t)left[i], high[left[i]]);
}

int fl_vscan(const struct fl_vmap *m, fl_vdots *dots, const struct fl_vquery *q, const struct fl_near_ask *ask, struct fl_vfound *found, int k)
{
	struct search s = { .m = m, .dots = dots, .q = q, .ask = ask, .best = found, .k = k };

	set_bound(&s, ask->least);
	for (uint64_t from = 0; from < m->records; from += FL_BLOCK)
		scan_block(&s, from);
	qsort(found, (size_t)s.n, sizeof(*found), by_score);
	return s.n;
}
