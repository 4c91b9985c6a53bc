/* Answers that are no page of their own: problems for programs (RFC 9457) and for people; and sending. */
#include <stdlib.h>

#include "base/conf.h"
#include "base/log.h"
#include "http/web.h"

const struct fl_col web_error_cols[] = {
	{ "status", FL_T_INT }, { "title", FL_T_TEXT }, { "what", FL_T_TEXT }, { "next", FL_T_TEXT }, { "detail", FL_T_TEXT }, { "retry_after", FL_T_INT },
};
const int web_error_ncols = FL_COUNT(web_error_cols);

enum { E_STATUS, E_TITLE, E_WHAT, E_NEXT, E_DETAIL, E_RETRY_AFTER };

/* Nobody is 401, somebody who may not is 403; an address whose secret is in its path and unknown is no door at all. */
static int denied_status(const struct request *r, const char *state)
{
	bool unknown = strcmp(state, "FL401") == 0;

	if (unknown)
		return r->auth == WEB_PATH ? 404 : 401;
	return !r->entered && strcmp(state, "FL403") != 0 && r->auth == WEB_NOBODY ? 401 : 403;
}

int web_status_of(const struct request *r, enum fl_rc rc)
{
	const char *state = r->cx.err.sqlstate ? r->cx.err.sqlstate : "";

	if (r->status >= 400)
		return r->status;
	if (r->req.status >= 400)
		return r->req.status;
	switch (rc) {
	case FL_OK:
		return 200;
	case FL_NOT_FOUND:
		return 404;
	case FL_DENIED:
		return denied_status(r, state);
	case FL_INVALID:
		return r->allow && !r->route ? 405 : 422;
	case FL_CONFLICT:
		return 409;
	case FL_LATER:
		return strcmp(state, "FL429") == 0 || (r->limit.limit && !r->limit.allowed) ? 429 : 503;
	case FL_BUG:
		break;
	}
	return 500;
}

static const char *say(struct request *r, const char *key)
{
	return fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, key, NULL);
}

/* What happened and what to do about it; a stranger's link that leads nowhere has words of its own. */
static const char *say_error(struct request *r, const char *part)
{
	if (r->status == 404 && r->auth == WEB_PATH)
		return say(r, fl_fmt(r->cx.a, "error.link.%s", part));
	return say(r, fl_fmt(r->cx.a, "error.%d.%s", r->status, part));
}

/* A message key of ours is said in the reader's language; anything else is for the log only. */
static const char *detail_of(struct request *r)
{
	const char *key = r->status == 404 && r->auth == WEB_PATH ? NULL : r->cx.err.text;

	for (const char *p = key; key && *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || *p == '.' || *p == '_' || (*p >= '0' && *p <= '9')))
			return NULL;
	return key && strchr(key, '.') ? say(r, key) : NULL;
}

int web_wrongs(struct request *r, struct fl_posted *out, int max)
{
	const char *field = r->cx.err.field;
	struct json_object *all;
	int n = 0;

	if (!field || (r->cx.err.rc != FL_INVALID && r->cx.err.rc != FL_CONFLICT))
		return 0;
	if (field[0] != '{') {
		out[0] = (struct fl_posted){ .name = field, .value = { "", 0 }, .wrong = r->cx.err.text };
		return 1;
	}
	if (fl_json_parse(r->cx.a, fl_str(field), &fl_json_limits_api, &all, NULL) != FL_OK)
		return 0;
	json_object_object_foreach(all, name, message)
	{
		if (n < max)
			out[n++] = (struct fl_posted){ .name = name, .value = { "", 0 }, .wrong = json_object_get_string(message) };
	}
	return n;
}

/* A JSON pointer (RFC 6901) to a field named with dots. */
static const char *pointer(struct request *r, const char *name)
{
	char *p = fl_fmt(r->cx.a, "/%s", name);

	for (char *dot = p; (dot = strchr(dot, '.')) != NULL;)
		*dot = '/';
	return p;
}

