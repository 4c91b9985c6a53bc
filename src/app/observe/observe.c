/* What happened in an organisation: its events and its audit log. The state of the platform is a page of the edge (http/status.c), which
 * alone can measure it. */
#include "app/app.h"
#include "app/observe/health.h"

static const struct fl_field event_fields[] = {
	{ .name = "type", .kind = FL_K_TEXT, .max = 80, .help = "only this type" },
	{ .name = "correlation", .kind = FL_K_TEXT, .max = 64, .help = "only what came of this request, of the last 30 days" },
	{ .name = "after", .kind = FL_K_UUID, .help = "cursor of the last row seen" },
	{ .name = "limit", .kind = FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};

static const struct fl_field audit_fields[] = {
	{ .name = "action", .kind = FL_K_TEXT, .max = 80, .help = "only this action, or those that begin with it and a dot" },
	{ .name = "subject", .kind = FL_K_UUID, .help = "only what was done to this" },
	{ .name = "after", .kind = FL_K_UUID, .help = "cursor of the last row seen" },
	{ .name = "limit", .kind = FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/events", "org.manage", event_fields, .view = "observe/events", .title = "observe.events", .nav = "events",
	  .sets = { { "events", Q_OBSERVE_EVENTS }, { "types", Q_OBSERVE_EVENT_TYPES } }, .summary = "Events, newest first" },
	{ "GET", "/events/{id}", "org.manage", NULL, .view = "observe/event", .title = "observe.event", .nav = "events",
	  .sets = { { "event", Q_OBSERVE_EVENT, FL_ONE }, { "words", Q_OBSERVE_EVENT_WORDS }, { "same", Q_OBSERVE_EVENT_SAME } },
	  .summary = "An event and what else came of the same request" },
	{ "GET", "/audit", "org.manage", audit_fields, .view = "observe/audit", .title = "observe.audit", .nav = "audit",
	  .sets = { { "rows", Q_OBSERVE_AUDIT }, { "words", Q_OBSERVE_AUDIT_WORDS, .under = "rows", .by = "audit_id" }, { "areas", Q_OBSERVE_AUDIT_AREAS } }, .summary = "Who did what, and whether it is sealed" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "llm-stats", .every_s = 60, .q = Q_SWEEP_LLM_STATS, .help = "adds calls to models to their totals" },
	{ .name = "health", .every_s = 60, .skip_missed = true, .q = Q_SWEEP_HEALTH, .help = "has what Fairlead stands on asked whether it answers" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "health.check", .queue = "health", .timeout_s = 60, .max_attempts = 1, .call = health_call, .save = health_save },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "events", "/events", "chart", "org.manage", 150 },
	{ "audit", "/audit", "lock", "org.manage", 151 },
	{ "admin", "/admin", "settings", "platform.admin", 200 },
	{ 0 },
};

const struct fl_app observe_app = { .name = "observe", .pages = pages, .jobs = jobs, .sweeps = sweeps, .nav = nav };
