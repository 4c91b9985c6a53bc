/* A call to a language model as it is kept (LLM-08). */
#ifndef FL_APP_AGENT_TRACE_H
#define FL_APP_AGENT_TRACE_H

#include "base/buf.h"

struct fl_llm_answer; /* llm/llm.h */

/* The row for llm_call_add() of the call with that number: what was sent and what came, both redacted and clipped to 48 KiB. Owned by a. */
struct fl_str agent_trace(struct fl_arena *a, const struct fl_llm_answer *answer, int call);

#endif
