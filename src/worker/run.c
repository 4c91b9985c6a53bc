/* The life of a job, from top to bottom: claim - load - call - save and finish - or fail. */
#include "worker/worker.h"

#include <poll.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "worker/ended.h"
#include "worker/together.h"

enum {
	ROUND_S = 15,          /* for the statements of a round */
	STEPS_S = 40,          /* until the supervisor takes load or save for hanging */
	ROUND_BYTES = 32 << 20,
	ROOM_FOR_ONE = 20,     /* calls kept free in a pipeline for one more job */
	SETTLE_S = 10,         /* how long a save is tried again while the database is away */
	RETRY_MS = 300,
	WAITS_MAX = 34,        /* each a quarter of the time since the first run, half a minute at least */
};

/* --- claim --- */

static void round_begin(struct fl_worker *w, struct fl_round *r)
{
	if (!r->a)
		r->a = fl_arena_new(ROUND_BYTES);
	else
		fl_arena_reset(r->a);
	r->n = 0;
	fl_cx_init(&r->cx, r->a, w->conf, "", ROUND_S);
}

/* The queues a claim asks, as an array literal: first the one that rang, which is less to look through; all of them when none did, and once a second
 * whatever rings, for the work whose bell was lost. */
static struct fl_str asked(struct fl_worker *w, struct fl_arena *a)
{
	const char *rang = w->rang;
	int64_t now = fl_tick_us();

	w->rang = NULL;
	if (rang && now - w->asked_tick_us < FL_SECOND_US)
		return fl_str(fl_fmt(a, "{%s}", rang));
	w->asked_tick_us = now;
	return fl_str(w->orders[w->turn++ % (unsigned)w->nqueues]);
}

/* Only a claim without a finish beside it may commit asynchronously, and only where nothing is done elsewhere. */
static void add_claim(struct fl_worker *w, struct fl_batch *b, bool is_alone, struct fl_rows **out)
{
	struct fl_str after = fl_str(w->after);

	fl_batch_add(b, q_job_claim(asked(w, b->a), w->most, after, FL_LEASE_S, fl_str(w->slot->worker), w->light && is_alone), out);
}

static void take_claimed(struct fl_worker *w, struct fl_round *r, const struct fl_rows *rows)
{
	r->began_tick_us = fl_tick_us();
	for (int i = 0; rows && i < rows->nrows; i++)
		fl_run_begin(w, &r->run[r->n++], rows, i);
	if (r->n)
		memcpy(w->after, r->run[r->n - 1].job.org_id, sizeof(w->after));
}

static enum fl_rc claim(struct fl_worker *w, struct fl_round *r)
{
	struct fl_batch *b;
	struct fl_rows *rows;

	round_begin(w, r);
	b = fl_batch_new(r->a);
	/* Whoever claims alone holds nothing that he knows of; what the lost answer gave him would stay his as long as he lives. */
	if (w->answer_lost)
		fl_batch_add(b, q_job_release(fl_str(w->slot->worker), (struct fl_str){ NULL, 0 }, FL_STR("returned"), 0,
		                              FL_STR("the connection broke while it was claimed"), FL_STR("{}")), NULL);
	add_claim(w, b, true, &rows);
	w->answer_lost = true;
	FL_TRY(fl_batch_run(&r->cx, w->db, b));
	w->answer_lost = false;
	take_claimed(w, r, rows);
	return FL_OK;
}

/* --- what the supervisor knows of us --- */

static void now_runs(struct fl_worker *w, const struct fl_job *job)
{
	atomic_store(&w->slot->has_current, false);
	if (job) {
		memcpy(w->slot->current, job->id, sizeof(job->id));
		atomic_store(&w->slot->has_current, true);
	}
}

static void allow(struct fl_worker *w, int seconds)
{
	atomic_store(&w->slot->deadline_tick_us, fl_tick_us() + seconds * FL_SECOND_US);
}

/* --- load --- */

/* The end of the jobs from i on, up to `to`, that a pipeline has room for. */
static int room_to(const struct fl_batch *b, int i, int to)
{
	int room = FL_BATCH_MAX - ROOM_FOR_ONE - b->n;

	return to - i > room ? i + room : to;
}

