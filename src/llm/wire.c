#include "base/hash.h"
#include "llm/inside.h"
#include "outside/http.h"

static const struct fl_json_limits limits = { .bytes = ANSWER_BYTES, .depth = 16, .keys = 2000 };

enum fl_rc json_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_ask *ask, const char *url, const char *const auth[2],
                     struct fl_buf *body, const struct sending *how, struct fl_http_answer *http)
{
	const struct fl_http_header headers[] = {
		{ "Content-Type", FL_STR("application/json") },
		{ auth[0], fl_str(auth[1]) },
		{ "anthropic-version", FL_STR("2023-06-01") },
	};
	struct fl_http_request req = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.nheaders = strcmp(auth[0], "x-api-key") == 0 ? 3 : 2,
		.body = fl_buf_get(body),
		.content_type = how->type,
		.total_ms = ask->timeout_ms,
		.max_bytes = how->max_bytes,
		.part = how->part,
		.go_on = how->go_on,
		.to = how->to,
		.idle_s = how->part ? ask->idle_s : 0,
	};

	*http = (struct fl_http_answer){ .status = 0 };
	if (body->over)
		return FL_FAIL(cx, FL_INVALID, "the request to the model is over %zu bytes", body->max);
	return fl_http(cx, o, &req, http);
}

/* Posts a JSON body and parses the JSON answer, which is read also when the status is an error. */
static enum fl_rc json_post(struct fl_cx *cx, struct fl_outside *o, const struct fl_llm_ask *ask, const char *url, const char *const auth[2],
                            struct fl_buf *body, struct json_object **answer, int *status)
{
	struct fl_http_answer http;
	const char *why = NULL;
	enum fl_rc rc = json_send(cx, o, ask, url, auth, body, &(struct sending){ .type = "application/json", .max_bytes = ANSWER_BYTES }, &http);

	*status = http.status;
	FL_TRY(rc);
	if (fl_json_parse(cx->a, http.body, &limits, answer, &why) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "unparsable: %s", why ? why : "not JSON");
	return FL_OK;
}

static void message(struct fl_jw *w, const char *role, struct fl_str text)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "role", role);
	fl_jw_str(w, "content", text);
	fl_jw_close(w, '}');
}

static void text_part(struct fl_jw *w, struct fl_str text)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "type", "text");
	fl_jw_str(w, "text", text);
	fl_jw_close(w, '}');
}

/* What is asked: a text, or the parts that a provider wants a picture in. */
static void question(struct fl_cx *cx, struct fl_jw *w, const struct fl_llm_ask *ask, void (*picture)(struct fl_cx *, struct fl_jw *, struct fl_str))
{
	if (!ask->image.n) {
		message(w, "user", ask->prompt.user);
		return;
	}
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "role", "user");
	fl_jw_open(w, "content", '[');
	picture(cx, w, ask->image);
	text_part(w, ask->prompt.user);
	fl_jw_close(w, ']');
	fl_jw_close(w, '}');
}

static void anthropic_picture(struct fl_cx *cx, struct fl_jw *w, struct fl_str jpeg)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "type", "image");
	fl_jw_open(w, "source", '{');
	fl_jw_cstr(w, "type", "base64");
	fl_jw_cstr(w, "media_type", "image/jpeg");
	fl_jw_cstr(w, "data", fl_base64(cx->a, jpeg));
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

static void openai_picture(struct fl_cx *cx, struct fl_jw *w, struct fl_str jpeg)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "type", "image_url");
	fl_jw_open(w, "image_url", '{');
	fl_jw_cstr(w, "url", fl_fmt(cx->a, "data:image/jpeg;base64,%s", fl_base64(cx->a, jpeg)));
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

/* base64 takes four characters for three bytes. */
static struct fl_buf request(struct fl_cx *cx, const struct fl_llm_ask *ask)
{
	return fl_buf(cx->a, REQUEST_BYTES + ask->image.n / 3 * 4 + 4);
}

static void common(struct fl_jw *w, const char *model, const struct fl_llm_ask *ask)
{
	fl_jw_cstr(w, "model", model);
	fl_jw_int(w, "max_tokens", ask->max_tokens ? ask->max_tokens : 1024);
	fl_jw_double(w, "temperature", ask->temperature);
}

/* --- Anthropic Messages: the answer is forced into the input of one tool --- */

static void anthropic_tool(struct fl_jw *w, const struct fl_answer_field *fields)
{
	fl_jw_open(w, "tools", '[');
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "name", "answer");
	fl_jw_cstr(w, "description", "Gives the answer.");
	fl_answer_schema(w, "input_schema", fields);
	fl_jw_close(w, '}');
	fl_jw_close(w, ']');
	fl_jw_open(w, "tool_choice", '{');
	fl_jw_cstr(w, "type", "tool");
	fl_jw_cstr(w, "name", "answer");
	fl_jw_close(w, '}');
}

static enum fl_rc anthropic_read(struct fl_cx *cx, struct json_object *doc, bool tool, struct reply *out)
{
	struct json_object *content = fl_json_get(doc, "content");
	size_t n = json_object_is_type(content, json_type_array) ? json_object_array_length(content) : 0;

