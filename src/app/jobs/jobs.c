#include "app/jobs/jobs.h"

#define NAME { .name = "name", .kind = FL_K_TEXT, .required = true, .max = 41, .help = "queue" }

static const struct fl_field list_fields[] = {
	{ .name = "queue", .kind = FL_K_TEXT, .max = 41, .help = "only this queue" },
	{ .name = "kind", .kind = FL_K_TEXT, .max = 80, .help = "only this kind" },
	{ .name = "state", .kind = FL_K_CHOICE, .choices = "queued|scheduled|active|processing|retry|completed|dead|cancelled",
		.help = "only this state" },
	{ .name = "text", .kind = FL_K_TEXT, .max = 200, .help = "part of the input or the error" },
	{ .name = "after", .kind = FL_K_UUID, .help = "cursor of the last row seen" },
	{ .name = "limit", .kind = FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};

static const struct fl_field dead_fields[] = {
	{ .name = "queue", .kind = FL_K_TEXT, .max = 41, .help = "only this queue" },
	{ .name = "fingerprint", .kind = FL_K_TEXT, .max = 12, .help = "only this cause" },
	{ .name = "archived", .kind = FL_K_BOOL, .help = "those put away" },
	{ 0 },
};

static const struct fl_field bulk_fields[] = {
	{ .name = "queue", .kind = FL_K_TEXT, .max = 41, .help = "only this queue" },
	{ .name = "fingerprint", .kind = FL_K_TEXT, .max = 12, .help = "only this cause" },
	{ 0 },
};

static const struct fl_field name_fields[] = { NAME, { 0 } };

static const struct fl_field limit_fields[] = {
	NAME,
	{ .name = "concurrency", .kind = FL_K_INT, .required = true, .min = 1, .max = 100,
		.help = "batches running at once, over all machines" },
	{ .name = "rate_limit", .kind = FL_K_INT, .min = 1, .max = 1000000, .help = "jobs begun in a window; empty for no limit" },
	{ .name = "rate_window_s", .kind = FL_K_INT, .min = 1, .max = 86400, .deflt = "60", .help = "seconds of the window" },
	{ 0 },
};

const struct fl_page jobs_pages[] = {
	/* one organisation */
	{ "GET", "/jobs", "job.read", list_fields, .view = "jobs/own", .title = "jobs.title", .nav = "jobs",
	  .sets = { { "total", Q_JOB_TOTALS, FL_ONE }, { "jobs", Q_JOB_LIST, FL_MANY } },
	  .summary = "Jobs of the organisation, newest first" },
	{ "GET", "/jobs/{id}", "job.read", NULL, .view = "jobs/show", .title = "jobs.one", .nav = "jobs",
	  .sets = { { "job", Q_JOB_SHOW, FL_ONE }, { "tries", Q_JOB_TRIES, FL_MANY } }, .summary = "A job with every attempt" },
	{ "POST", "/jobs/{id}/retry", "job.manage", NULL, .does = Q_JOB_RETRY, .then = "/jobs/{id}?done=job_retried", .rings = "t:jobs",
	  .summary = "Runs a finished job again with the same input" },
	{ "POST", "/jobs/{id}/cancel", "job.manage", NULL, .does = Q_JOB_CANCEL, .then = "/jobs/{id}?done=job_cancelled", .rings = "t:jobs",
	  .summary = "Cancels a job" },
	/* the platform */
	{ "GET", "/admin/jobs", "job.admin", NULL, .view = "jobs/admin", .title = "jobs.title", .nav = "admin-jobs", .flags = FL_ADMIN,
	  .sets = { { "total", Q_JOBS_ALL_TOTALS, FL_ONE }, { "queues", Q_JOBS_ALL_QUEUE_LIST, FL_MANY }, { "causes",
	  Q_JOBS_ALL_TOP_CAUSES, FL_MANY } },
	  .summary = "Counters, queues and causes of failure" },
	{ "GET", "/admin/jobs/list", "job.admin", list_fields, .view = "jobs/list", .title = "jobs.list", .nav = "admin-jobs",
	  .flags = FL_ADMIN,
	  .sets = { { "jobs", Q_JOBS_ALL_LIST, FL_MANY } }, .summary = "Jobs of all organisations, newest first" },
	{ "GET", "/admin/jobs/{id}", "job.admin", NULL, .view = "jobs/admin-show", .title = "jobs.one", .nav = "admin-jobs",
	  .flags = FL_ADMIN,
	  .sets = { { "job", Q_JOBS_ALL_SHOW, FL_ONE }, { "tries", Q_JOBS_ALL_TRIES, FL_MANY } }, .summary = "A job of any organisation" },
	{ "POST", "/admin/jobs/{id}/retry", "job.admin", NULL, .does = Q_JOBS_ALL_RETRY, .then = "/admin/jobs/{id}?done=job_retried",
	  .flags = FL_ADMIN,
	  .rings = "t:jobs", .summary = "Runs a job of any organisation again" },
	{ "POST", "/admin/jobs/{id}/cancel", "job.admin", NULL, .does = Q_JOBS_ALL_CANCEL,
	  .then = "/admin/jobs/{id}?done=job_cancelled", .flags = FL_ADMIN,
	  .rings = "t:jobs", .summary = "Cancels a job of any organisation" },
	{ "GET", "/admin/queues/{name}", "job.admin", name_fields, .view = "jobs/queue", .title = "jobs.queue", .nav = "admin-jobs",
	  .flags = FL_ADMIN,
	  .sets = { { "queue", Q_JOBS_ALL_QUEUE, FL_ONE } }, .summary = "One queue and its limits" },
	{ "POST", "/admin/queues/{name}/pause", "job.admin", name_fields, .does = Q_JOB_QUEUE_PAUSE, .then = "/admin/jobs?done=queue_paused",
	  .flags = FL_ADMIN, .rings = "t:jobs", .summary = "Pauses a queue" },
	{ "POST", "/admin/queues/{name}/resume", "job.admin", name_fields, .does = Q_JOB_QUEUE_RESUME,
	  .then = "/admin/jobs?done=queue_resumed",
	  .flags = FL_ADMIN, .rings = "t:jobs", .summary = "Resumes a queue" },
	{ "POST", "/admin/queues/{name}/limits", "job.admin", limit_fields, .does = Q_JOB_QUEUE_LIMIT,
	  .then = "/admin/queues/{name}?done=saved",
	  .view = "jobs/queue", .sets = { { "queue", Q_JOBS_ALL_QUEUE, FL_ONE } }, .title = "jobs.queue", .nav = "admin-jobs",
	  .flags = FL_ADMIN,
	  .rings = "t:jobs", .summary = "Sets how many jobs of a queue run at once" },
	{ "GET", "/admin/dead", "job.admin", dead_fields, .view = "jobs/dead", .title = "jobs.dead", .nav = "admin-jobs", .flags = FL_ADMIN,
	  .sets = { { "causes", Q_JOBS_ALL_CAUSES, FL_MANY }, { "streams", Q_JOBS_ALL_DLQ_STATS, FL_MANY } },
	  .summary = "Dead letters by cause" },
	{ "POST", "/admin/dead/replay", "job.admin", bulk_fields, .does = Q_JOBS_ALL_REPLAY, .then = "/admin/dead?done=jobs_replayed",
	  .flags = FL_ADMIN,
	  .rings = "t:jobs", .summary = "Runs all matching dead letters again, fifty a second" },
	{ "POST", "/admin/dead/archive", "job.admin", bulk_fields, .does = Q_JOBS_ALL_ARCHIVE,
	  .then = "/admin/dead?done=jobs_archived", .flags = FL_ADMIN,
	  .rings = "t:jobs", .summary = "Puts all matching dead letters away" },
	{ "GET", "/admin/dlq/stats", "job.admin", NULL, .flags = FL_ADMIN | FL_JSON_ONLY, .sets = { { "streams", Q_JOBS_ALL_DLQ_STATS,
		FL_MANY } },
	  .summary = "Dead letters by queue and the success of replays" },
	{ "GET", "/admin/sweeps", "job.admin", NULL, .view = "jobs/sweeps", .title = "jobs.sweeps", .nav = "admin-jobs", .flags = FL_ADMIN,
	  .sets = { { "sweeps", Q_SWEEP_LIST, FL_MANY } }, .summary = "Sweeps: when each ran and is due" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ .key = "jobs", .path = "/jobs", .icon = "jobs", .permission = "job.read", .order = 120 },
	{ .key = "admin-jobs", .path = "/admin/jobs", .icon = "jobs", .permission = "job.admin", .order = 203 },
	{ 0 },
};

const struct fl_app jobs_app = { .name = "jobs", .pages = jobs_pages, .jobs = jobs_kinds, .sweeps = jobs_sweeps, .nav = nav };
