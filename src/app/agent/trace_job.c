#include "app/agent/trace.h"

#include "app/agent/redact.h"
#include "llm/llm.h"

enum { TRACE_BYTES = 48 * 1024 };

struct fl_str agent_trace(struct fl_arena *a, const struct fl_llm_answer *answer, int n)
{
	const struct fl_llm_call *call = &answer->calls[n];
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(a, 4 * TRACE_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "purpose", call->purpose);
	fl_jw_cstr(&w, "provider", fl_provider_name(call->provider));
	fl_jw_cstr(&w, "model", call->model);
	fl_jw_cstr(&w, "prompt_version", call->prompt_version);
	fl_jw_str(&w, "prompt", agent_redact(a, answer->asked, TRACE_BYTES));
	fl_jw_str(&w, "response", n + 1 == answer->ncalls ? agent_redact(a, answer->heard, TRACE_BYTES) : (struct fl_str){ NULL, 0 });
	fl_jw_int(&w, "hidden", answer->nhidden);
	fl_jw_int(&w, "prompt_tokens", call->prompt_tokens);
	fl_jw_int(&w, "completion_tokens", call->completion_tokens);
	fl_jw_int(&w, "cost_micro", call->cost_micro);
	fl_jw_int(&w, "latency_ms", call->latency_ms);
	fl_jw_cstr(&w, "status", call->status);
	fl_jw_cstr(&w, "error", call->error);
	fl_jw_close(&w, '}');
	return fl_buf_get(b);
}
