/* One HTTP request elsewhere. Redirects are not followed, proxies of the environment are ignored, TLS is verified, private
 * addresses are refused (outside/guard.h), and the request id goes along as X-Request-Id and traceparent (W3C Trace Context). */
#ifndef FL_OUTSIDE_HTTP_H
#define FL_OUTSIDE_HTTP_H

#include "outside/outside.h"

struct fl_http_header {
	const char *name;
	struct fl_str value;
};

enum { FL_HTTP_WANT_MAX = 4 };

struct fl_http_request {
	const char *method; /* "GET", "POST", ... */
	const char *url;    /* http or https, without user and password */
	const struct fl_http_header *headers;
	int nheaders;
	struct fl_str body;                   /* {NULL, 0} for none */
	const char *want[FL_HTTP_WANT_MAX];   /* names of the answer's headers to hand out; NULL ends */
	const char *content_type;             /* what a 2xx answer must be, without parameters: "application/json"; NULL: anything */
	int connect_ms, total_ms;             /* 0: 3,000 and 15,000; cx's deadline cuts both */
	size_t max_bytes;                     /* of the answer's body; 0: 1 MiB */
	void (*part)(void *to, struct fl_str bytes); /* told of the body as it comes, of whatever status; NULL: nobody is */
	void *to;
	bool (*go_on)(void *to); /* asked about once a second and at each part, with `to`; false ends the call; NULL: nobody is asked */
	int idle_s;     /* seconds without a byte that end the call; 0: only total_ms does */
	bool meanwhile; /* made from `part` of another request of the same handle */
	bool tenant;    /* people of an organisation entered the address: never the operator's own services, whatever OUTSIDE_ALLOW says */
};

struct fl_http_answer {
	int status;                           /* 0 when none came */
	struct fl_str body;                   /* owned by cx's arena */
	struct fl_str want[FL_HTTP_WANT_MAX]; /* by the request's order; {NULL, 0} when absent */
	int ms;                               /* the whole call */
};

/* Sends and waits. `out` is filled as far as an answer came, whatever is returned:
 *   FL_OK       2xx of the right type and size
 *   FL_LATER    408, 425, 429, 5xx, no connection, timeout, cut off, bad TLS, or the host's breaker is open;
 *               cx->err.retry_after_s from Retry-After (RFC 9110 10.2.3), at most a day, else 0
 *   FL_INVALID  other statuses (3xx too), wrong content type, answer over max_bytes, malformed URL or header
 *               and a call that go_on ended
 *   FL_DENIED   the address is private and not in OUTSIDE_ALLOW, of a tenant in TENANT_ALLOW
 * No connection, timeout and 5xx count for the breaker. */
enum fl_rc fl_http(struct fl_cx *cx, struct fl_outside *o, const struct fl_http_request *req, struct fl_http_answer *out) FL_USE;

#endif
