#include "llm/inside.h"

enum {
	ONE_MS = 20000,
	LEAST_MS = 1000,
	PLACEHOLDER_MAX = 16, /* [IDENTITY_1000] */
};

/* Both ways of asking; fields NULL is free text. */
struct question {
	struct fl_outside *o;
	const struct fl_llm_chain *chain;
	const struct fl_llm_ask *ask;
	const struct fl_answer_field *fields;
	struct fl_mask *mask; /* NULL: nothing is hidden */
	void (*said)(void *to, struct fl_str so_far);
	bool (*go_on)(void *to);
	void *to;
};

static const char *key_of(const struct fl_conf *conf, enum fl_provider p)
{
	const char *key = p == FL_PROVIDER_ANTHROPIC ? conf->anthropic_key : conf->openai_key;

	return key ? key : "";
}

static enum fl_rc exchange(struct fl_cx *cx, const struct question *q, const struct fl_llm_link *link, struct reply *r)
{
	enum fl_rc (*ask)(struct fl_cx *, struct fl_outside *, const char *, const struct fl_llm_ask *, const struct fl_answer_field *,
	                  struct reply *) = link->provider == FL_PROVIDER_ANTHROPIC ? anthropic_ask : openai_ask;

	FL_TRY(ask(cx, q->o, link->model, q->ask, q->fields, r));
	if (!q->fields)
		return FL_OK;
	if (r->json)
		return fl_answer_check(cx, q->fields, r->json);
	return fl_answer_parse(cx, q->fields, r->text, &r->json);
}

static const char *status_of(enum fl_rc rc, const struct fl_error *err)
{
	static const char unparsable[] = "unparsable";

	if (rc == FL_OK)
		return "ok";
	return strncmp(err->text, unparsable, sizeof(unparsable) - 1) == 0 ? unparsable : "error";
}

static bool is_ended(const struct fl_llm_ask *ask)
{
	return ask->said && ask->go_on && !ask->go_on(ask->to);
}

/* A provider counts its tokens at the end of an answer; what one that was ended cost until then is taken for a quarter of its bytes. */
static void guess_tokens(const struct fl_llm_ask *ask, struct reply *r)
{
	if (!r->prompt_tokens)
		r->prompt_tokens = (int64_t)(ask->prompt.system.n + ask->prompt.user.n) / 4;
	if (!r->completion_tokens)
		r->completion_tokens = (int64_t)r->text.n / 4;
}

/* Asks one link and leaves its record. */
static enum fl_rc ask_link(struct fl_cx *cx, const struct question *q, const struct fl_llm_link *link, struct fl_llm_answer *out)
{
	struct fl_llm_call *call = &out->calls[out->ncalls];
	struct reply r = { .status = 0 };
	int64_t from_us = fl_tick_us();
	bool ended;
	enum fl_rc rc;

	*call = (struct fl_llm_call){ .provider = link->provider, .model = link->model, .purpose = q->ask->purpose };
	call->prompt_version = fl_strdup(cx->a, q->ask->prompt.version);
	call->switched = out->ncalls++ > 0;
	if (!*key_of(cx->conf, link->provider)) {
		rc = FL_FAIL(cx, FL_INVALID, "no key is set for %s", fl_provider_name(link->provider));
		call->status = "skipped";
		call->error = cx->err.text;
		return rc;
	}
	rc = exchange(cx, q, link, &r);
	ended = rc != FL_OK && is_ended(q->ask);
	if (ended)
		guess_tokens(q->ask, &r);
	call->latency_ms = (int)((fl_tick_us() - from_us) / 1000);
	call->http_status = r.status;
	call->prompt_tokens = r.prompt_tokens;
	call->completion_tokens = r.completion_tokens;
	call->cost_micro = fl_llm_cost_micro(q->chain->prices, link->model, r.prompt_tokens, r.completion_tokens, &call->price_known);
	/* Only the breaker knows without an answer when to come again. */
	call->held = rc == FL_LATER && !r.status && cx->err.retry_after_s > 0;
	call->status = ended ? "ok" : call->held ? "skipped" : status_of(rc, &cx->err);
	call->error = rc == FL_OK ? NULL : cx->err.text;
	out->heard = r.json ? fl_str(fl_strdup(cx->a, json_object_to_json_string_ext(r.json, JSON_C_TO_STRING_PLAIN))) : r.text;
	fl_mask_show_json(q->mask, r.json);
	out->text = fl_mask_show(q->mask, r.text);
	out->json = r.json;
	return rc;
}

