/* Decisions and rules: approvals, decisions, the agent's rules, calls to models. */
#include "app/agent/agent.h"

static const struct fl_event emits[] = {
	{ "decision.completed", "1.0", "decision_id intake_id state", "pipeline_id" },
	{ "task.created", "1.0", "task_id", "" },
	{ 0 },
};

const struct fl_app agent_app = { .name = "agent", .jobs = agent_jobs, .emits = emits };
