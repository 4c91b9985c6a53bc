/* Between the steps of the job and what it asks. */
#ifndef FL_APP_CHAT_ANSWER_JOB_H
#define FL_APP_CHAT_ANSWER_JOB_H

#include "app/chat/chat.h"
#include "app/search/passages.h"
#include "llm/llm.h"

struct chat_answer {
	struct passage *given[CHAT_PASSAGES];
	int ngiven;
	struct fl_llm_answer said;
	struct fl_prompt_text prompt;
	struct chat_cited cited;
	const char *kind, *note; /* of chat_turns */
	int64_t latency_us;
	int64_t told_us; /* when the browser was told last */
	int64_t looked_us; /* when it was asked last whether anybody waits */
	struct fl_job *job;
};

/* The prompt: the passages as foreign text, numbered; earlier: questions and answers before this one, may be empty. */
enum fl_rc chat_prompt(struct fl_cx *cx, const struct chat_answer *k, struct fl_str question, struct fl_str earlier, bool general, struct fl_prompt_text *out) FL_USE;

/* The answer as chat_answered() of sql/schema/150_chat.sql takes it. */
struct fl_str chat_answer_json(struct fl_arena *a, const struct chat_answer *k);

#endif
