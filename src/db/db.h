/* The database: connection, batches, transactions. No function takes SQL text: statements are named in sql/query/ and
 * called through the constructors the build makes of them in db/queries.h, so that a call with the wrong number or type of
 * arguments does not compile. */
#ifndef FL_DB_DB_H
#define FL_DB_DB_H

#include "base/cx.h"
#include "base/rows.h"

struct fl_db;

enum { FL_ARGS_MAX = 24, FL_BATCH_MAX = 96 };

/* An argument of a statement. */
struct fl_arg {
	enum { FL_A_NULL, FL_A_TEXT, FL_A_INT, FL_A_FLOAT, FL_A_BOOL, FL_A_BYTES } kind;
	union {
		struct fl_str s; /* TEXT (also uuid, jsonb, timestamptz as text), BYTES; borrowed until the batch has run */
		int64_t i;       /* INT, BOOL */
		double d;
	};
};

static inline struct fl_arg fl_arg_str(struct fl_str s)
{
	return s.p ? (struct fl_arg){ .kind = FL_A_TEXT, .s = s } : (struct fl_arg){ .kind = FL_A_NULL };
}

/* A statement and its arguments; made by q_NAME(...) of db/queries.h. */
struct fl_call {
	int q; /* enum fl_q */
	int nargs;
	struct fl_arg args[FL_ARGS_MAX];
};

/* What a statement is: made by tools/queries.awk from sql/query. */
struct fl_query {
	const char *name;
	const char *sql;
	int nin, nout;
	const struct fl_col *in; /* names and kinds of the arguments */
	const char *const *in_types; /* their SQL type names, for the check against the real schema */
	const struct fl_col *out;
	const char *const *out_types;
};
extern const struct fl_query fl_queries[];
extern const int fl_query_count;

/* nrows rows of nulls in the shape of a statement's answer, to be filled by hand; q is an enum fl_q. Owned by a. */
struct fl_rows *fl_query_rows(struct fl_arena *a, int q, int nrows);

/* Whether libpq can read the connection strings of the configuration; if not, says so on standard error like fl_conf_read: FL_INVALID. */
enum fl_rc fl_db_conf_check(struct fl_arena *a, const struct fl_conf *conf) FL_USE;

/* Opens a connection. `role` names the kind of client for pg_stat_activity ("web", "worker", "batch"). FL_LATER when the
 * server is away or does not answer within 3 s. The handle is closed by fl_db_close. */
enum fl_rc fl_db_open(struct fl_cx *cx, const char *url, const char *role, struct fl_db **out) FL_USE;
void fl_db_close(struct fl_db *db);

/* True when the connection is usable; a lost one is opened anew at the next batch. */
bool fl_db_alive(const struct fl_db *db);

/* Between transactions: forgets a connection the server has ended meanwhile, so that the next statement goes over a new one instead of failing.
 * Not for the worker, which gives back its claims when a connection breaks under it. */
void fl_db_drop_if_ended(struct fl_db *db);

/* A list of calls that goes out as one libpq pipeline and one implicit transaction: all of it commits at Sync, or
 * nothing does. Results stay valid until the arena of the cx it runs with is freed. */
struct fl_batch {
	struct fl_arena *a; /* holds the arguments until the batch has run */
	int n;
	struct {
		int q, nargs;
		struct fl_arg *args;
		struct fl_rows **out; /* where the set goes; NULL when it is not wanted */
	} call[FL_BATCH_MAX];
};

/* An empty batch in a. */
struct fl_batch *fl_batch_new(struct fl_arena *a);

/* Appends a call; *out (may be NULL) is set when the batch has run. Dies by assert beyond FL_BATCH_MAX. */
void fl_batch_add(struct fl_batch *b, struct fl_call call, struct fl_rows **out);

/* Runs the batch within the deadline of cx and empties it. SQLSTATEs become codes: FL401 and FL403 FL_DENIED, FL404
 * FL_NOT_FOUND, FL409 and serialization, unique or exclusion violations FL_CONFLICT, FL422, checks and bad values
 * FL_INVALID (field from DETAIL), FL429, a lost connection, lock and statement time-outs and full disks FL_LATER,
 * the rest FL_BUG. After anything but FL_OK nothing has been written. Outdated by a migration meanwhile it runs again on a new connection, and undone
 * for a deadlock it runs once more; within a transaction both are FL_LATER. */
enum fl_rc fl_batch_run(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b) FL_USE;

/* One call as a batch of its own. `out` may be NULL. */
enum fl_rc fl_db_run(struct fl_cx *cx, struct fl_db *db, struct fl_call call, struct fl_rows **out) FL_USE;

/* An explicit transaction around several batches, for the few who must look before they write. Whoever begins ends: by
 * fl_tx_commit, or by fl_tx_abort after any failure. Batches in between do not commit. A commit that was asked for by the deadline is waited for two seconds longer: only
 * its answer tells whether it is done. */
enum fl_rc fl_tx_begin(struct fl_cx *cx, struct fl_db *db) FL_USE;
enum fl_rc fl_tx_commit(struct fl_cx *cx, struct fl_db *db) FL_USE;
void fl_tx_abort(struct fl_cx *cx, struct fl_db *db);

#endif
