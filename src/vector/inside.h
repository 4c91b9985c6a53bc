/* Between the files of the vector room: the form of a store's file and the kernels. */
#ifndef FL_VECTOR_INSIDE_H
#define FL_VECTOR_INSIDE_H

#include "vector/vector.h"

enum { FL_BLOCK = 256 /* records */, FL_HEAD_BYTES = 4096, FL_SCAN_ALIGN = 32 /* bytes */, FL_SMALL_ZERO = 8 /* what stands for 0 in four bits */ };

/* The header: the first bytes of the file, in the machine's byte order. Written whole by one pwrite. */
struct fl_vhead {
	char magic[8]; /* "FLVEC\0\0\2" */
	uint32_t order; /* 0x01020304: read on a machine of another byte order it is not */
	uint32_t dims;
	int64_t generation, last;
	uint64_t records; /* written, marked ones too */
	uint64_t dead;
	char org[40], model[FL_VECTOR_MODEL_MAX + 1];
	uint64_t sum; /* fl_vsum of all before it */
};

/* A block: FL_BLOCK scales (not a number: the record is deleted), as many of these, their small vectors, each `stride` bytes, and their float32 vectors. A search reads
 * the scales and the small vectors: the vector turned (fl_vturn), each number in four bits, 1 to 15: value = (bits - FL_SMALL_ZERO) * scale. 32 bytes hold 64 numbers:
 * the first 32 in the low halves, the others in the high ones; past the end stands FL_SMALL_ZERO. */
struct fl_vmeta {
	struct fl_uuid id, group;
	uint64_t sum; /* over id, group, scale, both vectors */
};

/* A mapped store. */
struct fl_vmap {
	int dims, stride;
	size_t block_bytes;
	const unsigned char *p;
	size_t bytes;      /* mapped */
	uint64_t records;  /* that lie within it */
};

/* A fast checksum against damage, not against people: 64-bit multiply and shift over words of eight bytes. */
uint64_t fl_vsum(uint64_t h, const void *p, size_t n);

/* The header of an open file into *h; FL_INVALID when it is none of ours, damaged, or the file is shorter than it says. A header that is just being written is
 * read again. */
enum fl_rc fl_vhead_read(int fd, struct fl_vhead *h) FL_USE;
enum fl_rc fl_vhead_write(int fd, struct fl_vhead *h) FL_USE; /* seals its sum; FL_LATER */

/* Bytes of a small vector. */
static inline int fl_vstride(int dims)
{
	return (dims + 2 * FL_SCAN_ALIGN - 1) / (2 * FL_SCAN_ALIGN) * FL_SCAN_ALIGN;
}
size_t fl_vblock_bytes(int dims);
/* Bytes of a file with that many records. */
size_t fl_vfile_bytes(int dims, uint64_t records);

static inline const unsigned char *fl_vblock(const struct fl_vmap *m, uint64_t record)
{
	return m->p + FL_HEAD_BYTES + (record / FL_BLOCK) * m->block_bytes;
}
static inline const float *fl_vscale(const struct fl_vmap *m, uint64_t record)
{
	return (const float *)(const void *)fl_vblock(m, record) + record % FL_BLOCK;
}
static inline const struct fl_vmeta *fl_vmeta(const struct fl_vmap *m, uint64_t record)
{
	return (const struct fl_vmeta *)(const void *)(fl_vblock(m, record) + FL_BLOCK * sizeof(float)) + record % FL_BLOCK;
}
static inline const uint8_t *fl_vsmall(const struct fl_vmap *m, uint64_t record)
{
	return fl_vblock(m, record) + FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta)) + (record % FL_BLOCK) * (size_t)m->stride;
}
static inline const float *fl_vfull(const struct fl_vmap *m, uint64_t record)
{
	return (const float *)(const void *)(fl_vblock(m, record) + FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta) + (size_t)m->stride)) +
	       (record % FL_BLOCK) * (size_t)m->dims;
}

/* Turns a vector in place, keeping lengths and angles: random signs and Walsh-Hadamard, over the first and then the last power of two of its numbers. No number is then
 * much larger than the others, whatever the model does, so that four bits a number are off by little (Ailon and Chazelle 2006). */
void fl_vturn(float *v, int dims);

/* values scaled to length 1 into full, and turned in four bits into small (stride bytes); the scale. work: room for dims. FL_INVALID when they are no
 * numbers or all zero. */
enum fl_rc fl_vpack(const float *values, int dims, float *full, float *work, uint8_t *small, float *scale) FL_USE;
/* A question: scaled to length 1 into full, and turned as int8 into q (2 * fl_vstride(dims) many, filled with zero); the scale. */
enum fl_rc fl_vask(const float *values, int dims, float *full, float *work, int8_t *q, float *scale) FL_USE;

/* The sum of a record as it lies in memory. */
uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, float scale, const uint8_t *small, const float *full, int dims);
/* Whether a record is as it was written, or deleted. */
bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record);

/* Sums of q times the four bits of n small vectors that lie one after the other; stride is a multiple of FL_SCAN_ALIGN. `next`: what will be read after them. */
typedef void fl_vdots(const int8_t *q, const uint8_t *vectors, const uint8_t *next, int n, int stride, int32_t *out);
fl_vdots fl_vdots_plain;
#ifdef __x86_64__
fl_vdots fl_vdots_avx2;
#endif
/* The fastest one this machine has. */
fl_vdots *fl_vdots_best(void);

struct fl_vtop {
	uint64_t record;
	float score;
};

/* The records that may be the nearest by their small vectors, at most `most` (worst first, a heap); how many. */
int fl_vscan(const struct fl_vmap *m, fl_vdots *dots, const int8_t *q, float q_scale, const struct fl_near_ask *ask, struct fl_vtop *top, int most);

/* The place of a store's file; owned by a. */
const char *fl_vpath(struct fl_arena *a, const struct fl_vectors *v, const struct fl_vector_key *key);

/* The store mapped as it is now, NULL when it is not usable. Good until the next call. */
const struct fl_vmap *fl_vmap_get(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, struct fl_vhead *head);

#endif