static void problem_errors(struct request *r, struct fl_jw *w)
{
	struct fl_posted wrong[WEB_WRONGS_MAX];
	int n = web_wrongs(r, wrong, WEB_WRONGS_MAX);

	fl_jw_open(w, "errors", '[');
	for (int i = 0; r->route && i < r->route->nbody; i++) {
		if (!r->values[i].wrong)
			continue;
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "pointer", fl_fmt(r->cx.a, "/%s", r->route->fields[i].name));
		fl_jw_cstr(w, "detail", say(r, r->values[i].wrong));
		fl_jw_close(w, '}');
	}
	for (int i = 0; i < n; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "pointer", pointer(r, wrong[i].name));
		fl_jw_cstr(w, "detail", say(r, wrong[i].wrong));
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
}

static const struct kind {
	int status;
	const char *text;
	const char *problem; /* what /problems/ calls it (RFC 9457) */
} kinds[] = {
	{ 200, "OK", NULL },
	{ 201, "Created", NULL },
	{ 202, "Accepted", NULL },
	{ 204, "No Content", NULL },
	{ 303, "See Other", NULL },
	{ 304, "Not Modified", NULL },
	{ 400, "Bad Request", "malformed" },
	{ 401, "Unauthorized", "unauthenticated" },
	{ 403, "Forbidden", "forbidden" },
	{ 404, "Not Found", "not-found" },
	{ 405, "Method Not Allowed", "method-not-allowed" },
	{ 409, "Conflict", "conflict" },
	{ 413, "Content Too Large", "too-large" },
	{ 415, "Unsupported Media Type", "unsupported-media-type" },
	{ 422, "Unprocessable Content", "invalid-fields" },
	{ 429, "Too Many Requests", "rate-limited" },
	{ 500, "Internal Server Error", "internal-error" },
	{ 503, "Service Unavailable", "unavailable" },
};

/* The last, 503, stands for what is not in the table. */
static const struct kind *kind_of(int status)
{
	size_t i = 0;

	while (i < FL_COUNT(kinds) - 1 && kinds[i].status != status)
		i++;
	return &kinds[i];
}

static void problem_json(struct request *r)
{
	struct fl_jw w = fl_jw(&r->out);
	const char *title = say_error(r, "title"), *detail = detail_of(r);

	r->content_type = "application/problem+json; charset=utf-8";
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "type", fl_fmt(r->cx.a, "%s/problems/%s", r->web->conf->url, kind_of(r->status)->problem));
	fl_jw_cstr(&w, "title", title);
	fl_jw_cstr(&w, "error", title);
	fl_jw_int(&w, "status", r->status);
	fl_jw_cstr(&w, "detail", detail ? detail : say_error(r, "what"));
	fl_jw_cstr(&w, "instance", r->cx.request_id);
	fl_jw_cstr(&w, "trace_id", r->cx.trace_id);
	/* What a program's author has to mend is said in the words of the formats, which are English. */
	if (r->status == 400 && r->cx.err.text)
		fl_jw_cstr(&w, "reason", r->cx.err.text);
	if (r->status == 422)
		problem_errors(r, &w);
	if (r->status == 429) {
		fl_jw_int(&w, "retry_after", r->cx.err.retry_after_s);
		fl_jw_int(&w, "limit", r->limit.limit);
		fl_jw_int(&w, "remaining", r->limit.remaining);
		fl_jw_int(&w, "reset", r->limit.reset_s);
	}
	fl_jw_close(&w, '}');
}

static void problem_html(struct request *r)
{
	struct fl_rows *e = fl_rows_new(r->cx.a, web_error_cols, web_error_ncols, 1);
	struct fl_model m = { .now_us = r->cx.now_us, .rights = "" };
	const char *title, *detail;

	web_know_reader(r);
	m.locale = r->cx.who.locale;
	m.zone = r->cx.who.zone;
	m.dates = r->cx.who.dates;
	title = say_error(r, "title");
	detail = detail_of(r);
	fl_rows_set_int(r->cx.a, e, 0, E_STATUS, r->status);
	fl_rows_set_str(e, 0, E_TITLE, fl_str(title));
	fl_rows_set_str(e, 0, E_WHAT, fl_str(say_error(r, "what")));
	fl_rows_set_str(e, 0, E_NEXT, fl_str(say_error(r, "next")));
	if (detail)
		fl_rows_set_str(e, 0, E_DETAIL, fl_str(detail));
	if (r->cx.err.retry_after_s)
		fl_rows_set_int(r->cx.a, e, 0, E_RETRY_AFTER, r->cx.err.retry_after_s);
	m.set[0] = web_page_set(r, title);
	m.set[1] = web_nav_set(r);
	m.set[2] = e;
	r->content_type = "text/html; charset=utf-8";
	fl_view_html(r->cx.who.user_id[0] ? r->web->error_view : r->web->error_bare, &m, &r->out);
}

