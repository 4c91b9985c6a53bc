/* HTTP elsewhere against the scripted stub: every misbehaviour has its result code. */
#include "../tap.h"
#include "outside/guard.h"
#include "outside/http.h"
#include "../outside/stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct fl_arena *process;

static bool is_public(const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return fl_address_public((struct sockaddr *)&in);
	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return fl_address_public((struct sockaddr *)&in6);
}

static void test_guard(void)
{
	static const char *const no[] = { "0.0.0.0",       "10.1.2.3",     "100.64.0.1",          "127.0.0.1",
		    "127.255.255.254", "169.254.169.254",
		                          "172.16.0.1",    "172.31.9.9",   "192.168.1.1",         "198.18.0.1",    "224.0.0.1",
			      "255.255.255.255",
		                          "::",            "::1",          "::ffff:127.0.0.1",    "::ffff:10.0.0.1", "fe80::1",
			      "fc00::1",
		                          "fd12:3456::1",  "ff02::1",      "2002:7f00:0001::",    "2002:0a00:1::1",
			"64:ff9b::7f00:1", "64:ff9b:1::1",
		                          "2001:db8::1",   "2001:0:1::1",  "::127.0.0.1",         "64:ff9b::a9fe:a9fe" };
	static const char *const yes[] = { "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8",
		"64:ff9b::808:808", "2002:808:808::1" };

	for (size_t i = 0; i < FL_COUNT(no); i++)
		ok(!is_public(no[i]), "%s is refused", no[i]);
	for (size_t i = 0; i < FL_COUNT(yes); i++)
		ok(is_public(yes[i]), "%s is allowed", yes[i]);
	ok(fl_address_listed("a:1, LocalHost:80,[::1]:9", "localhost", 80), "a listed host and port");
	ok(fl_address_listed("a:1, LocalHost:80,[::1]:9", "[::1]", 9), "a listed IPv6 host");
	ok(!fl_address_listed("localhost:80", "localhost", 81), "another port is not listed");
	ok(!fl_address_listed("localhost:80", "xlocalhost", 80), "a longer name is not listed");
	ok(!fl_address_listed("localhost", "localhost", 80) && !fl_address_listed(NULL, "localhost", 80), "no port, no list");
}

static enum fl_rc get(struct fl_cx *cx, struct fl_outside *o, const char *url, struct fl_http_answer *out)
{
	struct fl_http_request req = { .method = "GET", .url = url, .total_ms = 3000 };

	return fl_http(cx, o, &req, out);
}

static enum fl_rc post(struct fl_cx *cx, struct fl_outside *o, const char *url, struct fl_str body, const char *type,
	struct fl_http_answer *out)
{
	struct fl_http_request req = { .method = "POST", .url = url, .total_ms = 3000, .body = body, .content_type = type,
		.want = { "Content-Type" } };

	return fl_http(cx, o, &req, out);
}

static void test_urls(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	struct fl_http_answer out;

	ok(get(cx, o, "ftp://example.org/", &out) == FL_INVALID, "another scheme: %s", cx->err.text);
	ok(get(cx, o, "file:///etc/passwd", &out) == FL_INVALID, "a file: %s", cx->err.text);
	ok(get(cx, o, "http://u:p@example.org/", &out) == FL_INVALID, "a password in the URL");
	ok(get(cx, o, "http://", &out) == FL_INVALID, "no host");
	ok(get(cx, o, fl_fmt(cx->a, "http://localhost:%d/", s->port), &out) == FL_DENIED, "a name for loopback: %s", cx->err.text);
	ok(get(cx, o, fl_fmt(cx->a, "http://2130706433:%d/", s->port), &out) != FL_OK, "loopback as one number");
	ok(get(cx, o, fl_fmt(cx->a, "http://0x7f.1:%d/", s->port), &out) != FL_OK, "loopback in hexadecimal");
	ok(get(cx, o, "http://[::ffff:127.0.0.1]/", &out) == FL_DENIED, "loopback mapped into IPv6");
	ok(get(cx, o, "http://169.254.169.254/latest/meta-data", &out) == FL_DENIED, "the metadata address");
	ok(get(cx, o, "http://no-such-host.invalid/", &out) == FL_LATER, "a name that does not resolve: %s", cx->err.text);
}

