#include "app/agent/agent.h"

enum { DECISION_BYTES = 256 * 1024, RAW_BYTES = 32 * 1024, RECORD_BYTES = 8 << 20 };

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
	if (d->entities.p)
		fl_jw_raw(w, "entities", d->entities);
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

static void write_text(struct fl_jw *w, const char *key, const char *text)
{
	if (text && text[0])
		fl_jw_cstr(w, key, text);
}

static void write_count(struct fl_jw *w, const char *key, int64_t n)
{
	if (n)
		fl_jw_int(w, key, n);
}

/* The columns of agent_decisions by their names; what is left out is null, empty or 0. */
static void write_columns(struct fl_arena *a, struct fl_jw *w, const struct agent_case *c, const struct agent_decision *d)
{
	fl_jw_cstr(w, "provider", d->provider);
	fl_jw_cstr(w, "model", d->model);
	write_text(w, "prompt_version", d->prompt_version);
	write_text(w, "fallback", d->fallback);
	write_text(w, "pipeline_id", d->pipeline ? d->pipeline->id : NULL);
	write_text(w, "intent", d->intent);
	fl_jw_raw(w, "confidence", fl_str(fl_fmt(a, "%.17g", d->confidence)));
	if (d->stated >= 0)
		fl_jw_raw(w, "stated", fl_str(fl_fmt(a, "%.17g", d->stated)));
	fl_jw_raw(w, "auto_threshold", fl_str(fl_fmt(a, "%.17g", c->auto_threshold)));
	fl_jw_raw(w, "approval_threshold", fl_str(fl_fmt(a, "%.17g", c->approval_threshold)));
	write_text(w, "reason", d->reason);
	write_lists(w, d);
	write_actions(a, w, d);
	write_count(w, "priority", d->priority);
	if (d->raw.p)
		fl_jw_str(w, "raw_output", fl_str_clip(d->raw, RAW_BYTES));
	fl_jw_int(w, "latency_us", d->latency_us);
	write_count(w, "prompt_tokens", d->prompt_tokens);
	write_count(w, "completion_tokens", d->completion_tokens);
	write_count(w, "cost_micro", d->cost_micro);
}

static struct fl_str hex(struct fl_arena *a, struct fl_digest d)
{
	return fl_str(fl_hex(a, fl_digest_str(&d)));
}

struct agent_record *agent_record_new(struct fl_arena *a)
{
	struct agent_record *r = FL_NEW(a, struct agent_record);

	*r = (struct agent_record){ .b = fl_buf(a, RECORD_BYTES) };
	r->w = fl_jw(&r->b);
	fl_jw_open(&r->w, NULL, '[');
	return r;
}

void agent_record_add(struct agent_record *r, const struct fl_job *job, const struct agent_case *c, const struct agent_decision *d)
{
	struct fl_arena *a = job->cx->a;
	struct fl_jw *w = &r->w;

	r->n++;
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "intake_id", c->intake_id);
	fl_jw_cstr(w, "job_id", job->id);
	fl_jw_cstr(w, "job_kind", job->kind->kind);
	fl_jw_cstr(w, "request_id", job->cx->request_id);
	fl_jw_raw(w, "agent", c->agent);
	fl_jw_bool(w, "counts", c->count);
	fl_jw_str(w, "input_hash", hex(a, input_hash(a, c)));
	fl_jw_str(w, "context_digest", hex(a, context_digest(a, c)));
	write_columns(a, w, c, d);
	fl_jw_close(w, '}');
}

void agent_record_save(struct agent_record *r, struct fl_batch *b)
{
	if (r->n == 0)
		return;
	fl_jw_close(&r->w, ']');
	fl_batch_add(b, q_decision_record(fl_buf_get(&r->b)), NULL);
}
