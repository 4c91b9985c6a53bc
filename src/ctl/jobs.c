#include <stdio.h>

#include "ctl/ctl.h"

enum { REPLAY_MAX_BATCHES = 10000 };

#define QUEUES "`fairlead jobs queues` names them"
#define NO_QUEUE "no such queue; " QUEUES
#define STATES "queued, scheduled, active, processing, retry, completed, dead or cancelled"

/* A call as the command line, which may look into every organisation. */
static enum fl_rc run(struct ctl *c, struct fl_call call, struct fl_rows **out)
{
	struct fl_batch *b = fl_batch_new(c->cx->a);

	fl_batch_add(b, q_ctl_enter(), NULL);
	fl_batch_add(b, call, out);
	return fl_batch_run(c->cx, c->db, b);
}

static int usage(const char *how)
{
	fprintf(stderr, "usage: fairlead jobs %s\n", how);
	return 2;
}

static bool is_state(struct fl_str s)
{
	struct fl_str rest = FL_STR("queued,scheduled,active,processing,retry,completed,dead,cancelled");

	while (rest.p)
		if (fl_str_eq(fl_str_cut(&rest, ','), s))
			return true;
	return false;
}

int ctl_jobs_list(struct ctl *c)
{
	struct fl_str queue = fl_str(ctl_option(c, "queue", NULL)), state = fl_str(ctl_option(c, "state", NULL));
	struct fl_rows *r;
	int64_t limit;

	if (fl_str_int(fl_str(ctl_option(c, "limit", "50")), 1, 1000, &limit) != FL_OK)
		return usage("list [--queue NAME] [--state STATE] [--limit 1 to 1000]");
	if (state.p && !is_state(state)) {
		fprintf(stderr, "fairlead: --state %s: a job is " STATES "\n", state.p);
		return 2;
	}
	if (!ctl_db(c) || !ctl_known(c, "queue", QUEUES))
		return 1;
	if (run(c, q_jobs_all_list(queue, (struct fl_str){ 0 }, state, (struct fl_str){ 0 }, (struct fl_str){ 0 }, limit), &r) != FL_OK)
		return ctl_fail(c, "jobs list");
	for (int i = 0; i < r->nrows; i++)
		printf("%s  %-10s %-18s %-24s %lld of %lld  %s\n", fl_rows_dup(c->cx->a, r, i, JOBS_ALL_LIST_ID), fl_rows_dup(c->cx->a, r, i, JOBS_ALL_LIST_STATE),
		       fl_rows_dup(c->cx->a, r, i, JOBS_ALL_LIST_QUEUE), fl_rows_dup(c->cx->a, r, i, JOBS_ALL_LIST_KIND),
		       (long long)fl_rows_int(r, i, JOBS_ALL_LIST_ATTEMPT), (long long)fl_rows_int(r, i, JOBS_ALL_LIST_MAX_ATTEMPTS),
		       fl_rows_null(r, i, JOBS_ALL_LIST_ERROR) ? "" : fl_rows_dup(c->cx->a, r, i, JOBS_ALL_LIST_ERROR));
	return 0;
}

static const char *text(struct ctl *c, const struct fl_rows *r, int row, int col)
{
	return fl_rows_null(r, row, col) ? "-" : fl_rows_dup(c->cx->a, r, row, col);
}

