/* chat.answer: finds passages, has a model answer from them while the browser reads along, keeps the answer with its sources. Where no model answers the best
 * passages are the answer, and it is said why. */
#include "app/agent/trace.h"
#include "app/chat/answer_job.h"
#include "app/jobs/progress.h"
#include "app/live/live.h"
#include "base/json.h"

enum {
	PROVIDER_MS = 40000, /* of each provider, the whole answer */
	IDLE_S = 10,         /* without a word */
	ANSWER_TOKENS = 900,
	TELL_US = 120000,    /* between two messages to the browser */
	LOOK_US = 1000000,   /* between two questions whether anybody waits for it */
	GIVEN_BYTES = 24 * 1024,
	QUOTED = 4,          /* passages shown where no model answers */
};

enum fl_rc chat_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str turn = fl_json_str(job->payload, "turn_id"), question = fl_json_str(job->payload, "question"), before = fl_json_str(job->payload, "before");
	struct json_object *documents = fl_json_get(job->payload, "documents"), *near = fl_json_get(job->payload, "near");
	struct passage_ask ask = { .q = question, .k = CHAT_PASSAGES };

	if (!turn.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no turn_id");
	if (documents)
		ask.documents = fl_str(json_object_to_json_string_ext(documents, JSON_C_TO_STRING_PLAIN));
	if (near)
		ask.near = fl_str(json_object_to_json_string_ext(near, JSON_C_TO_STRING_PLAIN));
	fl_batch_add(b, q_chat_load(turn), NULL);
	fl_batch_add(b, passage_call(job->cx->a, &ask), NULL);
	if (before.n) {
		ask.near = (struct fl_str){ NULL, 0 };
		ask.q = fl_str(fl_fmt(job->cx->a, "%.*s %.*s", (int)before.n, before.p, (int)question.n, question.p));
		fl_batch_add(b, passage_call(job->cx->a, &ask), NULL);
	}
	return FL_OK;
}

static bool is_given(const struct chat_answer *k, const struct passage *p)
{
	for (int i = 0; i < k->ngiven; i++)
		if (strcmp(k->given[i]->id, p->id) == 0)
			return true;
	return false;
}

/* What the question finds by itself and what it finds together with the ones before it, in turns, as many as a prompt holds (RAG-10). */
static void choose(struct chat_answer *k)
{
	struct passage *found[2] = { NULL, NULL };
	int n[2] = { 0, 0 }, most = (int)fl_rows_int(k->job->set[0], 0, CHAT_LOAD_PASSAGES);
	size_t bytes = 0;

	for (int s = 0; s < 2 && s + 1 < k->job->nsets; s++)
		n[s] = passage_rows(k->job->cx->a, k->job->set[s + 1], &found[s]);
	for (int i = 0; i < CHAT_PASSAGES; i++)
		for (int s = 0; s < 2; s++) {
			if (i >= n[s] || k->ngiven == most || is_given(k, &found[s][i]) || bytes + found[s][i].body.n > GIVEN_BYTES)
				continue;
			bytes += found[s][i].body.n;
			k->given[k->ngiven++] = &found[s][i];
		}
}

/* The browser is told the text as it will stand, citations looked at. */
static void tell(void *to, struct fl_str so_far)
{
	struct chat_answer *k = to;
	struct fl_arena *a;
	struct chat_cited c;
	struct fl_buf b;
	struct fl_jw w;

	if (fl_tick_us() - k->told_us < TELL_US)
		return;
	k->told_us = fl_tick_us();
	a = fl_arena_new(1 << 20);
	chat_cite(a, so_far, false, k->ngiven, &c);
	if (!c.absent && c.text.n) {
		b = fl_buf(a, 256 * 1024);
		w = fl_jw(&b);
		fl_jw_open(&w, NULL, '{');
		fl_jw_str(&w, "text", c.text);
		fl_jw_close(&w, '}');
		live_say(k->job->cx, k->job->outside, fl_strndup(a, fl_json_str(k->job->payload, "turn_id")), fl_buf_get(&b));
	}
	fl_arena_free(a);
}

/* Stop ends the call at the provider too. */
static bool is_waited_for(void *to)
{
	struct chat_answer *k = to;

	if (fl_tick_us() - k->looked_us > LOOK_US) {
		k->looked_us = fl_tick_us();
		jobs_progress(k->job, 0, 0, NULL);
	}
	return !jobs_is_stopped(k->job);
}

/* No model: the passages speak for themselves, not the ones far down. */
static void quote(struct chat_answer *k, const char *why)
{
	if (k->ngiven > QUOTED)
		k->ngiven = QUOTED;
	k->cited = (struct chat_cited){ .n = 0 };
	k->kind = k->ngiven ? "quoted" : "none";
	k->note = why;
}

