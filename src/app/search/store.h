/* Where vectors are searched (VECTOR_STORE). PostgreSQL keeps them; each store is a copy that follows vector_log and can be made anew at any time. */
#ifndef FL_APP_SEARCH_STORE_H
#define FL_APP_SEARCH_STORE_H

#include "app/app.h"
#include "vector/vector.h"

/* What a store works with. */
struct vector_at {
	struct fl_cx *cx;
	struct fl_vectors *files; /* of this process */
	struct fl_db *db;         /* in the transaction of a page; NULL in a job */
};

struct vector_store {
	const char *name; /* as VECTOR_STORE has it */
	bool shared;      /* one copy for all machines, which only jobs bring up to date; else each machine has its own */
	bool waits;       /* asks over the network: no transaction may be open meanwhile */
	/* In a job's call: brings the copy from `first` of the log to `last`, anew when first is 0. NULL: nothing to do. FL_CONFLICT: it stands elsewhere. */
	enum fl_rc (*put)(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first, int64_t last);
	/* In its save: the statement that does the same; NULL: none. */
	struct fl_call (*keep)(struct fl_cx *cx, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first);
	/* As fl_vectors_near; FL_LATER when the store is away. */
	enum fl_rc (*near)(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n);
	/* For a store that a job cannot ask between its steps: the statement of its save that does, and hands what lies near to chat_found(turn); NULL: near is asked. */
	struct fl_call (*hand_on)(struct fl_cx *cx, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_str turn);
	/* Once a day, `held` vectors are to be there: FL_NOT_FOUND when the copy is not as it should be and has to be made anew. NULL: needs no care. */
	enum fl_rc (*tend)(const struct vector_at *at, const struct fl_vector_key *key, int64_t held);
	/* Takes the copy away for good; NULL: the database does. FL_LATER when the store is away. */
	enum fl_rc (*drop)(const struct vector_at *at, const struct fl_vector_key *key);
};

/* The one configured. */
const struct vector_store *vector_store(const struct fl_conf *conf);

extern const struct vector_store vector_store_file, vector_store_pgvector, vector_store_qdrant;

#endif