int ctl_jobs_show(struct ctl *c)
{
	const char *id = ctl_arg(c, 0);
	struct fl_rows *r, *tries;

	if (!id)
		return usage("show ID");
	if (!ctl_db(c))
		return 1;
	if (run(c, q_jobs_all_show(fl_str(id)), &r) != FL_OK || run(c, q_jobs_all_tries(fl_str(id)), &tries) != FL_OK)
		return ctl_fail(c, "jobs show");
	if (!r->nrows) {
		fprintf(stderr, "fairlead: no job has the id %s; `fairlead jobs list` shows ids\n", id);
		return 1;
	}
	printf("%s  %s  %s  %s\norganisation %s\nrequest %s\n", id, text(c, r, 0, JOBS_ALL_SHOW_QUEUE), text(c, r, 0, JOBS_ALL_SHOW_KIND),
	       text(c, r, 0, JOBS_ALL_SHOW_STATE), text(c, r, 0, JOBS_ALL_SHOW_ORG_NAME), text(c, r, 0, JOBS_ALL_SHOW_REQUEST_ID));
	printf("attempts that failed %lld of %lld, processes lost %lld\nerror %s\npayload %s\n", (long long)fl_rows_int(r, 0, JOBS_ALL_SHOW_ERRORS),
	       (long long)fl_rows_int(r, 0, JOBS_ALL_SHOW_MAX_ATTEMPTS), (long long)fl_rows_int(r, 0, JOBS_ALL_SHOW_KILLS),
	       text(c, r, 0, JOBS_ALL_SHOW_ERROR), text(c, r, 0, JOBS_ALL_SHOW_PAYLOAD));
	for (int i = 0; i < tries->nrows; i++)
		printf("run %lld: %s, %.0f ms, %s\n", (long long)fl_rows_int(tries, i, JOBS_ALL_TRIES_RUN), text(c, tries, i, JOBS_ALL_TRIES_OUTCOME),
		       fl_rows_float(tries, i, JOBS_ALL_TRIES_MS), text(c, tries, i, JOBS_ALL_TRIES_ERROR));
	return 0;
}

/* Retry and cancel: the job's id, or nothing when its state does not allow it. */
static int act(struct ctl *c, struct fl_call call, const char *what, const char *none)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (run(c, call, &r) != FL_OK)
		return ctl_fail(c, what);
	if (!r->nrows) {
		fprintf(stderr, "fairlead: %s: %s\n", what, none);
		return 1;
	}
	printf("%s\n", fl_rows_dup(c->cx->a, r, 0, 0));
	return 0;
}

int ctl_jobs_retry(struct ctl *c)
{
	const char *id = ctl_arg(c, 0);

	return id ? act(c, q_jobs_all_retry(fl_str(id)), "jobs retry", "no such job; `fairlead jobs dead` shows what can run again") : usage("retry ID");
}

int ctl_jobs_cancel(struct ctl *c)
{
	const char *id = ctl_arg(c, 0);

	return id ? act(c, q_jobs_all_cancel(fl_str(id)), "jobs cancel", "no such job; `fairlead jobs list` shows what is not over") : usage("cancel ID");
}

int ctl_jobs_dead(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c) || !ctl_known(c, "queue", QUEUES))
		return 1;
	if (run(c, q_jobs_all_causes(fl_str(ctl_option(c, "queue", NULL)), (struct fl_str){ 0 }, false), &r) != FL_OK)
		return ctl_fail(c, "jobs dead");
	for (int i = 0; i < r->nrows; i++)
		printf("%6lld  %-18s %-24s %s  %s\n", (long long)fl_rows_int(r, i, JOBS_ALL_CAUSES_JOBS), text(c, r, i, JOBS_ALL_CAUSES_QUEUE),
		       text(c, r, i, JOBS_ALL_CAUSES_KIND), text(c, r, i, JOBS_ALL_CAUSES_SAMPLE_ID), text(c, r, i, JOBS_ALL_CAUSES_ERROR));
	if (!r->nrows)
		puts("nothing gave up");
	return 0;
}

/* In batches, so that no transaction holds more than one batch of rows. */
int ctl_jobs_replay(struct ctl *c)
{
	const char *queue = ctl_option(c, "queue", NULL);
	int64_t done = 0;

	if (!queue && !ctl_flag(c, "all"))
		return usage("replay --queue NAME | --all");
	if (!ctl_db(c) || !ctl_known(c, "queue", QUEUES))
		return 1;
	for (int i = 0; i < REPLAY_MAX_BATCHES; i++) {
		struct fl_rows *r;
		int64_t n;

		if (run(c, q_ctl_replay(fl_str(queue)), &r) != FL_OK)
			return ctl_fail(c, "jobs replay");
		n = fl_rows_int(r, 0, CTL_REPLAY_REPLAYED);
		done += n;
		if (n == 0)
			break;
	}
	printf("%lld run again, fifty a second\n", (long long)done);
	return 0;
}

