#include "app/agent/agent.h"

enum { DECISION_BYTES = 256 * 1024, RAW_BYTES = 32 * 1024 };

void agent_decide_given(const struct agent_case *c, struct agent_decision *out)
{
	*out = (struct agent_decision){ .provider = "form", .model = "", .prompt_version = "", .pipeline = c->given, .confidence = 1, .stated = -1,
		                        .reason = c->form ? c->form : "" };
}

/* Of the text as the decision saw it. */
static struct fl_digest input_hash(struct fl_arena *a, const struct agent_case *c)
{
	struct fl_buf b = fl_buf(a, c->subject.n + c->body.n + 1);

	fl_buf_str(&b, c->subject);
	fl_buf_putc(&b, '\n');
	fl_buf_str(&b, c->body);
	return fl_sha256(fl_buf_get(&b));
}

/* Of the pipelines, rules and thresholds it saw. */
static struct fl_digest context_digest(struct fl_arena *a, const struct agent_case *c)
{
	struct fl_buf b = fl_buf(a, DECISION_BYTES);

	fl_buf_printf(&b, "%s\n%.17g\n%.17g\n%s\n%s\n", c->known->stamp, c->auto_threshold, c->approval_threshold, c->capabilities, c->instructions);
	for (int i = 0; i < c->known->npipelines; i++)
		fl_buf_printf(&b, "%s\t%s\t%s\n", c->known->pipelines[i].id, c->known->pipelines[i].name, c->known->pipelines[i].description);
	return fl_sha256(fl_buf_get(&b));
}

static void write_lists(struct fl_jw *w, const struct agent_decision *d)
{
	fl_jw_open(w, "evidence", '[');
	for (int i = 0; i < d->nevidence; i++)
		fl_jw_str(w, NULL, d->evidence[i]);
	fl_jw_close(w, ']');
	fl_jw_open(w, "alternatives", '[');
	for (int i = 0; i < d->nalternatives; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "pipeline_id", d->alternatives[i].pipeline->id);
		fl_jw_cstr(w, "name", d->alternatives[i].pipeline->name);
		fl_jw_double(w, "confidence", d->alternatives[i].confidence);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
	fl_jw_raw(w, "entities", d->entities.p ? d->entities : FL_STR("{}"));
}

static void write_actions(struct fl_arena *a, struct fl_jw *w, const struct agent_decision *d)
{
	struct fl_buf b = fl_buf(a, RAW_BYTES);

	fl_buf_putc(&b, '[');
	if (d->pipeline) {
		fl_buf_printf(&b, "{\"type\":\"ASSIGN_PIPELINE\",\"args\":{\"pipeline_id\":\"%s\"", d->pipeline->id);
		if (d->priority)
			fl_buf_printf(&b, ",\"priority\":%d", d->priority);
		fl_buf_puts(&b, "}}");
		if (d->more.n > 2) {
			fl_buf_putc(&b, ',');
			fl_buf_add(&b, d->more.p + 1, d->more.n - 2);
		}
	}
	fl_buf_putc(&b, ']');
	fl_jw_raw(w, "actions", fl_buf_get(&b));
}

/* The row of agent_decisions as its columns are named. */
static struct fl_str decision_json(struct fl_arena *a, const struct agent_case *c, const struct agent_decision *d)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(a, DECISION_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "provider", d->provider);
	fl_jw_cstr(&w, "model", d->model);
	fl_jw_cstr(&w, "prompt_version", d->prompt_version);
	fl_jw_cstr(&w, "fallback", d->fallback);
	fl_jw_cstr(&w, "pipeline_id", d->pipeline ? d->pipeline->id : NULL);
	fl_jw_cstr(&w, "intent", d->intent);
	fl_jw_raw(&w, "confidence", fl_str(fl_fmt(a, "%.17g", d->confidence)));
	if (d->stated >= 0)
		fl_jw_raw(&w, "stated", fl_str(fl_fmt(a, "%.17g", d->stated)));
	fl_jw_raw(&w, "auto_threshold", fl_str(fl_fmt(a, "%.17g", c->auto_threshold)));
	fl_jw_raw(&w, "approval_threshold", fl_str(fl_fmt(a, "%.17g", c->approval_threshold)));
	fl_jw_cstr(&w, "reason", d->reason);
	write_lists(&w, d);
	write_actions(a, &w, d);
	if (d->priority)
		fl_jw_int(&w, "priority", d->priority);
	if (d->raw.p)
		fl_jw_str(&w, "raw_output", fl_str_clip(d->raw, RAW_BYTES));
	fl_jw_int(&w, "latency_us", d->latency_us);
	fl_jw_int(&w, "prompt_tokens", d->prompt_tokens);
	fl_jw_int(&w, "completion_tokens", d->completion_tokens);
	fl_jw_int(&w, "cost_micro", d->cost_micro);
	fl_jw_close(&w, '}');
	return fl_buf_get(b);
}

void agent_decision_save(struct fl_job *job, const struct agent_case *c, const struct agent_decision *d, struct fl_batch *b)
{
	struct fl_arena *a = job->cx->a;
	struct fl_digest *hash = FL_NEW(a, struct fl_digest), *digest = FL_NEW(a, struct fl_digest);

	*hash = input_hash(a, c);
	*digest = context_digest(a, c);
	fl_batch_add(b, q_decision_record(fl_str(c->intake_id), fl_str(job->kind->kind), c->agent, decision_json(a, c, d),
	                                  (struct fl_str){ (const char *)hash->b, sizeof(hash->b) },
	                                  (struct fl_str){ (const char *)digest->b, sizeof(digest->b) }, c->count), NULL);
}
