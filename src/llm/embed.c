#include "llm/embed.h"

#include "base/conf.h"
#include "base/json.h"
#include "llm/mask.h"
#include "outside/http.h"

enum { ASK_BYTES = 2 << 20, SAID_BYTES = 24 << 20, TIMEOUT_MS = 30000, TEXT_BYTES = 16 << 10 };

static const struct fl_json_limits limits = { .bytes = SAID_BYTES, .depth = 8, .keys = FL_EMBED_DIMS_MAX };

static enum fl_rc ask(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_str *texts, int n, struct fl_str hide, struct json_object **said)
{
	const struct fl_http_header headers[] = { { "Authorization", fl_str(fl_fmt(cx->a, "Bearer %s", cx->conf->openai_key)) },
		                                  { "Content-Type", FL_STR("application/json") } };
	struct fl_http_request req = { .method = "POST", .url = fl_fmt(cx->a, "%s/v1/embeddings", cx->conf->openai_url), .headers = headers, .nheaders = FL_COUNT(headers),
		                       .content_type = "application/json", .total_ms = TIMEOUT_MS, .max_bytes = SAID_BYTES };
	struct fl_buf b = fl_buf(cx->a, ASK_BYTES);
	struct fl_jw w = fl_jw(&b);
	struct fl_http_answer http;
	const char *why = NULL;

	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "model", model);
	fl_jw_cstr(&w, "encoding_format", "float");
	fl_jw_open(&w, "input", '[');
	for (int i = 0; i < n; i++)
		fl_jw_str(&w, NULL, fl_mask_hide(fl_mask_new(cx->a, hide), fl_str_clip(texts[i], TEXT_BYTES)));
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	if (b.over)
		return FL_FAIL(cx, FL_INVALID, "the texts are over %d bytes", ASK_BYTES);
	req.body = fl_buf_get(&b);
	FL_TRY(fl_http(cx, o, &req, &http));
	if (fl_json_parse(cx->a, http.body, &limits, said, &why) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "unparsable: %s", why ? why : "not JSON");
	return FL_OK;
}

static enum fl_rc read_one(struct fl_cx *cx, struct json_object *entry, int n, int dims, float *vectors, bool *seen)
{
	struct json_object *v = fl_json_get(entry, "embedding");
	int64_t at = fl_json_int(entry, "index", -1);

	if (at < 0 || at >= n || seen[at] || !json_object_is_type(v, json_type_array) || json_object_array_length(v) != (size_t)dims)
		return FL_FAIL(cx, FL_INVALID, "unparsable: an embedding is missing, twice there or of another length");
	for (int i = 0; i < dims; i++) {
		struct json_object *x = json_object_array_get_idx(v, (size_t)i);

		if (!json_object_is_type(x, json_type_double) && !json_object_is_type(x, json_type_int))
			return FL_FAIL(cx, FL_INVALID, "unparsable: an embedding holds more than numbers");
		vectors[at * dims + i] = (float)json_object_get_double(x);
	}
	seen[at] = true;
	return FL_OK;
}

enum fl_rc fl_llm_embed(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_str *texts, int n, struct fl_str hide, float **vectors, int *dims)
{
	struct json_object *said, *data, *first;
	bool *seen = FL_NEW_ARRAY(cx->a, n + 1, bool);
	size_t length;

	if (!cx->conf->openai_key || !*cx->conf->openai_key)
		return FL_FAIL(cx, FL_INVALID, "no key is set for openai");
	FL_TRY(ask(cx, o, model, texts, n, hide, &said));
	data = fl_json_get(said, "data");
	if (!json_object_is_type(data, json_type_array) || json_object_array_length(data) != (size_t)n)
		return FL_FAIL(cx, FL_INVALID, "unparsable: not one embedding for each text");
	first = fl_json_get(json_object_array_get_idx(data, 0), "embedding");
	length = json_object_is_type(first, json_type_array) ? json_object_array_length(first) : 0;
	if (length < 1 || length > FL_EMBED_DIMS_MAX)
		return FL_FAIL(cx, FL_INVALID, "unparsable: an embedding of %zu numbers", length);
	*dims = (int)length;
	*vectors = FL_NEW_ARRAY(cx->a, (size_t)n * length, float);
	for (int i = 0; i < n; i++)
		FL_TRY(read_one(cx, json_object_array_get_idx(data, (size_t)i), n, *dims, *vectors, seen));
	return FL_OK;
}