static const char *why_none(const struct fl_llm_answer *said)
{
	const struct fl_llm_call *last = said->ncalls ? &said->calls[said->ncalls - 1] : NULL;

	if (!last || (strcmp(last->status, "skipped") == 0 && !last->held))
		return "no_model";
	if (strcmp(last->status, "unparsable") == 0 || (last->error && strstr(last->error, "another type")))
		return "wrong";
	return last->error && (strstr(last->error, "timed out") || strstr(last->error, "in the middle")) ? "slow" : "away";
}

static void judge(struct chat_answer *k, bool general)
{
	chat_cite(k->job->cx->a, k->said.text, true, k->ngiven, &k->cited);
	if (k->cited.absent) {
		k->kind = general && k->cited.text.n ? "general" : "none";
		k->cited.n = 0;
	} else {
		k->kind = k->cited.n ? "cited" : general ? "uncited" : "none";
	}
	if (strcmp(k->kind, "none") == 0)
		k->cited.text = (struct fl_str){ NULL, 0 };
}

static enum fl_rc ask_model(struct chat_answer *k, const char *chain_text, bool general)
{
	struct fl_cx *cx = k->job->cx;
	struct fl_llm_ask ask = { .purpose = "chat", .max_tokens = ANSWER_TOKENS, .timeout_ms = PROVIDER_MS, .idle_s = IDLE_S, .said = tell, .go_on = is_waited_for, .to = k };
	struct fl_llm_chain chain;
	enum fl_rc rc;

	FL_TRY(fl_llm_chain_parse(cx, chain_text, &chain));
	FL_TRY(chat_prompt(cx, k, fl_json_str(k->job->payload, "question"), fl_rows_str(k->job->set[0], 0, CHAT_LOAD_EARLIER), general, &k->prompt));
	ask.prompt = k->prompt;
	ask.hide = fl_rows_str(k->job->set[0], 0, CHAT_LOAD_HIDE);
	rc = fl_llm_complete(cx, k->job->outside, &chain, &ask, &k->said);
	if (rc == FL_OK && k->said.provider != FL_PROVIDER_BUILTIN)
		judge(k, general);
	else
		quote(k, why_none(&k->said));
	return FL_OK;
}

enum fl_rc chat_call(struct fl_job *job)
{
	struct chat_answer *k = FL_NEW(job->cx->a, struct chat_answer);
	const struct fl_rows *row = job->set[0];
	int64_t from_us = fl_tick_us();
	const char *chain;
	bool general;

	if (!row->nrows || !fl_str_eq(fl_rows_str(row, 0, CHAT_LOAD_STATUS), FL_STR("WAITING")))
		return FL_OK;
	job->state = k;
	k->job = job;
	choose(k);
	general = fl_rows_bool(row, 0, CHAT_LOAD_GENERAL);
	chain = fl_rows_null(row, 0, CHAT_LOAD_CHAIN) ? job->cx->conf->chat_chain : fl_rows_dup(job->cx->a, row, 0, CHAT_LOAD_CHAIN);
	if (!fl_rows_bool(row, 0, CHAT_LOAD_RESERVED))
		quote(k, "budget");
	else if (!k->ngiven && !general)
		quote(k, NULL);
	else
		FL_TRY(ask_model(k, chain, general));
	k->latency_us = fl_tick_us() - from_us;
	return FL_OK;
}

enum fl_rc chat_save(struct fl_job *job, struct fl_batch *b)
{
	struct chat_answer *k = job->state;

	if (!k)
		return FL_OK;
	for (int i = 0; i < k->said.ncalls; i++)
		fl_batch_add(b, q_llm_call_add((struct fl_str){ NULL, 0 }, agent_trace(job->cx->a, &k->said, i)), NULL);
	fl_batch_add(b, q_chat_answered(fl_json_str(job->payload, "turn_id"), chat_answer_json(job->cx->a, k)), NULL);
	if (chat_check_on(job->cx))
		fl_batch_add(b, q_chat_check_later(fl_json_str(job->payload, "turn_id")), NULL);
	return FL_OK;
}

enum fl_rc chat_dead(struct fl_job *job, struct fl_batch *b)
{
	if (job->payload && fl_json_str(job->payload, "turn_id").n)
		fl_batch_add(b, q_chat_answered(fl_json_str(job->payload, "turn_id"), FL_STR("{\"status\": \"FAILED\", \"answer\": \"\"}")), NULL);
	return FL_OK;
}
