/* Promised times: policies, and the sweep that watches the clocks. */
#include "app/sla/sla.h"

#define POLICY                                                                                                                                          \
	{ "name", FL_K_TEXT, .required = true, .max = 80 }, { "pipeline_id", FL_K_UUID, .help = "none: any" },                                          \
		{ "contact_id", FL_K_UUID, .help = "a client's own policy; none: any" },                                                                \
		{ "priority_max", FL_K_INT, .min = 0, .max = 9, .deflt = "0", .help = "for this priority and more urgent ones; 0: any" },               \
		{ "first_min", FL_K_INT, .min = 1, .max = 527040, .help = "first answer, minutes of business time; none: not promised" },               \
		{ "next_min", FL_K_INT, .min = 1, .max = 527040 }, { "resolve_min", FL_K_INT, .min = 1, .max = 527040 },                                \
		{ "warn_pct", FL_K_INT, .min = 1, .max = 99, .deflt = "80" },                                                                           \
		{ "escalate_min", FL_K_INT, .min = 1, .max = 100000, .help = "minutes after the breach; none: not" }, { "escalate_user_id", FL_K_UUID }, \
		{ "zone", FL_K_TEXT, .max = 64, .deflt = "UTC", .help = "of the business hours, for example Europe/Madrid" },                           \
		{ "hours", FL_K_OBJECT, .help = "member 1 (Monday) to 7: 09:00-13:00, 14:00-18:00; none at all: day and night" },                       \
		{ "holidays", FL_K_LONG, .max = 5000, .help = "a day a line, 2026-12-25" },                                                             \
	{                                                                                                                                               \
		"active", FL_K_BOOL                                                                                                                     \
	}
static const struct fl_field add_fields[] = { POLICY, { 0 } };
static const struct fl_field set_fields[] = { { "version", FL_K_INT, .min = 1 }, POLICY, { 0 } };

static const struct fl_field list_fields[] = {
	{ "view", FL_K_CHOICE, .choices = "running|paused|missed", .deflt = "running" },
	{ "after", FL_K_TEXT, .max = 100, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field step_fields[] = {
	{ "after_min", FL_K_INT, .required = true, .min = 1, .max = 100000, .help = "minutes of business time after the breach" },
	{ "user_id", FL_K_UUID, .help = "to whom; none: all operators" },
	{ 0 },
};
static const struct fl_field remove_fields[] = {
	{ "step", FL_K_UUID, .required = true },
	{ 0 },
};

#define NEW                                                                                                                                             \
	.view = "sla/list", .title = "sla.title", .nav = "sla",                                                                                         \
	.sets = { { "policies", Q_SLA_LIST }, { "week", Q_SLA_WEEK_NEW }, { "pipelines", Q_PIPELINE_CHOICES }, { "clients", Q_SLA_CLIENTS }, { "people", Q_PEOPLE_CHOICES } }
#define SHOW                                                                                                                                            \
	.view = "sla/show", .title = "sla.title", .nav = "sla",                                                                                         \
	.sets = { { "policy", Q_SLA_SHOW, FL_ONE }, { "week", Q_SLA_WEEK }, { "pipelines", Q_PIPELINE_CHOICES }, { "clients", Q_SLA_CLIENTS }, { "people", Q_PEOPLE_CHOICES }, { "chain", Q_SLA_CHAIN } }

static const struct fl_page pages[] = {
	{ "GET", "/sla", "intake.read", list_fields, .view = "sla/watch", .sets = { { "clocks", Q_SLA_CLOCKS }, { "scope", Q_SLA_SCOPE, FL_ONE } }, .title = "sla.clocks", .nav = "clocks",
	  .summary = "Clocks of promised times, with why each stands where it stands" },
	{ "GET", "/settings/sla", "sla.manage", NULL, NEW, .summary = "What is promised" },
	{ "POST", "/settings/sla", "sla.manage", add_fields, NEW, .does = Q_SLA_ADD_POLICY, .then = "/settings/sla/{id}?done=saved", .rings = "t:intake q:sla-monitor",
	  .flags = FL_CREATED, .summary = "Makes a policy" },
	{ "GET", "/settings/sla/{id}", "sla.manage", NULL, SHOW, .summary = "A policy with its business hours" },
	{ "POST", "/settings/sla/{id}", "sla.manage", set_fields, SHOW, .does = Q_SLA_SET_POLICY, .then = "/settings/sla/{id}?done=saved", .rings = "t:intake q:sla-monitor",
	  .summary = "Changes a policy; open requests get their clocks anew" },
	{ "POST", "/settings/sla/{id}/steps", "sla.manage", step_fields, SHOW, .does = Q_SLA_ESCALATION_ADD, .then = "/settings/sla/{id}?done=saved#chain",
	  .summary = "Adds a step to what a missed promise climbs" },
	{ "POST", "/settings/sla/{id}/steps/remove", "sla.manage", remove_fields, SHOW, .does = Q_SLA_ESCALATION_REMOVE, .then = "/settings/sla/{id}?done=saved#chain",
	  .summary = "Takes a step away" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "sla.compute", .queue = "sla-monitor", .timeout_s = 60, .light = true, .max_attempts = 5, .save = sla_compute_save, .rings = "q:sla-monitor t:intake" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "sla", .every_s = 60, .q = Q_SWEEP_SLA, .help = "warns of promises soon to break, notes those broken, escalates", .rings = "t:notes t:intake q:email q:sms" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "sla.warned", "1.0", "intake_id clock due_at", "" },
	{ "sla.breached", "1.0", "intake_id clock due_at", "" },
	{ "sla.escalated", "1.0", "intake_id clock due_at after_min", "user_id" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "clocks", "/sla", "clock", "intake.read", 42 },
	{ "sla", "/settings/sla", "clock", "sla.manage", 126 },
	{ 0 },
};

const struct fl_app sla_app = { .name = "sla", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits, .nav = nav };
