#include "app/sync/dav.h"

#include "base/hash.h"
#include "outside/http.h"
#include "reader/spawn.h"

enum { READ_MS = 15000, ANSWER_BYTES = 8 << 20, TOTAL_MS = 15000 };

enum fl_rc dav_open(struct fl_job *job, struct fl_str secret, struct dav *out)
{
	struct fl_cx *cx = job->cx;
	struct fl_str rest = secret, url = fl_str_cut(&rest, '\n'), user = fl_str_cut(&rest, '\n');
	size_t host = 0;

	while (host + 2 < url.n && memcmp(url.p + host, "://", 3) != 0)
		host++;
	if (host + 3 >= url.n)
		return FL_FAIL(cx, FL_INVALID, "the address is none");
	for (host += 3; host < url.n && url.p[host] != '/';)
		host++;
	*out = (struct dav){ .cx = cx, .outside = job->outside, .base = fl_fmt(cx->a, "%.*s", (int)host, url.p),
		             .path = host < url.n ? fl_fmt(cx->a, "%.*s", (int)(url.n - host), url.p + host) : "/" };
	out->authorization = fl_str(fl_fmt(cx->a, "Basic %s", fl_base64(cx->a, fl_str(fl_fmt(cx->a, "%.*s:%.*s", (int)user.n, user.p ? user.p : "", (int)rest.n, rest.p ? rest.p : "")))));
	return FL_OK;
}

static bool begins(struct fl_str s, const char *with)
{
	return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

/* NULL: it is on another host, which must not get the password. */
static const char *address_of(const struct dav *d, struct fl_str href)
{
	if (begins(href, d->base) && href.n > strlen(d->base) && href.p[strlen(d->base)] == '/')
		return fl_strndup(d->cx->a, href);
	return href.n && href.p[0] == '/' && !(href.n > 1 && href.p[1] == '/') ? fl_fmt(d->cx->a, "%s%.*s", d->base, (int)href.n, href.p) : NULL;
}

static int add_headers(struct dav *d, const struct dav_request *r, struct fl_http_header *h)
{
	bool reads = strcmp(r->method, "PROPFIND") == 0 || strcmp(r->method, "REPORT") == 0;
	int n = 0;

	h[n++] = (struct fl_http_header){ "Authorization", d->authorization };
	if (reads)
		h[n++] = (struct fl_http_header){ "Depth", r->depth ? FL_STR("1") : FL_STR("0") };
	if (r->body.n)
		h[n++] = (struct fl_http_header){ "Content-Type", reads ? FL_STR("application/xml; charset=utf-8") : FL_STR("text/calendar; charset=utf-8") };
	if (!reads && r->if_match.n)
		h[n++] = (struct fl_http_header){ "If-Match", r->if_match };
	else if (!reads)
		h[n++] = (struct fl_http_header){ "If-None-Match", FL_STR("*") };
	return n;
}

enum fl_rc dav_send(struct dav *d, const struct dav_request *r, struct fl_str *body)
{
	struct fl_http_header headers[4];
	struct fl_http_request req = { .method = r->method, .url = address_of(d, r->href), .headers = headers, .body = r->body, .want = { "ETag" }, .total_ms = TOTAL_MS,
		                       .max_bytes = ANSWER_BYTES, .tenant = true };
	struct fl_http_answer answer = { 0 };
	enum fl_rc rc;

	d->status = 0;
	d->error = NULL;
	if (!req.url) {
		d->error = "the server names an address on another host";
		return FL_OK;
	}
	req.nheaders = add_headers(d, r, headers);
	rc = fl_http(d->cx, d->outside, &req, &answer);
	d->status = answer.status;
	d->etag = answer.want[0];
	*body = answer.body;
	if (rc != FL_INVALID && rc != FL_DENIED)
		return rc;
	d->refused = rc == FL_DENIED;
	d->error = fl_strdup(d->cx->a, d->cx->err.text);
	d->cx->err.rc = FL_OK;
	return FL_OK;
}

enum fl_rc dav_ask(struct dav *d, const struct dav_request *r, struct json_object **out)
{
	struct fl_str body = { NULL, 0 }, json;
	const char *why = NULL;
	enum fl_rc rc;

	*out = NULL;
	FL_TRY(dav_send(d, r, &body));
	if (!dav_ok(d))
		return FL_OK;
	rc = fl_reader_dav(d->cx, fl_reader_path(d->cx->a), body, READ_MS, &json);
	if (rc == FL_INVALID) {
		d->error = fl_strdup(d->cx->a, d->cx->err.text);
		d->cx->err.rc = FL_OK;
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_parse(d->cx->a, json, &(struct fl_json_limits){ .bytes = 16 << 20, .depth = 10, .keys = 10000 }, out, &why) != FL_OK)
		return FL_FAIL(d->cx, FL_BUG, "the reader's answer: %s", why);
	return FL_OK;
}

/* --- finding calendars --- */

static const char find[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><prop>"
                           "<resourcetype/><displayname/><current-user-principal/><C:calendar-home-set/></prop></propfind>";

static int put_calendars(struct json_object *answer, struct fl_jw *w)
{
	struct json_object *list = fl_json_get(answer, "responses");
	int n = 0;

	for (size_t i = 0; list && i < json_object_array_length(list) && n < 100; i++) {
		struct json_object *r = json_object_array_get_idx(list, i);

		if (!fl_json_bool(r, "is_calendar", false))
			continue;
		fl_jw_open(w, NULL, '{');
		fl_jw_str(w, "href", fl_json_str(r, "href"));
		fl_jw_str(w, "name", fl_json_str(r, "name"));
		fl_jw_close(w, '}');
		n++;
	}
	return n;
}

/* The first value of a member over all responses. */
static struct fl_str first_of(struct json_object *answer, const char *member)
{
	struct json_object *list = fl_json_get(answer, "responses");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct fl_str s = fl_json_str(json_object_array_get_idx(list, i), member);

		if (s.n)
			return s;
	}
	return (struct fl_str){ NULL, 0 };
}

enum fl_rc dav_discover(struct dav *d, struct fl_str *out)
{
	struct dav_request r = { .method = "PROPFIND", .href = fl_str(d->path), .depth = 1, .body = FL_STR(find) };
	struct fl_buf *b = FL_NEW(d->cx->a, struct fl_buf);
	struct json_object *answer;
	struct fl_jw w;
	int found;

	*out = (struct fl_str){ NULL, 0 };
	*b = fl_buf(d->cx->a, 256 * 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	FL_TRY(dav_ask(d, &r, &answer));
	if (!answer)
		return FL_OK;
	found = put_calendars(answer, &w);
	/* the person, then where his calendars are */
	for (int step = 0; step < 2 && !found; step++) {
		r.href = first_of(answer, step ? "home" : "principal");
		r.depth = step;
		if (!r.href.n)
			continue;
		FL_TRY(dav_ask(d, &r, &answer));
		if (!answer)
			return FL_OK;
		found = put_calendars(answer, &w);
	}
	fl_jw_close(&w, ']');
	*out = fl_buf_get(b);
	return FL_OK;
}
