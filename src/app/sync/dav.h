/* Talking to a CalDAV server (RFC 4791). */
#ifndef FL_APP_SYNC_DAV_H
#define FL_APP_SYNC_DAV_H

#include "app/app.h"

struct dav {
	struct fl_cx *cx;
	struct fl_outside *outside;
	const char *base, *path; /* "https://host:port" and the path of the address that was entered, "/" at least */
	struct fl_str authorization;
	int status;        /* of the last answer, 0 when none came */
	const char *error; /* why it was no success; NULL */
	bool refused;      /* the address is private */
	struct fl_str etag; /* of the last answer; {NULL, 0}: it said none */
};

/* Reads "url\nuser\npassword". FL_INVALID when it is none. */
enum fl_rc dav_open(struct fl_job *job, struct fl_str secret, struct dav *out) FL_USE;

struct dav_request {
	const char *method;
	struct fl_str href; /* absolute path, or an address on the same host: nothing is sent elsewhere */
	int depth;          /* of PROPFIND and REPORT */
	struct fl_str if_match;  /* the ETag an unsafe request counts on; n 0: there must be nothing yet */
	struct fl_str body;
};

/* Sends and waits. FL_OK also for a refusal, with d->status and d->error; FL_LATER when the server may answer later. */
enum fl_rc dav_send(struct dav *d, const struct dav_request *r, struct fl_str *body) FL_USE;

/* The same with the answer read in the cage: *out is what reader/dav.h says, NULL when d->status is no success. */
enum fl_rc dav_ask(struct dav *d, const struct dav_request *r, struct json_object **out) FL_USE;

static inline bool dav_ok(const struct dav *d)
{
	return d->status >= 200 && d->status < 300 && !d->error;
}

/* Runs without a chosen calendar: the calendars there are at the address, by RFC 6764's way without its first step, as [{"href", "name"}]. *out {NULL, 0}:
 * the server refused, see d. */
enum fl_rc dav_discover(struct dav *d, struct fl_str *out) FL_USE;

#endif
