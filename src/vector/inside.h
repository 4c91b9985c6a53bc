/* Between the files of the vector room: the form of a store's file and the kernels. */
#ifndef FL_VECTOR_INSIDE_H
#define FL_VECTOR_INSIDE_H

#include "vector/vector.h"

enum { FL_BLOCK = 256 /* records */, FL_HEAD_BYTES = 4096, FL_SCAN_ALIGN = 32 };

/* The header: the first bytes of the file, in the machine's byte order. Written whole by one pwrite. */
struct fl_vhead {
	char magic[8]; /* "FLVEC\0\0\1" */
	uint32_t order; /* 0x01020304: read on a machine of another byte order it is not */
	uint32_t dims;
	int64_t generation, last;
	uint64_t records; /* written, marked ones too */
	uint64_t dead;
	char org[40], model[FL_VECTOR_MODEL_MAX + 1];
	uint64_t sum; /* fl_vsum of all before it */
};

/* A block: FL_BLOCK scales (value = int8 * scale; not a number: the record is deleted), as many of these, their int8 vectors, each `stride` bytes (dims rounded
 * up to FL_SCAN_ALIGN, filled with zero), and their float32 vectors. A search reads the scales and the int8 vectors. */
struct fl_vmeta {
	struct fl_uuid id, group;
	uint64_t sum; /* over id, group, both vectors */
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
static inline const int8_t *fl_vsmall(const struct fl_vmap *m, uint64_t record)
{
	return (const int8_t *)fl_vblock(m, record) + FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta)) + (record % FL_BLOCK) * (size_t)m->stride;
}
static inline const float *fl_vfull(const struct fl_vmap *m, uint64_t record)
{
	return (const float *)(const void *)(fl_vblock(m, record) + FL_BLOCK * (sizeof(float) + sizeof(struct fl_vmeta) + (size_t)m->stride)) +
	       (record % FL_BLOCK) * (size_t)m->dims;
}

/* values scaled to length 1 into full, and as int8 into small (stride bytes); the scale. FL_INVALID when they are no numbers or all zero. */
enum fl_rc fl_vpack(const float *values, int dims, int stride, float *full, int8_t *small, float *scale) FL_USE;

/* The sum of a record as it lies in memory. */
uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, const int8_t *small, int stride, const float *full, int dims);
/* Whether a record that is not deleted is as it was written: its sum, and its scale against its vector. */
bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record);

/* Dot products of q with n vectors that lie one after the other; stride is a multiple of FL_SCAN_ALIGN, no value is -128. `next`: what will be read after them. */
typedef void fl_vdots(const int8_t *q, const int8_t *vectors, const int8_t *next, int n, int stride, int32_t *out);
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

/* The records that may be the nearest by their int8 vectors, at most `most` (worst first, a heap); how many. */
int fl_vscan(const struct fl_vmap *m, fl_vdots *dots, const int8_t *q, float q_scale, const struct fl_near_ask *ask, struct fl_vtop *top, int most);

/* The place of a store's file; owned by a. */
const char *fl_vpath(struct fl_arena *a, const struct fl_vectors *v, const struct fl_vector_key *key);

/* The store mapped as it is now, NULL when it is not usable. Good until the next call. */
const struct fl_vmap *fl_vmap_get(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, struct fl_vhead *head);

#endif