static void test_answers(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	static const struct {
		const char *step;
		enum fl_rc rc;
		int status, retry_after_s;
	} rows[] = {
		{ "ok", FL_OK, 200, 0 },       { "429:11", FL_LATER, 429, 11 }, { "400", FL_INVALID, 400, 0 },  { "401", FL_INVALID,
			401, 0 },
		{ "500", FL_LATER, 500, 0 },   { "503", FL_LATER, 503, 0 },     { "html", FL_INVALID, 200, 0 }, { "half", FL_LATER,
			200, 0 },
		{ "big", FL_INVALID, 200, 0 }, { "slow", FL_LATER, 200, 0 },    { "timeout", FL_LATER, 0, 0 },  { "redirect",
			FL_INVALID, 302, 0 },
	};
	const char *base = fl_fmt(cx->a, "http://127.0.0.1:%d", s->port);
	struct fl_http_answer out;

	for (size_t i = 0; i < FL_COUNT(rows); i++) {
		const char *script = fl_fmt(cx->a, "{\"steps\":[\"%s\"]}", rows[i].step);
		enum fl_rc rc;

		fl_outside_breaker_set(o, 1000, 30000);
		ok(post(cx, o, fl_fmt(cx->a, "%s/_script", base), fl_str(script), NULL, &out) == FL_OK, "script %s", rows[i].step);
		cx->err.retry_after_s = 0;
		rc = post(cx, o, fl_fmt(cx->a, "%s/v1/messages", base), FL_STR("{\"model\":\"m\",\"messages\":[]}"),
			"application/json", &out);
		ok(rc == rows[i].rc, "%s gives %s (%s)", rows[i].step, fl_rc_name(rc), rc ? cx->err.text : "fine");
		ok(out.status == rows[i].status, "%s: status %d", rows[i].step, out.status);
		ok(rc == FL_OK || cx->err.retry_after_s == rows[i].retry_after_s, "%s: retry after %d s", rows[i].step,
			cx->err.retry_after_s);
	}
	ok(strstr(stub_read(cx->a, s, "ledger"), "\"request_id\": \"0123456789abcdef0123456789abcdef\""), "the request id goes along");
	ok(strstr(stub_read(cx->a, s, "ledger"), "\"traceparent\": \"00-0123456789abcdef0123456789abcdef-"), "as trace id too");
}

static void test_headers(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	struct fl_http_header bad = { "X-A", FL_STR("a\r\nX-B: b") };
	struct fl_http_request req = { .method = "GET", .url = fl_fmt(cx->a, "http://127.0.0.1:%d/_calls", s->port),
		.headers = &bad, .nheaders = 1 };
	struct fl_http_answer out;

	ok(fl_http(cx, o, &req, &out) == FL_INVALID, "a line break in a header is refused");
	req.nheaders = 0;
	req.want[0] = "content-type";
	req.want[1] = "x-absent";
	ok(fl_http(cx, o, &req, &out) == FL_OK && fl_str_eq(out.want[0], FL_STR("application/json")) && !out.want[1].p, "headers wanted");
	cx->deadline_tick_us = fl_tick_us();
	ok(fl_http(cx, o, &req, &out) == FL_LATER, "no time left: %s", cx->err.text);
	cx->deadline_tick_us = fl_tick_us() + 60 * FL_SECOND_US;
}

/* libcurl sends a request again by itself when a kept connection ends before an answer; what is no repetition for the other side must not be. */
static void test_once(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	const char *base = fl_fmt(cx->a, "http://127.0.0.1:%d", s->port), *url = fl_fmt(cx->a, "%s/v1/messages", base), *at;
	struct fl_str ask = FL_STR("{\"model\":\"m\",\"messages\":[]}");
	struct fl_http_answer out;
	int calls = 0;

	fl_outside_breaker_set(o, 1000, 30000);
	ok(post(cx, o, fl_fmt(cx->a, "%s/_script", base), FL_STR("{\"steps\":[\"ok\",\"gone\"]}"), NULL, &out) == FL_OK, "script");
	ok(post(cx, o, url, ask, NULL, &out) == FL_OK, "a POST that is answered");
	ok(post(cx, o, url, ask, NULL, &out) == FL_LATER, "one that is not: %s", cx->err.text);
	for (at = stub_read(cx->a, s, "ledger"); (at = strstr(at, "\"step\": \"gone\"")); at++)
		calls++;
	ok(calls == 1, "is not sent again by itself: %d", calls);
}

