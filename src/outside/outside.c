#include "outside/inside.h"

#include <assert.h>

#include "outside/guard.h"

static void free_handle(void *p)
{
	curl_easy_cleanup(p);
}

static void free_url(void *p)
{
	curl_url_cleanup(p);
}

void free_list(void *p)
{
	curl_slist_free_all(p);
}

static CURL *handle_new(struct fl_arena *a)
{
	CURL *h = curl_easy_init();

	assert(h);
	fl_defer(a, free_handle, h);
	return h;
}

struct fl_outside *fl_outside_new(struct fl_arena *process, const struct fl_conf *conf)
{
	struct fl_outside *o = FL_NEW(process, struct fl_outside);
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	assert(code == CURLE_OK);
	*o = (struct fl_outside){ .conf = conf, .max_failures = 5, .open_ms = 30000 };
	o->http = handle_new(process);
	o->second = handle_new(process);
	o->tenant = handle_new(process);
	o->smtp = handle_new(process);
	return o;
}

/* One part of a URL as a copy in the arena, "" when absent. */
static char *url_part(struct fl_cx *cx, CURLU *u, CURLUPart part, unsigned flags)
{
	char *s = NULL, *copy;

	if (curl_url_get(u, part, &s, flags) != CURLUE_OK)
		return fl_strdup(cx->a, "");
	copy = fl_strdup(cx->a, s);
	curl_free(s);
	return copy;
}

enum fl_rc target_parse(struct fl_cx *cx, struct fl_outside *o, const char *url, const char *schemes, struct target *out)
{
	const char *scheme, *host;
	int64_t port = 0;

	*out = (struct target){ .url = curl_url(), .tenant = out->tenant };
	assert(out->url);
	fl_defer(cx->a, free_url, out->url);
	if (curl_url_set(out->url, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK)
		return FL_FAIL(cx, FL_INVALID, "not a URL that can be called");
	scheme = fl_fmt(cx->a, "|%s|", url_part(cx, out->url, CURLUPART_SCHEME, 0));
	if (!strstr(schemes, scheme))
		return FL_FAIL(cx, FL_INVALID, "the scheme of the URL is not one of %s", schemes);
	host = url_part(cx, out->url, CURLUPART_HOST, 0);
	if (fl_str_int(fl_str(url_part(cx, out->url, CURLUPART_PORT, CURLU_DEFAULT_PORT)), 1, 65535, &port) != FL_OK || !*host)
		return FL_FAIL(cx, FL_INVALID, "the URL names no host or port");
	out->host = fl_fmt(cx->a, "%.253s:%d", host, (int)port);
	out->listed = fl_address_listed(out->tenant ? o->conf->tenant_allow : o->conf->outside_allow, host, (int)port);
	return FL_OK;
}

static curl_socket_t open_socket(void *p, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct target *t = p;

	(void)purpose;
	if (t && !t->listed && !fl_address_public(&addr->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

enum fl_rc handle_ready(struct fl_cx *cx, CURL *h, struct target *t, int connect_ms, int total_ms)
{
	int left_ms = fl_cx_left_ms(cx);

	if (left_ms == 0)
		return FL_FAIL(cx, FL_LATER, "no time was left for the call");
	if (total_ms > left_ms)
		total_ms = left_ms;
	if (connect_ms > total_ms)
		connect_ms = total_ms;
	curl_easy_reset(h); /* keeps the connections */
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)total_ms);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, t);
	if (t)
		curl_easy_setopt(h, CURLOPT_CURLU, t->url);
	return FL_OK;
}

enum fl_rc handle_failed(struct fl_cx *cx, CURLcode code, const struct target *t, const char *what)
{
	if (t && t->refused)
		return FL_FAIL(cx, FL_DENIED, "%s: the address of %s is private and not in %s", what, t->host, t->tenant ? "TENANT_ALLOW" : "OUTSIDE_ALLOW");
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return FL_FAIL(cx, FL_INVALID, "%s: no longer wanted", what);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return FL_FAIL(cx, FL_LATER, "%s: timed out", what);
	return FL_FAIL(cx, FL_LATER, "%s: %s", what, curl_easy_strerror(code));
}

size_t buf_write(char *p, size_t size, size_t n, void *buf)
{
	struct fl_buf *b = buf;

	fl_buf_add(b, p, size * n);
	return b->over ? 0 : size * n;
}

bool has_line_break(struct fl_str s)
{
	return s.n && (memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n) || memchr(s.p, '\0', s.n));
}