void web_problem(struct request *r, enum fl_rc rc)
{
	r->status = web_status_of(r, rc);
	r->out.n = 0;
	r->out.over = false;
	if ((r->status == 503 || r->status == 429 || r->status == 409) && !r->cx.err.retry_after_s && (rc == FL_LATER || r->status == 409))
		r->cx.err.retry_after_s = r->status == 409 ? 1 : 2;
	if (r->json) {
		problem_json(r);
	} else if (r->status == 401 && !r->unsafe) {
		struct fl_buf to = fl_buf(r->cx.a, 8192);

		fl_buf_puts(&to, "/signin?next=");
		fl_buf_url(&to, fl_str(r->path));
		r->location = fl_buf_cstr(&to);
		r->status = 303;
	} else if (r->status == 403 && !r->unsafe && r->cx.err.text && strcmp(r->cx.err.text, "error.prove") == 0) {
		struct fl_buf to = fl_buf(r->cx.a, 8192);

		fl_buf_puts(&to, "/me/confirm?next=");
		fl_buf_url(&to, fl_str(r->path));
		r->location = fl_buf_cstr(&to);
		r->status = 303;
	} else {
		problem_html(r);
	}
}

static void header(struct fl_buf *b, const char *name, const char *value)
{
	fl_buf_puts(b, name);
	fl_buf_puts(b, ": ");
	/* A line end in a value would be a header of somebody else's making. */
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p >= 0x20 && *p != 0x7f)
			fl_buf_putc(b, *p);
	fl_buf_puts(b, "\r\n");
}

/* Whether If-None-Match names the tag. Compared weakly (RFC 9110, section 13.1.2): nginx makes it W/"..." when it compresses. */
static bool names_tag(struct fl_str list, struct fl_str tag)
{
	while (list.p && list.n) {
		struct fl_str one = fl_str_trim(fl_str_cut(&list, ','));

		if (one.n > 2 && memcmp(one.p, "W/", 2) == 0)
			one = (struct fl_str){ one.p + 2, one.n - 2 };
		if (fl_str_eq(one, tag) || fl_str_eq(one, FL_STR("*")))
			return true;
	}
	return false;
}

/* Programs may keep what they read and ask whether it changed; a picture out of the database has another address when it is another one; pages of signed-in people are
 * kept nowhere. */
static void cache_headers(struct request *r, struct fl_buf *b)
{
	bool tagged = r->json && r->status == 200 && !r->unsafe && !r->req.accel;
	struct fl_digest d;

	if (r->req.file.p && r->status == 200 && strncmp(r->req.file_type, "image/", 6) == 0) {
		header(b, "Cache-Control", "private, max-age=604800, immutable");
		return;
	}
	if (r->req.accel && r->req.shared_s > 0) {
		header(b, "Cache-Control", fl_fmt(r->cx.a, "public, max-age=%lld", (long long)r->req.shared_s));
		return;
	}
	if (!tagged) {
		header(b, "Cache-Control", "no-store");
		return;
	}
	d = fl_sha256(fl_buf_get(&r->out));
	r->etag = fl_fmt(r->cx.a, "\"%.22s\"", fl_base64url(r->cx.a, (struct fl_str){ (const char *)d.b, sizeof(d.b) }));
	header(b, "Cache-Control", "private, no-cache");
	header(b, "ETag", r->etag);
	r->not_modified = names_tag(fl_str(web_param(r, "HTTP_IF_NONE_MATCH")), fl_str(r->etag));
}

