/* intake.ask: a language model is asked, within the organisation's budget and its chain of providers; what it says is data.
 *
 * How sure a decision is, is not the model's word alone:
 *   - the built-in is asked too. Where both name the same destination the model's figure counts, at most 0.99;
 *   - where the built-in has an opinion of its own (at least the approval threshold) and another destination, the decision stays just under the
 *     threshold of acting alone: a person decides;
 *   - where the built-in has no opinion the figure counts, at most 0.90;
 *   - once 20 of the model's sure decisions were judged by people, none counts for more than (right + 1) / (judged + 2) of the last 200.
 * When no provider answers as asked, the built-in decides, marked by `fallback`; in a chain without it a person does. */
#include "app/agent/question.h"
#include "app/agent/trace.h"
#include "llm/llm.h"

enum {
	PROVIDER_MS = 8000, /* of each provider */
	CHAIN_MS = 10000,   /* of all of them */
	ANSWER_TOKENS = 700,
	JUDGED_ENOUGH = 20,
};

struct ask {
	struct agent_case c;
	struct agent_decision d, own; /* own: the built-in's */
	struct fl_prompt_text prompt;
	struct fl_llm_answer answer;
	bool is_over, is_later;
};

static double at_most(double v, double most)
{
	return v < most ? v : most;
}

static double weighed(const struct ask *k, const struct fl_rows *context)
{
	int64_t judged = fl_rows_int(context, 0, ASK_CONTEXT_JUDGED), right = fl_rows_int(context, 0, ASK_CONTEXT_FOUND_RIGHT);
	double v;

	if (k->own.pipeline == k->d.pipeline)
		v = at_most(k->d.stated, 0.99);
	else if (k->own.pipeline && k->own.confidence >= k->c.approval_threshold)
		v = at_most(k->d.stated, k->c.auto_threshold - 0.001);
	else
		v = at_most(k->d.stated, 0.90);
	if (judged >= JUDGED_ENOUGH)
		v = at_most(v, (double)(right + 1) / (double)(judged + 2));
	return v < 0 ? 0 : v;
}

static void usage(struct ask *k)
{
	for (int i = 0; i < k->answer.ncalls; i++) {
		k->d.prompt_tokens += k->answer.calls[i].prompt_tokens;
		k->d.completion_tokens += k->answer.calls[i].completion_tokens;
		k->d.cost_micro += k->answer.calls[i].cost_micro;
	}
}

/* Why the first of the chain did not decide; NULL when it did. */
static const char *why_not_first(struct fl_arena *a, const struct fl_llm_answer *answer)
{
	const struct fl_llm_call *first = &answer->calls[0];

	if (answer->ncalls == 0 || strcmp(first->status, "ok") == 0)
		return NULL;
	return fl_fmt(a, "%s: %s", fl_provider_name(first->provider), first->error ? first->error : first->status);
}

/* The built-in decides, or a person where the chain has no built-in. */
static void fall_back(struct ask *k, bool has_builtin, const char *why)
{
	if (has_builtin)
		k->d = k->own;
	else
		k->d = (struct agent_decision){ .provider = k->answer.ncalls ? fl_provider_name(k->answer.calls[0].provider) : "builtin", .model = "",
			                        .prompt_version = "", .stated = -1, .reason = "" };
	k->d.fallback = why;
}

static bool has_builtin(const struct fl_llm_chain *chain)
{
	for (int i = 0; i < chain->n; i++)
		if (chain->links[i].provider == FL_PROVIDER_BUILTIN)
			return true;
	return false;
}

static enum fl_rc ask_model(struct fl_job *job, struct ask *k, const struct fl_llm_chain *chain, const struct fl_rows *context)
{
	struct fl_cx *cx = job->cx;
	struct fl_llm_ask ask = { .purpose = "decision", .max_tokens = ANSWER_TOKENS, .timeout_ms = PROVIDER_MS, .chain_ms = CHAIN_MS };
	enum fl_rc rc;

	FL_TRY(agent_prompt(cx, &k->c, fl_rows_str(context, 0, ASK_CONTEXT_SIMILAR_CASES), fl_rows_dup(cx->a, context, 0, ASK_CONTEXT_LANG), &k->prompt));
	ask.prompt = k->prompt;
	ask.hide = fl_rows_str(context, 0, ASK_CONTEXT_HIDE);
	rc = fl_llm_structured(cx, job->outside, chain, &ask, agent_answer_fields(cx, &k->c), &k->answer);
	if (rc == FL_OK && k->answer.json) {
		k->d = (struct agent_decision){ .provider = fl_provider_name(k->answer.provider), .model = k->answer.model, .stated = -1,
			                        .prompt_version = k->prompt.version };
		rc = agent_answer_read(cx, &k->c, k->answer.json, &k->d);
		if (rc == FL_OK) {
			k->d.confidence = weighed(k, context);
			k->d.fallback = why_not_first(cx->a, &k->answer);
			for (int i = 0; i < k->own.nalternatives; i++)
				k->d.alternatives[k->d.nalternatives++] = k->own.alternatives[i];
			return FL_OK;
		}
		k->answer.calls[k->answer.ncalls - 1].status = "unparsable";
		k->answer.calls[k->answer.ncalls - 1].error = cx->err.text;
	}
	fall_back(k, has_builtin(chain), why_not_first(cx->a, &k->answer));
	return FL_OK;
}

enum fl_rc agent_ask_load(struct fl_job *job, struct fl_batch *b)
{
	FL_TRY(agent_case_load(&job, 1, b));
	fl_batch_add(b, q_ask_context(fl_json_str(job->payload, "intake_id")), NULL);
	return FL_OK;
}

enum fl_rc agent_ask_call(struct fl_job *job)
{
	struct ask *k = FL_NEW(job->cx->a, struct ask);
	int64_t from_us = fl_tick_us();
	struct fl_llm_chain chain;
	enum fl_rc rc = agent_case_read(job, &k->c);

	job->state = k;
	k->is_over = rc == FL_NOT_FOUND;
	k->is_later = rc == FL_OK && k->c.over;
	if (k->is_over || k->is_later)
		return FL_OK;
	FL_TRY(rc);
	k->c.count = false; /* counted before the call, which is paid for by now */
	FL_TRY(fl_llm_chain_parse(job->cx, k->c.chain, &chain));
	FL_TRY(agent_decide_builtin(job->cx, &k->c, &k->own));
	if (!fl_rows_bool(job->set[2], 0, ASK_CONTEXT_RESERVED))
		fall_back(k, has_builtin(&chain), "budget");
	else
		FL_TRY(ask_model(job, k, &chain, job->set[2]));
	usage(k);
	k->d.latency_us = fl_tick_us() - from_us;
	return FL_OK;
}

enum fl_rc agent_ask_save(struct fl_job *job, struct fl_batch *b)
{
	struct ask *k = job->state;
	struct agent_record *record = agent_record_new(job->cx->a);
	struct fl_str id = fl_json_str(job->payload, "intake_id");

	if (k->is_later)
		fl_batch_add(b, q_decision_later(fl_str(job->kind->kind), id), NULL);
	else if (!k->is_over)
		agent_record_add(record, job, &k->c, &k->d);
	agent_record_save(record, b);
	for (int i = 0; i < k->answer.ncalls; i++)
		fl_batch_add(b, q_llm_call_add(id, agent_trace(job->cx->a, &k->answer, i)), NULL);
	fl_batch_add(b, q_llm_release(id), NULL);
	return FL_OK;
}
