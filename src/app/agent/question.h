/* What a language model is asked about a request, and what its answer is made into. */
#ifndef FL_APP_AGENT_QUESTION_H
#define FL_APP_AGENT_QUESTION_H

#include "app/agent/agent.h"

struct fl_answer_field; /* llm/answer.h */
struct fl_prompt_text;  /* llm/prompt.h */

/* The table its answer must fit: labels are the organisation's own pipelines, the intents, and the actions this agent may take. Owned by cx's arena. */
const struct fl_answer_field *agent_answer_fields(struct fl_cx *cx, const struct agent_case *c);

/* The prompt. `similar`: lines of past cases, may be empty; `language`: of the reason, "en". */
enum fl_rc agent_prompt(struct fl_cx *cx, const struct agent_case *c, struct fl_str similar, const char *language, struct fl_prompt_text *out) FL_USE;

/* Reads a checked answer. Evidence that does not stand in the request is dropped. FL_INVALID when an action's text is empty. */
enum fl_rc agent_answer_read(struct fl_cx *cx, const struct agent_case *c, struct json_object *answer, struct agent_decision *out) FL_USE;

#endif
