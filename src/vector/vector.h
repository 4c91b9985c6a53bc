/* Vectors of an organisation and model, searched one by one: two bits a number of all, four bits of those that may be among the nearest, float32 of what is left.
 * The nearest are left out where the bits err by more than four times what is usual, 3 of 100,000; recall by plain search is 0.999 at least on all data tried.
 *
 * A store is one file, DIR/ORGANISATION/HASH-OF-MODEL, made from PostgreSQL and made again whenever it is missing, of another generation or damaged;
 * nothing is lost with it. All processes of a machine map the same file. It only grows: records are written and synced before the header counts them, what is
 * deleted gets a mark, and a store that is mostly marks is copied and renamed over the old one. */
#ifndef FL_VECTOR_VECTOR_H
#define FL_VECTOR_VECTOR_H

#include "base/cx.h"

enum {
	FL_VECTOR_DIMS_MAX = 4096,
	FL_VECTOR_MODEL_MAX = 95, /* bytes of a model's name */
	FL_VECTOR_K_MAX = 1000,
	FL_VECTOR_STORES = 16, /* mapped at once by a process; the one used longest ago makes room */
};

/* The stores this process has mapped. */
struct fl_vectors;

/* None mapped yet; files lie under dir (borrowed). Unmapped when the arena is freed. */
struct fl_vectors *fl_vectors_new(struct fl_arena *process, const char *dir);

/* Which store: vectors of different models or lengths are never compared. */
struct fl_vector_key {
	const char *org;   /* uuid as text */
	const char *model; /* at most FL_VECTOR_MODEL_MAX bytes */
	int dims;          /* 1 to FL_VECTOR_DIMS_MAX */
	int64_t generation; /* of the database's vectors; another one empties the store */
};

struct fl_vector_state {
	int64_t last;    /* the number given with the last append; 0 for a store that is not there */
	int64_t records; /* vectors that can be found */
	int64_t dead;    /* marked as deleted */
	int64_t bytes;   /* of the file */
};

/* What the store holds. A store that is missing, damaged or of another generation is all zeros. */
struct fl_vector_state fl_vectors_state(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key);

/* Where the file of a model stands, whatever its length: key's dims and generation and *last are set; all 0 when there is none or it is damaged. */
void fl_vectors_peek(struct fl_cx *cx, const struct fl_vectors *v, struct fl_vector_key *key, int64_t *last);

struct fl_vector_put {
	struct fl_uuid id;    /* of what the vector is of */
	struct fl_uuid group; /* a search can be narrowed to some of them */
	const float *values;  /* key's dims many, any length but zero; NULL: forget that id */
};

/* Brings the store from `first` to `last`: numbers of the database's log, rising. FL_CONFLICT when the store stands elsewhere than at `first` or another
 * process writes it now; FL_INVALID for a key that is none; FL_LATER when the disk does not take it. What was appended
 * is there for all processes from then on, also after a crash of the machine. */
enum fl_rc fl_vectors_append(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first,
                             int64_t last) FL_USE;

struct fl_near {
	struct fl_uuid id;
	float score; /* cosine, -1 to 1 */
};

struct fl_near_ask {
	const float *values; /* key's dims many */
	const struct fl_uuid *groups; /* only of these, in the order of their bytes; NULL: all */
	int ngroups;
	float least; /* no worse than this cosine */
	int k;       /* at most FL_VECTOR_K_MAX */
};

/* The k nearest, best first, into out (room for k); *n how many. None when the store is not there. FL_NOT_FOUND when a record is damaged: the store is then removed,
 * to be made again. FL_INVALID for values that are no numbers or all zero. */
enum fl_rc fl_vectors_near(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n) FL_USE;

/* Reads every record against its checksum; FL_NOT_FOUND when one is damaged: the store is then removed, to be made again. Copies it without what is marked as
 * deleted, when that is more than a third. FL_CONFLICT when another process writes it. */
enum fl_rc fl_vectors_tend(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key) FL_USE;

/* Removes the store; it will be made anew. */
void fl_vectors_drop(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key);

/* Removes the stores of an organisation that are of none of these models. */
void fl_vectors_keep(struct fl_cx *cx, const struct fl_vectors *v, const char *org, const char *const *models, int n);

/* Removes the folder of an organisation with all its stores. */
void fl_vectors_forget(struct fl_cx *cx, const struct fl_vectors *v, const char *org);

#endif