static void load_some(struct fl_worker *w, struct fl_round *r, int from, int to)
{
	struct fl_batch *b = fl_batch_new(r->a);
	enum fl_rc rc;
	int i, n;

	for (i = from; i < to && b->n < FL_BATCH_MAX - ROOM_FOR_ONE; i += n) {
		n = fl_together_load(r, i, room_to(b, i, to));
		now_runs(w, n == 1 ? &r->run[i].job : NULL);
		if (r->run[i].rc == FL_OK)
			fl_add_load(r, i, n, b);
	}
	now_runs(w, to - from == 1 ? &r->run[from].job : NULL);
	rc = b->n ? fl_batch_run(&r->cx, w->db, b) : FL_OK;
	if (rc != FL_OK && i - from > 1) {
		/* One of them spoils it for all: each alone. */
		for (int k = from; k < i; k++)
			load_some(w, r, k, k + 1);
	} else if (rc != FL_OK) {
		r->run[from].rc = rc;
		r->run[from].cx.err = r->cx.err;
	} else {
		fl_share_load(r, from, i);
	}
	if (i < to)
		load_some(w, r, i, to);
}

/* --- call --- */

static void call_one(struct fl_worker *w, struct fl_run *u)
{
	struct fl_job *job = &u->job;
	struct fl_cx *cx = &u->cx;

	if (u->rc != FL_OK)
		return;
	cx->start_tick_us = fl_tick_us();
	cx->deadline_tick_us = cx->start_tick_us + u->timeout_s * FL_SECOND_US;
	if (!job->kind->call)
		return;
	now_runs(w, job);
	w->slot->progress.text[0] = '\0'; /* of the job before */
	allow(w, u->timeout_s + 1);
	u->rc = job->kind->call(job);
	if (u->rc == FL_OK && fl_arena_over(u->a))
		u->rc = FL_FAIL(cx, FL_BUG, "the job used more memory than it may");
}

/* --- save and finish, or fail --- */

/* A disk or a machine without room is no fault of the job, which is tried again without an error being counted: for about a day, as fl_job_wait spaces it. */
static bool waits_for_room(const struct fl_run *u)
{
	return u->rc == FL_LATER && (u->cx.err.full || u->cx.err.crowded) && u->uncounted < WAITS_MAX;
}

static bool is_final(const struct fl_run *u, enum fl_rc rc)
{
	bool gets_better = rc == FL_LATER || rc == FL_BUG || rc == FL_CONFLICT;

	return !gets_better || u->job.attempt >= u->job.max_attempts;
}

/* Adds what writes down that a job failed. */
static enum fl_rc add_failure(struct fl_run *u, struct fl_batch *b)
{
	struct fl_job *job = &u->job;
	bool is_over = fl_run_used_up(u);
	const char *text = jobs_error(job, u->a, u->cx.err.text);

	if (!is_over && waits_for_room(u)) {
		fl_batch_add(b, q_job_wait(fl_str(job->org_id), fl_str(job->id), job->fence, fl_str(text)), NULL);
		return FL_OK;
	}
	if (job->kind && job->kind->dead && (is_over || is_final(u, u->rc)) && !u->no_dead_hook) {
		fl_add_work(b, job);
		FL_TRY(job->kind->dead(job, b));
	}
	if (is_over)
		fl_batch_add(b, q_job_quarantine(fl_str(job->org_id), fl_str(job->id), job->fence), NULL);
	else
		fl_batch_add(b, q_job_fail(fl_str(job->org_id), fl_str(job->id), job->fence, fl_str(fl_rc_name(u->rc)), fl_str(text),
		                           is_final(u, u->rc), u->cx.err.retry_after_s, job->max_attempts), NULL);
	return FL_OK;
}

static bool is_done_well(const struct fl_run *u)
{
	return u->rc == FL_OK;
}

