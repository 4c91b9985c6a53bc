/* A call to a language model as it is kept (LLM-08). */
#ifndef FL_APP_AGENT_TRACE_H
#define FL_APP_AGENT_TRACE_H

#include "base/buf.h"

struct fl_llm_call; /* llm/llm.h */

/* The row for llm_call_add(): prompt and answer redacted and clipped to 48 KiB each. `said` may be {NULL, 0}. Owned by a. */
struct fl_str agent_trace(struct fl_arena *a, const struct fl_llm_call *call, struct fl_str prompt, struct fl_str said);

#endif
