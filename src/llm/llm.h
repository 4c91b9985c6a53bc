/* Language models behind one interface (LLM-01): a chain of providers is asked in turn until one answers (LLM-02).
 * Waiting and retrying is the job's business, the budget the caller's; every call is left as a record. */
#ifndef FL_LLM_LLM_H
#define FL_LLM_LLM_H

#include "llm/answer.h"
#include "llm/mask.h"
#include "llm/prompt.h"
#include "outside/outside.h"

enum fl_provider { FL_PROVIDER_ANTHROPIC, FL_PROVIDER_OPENAI, FL_PROVIDER_BUILTIN };

enum { FL_LLM_CHAIN_MAX = 6 };

struct fl_llm_link {
	enum fl_provider provider;
	const char *model; /* "" for the built-in */
};

/* What a model costs: micro-dollars for a million tokens. */
struct fl_llm_price {
	const char *model;
	int64_t prompt_micro, completion_micro;
};

struct fl_llm_chain {
	struct fl_llm_link links[FL_LLM_CHAIN_MAX];
	int n;
	const struct fl_llm_price *prices; /* looked into before our own table; ended by model NULL; may be NULL */
};

/* Reads "anthropic:MODEL,openai:MODEL,builtin". Without ":MODEL" it is claude-sonnet-4-5-20250929 and gpt-4-turbo. FL_INVALID with
 * "Unsupported provider" for any other name (LLM-04), and for an empty or too long chain. Models are owned by cx's arena. */
enum fl_rc fl_llm_chain_parse(struct fl_cx *cx, const char *text, struct fl_llm_chain *out) FL_USE;

/* "anthropic", "openai", "builtin". Static. */
const char *fl_provider_name(enum fl_provider p);

struct fl_llm_ask {
	const char *purpose; /* "decision", "chat", ...: for the record */
	struct fl_prompt_text prompt;
	struct fl_str hide;  /* what personal data providers outside are not told: rules of fl_mask_new. The answer is given with it put back */
	struct fl_str image; /* a JPEG that goes before the prompt; {NULL, 0}: none. For a model that sees */
	int max_tokens;     /* of the answer; 0: 1,024 */
	double temperature; /* 0 to 1 */
	int timeout_ms;     /* of one provider; 0: 20,000 */
	int chain_ms;       /* of all of them: each gets at most its even share of what is left; 0: no limit */
	int idle_s;         /* of a streamed answer: seconds without a byte that end it; 0: none */
	void (*said)(void *to, struct fl_str so_far); /* free text only: told the whole text so far whenever it grew (LLM-11); NULL: not streamed. A provider */
	bool (*go_on)(void *to);                      /* that fails midway is followed by the next, whose text begins anew. go_on: with `said`, asked about once */
	void *to;                                     /* a second; false ends the call and the chain; NULL: nobody is asked */
};

/* One call as it is kept in llm_calls. Texts are static or owned by cx's arena; none holds words of the answer. */
struct fl_llm_call {
	enum fl_provider provider;
	const char *model, *purpose, *prompt_version;
	int64_t prompt_tokens, completion_tokens, cost_micro; /* 0 when the provider did not say */
	bool price_known;
	int latency_ms, http_status; /* 0 when no answer came */
	const char *status;          /* "ok", "error", "unparsable", "skipped" (no key, or held); "ok" too when go_on ended it: the provider did nothing wrong */
	const char *error;           /* NULL when ok, or says that it was ended */
	bool held;                   /* not asked: the provider failed too often and is left alone for a moment */
	bool switched;               /* asked because the link before it failed */
};

struct fl_llm_answer {
	enum fl_provider provider; /* who answered; FL_PROVIDER_BUILTIN: the chain came to the built-in, the caller asks it */
	const char *model;
	struct fl_str text;          /* fl_llm_complete */
	struct json_object *json;    /* fl_llm_structured: checked against the table */
	struct fl_llm_call calls[FL_LLM_CHAIN_MAX];
	int ncalls;
	struct fl_str asked; /* the prompt as providers outside were sent it, `hide` heeded; for the trace */
	struct fl_str heard; /* the last answer as it came, before anything was put back; for the trace */
	int nhidden;         /* places of the prompt that were hidden */
};

/* Asks for free text. FL_OK also when the chain comes to its built-in link (see provider). When all links failed:
 * FL_LATER if any may answer later (with its retry_after_s), else FL_INVALID, as when go_on ended it; tokens it did not hear of are guessed then. `out->calls` is filled in every case. */
enum fl_rc fl_llm_complete(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_chain *chain, const struct fl_llm_ask *ask,
                           struct fl_llm_answer *out) FL_USE;

/* The same for an answer in the form of `fields`: schema-bound at the provider, checked again here. An answer that does not
 * fit is status "unparsable" and the next link is asked. */
enum fl_rc fl_llm_structured(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_chain *chain, const struct fl_llm_ask *ask,
                             const struct fl_answer_field *fields, struct fl_llm_answer *out) FL_USE;

/* What the tokens cost in micro-dollars; *known is false and 0 given for a model in no table. */
int64_t fl_llm_cost_micro(const struct fl_llm_price *prices, const char *model, int64_t prompt_tokens, int64_t completion_tokens,
                          bool *known);

#endif
