/* What this machine tells of the programs on it. */
#ifndef FL_HTTP_MACHINE_H
#define FL_HTTP_MACHINE_H

#include "http/web.h"

enum { MACHINE_PROCESSES_MAX = 200 };

struct machine_process {
	const char *name; /* "fairlead-web" */
	int64_t pid, rss_bytes;
};

/* The processes of this machine whose name begins with "fairlead", at most max, in a. Without /proc: none. */
int machine_processes(struct fl_arena *a, struct machine_process *out, int max);

/* Free bytes of the volume path lies on, and whether that is under a tenth of it. -1 when unknown. */
int64_t machine_disk_free(const char *path, bool *low);

/* Appends Prometheus samples of the queue, database, models, sweeps, Redis and processes; says db_up 0 when the database is away. */
void machine_metrics(struct fl_cx *cx, struct request *r);

/* Runs /admin and /system/status: measures, then fills the sets of the page. */
enum fl_rc machine_status(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
