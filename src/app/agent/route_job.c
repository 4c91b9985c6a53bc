/* intake.route: decides at once with the built-in provider, or hands over to intake.ask when the organisation asks a language model first. */
#include "app/agent/agent.h"
#include "app/agent/mind.h"

struct route {
	struct agent_case c;
	struct agent_decision d;
	bool is_over;   /* decided by somebody else, or gone */
	bool hand_over;
};

/* Whether a provider elsewhere is to be asked before the built-in. */
static bool asks_elsewhere(const char *chain)
{
	return strncmp(chain, "builtin", sizeof("builtin") - 1) != 0;
}

enum fl_rc agent_route_call(struct fl_job *job)
{
	struct route *r = FL_NEW(job->cx->a, struct route);
	int64_t from_us = fl_tick_us();
	enum fl_rc rc = agent_case_read(job, &r->c);

	job->state = r;
	if (rc == FL_NOT_FOUND) {
		r->is_over = true;
		return FL_OK;
	}
	FL_TRY(rc);
	if (r->c.given) {
		agent_decide_given(&r->c, &r->d);
	} else if (asks_elsewhere(r->c.chain) && r->c.known->npipelines) {
		r->hand_over = true;
	} else {
		FL_TRY(agent_decide_builtin(job->cx, &r->c, &r->d));
		r->d.latency_us = fl_tick_us() - from_us;
	}
	return FL_OK;
}

enum fl_rc agent_route_save(struct fl_job *const *jobs, int n, struct fl_batch *b)
{
	struct agent_record *record = agent_record_new(jobs[0]->cx->a);

	for (int i = 0; i < n; i++) {
		struct route *r = jobs[i]->state;

		if (r->is_over)
			continue;
		if (r->hand_over) {
			fl_batch_add(b, q_decision_hand_over(fl_str(r->c.intake_id), fl_str(jobs[i]->id), fl_str(jobs[i]->cx->request_id)), NULL);
			jobs[i]->rings = "t:intake q:intake-decision";
		} else {
			agent_record_add(record, jobs[i], &r->c, &r->d);
		}
	}
	agent_record_save(record, b);
	return FL_OK;
}

enum fl_rc agent_decision_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "intake_id");

	if (fl_uuid_valid(id))
		fl_batch_add(b, q_decision_failed(id, fl_str(job->cx->err.text ? job->cx->err.text : "")), NULL);
	return FL_OK;
}