static void test_breaker(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	const char *base = fl_fmt(cx->a, "http://127.0.0.1:%d", s->port), *host = fl_fmt(cx->a, "127.0.0.1:%d", s->port);
	const char *url = fl_fmt(cx->a, "%s/v1/messages", base);
	struct fl_str ask = FL_STR("{\"model\":\"m\",\"messages\":[]}");
	struct fl_http_answer out;

	fl_outside_breaker_set(o, 3, 900);
	(void)!post(cx, o, fl_fmt(cx->a, "%s/_script", base), FL_STR("{\"steps\":[\"500\",\"500\",\"500\",\"500\",\"ok\"]}"), NULL, &out);
	for (int i = 0; i < 3; i++) {
		ok(fl_outside_breaker(o, host) == FL_BREAKER_CLOSED, "closed before failure %d", i + 1);
		ok(post(cx, o, url, ask, NULL, &out) == FL_LATER && out.status == 500, "failure %d", i + 1);
	}
	ok(fl_outside_breaker(o, host) == FL_BREAKER_OPEN, "open after three");
	ok(post(cx, o, url, ask, NULL, &out) == FL_LATER && out.status == 0, "left alone: %s", cx->err.text);
	ok(cx->err.retry_after_s == 1, "with the time to wait");
	nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	ok(post(cx, o, url, ask, NULL, &out) == FL_LATER && out.status == 500, "one trial is let through");
	ok(fl_outside_breaker(o, host) == FL_BREAKER_OPEN, "and opens it again");
	nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	ok(post(cx, o, url, ask, NULL, &out) == FL_OK, "the next trial succeeds");
	ok(fl_outside_breaker(o, host) == FL_BREAKER_CLOSED, "and closes it");
}

static enum fl_rc get_entered(struct fl_cx *cx, struct fl_outside *o, const char *url, struct fl_http_answer *out)
{
	struct fl_http_request req = { .method = "GET", .url = url, .total_ms = 3000, .tenant = true };

	return fl_http(cx, o, &req, out);
}

/* What the operator allows for his own services is not open to addresses that people enter, not even over a connection that is kept; and the other way round. */
static void test_entered(struct fl_cx *cx, struct fl_outside *o, struct fl_conf *conf, const struct stub *s)
{
	const char *own = fl_fmt(cx->a, "http://127.0.0.1:%d/_calls", s->port), *theirs = fl_fmt(cx->a, "http://localhost:%d/_calls", s->port);
	struct fl_http_answer out;

	ok(get(cx, o, own, &out) == FL_OK && get(cx, o, own, &out) == FL_OK, "our own service, over a kept connection");
	ok(get_entered(cx, o, own, &out) == FL_DENIED && out.status == 0, "entered by somebody: %s", cx->err.text);
	ok(strstr(cx->err.text, "TENANT_ALLOW") != NULL, "the reason names the list that counts");
	conf->tenant_allow = fl_fmt(cx->a, "localhost:%d", s->port);
	ok(get_entered(cx, o, theirs, &out) == FL_OK, "one the operator lets them enter");
	ok(get_entered(cx, o, own, &out) == FL_DENIED, "opens that one only");
	ok(get(cx, o, theirs, &out) == FL_DENIED, "and not to us: %s", cx->err.text);
}

static void test_entered_breaker(struct fl_cx *cx, struct fl_outside *o)
{
	struct fl_http_answer out;

	fl_outside_breaker_set(o, 1, 30000);
	ok(get_entered(cx, o, "http://no-such-host.invalid:9/", &out) == FL_LATER && fl_outside_breaker(o, "~no-such-host.invalid:9") == FL_BREAKER_OPEN,
	   "a host that somebody entered fails: %s", cx->err.text);
	ok(fl_outside_breaker(o, "no-such-host.invalid:9") == FL_BREAKER_CLOSED, "and opens no breaker of our own services");
}

int main(void)
{
	static const char *const more[] = { "--ledger", "LEDGER", NULL };
	struct fl_conf conf = { .url = "" };
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_outside *o;
	struct stub s;
	struct fl_cx cx;

	/* A proxy nobody answers at: every call below shows that the environment has no say. */
	(void)setenv("http_proxy", "http://127.0.0.1:9", 1);
	(void)setenv("all_proxy", "http://127.0.0.1:9", 1);
	process = fl_arena_new(1 << 20);
	test_guard();
	stub_start(&s, a, "llm.py", more);
	conf.outside_allow = fl_fmt(a, "127.0.0.1:%d", s.port);
	o = fl_outside_new(process, &conf);
	fl_cx_init(&cx, a, &conf, "0123456789abcdef0123456789abcdef", 60);
	test_urls(&cx, o, &s);
	test_answers(&cx, o, &s);
	test_headers(&cx, o, &s);
	test_once(&cx, o, &s);
	test_entered(&cx, o, &conf, &s);
	test_entered_breaker(&cx, o);
	test_breaker(&cx, o, &s);
	stub_stop(&s);
	fl_arena_free(a);
	fl_arena_free(process);
	return done();
}
