/* Between the chain and the wire formats of the providers. */
#ifndef FL_LLM_INSIDE_H
#define FL_LLM_INSIDE_H

#include "llm/llm.h"

enum { REQUEST_BYTES = 512 * 1024, ANSWER_BYTES = 512 * 1024 };

/* What came back, before it is checked against a table. */
struct reply {
	struct fl_str text;       /* free text, or JSON in text form */
	struct json_object *json; /* an answer that is JSON already */
	int64_t prompt_tokens, completion_tokens;
	int status;
};

/* One exchange. Results as of fl_http; FL_INVALID with "unparsable: ..." when the envelope is not as documented.
 * fields NULL: free text. */
enum fl_rc anthropic_ask(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_llm_ask *ask,
                         const struct fl_answer_field *fields, struct reply *out) FL_USE;
enum fl_rc openai_ask(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_llm_ask *ask,
                      const struct fl_answer_field *fields, struct reply *out) FL_USE;

struct fl_http_answer;

struct sending {
	const char *type; /* what the answer must be */
	size_t max_bytes; /* of it */
	void (*part)(void *to, struct fl_str bytes); /* as of fl_http; NULL: none */
	bool (*go_on)(void *to); /* NULL: none */
	void *to;
};

/* Posts a JSON body. Results as of fl_http. */
enum fl_rc json_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_ask *ask, const char *url, const char *const auth[2],
                     struct fl_buf *body, const struct sending *how, struct fl_http_answer *http) FL_USE;

/* Posts a JSON body for an answer that comes as server-sent events. `event` reads the data of one. */
struct stream;
enum fl_rc stream_post(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_ask *ask, const char *url, const char *const auth[2], struct fl_buf *body,
                       void (*event)(struct stream *s, struct json_object *data), struct reply *out) FL_USE;
void anthropic_event(struct stream *s, struct json_object *data);
void openai_event(struct stream *s, struct json_object *data);

#endif
