#include "worker/worker.h"

enum {
	ARENA_LIGHT = 8 << 20, /* bytes a job may use */
	ARENA_IO = 128 << 20,
	ROUND_QUICK_US = 20000,
};

bool fl_run_used_up(const struct fl_run *u)
{
	return u->kills >= FL_KILLS_MAX || u->errors >= u->job.max_attempts;
}

/* What a claim and a commit cost is shared by the jobs of a round: rounds grow while there is more to do than they hold. Slow jobs are
 * better spread over processes. */
void fl_round_size_next(struct fl_worker *w, int n)
{
	int64_t took_us = fl_tick_us() - w->saved_tick_us;

	w->saved_tick_us += took_us;
	if (w->widest < n)
		w->widest = n;
	if (!w->light)
		return;
	if (n < w->most || took_us > ROUND_QUICK_US)
		w->most = FL_ROUND_LEAST;
	else if (w->most < FL_ROUND_MAX)
		w->most *= 2;
}

void fl_rounds_trim(struct fl_worker *w)
{
	if (w->widest <= FL_ROUND_LEAST)
		return;
	for (size_t k = 0; k < FL_COUNT(w->round); k++) {
		for (int i = FL_ROUND_LEAST; i < FL_ROUND_MAX; i++) {
			fl_arena_free(w->round[k].run[i].a);
			w->round[k].run[i].a = NULL;
		}
	}
	w->widest = 0;
	fl_arena_trim();
}

static void *cache_of(struct fl_worker *w, void *(*make)(struct fl_arena *process))
{
	struct fl_cache *c = w->caches;

	if (!make)
		return NULL;
	while (c && c->make != make)
		c = c->next;
	if (!c) {
		c = FL_NEW(w->process, struct fl_cache);
		*c = (struct fl_cache){ make, make(w->process), w->caches };
		w->caches = c;
	}
	return c->made;
}

void fl_run_begin(struct fl_worker *w, struct fl_run *u, const struct fl_rows *rows, int i)
{
	struct fl_job *job = &u->job;
	const char *why = "";

	if (!u->a)
		u->a = fl_arena_new(w->light ? ARENA_LIGHT : ARENA_IO);
	else
		fl_arena_reset(u->a);
	*u = (struct fl_run){ .a = u->a };
	fl_rows_uuid(rows, i, JOB_CLAIM_ID, job->id);
	fl_rows_uuid(rows, i, JOB_CLAIM_ORG_ID, job->org_id);
	fl_rows_uuid(rows, i, JOB_CLAIM_USER_ID, job->user_id);
	job->kind = fl_kind_find(fl_rows_str(rows, i, JOB_CLAIM_KIND));
	job->attempt = (int)fl_rows_int(rows, i, JOB_CLAIM_ATTEMPT);
	job->max_attempts = job->kind && job->kind->max_attempts ? job->kind->max_attempts : 3;
	job->fence = fl_rows_int(rows, i, JOB_CLAIM_FENCE);
	job->created_us = fl_rows_time_us(rows, i, JOB_CLAIM_CREATED_AT);
	u->kills = (int)fl_rows_int(rows, i, JOB_CLAIM_KILLS);
	u->errors = (int)fl_rows_int(rows, i, JOB_CLAIM_ERRORS);
	u->uncounted = (int)fl_rows_int(rows, i, JOB_CLAIM_RUN) - 1 - u->kills - u->errors;
	u->suspect = u->kills > 0 || fl_rows_bool(rows, i, JOB_CLAIM_SUSPECT);
	u->timeout_s = job->kind ? fl_kind_timeout_s(w->conf, job->kind) : 1;
	fl_cx_init(&u->cx, u->a, w->conf, fl_rows_dup(u->a, rows, i, JOB_CLAIM_REQUEST_ID), u->timeout_s);
	if (fl_rows_null(rows, i, JOB_CLAIM_TRACE_ID))
		fl_trace_id("", u->cx.request_id, u->cx.trace_id);
	else
		memcpy(u->cx.trace_id, fl_rows_dup(u->a, rows, i, JOB_CLAIM_TRACE_ID), sizeof(u->cx.trace_id));
	job->is_traced = !fl_rows_null(rows, i, JOB_CLAIM_TRACE_ID);
	job->progress_url = fl_rows_dup(u->a, rows, i, JOB_CLAIM_PROGRESS_URL);
	job->cx = &u->cx;
	u->cx.job_id = job->id;
	memcpy(u->cx.who.kind, "job", sizeof("job"));
	memcpy(u->cx.who.org_id, job->org_id, sizeof(job->org_id));
	memcpy(u->cx.who.user_id, job->user_id, sizeof(job->user_id));
	if (!job->kind) {
		struct fl_str name = fl_rows_str(rows, i, JOB_CLAIM_KIND);

		u->rc = FL_FAIL(&u->cx, FL_BUG, "no such kind of job: %.*s", (int)name.n, name.p);
		return;
	}
	job->outside = w->outside;
	job->progress = &w->slot->progress;
	job->cache = cache_of(w, job->kind->cache_new);
	if (fl_json_parse(u->a, fl_rows_str(rows, i, JOB_CLAIM_PAYLOAD), &fl_json_limits_api, &job->payload, &why) != FL_OK)
		u->rc = FL_FAIL(&u->cx, FL_INVALID, "the payload is not what we take: %s", why);
	if (fl_run_used_up(u))
		u->rc = FL_FAIL(&u->cx, FL_BUG, "quarantined");
}