static void limit_headers(struct request *r, struct fl_buf *b)
{
	if (r->api && !r->limit.limit && (r->auth == WEB_BEARER || r->auth == WEB_COOKIE) && r->token.n)
		r->limit = web_budget_use(r->web->budget, &r->token_hash, r->cx.now_us);
	if (r->limit.limit) {
		header(b, "X-RateLimit-Limit", fl_fmt(r->cx.a, "%d", r->limit.limit));
		header(b, "X-RateLimit-Remaining", fl_fmt(r->cx.a, "%d", r->limit.remaining));
		header(b, "X-RateLimit-Reset", fl_fmt(r->cx.a, "%d", r->limit.reset_s));
	}
	if (r->cx.err.retry_after_s && r->status >= 400)
		header(b, "Retry-After", fl_fmt(r->cx.a, "%d", r->cx.err.retry_after_s));
}

/* Too much for the arena or the answer's ceiling: a short apology instead of half a page. */
static void refuse_overflow(struct request *r)
{
	fl_log(&r->cx, FL_ERROR, "the answer to %s was larger than allowed", r->path);
	r->out = fl_buf(r->cx.a, 4096);
	fl_buf_puts(&r->out, "The answer was larger than allowed.");
	r->content_type = "text/plain; charset=utf-8";
	r->status = 500;
}

/* What a script of a listed site may send and see. Never with credentials: a cookie neither counts nor is set. */
static void cors_headers(struct request *r, struct fl_buf *b)
{
	if (web_cors_on(r))
		header(b, "Vary", "Origin");
	if (!web_cors_listed(r))
		return;
	header(b, "Access-Control-Allow-Origin", web_param(r, "HTTP_ORIGIN"));
	if (r->preflight) {
		header(b, "Access-Control-Allow-Methods", r->allow);
		header(b, "Access-Control-Allow-Headers",
		       "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match, Traceparent, X-Org-Id, X-Progress-Url, X-Workspace-Id");
		header(b, "Access-Control-Max-Age", "600");
	} else {
		header(b, "Access-Control-Expose-Headers",
		       "Deprecation, ETag, Idempotency-Replayed, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id");
	}
}

static void own_headers(struct request *r, struct fl_buf *h)
{
	if (r->location)
		header(h, "Location", r->location);
	if (r->req.set_cookie && !web_cors_listed(r))
		header(h, "Set-Cookie", r->req.set_cookie);
	/* Signed out: nothing of what was seen stays in the browser. */
	if (r->req.set_cookie && strstr(r->req.set_cookie, "Max-Age=0"))
		header(h, "Clear-Site-Data", "\"cache\", \"storage\"");
	if (r->download)
		header(h, "Content-Disposition", fl_fmt(r->cx.a, "attachment; filename=\"%s\"", r->download));
	if (r->req.accel)
		header(h, "X-Accel-Redirect", r->req.accel);
	if (r->req.disposition)
		header(h, "Content-Disposition", r->req.disposition);
	if (r->allow && r->status == 405)
		header(h, "Allow", strstr(r->allow, "GET") ? fl_fmt(r->cx.a, "%s, HEAD", r->allow) : r->allow);
	if (r->replay)
		header(h, "Idempotency-Replayed", "true");
	if (r->status == 401 && r->api)
		header(h, "WWW-Authenticate", "Bearer");
}

void web_send(struct request *r)
{
	struct fl_buf h = fl_buf(r->cx.a, 64 * 1024);
	bool empty;

	if (r->out.over || fl_arena_over(r->cx.a))
		refuse_overflow(r);
	cache_headers(r, &h);
	if (r->not_modified)
		r->status = 304;
	empty = r->status == 204 || r->status == 304;
	header(&h, "Status", fl_fmt(r->cx.a, "%d %s", r->status, kind_of(r->status)->text));
	if (!empty)
		header(&h, "Content-Type", r->content_type);
	own_headers(r, &h);
	limit_headers(r, &h);
	cors_headers(r, &h);
	/* Without it nginx takes half an answer, cut off by the death of this process, for a whole one. */
	if (!empty)
		header(&h, "Content-Length", fl_fmt(r->cx.a, "%zu", r->out.n));
	fl_buf_puts(&h, "\r\n");
	if (empty || strcmp(r->method, "HEAD") == 0)
		r->out.n = 0;
	web_write(r->fcgi, fl_buf_get(&h), fl_buf_get(&r->out));
}
