/* What a child and its supervisor share: a page of memory each, so that the supervisor knows of a dead child which job it held. */
#ifndef FL_WORKER_SLOT_H
#define FL_WORKER_SLOT_H

#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "app/jobs/progress.h"

/* Sent to a child that waits for work and is to look at `stop` now, not when its wait is over. */
#define FL_WAKE SIGUSR1

struct fl_slot {
	/* written by the supervisor */
	pid_t pid;                /* 0: no process */
	char worker[96];          /* the name its claims carry; a new one for each process */
	bool light;
	bool cpu;                 /* of the others, one that takes jobs that need a processor as well */
	bool is_stopped;          /* by SIGSTOP: its leases are left to run out */
	bool was_late;            /* killed for being beyond its time */
	int64_t born_tick_us, stopped_tick_us;
	int hasty;                /* processes of this slot in a row, up to the one before this, that lived too short */
	atomic_bool stop;         /* finish the round and exit */
	/* written by the child */
	atomic_llong deadline_tick_us; /* its round must be over by then; 0: waiting for work */
	atomic_bool has_current;
	char current[FL_UUID_TEXT];   /* the job whose code runs */
	struct fl_progress progress;
	int progress_seen;            /* the supervisor's: progress.seq written to the database */
};

#endif
