/* Shared by the files of this room only. */
#ifndef FL_OUTSIDE_INSIDE_H
#define FL_OUTSIDE_INSIDE_H

#include <curl/curl.h>

#include "base/buf.h"
#include "outside/outside.h"

enum { BREAKERS = 64 };

struct breaker {
	char host[264]; /* "name:port"; a DNS name has at most 253 characters */
	enum fl_breaker state;
	int failures;         /* in a row */
	int64_t until_us;     /* when OPEN ends */
	int64_t used_us;      /* the longest unused one gives way */
};

struct fl_outside {
	const struct fl_conf *conf;
	CURL *http, *smtp;
	CURL *second; /* for HTTP while `http` is in the middle of an answer */
	CURL *tenant; /* for addresses that people entered: its kept connections lead to none of the operator's own services */
	int max_failures, open_ms;
	struct breaker breakers[BREAKERS];
};

/* Where a call goes: taken from its URL by libcurl's own parser, so that what is checked is what is called. */
struct target {
	CURLU *url;
	char *host; /* "name:port" */
	bool tenant;  /* people of an organisation entered it: TENANT_ALLOW counts, else OUTSIDE_ALLOW */
	bool listed;  /* on that list: private addresses are fine */
	bool refused; /* a connection was refused for its address */
};

/* Reads a URL with one of the schemes ("|http|https|"); out->tenant is the caller's. FL_INVALID when it is malformed, of another
 * scheme or holds a password. The parts are owned by cx's arena. */
enum fl_rc target_parse(struct fl_cx *cx, struct fl_outside *o, const char *url, const char *schemes, struct target *out) FL_USE;

/* A handle back at its defaults, with what every call needs: timeouts within cx's deadline, no signals, no proxy of the
 * environment, the address guard (t NULL: none, for hosts the operator configured). FL_LATER when no time is left. */
enum fl_rc handle_ready(struct fl_cx *cx, CURL *h, struct target *t, int connect_ms, int total_ms) FL_USE;

/* The failure of a transfer as a result: FL_DENIED for a refused address, FL_INVALID when the caller's go_on ended it, else FL_LATER. */
enum fl_rc handle_failed(struct fl_cx *cx, CURLcode code, const struct target *t, const char *what);

/* FL_LATER with the seconds left while the breaker of host is open. Host NULL has no breaker. */
enum fl_rc breaker_enter(struct fl_cx *cx, struct fl_outside *o, const char *host) FL_USE;
void breaker_leave(struct fl_outside *o, const char *host, bool good);

/* Appends to a struct fl_buf: a CURLOPT_WRITEFUNCTION. */
size_t buf_write(char *p, size_t size, size_t n, void *buf);

/* True when text holds CR, LF or NUL, which would begin a line of its own in a header or command. */
bool has_line_break(struct fl_str s);

/* curl_slist_free_all for fl_defer. */
void free_list(void *p);

#endif
