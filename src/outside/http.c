#include "outside/http.h"

#include <assert.h>

#include "outside/inside.h"

static enum fl_rc add(struct fl_cx *cx, struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	assert(more);
	if (!*list)
		fl_defer(cx->a, free_list, more);
	*list = more;
	return FL_OK;
}

static const char *trace_parent(struct fl_cx *cx)
{
	unsigned char made[16], span[8];
	char trace[33];

	fl_random(span, sizeof(span));
	fl_random(made, sizeof(made));
	fl_trace_id("", cx->request_id, trace);
	if (cx->trace_id[0])
		memcpy(trace, cx->trace_id, sizeof(trace));
	return fl_fmt(cx->a, "traceparent: 00-%s-%s-01", trace[0] ? trace : fl_hex(cx->a, (struct fl_str){ (const char *)made, sizeof(made) }),
	              fl_hex(cx->a, (struct fl_str){ (const char *)span, sizeof(span) }));
}

static enum fl_rc headers(struct fl_cx *cx, const struct fl_http_request *req, struct curl_slist **list)
{
	*list = NULL;
	if (has_line_break(fl_str(cx->request_id)))
		return FL_FAIL(cx, FL_BUG, "the request id holds a line break");
	for (int i = 0; i < req->nheaders; i++) {
		const struct fl_http_header *h = &req->headers[i];

		if (has_line_break(h->value) || strpbrk(h->name, "\r\n: "))
			return FL_FAIL(cx, FL_INVALID, "header %d holds a line break", i + 1);
		FL_TRY(add(cx, list, fl_fmt(cx->a, "%s: %.*s", h->name, (int)h->value.n, h->value.p ? h->value.p : "")));
	}
	FL_TRY(add(cx, list, fl_fmt(cx->a, "X-Request-Id: %s", cx->request_id)));
	FL_TRY(add(cx, list, trace_parent(cx)));
	return add(cx, list, "Expect:");
}

static void want(struct fl_cx *cx, CURL *h, const struct fl_http_request *req, struct fl_http_answer *out)
{
	struct curl_header *found;

	for (int i = 0; i < FL_HTTP_WANT_MAX && req->want[i]; i++)
		if (curl_easy_header(h, req->want[i], 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
			out->want[i] = fl_str(fl_strdup(cx->a, found->value));
}

static bool type_fits(CURL *h, const char *type)
{
	const char *got = NULL;
	struct fl_str rest;

	if (!type)
		return true;
	curl_easy_getinfo(h, CURLINFO_CONTENT_TYPE, &got);
	rest = fl_str(got);
	return fl_str_ieq(fl_str_trim(fl_str_cut(&rest, ';')), fl_str(type));
}

static enum fl_rc by_status(struct fl_cx *cx, CURL *h, const struct fl_http_request *req, const char *host, int status)
{
	curl_off_t after_s = 0;

	if (status >= 200 && status < 300) {
		if (!type_fits(h, req->content_type))
			return FL_FAIL(cx, FL_INVALID, "%s answered another type than %s", host, req->content_type);
		return FL_OK;
	}
	if (status < 500 && status != 429 && status != 408 && status != 425)
		return FL_FAIL(cx, FL_INVALID, "%s answered %d", host, status);
	(void)FL_FAIL(cx, FL_LATER, "%s answered %d", host, status);
	if (curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &after_s) == CURLE_OK && after_s > 0)
		cx->err.retry_after_s = after_s > 86400 ? 86400 : (int)after_s;
	return FL_LATER;
}

struct body {
	const struct fl_http_request *req;
	struct fl_buf b;
};

static size_t body_write(char *p, size_t size, size_t n, void *to)
{
	struct body *body = to;
	size_t took = buf_write(p, size, n, &body->b);

	if (took && body->req->part)
		body->req->part(body->req->to, (struct fl_str){ p, took });
	return took;
}

static int look(void *to, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
	const struct fl_http_request *req = to;

	(void)down, (void)downed, (void)up, (void)upped;
	return req->go_on(req->to) ? 0 : 1;
}

static void set_request(CURL *h, const struct fl_http_request *req, struct curl_slist *list, struct body *body)
{
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	if (req->body.p) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.n);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, req->body.p);
	}
	if (strcmp(req->method, "HEAD") == 0)
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, req->method);
	/* A kept connection that ends before an answer makes libcurl send the request again: only what is safe to repeat (RFC 9110, 9.2.2) goes over one. */
	curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, (long)(strcmp(req->method, "POST") == 0 || strcmp(req->method, "PATCH") == 0));
	if (req->idle_s) {
		curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)req->idle_s);
	}
	if (req->go_on) {
		curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look);
		curl_easy_setopt(h, CURLOPT_XFERINFODATA, req);
	}
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, body_write);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, body);
}

enum fl_rc fl_http(struct fl_cx *cx, struct fl_outside *o, const struct fl_http_request *req, struct fl_http_answer *out)
{
	struct body body = { req, fl_buf(cx->a, req->max_bytes ? req->max_bytes : (size_t)1 << 20) };
	CURL *h = req->tenant ? o->tenant : req->meanwhile ? o->second : o->http;
	struct curl_slist *list;
	struct target t = { .tenant = req->tenant };
	const char *breaker;
	CURLcode code;
	long status = 0;
	int64_t from_us = fl_tick_us();

	*out = (struct fl_http_answer){ .status = 0 };
	FL_TRY(target_parse(cx, o, req->url, "|http|https|", &t));
	FL_TRY(headers(cx, req, &list));
	breaker = fl_fmt(cx->a, "%s%s", t.tenant ? "~" : "", t.host); /* what people entered opens no breaker of our own services */
	FL_TRY(breaker_enter(cx, o, breaker));
	FL_TRY(handle_ready(cx, h, &t, req->connect_ms ? req->connect_ms : 3000, req->total_ms ? req->total_ms : 15000));
	set_request(h, req, list, &body);
	code = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	out->status = (int)status;
	out->body = fl_buf_get(&body.b);
	out->ms = (int)((fl_tick_us() - from_us) / 1000);
	want(cx, h, req, out);
	breaker_leave(o, breaker, t.refused || body.b.over || code == CURLE_ABORTED_BY_CALLBACK || (code == CURLE_OK && status < 500));
	if (body.b.over)
		return FL_FAIL(cx, FL_INVALID, "%s answered more than %zu bytes", t.host, body.b.max);
	if (code != CURLE_OK)
		return handle_failed(cx, code, &t, t.host);
	return by_status(cx, h, req, t.host, out->status);
}