int ctl_jobs_archive(struct ctl *c)
{
	const char *queue = ctl_option(c, "queue", NULL);
	struct fl_rows *r;

	if (!queue && !ctl_flag(c, "all"))
		return usage("archive --queue NAME | --all");
	if (!ctl_db(c) || !ctl_known(c, "queue", QUEUES))
		return 1;
	if (run(c, q_jobs_all_archive(fl_str(queue), (struct fl_str){ 0 }), &r) != FL_OK)
		return ctl_fail(c, "jobs archive");
	printf("%lld put away\n", (long long)fl_rows_int(r, 0, JOBS_ALL_ARCHIVE_ARCHIVED));
	return 0;
}

int ctl_jobs_limit(struct ctl *c)
{
	const char *name = ctl_arg(c, 0), *rate = ctl_option(c, "rate", NULL);
	int64_t concurrency, begin, window_s;

	if (!name || fl_str_int(fl_str(ctl_option(c, "concurrency", "")), 1, 100, &concurrency) != FL_OK || (rate && fl_str_int(fl_str(rate), 1, 1000000, &begin) != FL_OK) ||
	    fl_str_int(fl_str(ctl_option(c, "window", "60")), 1, 86400, &window_s) != FL_OK)
		return usage("limit QUEUE --concurrency 1-to-100 [--rate 1-to-1000000 [--window 1-to-86400]]");
	return act(c, q_job_queue_limit(fl_str(name), concurrency, fl_str(rate), window_s), "jobs limit", NO_QUEUE);
}

int ctl_jobs_pause(struct ctl *c)
{
	const char *name = ctl_arg(c, 0);

	return name ? act(c, q_job_queue_pause(fl_str(name)), "jobs pause", NO_QUEUE) : usage("pause QUEUE");
}

int ctl_jobs_resume(struct ctl *c)
{
	const char *name = ctl_arg(c, 0);

	return name ? act(c, q_job_queue_resume(fl_str(name)), "jobs resume", NO_QUEUE) : usage("resume QUEUE");
}

int ctl_jobs_queues(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (run(c, q_observe_queue_list(), &r) != FL_OK)
		return ctl_fail(c, "jobs queues");
	printf("%-22s %8s %8s %8s %8s %10s\n", "queue", "waiting", "active", "retry", "dead", "oldest");
	for (int i = 0; i < r->nrows; i++)
		printf("%-22s %8lld %8lld %8lld %8lld %8.0f s%s\n", text(c, r, i, OBSERVE_QUEUE_LIST_NAME), (long long)fl_rows_int(r, i, OBSERVE_QUEUE_LIST_WAITING),
		       (long long)fl_rows_int(r, i, OBSERVE_QUEUE_LIST_ACTIVE), (long long)fl_rows_int(r, i, OBSERVE_QUEUE_LIST_RETRYING),
		       (long long)fl_rows_int(r, i, OBSERVE_QUEUE_LIST_DEAD), fl_rows_float(r, i, OBSERVE_QUEUE_LIST_OLDEST_S),
		       fl_rows_bool(r, i, OBSERVE_QUEUE_LIST_PAUSED) ? "  paused" : "");
	return 0;
}

int ctl_jobs_test(struct ctl *c)
{
	const char *org = ctl_option(c, "org", NULL), *count = ctl_arg(c, 0);
	struct fl_rows *r;
	int64_t n;

	if (!org || !count || fl_str_int(fl_str(count), 1, 100000, &n) != FL_OK)
		return usage("test 1-to-100000 --org SHORT-NAME");
	if (!ctl_db(c))
		return 1;
	if (run(c, q_ctl_jobs_test(fl_str(org), n), &r) != FL_OK)
		return ctl_fail(c, "jobs test");
	printf("%lld jobs made; `fairlead jobs queues` shows the queue sync empty again\n", (long long)fl_rows_int(r, 0, CTL_JOBS_TEST_MADE));
	return 0;
}
