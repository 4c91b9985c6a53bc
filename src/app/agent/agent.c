/* Decisions and rules: approvals, decisions, the agent's rules, calls to models. */
#include "app/agent/agent.h"

static const struct fl_job_kind jobs[] = {
	{ .kind = "intake.route", .queue = "intake-routing", .timeout_s = 10, .light = true, .max_attempts = 5, .load_all = agent_case_load,
	  .call = agent_route_call, .save_all = agent_route_save, .dead = agent_decision_dead,
	  .rings = "t:intake t:approvals t:board t:notes", .cache_new = agent_cache_new },
	{ .kind = "intake.ask", .queue = "intake-decision", .timeout_s = 60, .load = agent_ask_load, .call = agent_ask_call, .save = agent_ask_save,
	  .dead = agent_decision_dead, .rings = "t:intake t:approvals t:board t:notes", .cache_new = agent_cache_new },
	/* Seconds of work with many cases: kept out of the light processes that decide. */
	{ .kind = "learner.train", .queue = "intake-decision", .timeout_s = 120, .load = agent_train_load, .call = agent_train_call, .save = agent_train_save },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "decision-expire", .every_s = 3600, .q = Q_SWEEP_DECISION_EXPIRE, .help = "proposals that waited seven days go to review",
	  .rings = "t:approvals t:intake" },
	{ .name = "llm-alert", .every_s = 60, .q = Q_SWEEP_LLM_ALERT, .help = "says so when over a tenth of the calls to models fail for five minutes", .rings = "t:notes" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "decision.completed", "1.0", "decision_id intake_id state", "pipeline_id" },
	{ "task.created", "1.0", "task_id", "" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "approvals", "/approvals", "check", "decision.read", 30 },
	{ "rules", "/agent", "rules", "decision.read", 130 },
	{ 0 },
};

const struct fl_app agent_app = { .name = "agent", .pages = agent_pages, .jobs = jobs, .sweeps = sweeps, .emits = emits, .nav = nav };
