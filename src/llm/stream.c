/* Answers that come word by word, as server-sent events (WHATWG HTML 9.2): only their data lines matter here. Anthropic Messages names what an event is in its
 * data and ends with message_stop; OpenAI-compatible servers send pieces of choices and end with the line [DONE]. */
#include "llm/inside.h"
#include "outside/http.h"

enum { LINE_BYTES = 256 * 1024, EVENT_BYTES = 4 << 20, STREAM_BYTES = 4 << 20 };

static const struct fl_json_limits limits = { .bytes = LINE_BYTES, .depth = 16, .keys = 2000 };

struct stream {
	const struct fl_llm_ask *ask;
	void (*event)(struct stream *s, struct json_object *data);
	struct reply *out;
	struct fl_buf line, text;
	struct fl_arena *scratch; /* of one event */
	bool is_over;  /* the provider said that this is all */
	bool is_cut;   /* at the limit of tokens */
	bool is_wrong; /* an event that is none, or says that it failed */
};

static void add(struct stream *s, struct fl_str piece)
{
	if (!piece.n)
		return;
	fl_buf_str(&s->text, piece);
	s->ask->said(s->ask->to, fl_buf_get(&s->text));
}

void anthropic_event(struct stream *s, struct json_object *data)
{
	struct fl_str type = fl_json_str(data, "type");

	if (fl_str_eq(type, FL_STR("content_block_delta"))) {
		add(s, fl_json_str(data, "delta.text"));
	} else if (fl_str_eq(type, FL_STR("message_start"))) {
		s->out->prompt_tokens = fl_json_int(data, "message.usage.input_tokens", 0);
	} else if (fl_str_eq(type, FL_STR("message_delta"))) {
		s->out->completion_tokens = fl_json_int(data, "usage.output_tokens", 0);
		s->is_cut = fl_str_eq(fl_json_str(data, "delta.stop_reason"), FL_STR("max_tokens"));
	} else if (fl_str_eq(type, FL_STR("message_stop"))) {
		s->is_over = true;
	} else if (fl_str_eq(type, FL_STR("error"))) {
		s->is_wrong = true;
	}
}

void openai_event(struct stream *s, struct json_object *data)
{
	struct json_object *choices = fl_json_get(data, "choices"), *first = NULL;

	if (json_object_is_type(choices, json_type_array) && json_object_array_length(choices))
		first = json_object_array_get_idx(choices, 0);
	add(s, fl_json_str(first, "delta.content"));
	s->is_cut = s->is_cut || fl_str_eq(fl_json_str(first, "finish_reason"), FL_STR("length"));
	s->is_wrong = s->is_wrong || fl_json_get(data, "error");
	s->out->prompt_tokens = fl_json_int(data, "usage.prompt_tokens", s->out->prompt_tokens);
	s->out->completion_tokens = fl_json_int(data, "usage.completion_tokens", s->out->completion_tokens);
}

static void take_line(struct stream *s)
{
	static const char field[] = "data:";
	struct fl_str line = fl_str_trim(fl_buf_get(&s->line));
	struct json_object *data;
	const char *why;

	if (line.n < sizeof(field) - 1 || memcmp(line.p, field, sizeof(field) - 1) != 0)
		return;
	line = fl_str_trim((struct fl_str){ line.p + sizeof(field) - 1, line.n - (sizeof(field) - 1) });
	if (fl_str_eq(line, FL_STR("[DONE]"))) {
		s->is_over = true;
		return;
	}
	fl_arena_reset(s->scratch);
	if (fl_json_parse(s->scratch, line, &limits, &data, &why) == FL_OK)
		s->event(s, data);
	else
		s->is_wrong = true;
}

static void part(void *to, struct fl_str bytes)
{
	struct stream *s = to;

	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != '\n') {
			fl_buf_putc(&s->line, bytes.p[i]);
			continue;
		}
		take_line(s);
		s->line.n = 0;
	}
}

static bool go_on(void *to)
{
	const struct stream *s = to;

	return s->ask->go_on(s->ask->to);
}

static enum fl_rc judge(struct fl_cx *cx, const struct stream *s)
{
	if (s->is_wrong || s->line.over || s->text.over)
		return FL_FAIL(cx, FL_INVALID, "unparsable: an event that is none");
	if (s->is_cut)
		return FL_FAIL(cx, FL_INVALID, "unparsable: cut off at the limit of tokens");
	if (!s->is_over)
		return FL_FAIL(cx, FL_LATER, "the answer ended in the middle");
	if (!s->text.n)
		return FL_FAIL(cx, FL_INVALID, "unparsable: no text in the answer");
	return FL_OK;
}

enum fl_rc stream_post(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_ask *ask, const char *url, const char *const auth[2], struct fl_buf *body,
                       void (*event)(struct stream *s, struct json_object *data), struct reply *out)
{
	struct stream s = { .ask = ask, .event = event, .out = out, .line = fl_buf(cx->a, LINE_BYTES), .text = fl_buf(cx->a, ANSWER_BYTES),
		            .scratch = fl_arena_new(EVENT_BYTES) };
	struct fl_http_answer http;
	enum fl_rc rc;

	rc = json_send(cx, o, ask, url, auth, body, &(struct sending){ .type = "text/event-stream", .max_bytes = STREAM_BYTES, .part = part, .go_on = ask->go_on ? go_on : NULL, .to = &s }, &http);
	fl_arena_free(s.scratch);
	out->status = http.status;
	out->text = fl_buf_get(&s.text);
	FL_TRY(rc);
	return judge(cx, &s);
}
