/* The supervisor: starts the children, sees them die, stop or run late, and keeps the queue's clock. Runs no job code. */
#ifndef FL_WORKER_SUPERVISOR_H
#define FL_WORKER_SUPERVISOR_H

#include "worker/worker.h"

enum { FL_CHILDREN_MAX = 64, FL_GONE_MAX = 128 };

/* A process that ended: its jobs are released until the claims it may have had under way are over too. */
struct fl_gone {
	char worker[96], current[FL_UUID_TEXT], outcome[16], error[120];
	char handed[FL_ROUND_MAX * FL_UUID_TEXT + 2]; /* jobs that handed something over, as an array literal */
	int signal;
	int64_t until_tick_us;
};

enum fl_end { FL_RUNNING = 0, FL_STOPPING, FL_RELOADING };

struct fl_supervisor {
	struct fl_arena *process, *tick; /* tick: given back after each look */
	const struct fl_conf *conf;
	const char *program, *config; /* as fl_supervise was told */
	struct fl_db *db;
	struct fl_redis *redis;
	struct fl_slot *slots; /* shared with the children */
	int nslots;
	pid_t live;            /* the live notifier, 0 for none */
	int64_t live_again_tick_us; /* before it no other takes its place */
	int signal_fd;
	struct fl_gone gone[FL_GONE_MAX];
	int ngone;
	int64_t renew_tick_us, recover_tick_us;
	char name[72]; /* host and a random part: names of children begin with it */
	unsigned born;
	enum fl_end end;
	int64_t end_tick_us; /* children that still run then are killed */
};

/* Runs until SIGTERM or SIGINT (FL_STOPPING) or SIGHUP (FL_RELOADING) and all children have ended; tells which. At a SIGHUP with which `program --check --config config`
 * does not end well all goes on as before. config: NULL for where fl_conf_read looks. */
enum fl_end fl_supervise(struct fl_arena *process, const struct fl_conf *conf, const char *program, const char *config);

/* Starts what should run and does not. */
void fl_children_start(struct fl_supervisor *s);

/* Takes note of every child that ended, stopped or went on. */
void fl_children_reap(struct fl_supervisor *s);

/* Kills the children beyond their time. */
void fl_children_check(struct fl_supervisor *s);

/* True while a child lives. */
bool fl_children_any(const struct fl_supervisor *s);

#endif