/* How long link i may take. */
static int share_ms(const struct question *q, int i, int64_t from_us)
{
	int one = q->ask->timeout_ms ? q->ask->timeout_ms : ONE_MS, waiting = 0, share;

	if (!q->ask->chain_ms)
		return one;
	for (; i < q->chain->n && q->chain->links[i].provider != FL_PROVIDER_BUILTIN; i++)
		waiting++;
	share = (q->ask->chain_ms - (int)((fl_tick_us() - from_us) / 1000)) / (waiting ? waiting : 1);
	return share < LEAST_MS ? LEAST_MS : share < one ? share : one;
}

/* A streamed answer is told with what was hidden put back, as far as its placeholders are whole. */
static void say(void *to, struct fl_str so_far)
{
	const struct question *q = to;
	struct fl_str end = so_far;

	for (size_t i = so_far.n; i > 0 && so_far.n - i < PLACEHOLDER_MAX && so_far.p[i - 1] != ']'; i--)
		if (so_far.p[i - 1] == '[')
			end.n = i - 1;
	q->said(q->to, fl_mask_show(q->mask, end));
}

static bool goes_on(void *to)
{
	const struct question *q = to;

	return q->go_on(q->to);
}

static const char *const *hide_labels(struct fl_arena *a, struct fl_mask *m, const char *const *labels)
{
	const char **out;
	int n = 0;

	while (labels[n])
		n++;
	out = FL_NEW_ARRAY(a, n + 1, const char *);
	for (int i = 0; i < n; i++)
		out[i] = fl_strndup(a, fl_mask_hide(m, fl_str(labels[i])));
	return out;
}

/* Labels are people's words too (a destination named after its mailbox), and must read in the schema as they do in the prompt. */
static const struct fl_answer_field *hide_fields(struct fl_arena *a, struct fl_mask *m, const struct fl_answer_field *fields)
{
	struct fl_answer_field *out;
	int n = 0;

	if (!m || !fields)
		return fields;
	while (fields[n].kind != FL_ANSWER_END)
		n++;
	out = FL_NEW_ARRAY(a, n + 1, struct fl_answer_field);
	for (int i = 0; i < n; i++) {
		out[i] = fields[i];
		out[i].sub = hide_fields(a, m, fields[i].sub);
		if (fields[i].labels)
			out[i].labels = hide_labels(a, m, fields[i].labels);
	}
	return out;
}

static enum fl_rc ask_chain(struct fl_cx *cx, const struct question *asked, struct fl_llm_answer *out)
{
	struct fl_llm_ask ask = *asked->ask;
	struct question own = *asked, *q = &own;
	struct fl_error later = { .rc = FL_OK };
	int64_t from_us = fl_tick_us();

	*out = (struct fl_llm_answer){ .model = "" };
	own.ask = &ask;
	own.mask = fl_mask_new(cx->a, ask.hide);
	if (own.mask && ask.said) {
		own.said = ask.said;
		own.go_on = ask.go_on;
		own.to = ask.to;
		ask.said = say;
		ask.go_on = ask.go_on ? goes_on : NULL;
		ask.to = &own;
	}
	own.fields = hide_fields(cx->a, own.mask, own.fields); /* first, so that their own spelling is what they are put back to */
	ask.prompt.user = fl_mask_hide(own.mask, ask.prompt.user);
	if (asked->ask->prompt.user.n && !ask.prompt.user.n)
		return FL_FAIL(cx, FL_INVALID, "the text is too long to hide parts of it");
	out->asked = ask.prompt.user;
	out->nhidden = fl_mask_count(own.mask);
	for (int i = 0; i < q->chain->n; i++) {
		const struct fl_llm_link *link = &q->chain->links[i];
		enum fl_rc rc;

		out->provider = link->provider;
		out->model = link->model;
		out->text = out->heard = (struct fl_str){ NULL, 0 };
		out->json = NULL;
		if (link->provider == FL_PROVIDER_BUILTIN)
			return FL_OK;
		ask.timeout_ms = share_ms(asked, i, from_us);
		rc = ask_link(cx, q, link, out);
		if (rc == FL_OK)
			return FL_OK;
		if (is_ended(&ask))
			break;
		if (rc == FL_LATER && later.rc == FL_OK)
			later = cx->err;
	}
	out->text = (struct fl_str){ NULL, 0 };
	out->json = NULL;
	if (later.rc != FL_OK) {
		cx->err = later;
		return FL_LATER;
	}
	cx->err.rc = FL_INVALID;
	return FL_INVALID;
}

enum fl_rc fl_llm_complete(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_chain *chain, const struct fl_llm_ask *ask,
                           struct fl_llm_answer *out)
{
	return ask_chain(cx, &(struct question){ .o = o, .chain = chain, .ask = ask }, out);
}

enum fl_rc fl_llm_structured(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_chain *chain, const struct fl_llm_ask *ask,
                             const struct fl_answer_field *fields, struct fl_llm_answer *out)
{
	return ask_chain(cx, &(struct question){ .o = o, .chain = chain, .ask = ask, .fields = fields }, out);
}