/* Runs a batch; while the database is away, again and again for a while. A finish whose answer was lost is refused by the fence. */
static enum fl_rc run_surely(struct fl_worker *w, struct fl_cx *cx, struct fl_batch *b)
{
	int64_t until = fl_tick_us() + SETTLE_S * FL_SECOND_US;

	for (;;) {
		struct fl_batch again = *b;
		enum fl_rc rc = fl_batch_run(cx, w->db, b);

		if (rc != FL_LATER || fl_db_alive(w->db) || fl_tick_us() > until)
			return rc;
		w->answer_lost = true;
		*b = again;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

static void settled(const struct fl_run *u)
{
	struct fl_buf b = fl_buf(u->a, 4096);
	bool good = is_done_well(u);

	if (!fl_log_on(good ? FL_DEBUG : FL_WARN))
		return;
	fl_buf_puts(&b, "\"queue\":");
	fl_buf_json(&b, fl_str(u->job.kind ? u->job.kind->queue : "unknown"));
	fl_buf_puts(&b, ",\"kind\":");
	fl_buf_json(&b, fl_str(u->job.kind ? u->job.kind->kind : "unknown"));
	fl_buf_printf(&b, ",\"attempt\":%d,\"result\":\"%s\",\"duration_ms\":%lld", u->job.attempt, fl_rc_name(u->rc),
	              (long long)(fl_tick_us() - u->cx.start_tick_us) / 1000);
	fl_log_with(&u->cx, good ? FL_DEBUG : FL_WARN, fl_buf_get(&b), good ? "job done" : u->cx.err.text);
}

/* Bells after commit; jobs of one organisation that ring the same follow each other in a round, and ring once. */
static void ring(struct fl_worker *w, const struct fl_round *r, int from, int to)
{
	const char *org = NULL, *rung = NULL;

	for (int i = from; i < to; i++) {
		const struct fl_job *job = &r->run[i].job;
		const char *bells = !is_done_well(&r->run[i]) ? NULL : job->rings ? job->rings : job->kind->rings;

		if (!bells || (rung == bells && strcmp(org, job->org_id) == 0))
			continue;
		fl_redis_ring(w->redis, job->org_id, bells);
		org = job->org_id;
		rung = bells;
	}
}

/* Writes the outcomes of jobs [from, *to) in one transaction, or of as many as a pipeline holds (*to tells). With `next`, and
 * when they are the last of their round, claims into it in the same transaction. On failure nothing is written; the error is
 * in *cx. */
static enum fl_rc settle(struct fl_worker *w, struct fl_cx *cx, struct fl_round *r, int from, int *to, struct fl_round *next)
{
	struct fl_batch *b = fl_batch_new(cx->a);
	struct fl_ended e = fl_ended_new(cx->a);
	struct fl_rows *rows = NULL;
	int i, n;

	for (i = from; i < *to && b->n < FL_BATCH_MAX - ROOM_FOR_ONE; i += n) {
		struct fl_run *u = &r->run[i];

		n = fl_together_save(r, i, room_to(b, i, *to));
		now_runs(w, n == 1 ? &u->job : NULL);
		if ((is_done_well(u) ? fl_add_save(r, i, n, b) : add_failure(u, b)) != FL_OK) {
			cx->err = u->cx.err;
			return u->cx.err.rc;
		}
		for (int k = 0; k < n && is_done_well(u); k++)
			fl_ended_add(&e, &u[k].job);
	}
	*to = i;
	now_runs(w, i - from == 1 ? &r->run[from].job : NULL);
	fl_ended_close(&e);
	if (e.n)
		fl_batch_add(b, q_job_finish(fl_buf_get(&e.orgs), fl_buf_get(&e.ids), fl_buf_get(&e.fences)), NULL);
	if (next && i == r->n)
		add_claim(w, b, false, &rows);
	FL_TRY(run_surely(w, cx, b));
	if (next)
		take_claimed(w, next, rows);
	for (i = from; i < *to; i++)
		settled(&r->run[i]);
	ring(w, r, from, *to);
	return FL_OK;
}

/* One job to its end, whatever that is. A fence that is lost means that it runs elsewhere, or was cancelled: nothing is written. When
 * the database is away for good the process gives all it holds back by ending. */
static void settle_one(struct fl_worker *w, struct fl_round *r, int i)
{
	struct fl_run *u = &r->run[i];

	for (int tries = 0; tries < 3; tries++) {
		struct fl_cx cx = r->cx;
		int to = i + 1;
		enum fl_rc rc;

		cx.deadline_tick_us = fl_tick_us() + ROUND_S * FL_SECOND_US;
		rc = settle(w, &cx, r, i, &to, NULL);
		if (rc == FL_OK)
			return;
		if (!fl_db_alive(w->db))
			break;
		if (rc == FL_CONFLICT && cx.err.text && strcmp(cx.err.text, "error.job_lost") == 0) {
			/* Or this process finished it, and the answer to that was lost: a bell too many costs nothing. */
			if (w->answer_lost)
				ring(w, r, i, to);
			fl_log(&u->cx, FL_WARN, "the job %staken from this process; nothing %swritten", w->answer_lost ? "has ended, or was " : "was ", w->answer_lost ? "more was " : "was ");
			return;
		}
		fl_log(&u->cx, FL_ERROR, "the outcome of the job could not be written: %s", cx.err.text ? cx.err.text : fl_rc_name(rc));
		u->no_dead_hook = u->rc != FL_OK;
		u->rc = rc;
		u->cx.err = cx.err;
	}
	_exit(FL_EXIT_GIVE_BACK);
}

/* All jobs of a round together; what cannot be settled together is settled one by one. */
static void settle_all(struct fl_worker *w, struct fl_round *r, struct fl_round *next)
{
	for (int from = 0, to; from < r->n; from = to) {
		struct fl_cx *cx = next ? &next->cx : &r->cx;

		to = r->n;
		cx->deadline_tick_us = fl_tick_us() + ROUND_S * FL_SECOND_US;
		if (settle(w, cx, r, from, &to, next) == FL_OK)
			continue;
		for (int i = from; i < to; i++)
			settle_one(w, r, i);
	}
}

/* --- a round --- */

static bool has_suspect(const struct fl_round *r)
{
	for (int i = 0; i < r->n; i++)
		if (r->run[i].suspect)
			return true;
	return false;
}

/* A job that may have killed a process before runs with nobody beside it. */
static void run_alone(struct fl_worker *w, struct fl_round *r)
{
	for (int i = 0; i < r->n; i++) {
		allow(w, STEPS_S);
		load_some(w, r, i, i + 1);
		call_one(w, &r->run[i]);
		allow(w, STEPS_S);
		settle_one(w, r, i);
	}
}

bool fl_round_run(struct fl_worker *w)
{
	struct fl_round *r = &w->round[w->now], *next = &w->round[!w->now];
	bool with_claim;

	allow(w, STEPS_S);
	if (r->n == 0 && claim(w, r) != FL_OK) {
		fl_log(&r->cx, FL_WARN, "no claim: %s", r->cx.err.text);
		return false;
	}
	if (r->n == 0)
		return false;
	round_begin(w, next);
	fl_round_more(w, r);
	atomic_store(&w->slot->progress.nhanded, 0);
	if (has_suspect(r)) {
		run_alone(w, r);
	} else {
		load_some(w, r, 0, r->n);
		for (int i = 0; i < r->n; i++) {
			fl_round_rest(w, r, i);
			if (i < r->n)
				call_one(w, &r->run[i]);
		}
		fl_round_many_next(w, r);
		/* Less than it asked for was all there was: what it did is committed before it asks again. */
		with_claim = r->n >= w->most && !atomic_load(&w->slot->stop) && !w->answer_lost;
		now_runs(w, NULL);
		allow(w, STEPS_S);
		fl_round_size_next(w, r->n);
		settle_all(w, r, with_claim ? next : NULL);
	}
	r->n = 0;
	now_runs(w, NULL);
	w->now = !w->now;
	return true;
}

void fl_round_return(struct fl_worker *w)
{
	fl_round_give_back(w, &w->round[w->now], 0);
}
