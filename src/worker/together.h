/* What jobs add to the statements of their round: alone, or together with others of their kind. */
#ifndef FL_WORKER_TOGETHER_H
#define FL_WORKER_TOGETHER_H

#include "worker/worker.h"

/* How many of the jobs [i, to) load (or save) together, job i being the first: those that follow it with the same kind, organisation and person, where the kind does so.
 * At least 1. */
int fl_together_load(const struct fl_round *r, int i, int to);
int fl_together_save(const struct fl_round *r, int i, int to);

/* Adds the tenant and the person a job works for. */
void fl_add_work(struct fl_batch *b, const struct fl_job *job);

/* Adds what jobs [i, i + n) read; their rc tells. */
void fl_add_load(struct fl_round *r, int i, int n, struct fl_batch *b);

/* When the batch has run: jobs of [from, to) that loaded together have the sets of the first of them. */
void fl_share_load(struct fl_round *r, int from, int to);

/* Adds what jobs [i, i + n) write, all of which went well. The error is in the first one's cx. */
enum fl_rc fl_add_save(struct fl_round *r, int i, int n, struct fl_batch *b) FL_USE;

#endif