	out->prompt_tokens = fl_json_int(doc, "usage.input_tokens", 0);
	out->completion_tokens = fl_json_int(doc, "usage.output_tokens", 0);
	if (fl_str_eq(fl_json_str(doc, "stop_reason"), FL_STR("max_tokens")))
		return FL_FAIL(cx, FL_INVALID, "unparsable: cut off at the limit of tokens");
	for (size_t i = 0; i < n; i++) {
		struct json_object *part = json_object_array_get_idx(content, i);
		struct fl_str type = fl_json_str(part, "type");

		if (tool && fl_str_eq(type, FL_STR("tool_use")) && fl_str_eq(fl_json_str(part, "name"), FL_STR("answer")))
			out->json = fl_json_get(part, "input");
		if (!tool && fl_str_eq(type, FL_STR("text")))
			out->text = fl_json_str(part, "text");
		if (out->json || out->text.n)
			return FL_OK;
	}
	return FL_FAIL(cx, FL_INVALID, "unparsable: no answer in the content");
}

enum fl_rc anthropic_ask(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_llm_ask *ask,
                         const struct fl_answer_field *fields, struct reply *out)
{
	const char *auth[2] = { "x-api-key", cx->conf->anthropic_key };
	struct fl_buf b = request(cx, ask);
	struct fl_jw w = fl_jw(&b);
	struct json_object *doc;

	fl_jw_open(&w, NULL, '{');
	common(&w, model, ask);
	fl_jw_str(&w, "system", ask->prompt.system);
	fl_jw_open(&w, "messages", '[');
	question(cx, &w, ask, anthropic_picture);
	fl_jw_close(&w, ']');
	if (fields)
		anthropic_tool(&w, fields);
	else if (ask->said)
		fl_jw_bool(&w, "stream", true);
	fl_jw_close(&w, '}');
	if (!fields && ask->said)
		return stream_post(cx, o, ask, fl_fmt(cx->a, "%s/v1/messages", cx->conf->anthropic_url), auth, &b, anthropic_event, out);
	FL_TRY(json_post(cx, o, ask, fl_fmt(cx->a, "%s/v1/messages", cx->conf->anthropic_url), auth, &b, &doc, &out->status));
	return anthropic_read(cx, doc, fields != NULL, out);
}

/* --- OpenAI-compatible chat completions: the answer is a JSON text bound by response_format --- */

static void openai_format(struct fl_jw *w, const struct fl_answer_field *fields)
{
	fl_jw_open(w, "response_format", '{');
	fl_jw_cstr(w, "type", "json_schema");
	fl_jw_open(w, "json_schema", '{');
	fl_jw_cstr(w, "name", "answer");
	fl_jw_bool(w, "strict", true);
	fl_answer_schema(w, "schema", fields);
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

static void openai_stream(struct fl_jw *w)
{
	fl_jw_bool(w, "stream", true);
	fl_jw_open(w, "stream_options", '{');
	fl_jw_bool(w, "include_usage", true);
	fl_jw_close(w, '}');
}

static enum fl_rc openai_read(struct fl_cx *cx, struct json_object *doc, struct reply *out)
{
	struct json_object *choices = fl_json_get(doc, "choices");
	struct json_object *first = json_object_is_type(choices, json_type_array) ? json_object_array_get_idx(choices, 0) : NULL;

	out->prompt_tokens = fl_json_int(doc, "usage.prompt_tokens", 0);
	out->completion_tokens = fl_json_int(doc, "usage.completion_tokens", 0);
	if (fl_str_eq(fl_json_str(first, "finish_reason"), FL_STR("length")))
		return FL_FAIL(cx, FL_INVALID, "unparsable: cut off at the limit of tokens");
	out->text = fl_json_str(first, "message.content");
	if (!out->text.n)
		return FL_FAIL(cx, FL_INVALID, "unparsable: no answer in the first choice");
	return FL_OK;
}

enum fl_rc openai_ask(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_llm_ask *ask,
                      const struct fl_answer_field *fields, struct reply *out)
{
	const char *auth[2] = { "Authorization", fl_fmt(cx->a, "Bearer %s", cx->conf->openai_key) };
	struct fl_buf b = request(cx, ask);
	struct fl_jw w = fl_jw(&b);
	struct json_object *doc;

	fl_jw_open(&w, NULL, '{');
	common(&w, model, ask);
	fl_jw_open(&w, "messages", '[');
	message(&w, "system", ask->prompt.system);
	question(cx, &w, ask, openai_picture);
	fl_jw_close(&w, ']');
	if (fields)
		openai_format(&w, fields);
	else if (ask->said)
		openai_stream(&w);
	fl_jw_close(&w, '}');
	if (!fields && ask->said)
		return stream_post(cx, o, ask, fl_fmt(cx->a, "%s/v1/chat/completions", cx->conf->openai_url), auth, &b, openai_event, out);
	FL_TRY(json_post(cx, o, ask, fl_fmt(cx->a, "%s/v1/chat/completions", cx->conf->openai_url), auth, &b, &doc, &out->status));
	return openai_read(cx, doc, out);
}
