/* Rounds of jobs that wait for others: short calls to one place share a claim, a load, a connection and a save. */
#include "base/log.h"
#include "worker/ended.h"
#include "worker/worker.h"

enum {
	MANY_MAX = 32,
	QUICK_US = 300000,
	HELD_US = 1000000, /* far below the lease: a process that was stopped for longer begins nothing that somebody else may have begun */
	STATEMENT_S = 15,
};

static bool takes_more(const struct fl_worker *w, const struct fl_round *r)
{
	const struct fl_run *u = &r->run[0];

	return r->n == 1 && w->many > 1 && !w->answer_lost && u->rc == FL_OK && !u->suspect && u->job.kind->in_rounds;
}

void fl_round_more(struct fl_worker *w, struct fl_round *r)
{
	const struct fl_job *first = &r->run[0].job;
	struct fl_rows *rows = NULL;

	if (!takes_more(w, r))
		return;
	r->cx.deadline_tick_us = fl_tick_us() + STATEMENT_S * FL_SECOND_US;
	w->answer_lost = true;
	if (fl_db_run(&r->cx, w->db, q_job_claim_more(fl_str(first->org_id), fl_str(first->id), w->many - 1, FL_LEASE_S, fl_str(w->slot->worker)), &rows) != FL_OK)
		return;
	w->answer_lost = false;
	for (int i = 0; i < rows->nrows; i++)
		fl_run_begin(w, &r->run[r->n++], rows, i);
}

void fl_round_give_back(struct fl_worker *w, struct fl_round *r, int i)
{
	struct fl_ended e = fl_ended_new(r->a);

	if (i == r->n)
		return;
	for (int k = i; k < r->n; k++)
		fl_ended_add(&e, &r->run[k].job);
	fl_ended_close(&e);
	r->cx.deadline_tick_us = fl_tick_us() + STATEMENT_S * FL_SECOND_US;
	if (fl_db_run(&r->cx, w->db, q_job_return(fl_buf_get(&e.orgs), fl_buf_get(&e.ids), fl_buf_get(&e.fences)), NULL) != FL_OK) {
		fl_log(&r->cx, FL_WARN, "%d claimed jobs were not given back yet", r->n - i);
		w->answer_lost = true; /* the next claim does */
	}
	r->n = i;
}

void fl_round_rest(struct fl_worker *w, struct fl_round *r, int i)
{
	bool is_slow = fl_tick_us() - r->began_tick_us > HELD_US, has_failed = i && r->run[i - 1].rc == FL_LATER;

	if (i && !w->light && (is_slow || has_failed || atomic_load(&w->slot->stop)))
		fl_round_give_back(w, r, i);
}

void fl_round_many_next(struct fl_worker *w, const struct fl_round *r)
{
	if (w->light || !r->run[0].job.kind || !r->run[0].job.kind->in_rounds)
		return;
	if (fl_tick_us() - r->began_tick_us > QUICK_US)
		w->many = 1;
	else if (r->n == w->many && w->many < MANY_MAX)
		w->many *= 2;
}
