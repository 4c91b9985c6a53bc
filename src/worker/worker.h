/* One worker process: a child of the supervisor that claims jobs of its class and runs them, one round after the other. */
#ifndef FL_WORKER_WORKER_H
#define FL_WORKER_WORKER_H

#include "app/app.h"
#include "redis/redis.h"
#include "worker/slot.h"

enum {
	FL_ROUND_LEAST = 16,  /* jobs a light round claims at once; at most FL_ROUND_MAX, while rounds are full and quick */
	FL_LEASE_S = 10,      /* renewed by the supervisor every two seconds */
	FL_KILLS_MAX = 3,     /* a job with so many is quarantined */
	FL_EXIT_GIVE_BACK = 3 /* exit status: what this process holds must run again, and nobody is to blame */
};

/* A job of a round with its working memory. */
struct fl_run {
	struct fl_job job;
	struct fl_cx cx;
	struct fl_arena *a;
	int kills, errors, timeout_s;
	int uncounted;    /* runs before that ended without an error counted: it waited for room, or was given back */
	bool suspect;     /* runs alone */
	bool no_dead_hook; /* it failed itself; bury without it */
	enum fl_rc rc;    /* of its steps so far */
	const struct fl_job *first; /* whose sets it shares; NULL: it has its own */
};

/* The jobs claimed together. There are two, taken in turn: the save of one claims into the other. */
struct fl_round {
	struct fl_arena *a;
	struct fl_cx cx; /* of the statements a round runs for all its jobs */
	int n;
	int64_t began_tick_us; /* when the first of its jobs were claimed */
	struct fl_run run[FL_ROUND_MAX];
};

/* What kinds of jobs keep from one job to the next; those that name the same maker share it. */
struct fl_cache {
	void *(*make)(struct fl_arena *process);
	void *made;
	struct fl_cache *next;
};

struct fl_worker {
	struct fl_arena *process;
	const struct fl_conf *conf;
	struct fl_db *db;
	struct fl_redis *redis;
	struct fl_outside *outside; /* NULL in light processes */
	struct fl_slot *slot;
	bool light;
	const char **queues; /* of its class; nqueues, then NULL */
	const char **orders; /* the same as array literals, one beginning with each queue */
	int nqueues;
	unsigned turn; /* which order is next */
	const char *rang; /* of queues: the one whose bell ended the last wait; NULL when none did, or it was answered */
	int64_t asked_tick_us; /* when a claim last asked all of them */
	int most;      /* jobs the next claim asks for */
	int many;      /* jobs that a round of a kind with in_rounds holds */
	int64_t saved_tick_us; /* when the last save began: from one to the next is a whole round */
	char after[FL_UUID_TEXT]; /* organisation served last: the next claim begins behind it */
	bool answer_lost; /* a claim may have been committed whose jobs this process does not know */
	struct fl_cache *caches;
	struct fl_round round[2];
	int now; /* which of the two is run */
	int widest; /* jobs of the largest round since memory was given back */
};

/* The kind of that name; NULL when this program has none. */
const struct fl_job_kind *fl_kind_find(struct fl_str kind);

/* How long one run of that kind may take: what JOB_TIMEOUTS says, else its own time (QUE-23). */
int fl_kind_timeout_s(const struct fl_conf *conf, const struct fl_job_kind *kind);

/* FL_INVALID, said on standard error, when JOB_TIMEOUTS names a kind this program has not. */
enum fl_rc fl_kinds_check(const struct fl_conf *conf) FL_USE;

/* Makes the job of row i of a claim ready to run; u->rc is not FL_OK when it cannot. */
void fl_run_begin(struct fl_worker *w, struct fl_run *u, const struct fl_rows *rows, int i);

/* A round of one job of a kind with in_rounds takes more like it, as many as the last ones did quickly. */
void fl_round_more(struct fl_worker *w, struct fl_round *r);

/* Before job i of such a round: gives it and the rest back when the other side is slow or away, when the process is to stop, or when it held them so long that others may have
 * them by now. */
void fl_round_rest(struct fl_worker *w, struct fl_round *r, int i);

/* After the calls of such a round: how many the next takes (w->many). */
void fl_round_many_next(struct fl_worker *w, const struct fl_round *r);

/* Gives the jobs of the round from i on back, which were not begun: run by another, or by the next claim when the database is away. */
void fl_round_give_back(struct fl_worker *w, struct fl_round *r, int i);

/* Before the save of a round of n jobs: how many the claim that goes with it asks for (w->most). */
void fl_round_size_next(struct fl_worker *w, int n);

/* When there is nothing to do: the memory of the larger rounds before goes back to the system. */
void fl_rounds_trim(struct fl_worker *w);

/* Killed too often, or out of attempts by time-outs: claimed once more only to be buried. */
bool fl_run_used_up(const struct fl_run *u);

/* Runs until the slot says stop. The exit status of the process. */
int fl_worker_main(struct fl_slot *slot, const struct fl_conf *conf, bool light);

/* One round: the jobs claimed before, or claimed now. False when there was nothing to do. */
bool fl_round_run(struct fl_worker *w);

/* Gives the jobs claimed for the next round back, at a stop. */
void fl_round_return(struct fl_worker *w);

#endif
