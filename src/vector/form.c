/* The form of a store's file. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/inside.h"

enum { ORDER = 0x01020304, TRIES = 50 };

static const char magic[8] = "FLVEC\0\0\3";

uint64_t fl_vsum(uint64_t h, const void *p, size_t n)
{
	const unsigned char *s = p;

	for (; n >= 8; n -= 8, s += 8) {
		uint64_t w;

		memcpy(&w, s, 8);
		h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	for (; n > 0; n--, s++)
		h = (h ^ *s) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

size_t fl_vblock_bytes(int dims)
{
	return sizeof(struct fl_vblock) + FL_BLOCK * (2 * (size_t)fl_vstride(dims) + (size_t)dims * sizeof(float));
}

size_t fl_vfile_bytes(int dims, uint64_t records)
{
	return FL_HEAD_BYTES + (records + FL_BLOCK - 1) / FL_BLOCK * fl_vblock_bytes(dims);
}

static bool is_sound(const struct fl_vhead *h)
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 && h->order == ORDER && h->sum == fl_vsum(0, h, offsetof(struct fl_vhead, sum)) && h->dims > 0 &&
	       h->dims <= FL_VECTOR_DIMS_MAX && h->records < UINT64_C(1) << 40 && h->dead <= h->records &&
	       !h->org[sizeof(h->org) - 1] && !h->model[sizeof(h->model) - 1];
}

enum fl_rc fl_vhead_read(int fd, struct fl_vhead *h)
{
	struct stat st;

	for (int i = 0; i < TRIES; i++) {
		if (pread(fd, h, sizeof(*h), 0) != (ssize_t)sizeof(*h))
			return FL_INVALID;
		if (is_sound(h))
			return fstat(fd, &st) == 0 && (uint64_t)st.st_size >= fl_vfile_bytes((int)h->dims, h->records) ? FL_OK : FL_INVALID;
	}
	return FL_INVALID;
}

enum fl_rc fl_vhead_write(int fd, struct fl_vhead *h)
{
	memcpy(h->magic, magic, sizeof(magic));
	h->order = ORDER;
	h->sum = fl_vsum(0, h, offsetof(struct fl_vhead, sum));
	return pwrite(fd, h, sizeof(*h), 0) == (ssize_t)sizeof(*h) && fdatasync(fd) == 0 ? FL_OK : FL_LATER;
}

struct fl_vrecord fl_vrecord(const struct fl_vmap *m, uint64_t record)
{
	const struct fl_vblock *b = fl_vblock(m, record);
	uint64_t i = record % FL_BLOCK;

	return (struct fl_vrecord){ b->rough[i], b->fine[i], fl_vhigh(m, record), fl_vlow(m, record), fl_vfull(m, record) };
}

uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, const struct fl_vrecord *r, int dims)
{
	size_t stride = (size_t)fl_vstride(dims);
	uint64_t h = fl_vsum(1, meta, offsetof(struct fl_vmeta, sum));

	h = fl_vsum(fl_vsum(h, &r->rough, sizeof(r->rough)), &r->fine, sizeof(r->fine));
	return fl_vsum(fl_vsum(fl_vsum(h, r->high, stride), r->low, stride), r->full, (size_t)dims * sizeof(*r->full));
}

bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record)
{
	struct fl_vrecord r = fl_vrecord(m, record);

	return isnan(r.rough.by) || fl_vmeta(m, record)->sum == fl_vrecord_sum(fl_vmeta(m, record), &r, m->dims);
}

/* n is a power of two; lengths stay. */
static void hadamard(float *v, int n, uint64_t seed)
{
	float by = (float)(1 / sqrt(n));

	for (int i = 0; i < n; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		v[i] *= seed >> 63 ? by : -by;
	}
	for (int half = 1; half < n; half *= 2)
		for (int from = 0; from < n; from += 2 * half)
			for (int i = from; i < from + half; i++) {
				float a = v[i], b = v[i + half];

				v[i] = a + b;
				v[i + half] = a - b;
			}
}

