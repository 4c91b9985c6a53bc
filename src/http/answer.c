/* Sending an answer: its headers, then its body. */
#include "base/log.h"
#include "http/web.h"

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
	r->etag = fl_fmt(r->cx.a, "\"%.22s\"", fl_base64url(r->cx.a, fl_digest_str(&d)));
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

/* Who may frame the page, and what a script of a listed site may send and see. Never with credentials: a cookie neither counts nor is set. */
static void cors_headers(struct request *r, struct fl_buf *b)
{
	const char *framed_by = web_framed_by(r);

	if (framed_by)
		header(b, "X-Framed-By", framed_by);
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
	header(&h, "Status", fl_fmt(r->cx.a, "%d %s", r->status, web_status_text(r->status)));
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
