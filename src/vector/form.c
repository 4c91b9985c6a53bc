/* The form of a store's file. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/inside.h"

enum { ORDER = 0x01020304, TRIES = 50 };

static const char magic[8] = "FLVEC\0\0\2";

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
	return FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta) + (size_t)fl_vstride(dims) + (size_t)dims * sizeof(float));
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

uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, float scale, const uint8_t *small, const float *full, int dims)
{
	uint64_t h = fl_vsum(fl_vsum(1, meta, offsetof(struct fl_vmeta, sum)), &scale, sizeof(scale));

	return fl_vsum(fl_vsum(h, small, (size_t)fl_vstride(dims)), full, (size_t)dims * sizeof(*full));
}

bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record)
{
	float scale = *fl_vscale(m, record);

	return isnan(scale) || fl_vmeta(m, record)->sum == fl_vrecord_sum(fl_vmeta(m, record), scale, fl_vsmall(m, record), fl_vfull(m, record), m->dims);
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

/* Scaled to length 1 into full; turned into v; its largest number. */
static enum fl_rc turned(const float *values, int dims, float *full, float *v, float *most)
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
	*most = 0;
	for (int i = 0; i < dims; i++)
		*most = fmaxf(*most, fabsf(v[i]));
	return FL_OK;
}

enum fl_rc fl_vpack(const float *values, int dims, float *full, float *work, uint8_t *small, float *scale)
{
	float most;

	FL_TRY(turned(values, dims, full, work, &most));
	*scale = most / (FL_SMALL_ZERO - 1);
	memset(small, FL_SMALL_ZERO | FL_SMALL_ZERO << 4, (size_t)fl_vstride(dims));
	for (int i = 0; i < dims; i++) {
		uint8_t *to = small + i / 64 * 32 + i % 32, bits = (uint8_t)(lrintf(work[i] / *scale) + FL_SMALL_ZERO);

		*to = (uint8_t)(i % 64 < 32 ? (*to & 0xf0) | bits : (*to & 0x0f) | bits << 4);
	}
	return FL_OK;
}

enum fl_rc fl_vask(const float *values, int dims, float *full, float *work, int8_t *q, float *scale)
{
	float most;

	FL_TRY(turned(values, dims, full, work, &most));
	*scale = most / 127;
	memset(q, 0, 2 * (size_t)fl_vstride(dims));
	for (int i = 0; i < dims; i++)
		q[i] = (int8_t)lrintf(work[i] / *scale);
	return FL_OK;
}
