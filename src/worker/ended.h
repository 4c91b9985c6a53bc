/* The keys of several jobs as array literals, for the statements that settle them together. */
#ifndef FL_WORKER_ENDED_H
#define FL_WORKER_ENDED_H

#include "app/app.h"
#include "base/buf.h"

struct fl_ended {
	struct fl_buf orgs, ids, fences; /* "{...}" once closed, in the same order */
	int n;
};

struct fl_ended fl_ended_new(struct fl_arena *a);
void fl_ended_add(struct fl_ended *e, const struct fl_job *job);
/* To be called once, after the last one. */
void fl_ended_close(struct fl_ended *e);

#endif
