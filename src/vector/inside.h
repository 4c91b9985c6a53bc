/* Between the files of the vector room: the form of a store's file and the kernels. */
#ifndef FL_VECTOR_INSIDE_H
#define FL_VECTOR_INSIDE_H

#include "vector/vector.h"

enum { FL_BLOCK = 256 /* records */, FL_HEAD_BYTES = 4096, FL_SCAN_ALIGN = 32 /* bytes */ };

/* The header: the first bytes of the file, in the machine's byte order. Written whole by one pwrite. */
struct fl_vhead {
	char magic[8]; /* "FLVEC\0\0\3" */
	uint32_t order; /* 0x01020304: read on a machine of another byte order it is not */
	uint32_t dims;
	int64_t generation, last;
	uint64_t records; /* written, marked ones too */
	uint64_t dead;
	char org[40], model[FL_VECTOR_MODEL_MAX + 1];
	uint64_t sum; /* fl_vsum of all before it */
};

/* How well a vector's bits speak for it: its cosine with a question is near `by` times the product of their integers, off by about `off` / sqrt(dims) times the sine. */
struct fl_vgrade {
	float by; /* not a number: the record is deleted */
	float off;
};

struct fl_vmeta {
	struct fl_uuid id, group;
	uint64_t sum; /* over id, group and the record */
};

/* A block begins with these. Then come FL_BLOCK rows of high bits and as many of low bits, each `stride` bytes, and FL_BLOCK float32 vectors. The bits are those of the
 * vector turned (fl_vturn): each number in four bits, 0 to 15, that stand for the odd integers -15 to 15; the high two of them alone stand for -3 to 3. 32 bytes of a row
 * hold 128 numbers: the first 32 in the lowest two bits of each byte, and so on. A search reads `rough` and the high bits of all, and the rest only of those that may
 * be among the best. */
struct fl_vblock {
	struct fl_vgrade rough[FL_BLOCK]; /* of the high bits alone */
	struct fl_vgrade fine[FL_BLOCK];
	struct fl_vmeta meta[FL_BLOCK];
};

/* What a record says of its vector. */
struct fl_vrecord {
	struct fl_vgrade rough, fine;
	const uint8_t *high, *low; /* stride bytes each */
	const float *full;         /* of length 1 */
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

/* Bytes of a row of bits. */
static inline int fl_vstride(int dims)
{
	return (dims + 4 * FL_SCAN_ALIGN - 1) / (4 * FL_SCAN_ALIGN) * FL_SCAN_ALIGN;
}
size_t fl_vblock_bytes(int dims);
/* Bytes of a file with that many records. */
size_t fl_vfile_bytes(int dims, uint64_t records);

static inline const struct fl_vblock *fl_vblock(const struct fl_vmap *m, uint64_t record)
{
	return (const struct fl_vblock *)(const void *)(m->p + FL_HEAD_BYTES + record / FL_BLOCK * m->block_bytes);
}
static inline const struct fl_vmeta *fl_vmeta(const struct fl_vmap *m, uint64_t record)
{
	return &fl_vblock(m, record)->meta[record % FL_BLOCK];
}
static inline const uint8_t *fl_vhigh(const struct fl_vmap *m, uint64_t record)
{
	return (const uint8_t *)(fl_vblock(m, record) + 1) + record % FL_BLOCK * (size_t)m->stride;
}
static inline const uint8_t *fl_vlow(const struct fl_vmap *m, uint64_t record)
{
	return fl_vhigh(m, record) + FL_BLOCK * (size_t)m->stride;
}
static inline const float *fl_vfull(const struct fl_vmap *m, uint64_t record)
{
	return (const float *)(const void *)((const uint8_t *)(fl_vblock(m, record) + 1) + 2 * FL_BLOCK * (size_t)m->stride) + record % FL_BLOCK * (size_t)m->dims;
}

/* Turns a vector in place, keeping lengths and angles: random signs and Walsh-Hadamard, over the first and then the last power of two of its numbers. No number is then
 * much larger than the others, whatever the model does, so that few bits a number are off by little (Ailon and Chazelle 2006). */
void fl_vturn(float *v, int dims);

/* Room to pack the vectors of one store, one after the other. */
struct fl_vpacker {
	int dims;
	float *full, *turned;
	uint8_t *high, *low;
};

/* A question. */
struct fl_vquery {
	const float *full;   /* of length 1 */
	const int8_t *small; /* turned, in steps of `step`; 4 * stride many, filled with zero */
	float step, off;     /* off: the length of what the steps leave out */
	int32_t sum;         /* of small */
};

struct fl_vpacker fl_vpacker(struct fl_arena *a, int dims);
/* A vector as a record, good until the next one is packed. FL_INVALID when the values are no numbers or all zero. */
enum fl_rc fl_vpack(const struct fl_vpacker *p, const float *values, struct fl_vrecord *r) FL_USE;
/* Likewise a question; owned by a. */
enum fl_rc fl_vask(struct fl_arena *a, const float *values, int dims, struct fl_vquery *q) FL_USE;

/* A record as it lies in the file. */
struct fl_vrecord fl_vrecord(const struct fl_vmap *m, uint64_t record);
uint64_t fl_vrecord_sum(const struct fl_vmeta *meta, const struct fl_vrecord *r, int dims);
/* Whether a record is as it was written, or deleted. */
bool fl_vrecord_good(const struct fl_vmap *m, uint64_t record);

/* Sums of q times the two bits of each number, of n rows that lie one after the other; stride is a multiple of FL_SCAN_ALIGN. `next`: what will be read after them. */
typedef void fl_vdots(const int8_t *q, const uint8_t *rows, const uint8_t *next, int n, int stride, int32_t *out);
fl_vdots fl_vdots_plain;
#ifdef __x86_64__
fl_vdots fl_vdots_avx2, fl_vdots_vnni;
#endif
/* The fastest one this machine has. */
fl_vdots *fl_vdots_best(void);

/* One of the nearest. */
struct fl_vfound {
	struct fl_near near;
	uint64_t record;
};

/* The k nearest, best first, into found (room for k); how many. */
int fl_vscan(const struct fl_vmap *m, fl_vdots *dots, const struct fl_vquery *q, const struct fl_near_ask *ask, struct fl_vfound *found, int k);

/* The place of a store's file; owned by a. */
const char *fl_vpath(struct fl_arena *a, const struct fl_vectors *v, const struct fl_vector_key *key);

/* The store mapped as it is now, NULL when it is not usable. Good until the next call. */
const struct fl_vmap *fl_vmap_get(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, struct fl_vhead *head);

#endif