void fl_vturn(float *v, int dims)
{
	int n = 1;

	while (2 * n <= dims)
		n *= 2;
	hadamard(v, n, 1);
	hadamard(v + dims - n, n, 2);
}

/* Scaled to length 1 into full, and turned into v. */
static enum fl_rc turned(const float *values, int dims, float *full, float *v)
{
	double sum = 0;
	float by;

	for (int i = 0; i < dims; i++)
		sum += (double)values[i] * (double)values[i];
	if (!isfinite(sum) || !(sum > 1e-30))
		return FL_INVALID;
	by = (float)(1 / sqrt(sum));
	for (int i = 0; i < dims; i++)
		v[i] = full[i] = values[i] * by;
	fl_vturn(v, dims);
	return FL_OK;
}

struct fl_vpacker fl_vpacker(struct fl_arena *a, int dims)
{
	int stride = fl_vstride(dims);

	return (struct fl_vpacker){ dims, FL_NEW_ARRAY(a, dims, float), FL_NEW_ARRAY(a, dims, float), FL_NEW_ARRAY(a, stride, uint8_t), FL_NEW_ARRAY(a, stride, uint8_t) };
}

/* Of integers x for the vector v: 1 / xv, and the tangent of the angle between them (Gao and Long 2024, RaBitQ: xq / xv is then near vq for any q). */
struct sums {
	double xv, xx;
};

static void count(struct sums *s, int x, float v)
{
	s->xv += x * (double)v;
	s->xx += x * x;
}

static struct fl_vgrade grade_of(const struct sums *s)
{
	return (struct fl_vgrade){ (float)(1 / s->xv), (float)sqrt(fmax(0, s->xx / (s->xv * s->xv) - 1)) };
}

enum fl_rc fl_vpack(const struct fl_vpacker *p, const float *values, struct fl_vrecord *r)
{
	/* Numbers of a turned vector lie about 0 like those of a bell curve of 1 / sqrt(dims); with this step two bits lose least and four bits hardly more than least. */
	float step = 0.28f / sqrtf((float)p->dims);
	struct sums rough = { 0 }, fine = { 0 };

	FL_TRY(turned(values, p->dims, p->full, p->turned));
	memset(p->high, 0, (size_t)fl_vstride(p->dims));
	memset(p->low, 0, (size_t)fl_vstride(p->dims));
	for (int i = 0; i < p->dims; i++) {
		int bits = (int)floorf(fmaxf(-8, fminf(7, p->turned[i] / step))) + 8, at = i / 128 * FL_SCAN_ALIGN + i % FL_SCAN_ALIGN, shift = i % 128 / FL_SCAN_ALIGN * 2;

		p->high[at] |= (uint8_t)(bits >> 2 << shift);
		p->low[at] |= (uint8_t)((bits & 3) << shift);
		count(&rough, 2 * (bits >> 2) - 3, p->turned[i]);
		count(&fine, 2 * bits - 15, p->turned[i]);
	}
	*r = (struct fl_vrecord){ grade_of(&rough), grade_of(&fine), p->high, p->low, p->full };
	return FL_OK;
}

enum fl_rc fl_vask(struct fl_arena *a, const float *values, int dims, struct fl_vquery *q)
{
	float *full = FL_NEW_ARRAY(a, dims, float), *v = FL_NEW_ARRAY(a, dims, float), most = 0;
	int8_t *small = FL_NEW_ARRAY(a, 4 * fl_vstride(dims), int8_t);
	double lost = 0;

	FL_TRY(turned(values, dims, full, v));
	for (int i = 0; i < dims; i++)
		most = fmaxf(most, fabsf(v[i]));
	*q = (struct fl_vquery){ .full = full, .small = small, .step = most / 127 };
	for (int i = 0; i < dims; i++) {
		small[i] = (int8_t)lrintf(v[i] / q->step);
		q->sum += small[i];
		lost += pow((double)(v[i] - (float)small[i] * q->step), 2);
	}
	q->off = (float)sqrt(lost);
	return FL_OK;
}
