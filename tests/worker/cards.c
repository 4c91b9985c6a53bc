/* The cards of the worker under test: the product's noop, and kinds that misbehave. Only in the test build. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/jobs/jobs.h"
#include "app/jobs/progress.h"

static enum fl_rc slow(struct fl_job *job)
{
	int ms = (int)fl_json_int(job->payload, "ms", 200), parts = (int)fl_json_int(job->payload, "parts", 1);

	for (int i = 0; i < parts; i++) {
		(void)poll(NULL, 0, ms / parts);
		jobs_progress(job, i + 1, parts, "part done");
	}
	return FL_OK;
}

/* Runs until the file `until` is there: a test says when it has seen what it wanted to see. */
static enum fl_rc held(struct fl_job *job)
{
	const char *path = fl_strndup(job->cx->a, fl_json_str(job->payload, "until"));

	while (access(path, F_OK) != 0)
		(void)poll(NULL, 0, 20);
	return FL_OK;
}

static enum fl_rc crash(struct fl_job *job)
{
	(void)job;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return FL_OK;
}

static enum fl_rc fail(struct fl_job *job)
{
	const char *how = fl_strndup(job->cx->a, fl_json_str(job->payload, "how"));

	if (strcmp(how, "invalid") == 0)
		return FL_FAIL(job->cx, FL_INVALID, "wrong for good");
	if (strcmp(how, "handed") == 0) {
		jobs_handed_over(job);
		return FL_FAIL(job->cx, FL_INVALID, "%0999d\u00f1 and more", 0); /* two bytes where a text is cut */
	}
	return FL_FAIL(job->cx, FL_LATER, "the other side answered 503 to try %d", job->attempt);
}

static enum fl_rc save_note(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_job_enqueue(FL_STR("events"), FL_STR("test.note"), fl_json_str(job->payload, "x").p
		? FL_STR("{\"x\":1}") : FL_STR("{}"), 9,
	                              FL_STR("2099-01-01"), (struct fl_str){ job->id, 36 }), NULL);
	return FL_OK;
}

/* A write the database refuses, beside others that are fine. */
static enum fl_rc save_bad(struct fl_job *job, struct fl_batch *b)
{
	(void)job;
	fl_batch_add(b, q_job_enqueue(FL_STR("no-such-queue"), FL_STR("x"), FL_STR("{}"), 5, (struct fl_str){ NULL, 0 },
		(struct fl_str){ NULL, 0 }), NULL);
	return FL_OK;
}

static const struct fl_job_kind test_kinds[] = {
	{ .kind = "noop.slow", .queue = "ingest", .timeout_s = 30, .call = slow },
	{ .kind = "noop.held", .queue = "ingest", .timeout_s = 600, .call = held },
	{ .kind = "noop.rings", .queue = "ingest", .timeout_s = 600, .call = held, .rings = "t:jobs" },
	{ .kind = "noop.long", .queue = "ingest", .timeout_s = 30, .call = slow, .max_attempts = 1 },
	{ .kind = "noop.late", .queue = "ingest", .timeout_s = 1, .call = slow, .max_attempts = 2 },
	{ .kind = "noop.crash", .queue = "sync", .timeout_s = 10, .light = true, .call = crash },
	{ .kind = "noop.fail", .queue = "sync", .timeout_s = 10, .light = true, .call = fail },
	{ .kind = "noop.note", .queue = "sync", .timeout_s = 10, .light = true, .save = save_note },
	{ .kind = "noop.bad", .queue = "sync", .timeout_s = 10, .light = true, .save = save_bad },
	{ 0 },
};

static const struct fl_app test_app = { .name = "test", .jobs = test_kinds };
static const struct fl_app noop_app = { .name = "jobs", .jobs = jobs_kinds, .sweeps = jobs_sweeps };

const struct fl_app *const fl_apps[] = { &noop_app, &test_app, NULL };
