/* The form of a store's file. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/inside.h"

enum { ORDER = 0x01020304, TRIES = 50 };

static const char magic[8] = "FLVEC\0\0\1";

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
	size_t stride = ((size_t)dims + FL_SCAN_ALIGN - 1) / FL_SCAN_ALIGN * FL_SCAN_ALIGN;

	return FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta) + stride + (size_t)dims * sizeof(float));
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

uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, const int8_t *small, int stride, const float *full, int dims)
{
	uint64_t h = fl_vsum(1, meta, offsetof(struct fl_vmeta, sum));

	return fl_vsum(fl_vsum(h, small, (size_t)stride), full, (size_t)dims * sizeof(*full));
}

static float scale_of(const float *full, int dims)
{
	float most = 0;

	for (int i = 0; i < dims; i++)
		most = fmaxf(most, fabsf(full[i]));
	return most / 127;
}

bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record)
{
	const float *full = fl_vfull(m, record);
	float scale = *fl_vscale(m, record);

	return (isnan(scale) || scale == scale_of(full, m->dims)) &&
	       fl_vmeta(m, record)->sum == fl_vrecord_sum(fl_vmeta(m, record), fl_vsmall(m, record), m->stride, full, m->dims);
}

enum fl_rc fl_vpack(const float *values, int dims, int stride, float *full, int8_t *small, float *scale)
{
	double sum = 0;
	float by;

	for (int i = 0; i < dims; i++)
		sum += (double)values[i] * (double)values[i];
	if (!isfinite(sum) || !(sum > 1e-30))
		return FL_INVALID;
	by = (float)(1 / sqrt(sum));
	for (int i = 0; i < dims; i++)
		full[i] = values[i] * by;
	*scale = scale_of(full, dims);
	for (int i = 0; i < dims; i++)
		small[i] = (int8_t)lrintf(full[i] / *scale);
	for (int i = dims; i < stride; i++)
		small[i] = 0;
	return FL_OK;
}
