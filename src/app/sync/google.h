/* Google Calendar, API v3 (developers.google.com/calendar/api/v3/reference) with OAuth 2.0 for web servers (RFC 6749, RFC 7636). */
#ifndef FL_APP_SYNC_GOOGLE_H
#define FL_APP_SYNC_GOOGLE_H

#include "app/app.h"

enum google_place { GOOGLE_AUTHORIZE, GOOGLE_TOKEN, GOOGLE_REVOKE, GOOGLE_API };

/* The address of one of Google's doors, without a slash at its end. */
const char *google_address(const struct fl_cx *cx, enum google_place place);
/* Where Google leads back to: GOOGLE_CALENDAR_REDIRECT_URI, else /api/calendar/callback, which nginx leads to GET /calendar/google/callback. */
const char *google_redirect(const struct fl_cx *cx);

/* GET /calendar/google/start: leads to Google with a sealed cookie; back with a word when no client is configured. */
enum fl_rc google_start(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* GET /calendar/google/callback: back from it; leads to the page that asks, with the code sealed and bound to this session. */
enum fl_rc google_callback(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* POST /calendar/google/connect: keeps the sealed code, which the first run of the job makes a token of. FL_DENIED for a claim that is old or of another session. */
enum fl_rc google_connect(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* The token of a channel, by which Google's messages are known: HMAC under the secret of that key id, which need not be kept anywhere. NULL when there is no such key. */
const char *google_channel_token(struct fl_cx *cx, struct fl_str channel, int key_id);
/* POST /webhooks/google-calendar: Google says that a calendar changed. FL_DENIED (401) when the token is not that of the channel. */
enum fl_rc google_pushed(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Talking to it, in jobs. */
struct google {
	struct fl_cx *cx;
	struct fl_outside *outside;
	struct fl_str bearer;    /* "Bearer ..." */
	struct fl_str refresh;   /* a refresh token that is new and to be kept; {NULL, 0} */
	int status;              /* of the last answer, 0 when none came */
	const char *error;       /* why it was no success; NULL */
	struct json_object *answer; /* of the last call; NULL when it had none */
};

/* Opens with what is kept: "code\nVERIFIER\nCODE" is exchanged, "refresh\nTOKEN" makes an access token. FL_OK also for a refusal, with g->error. */
enum fl_rc google_open(struct fl_job *job, struct fl_str secret, struct google *out) FL_USE;

/* One call; path begins with a slash, after /calendar/v3. FL_OK also for a refusal, with g->status and g->error; FL_LATER when Google may answer later, which
 * the limits of calls are too. */
enum fl_rc google_call(struct google *g, const char *method, const char *path, struct fl_str if_match, struct fl_str body) FL_USE;

/* Asks Google to say when the events at `path` change ("/calendars/ID/events"); the channel then is *id, made of *resource, until *until_ms (since 1970). A refusal is no
 * failure: g->error. */
enum fl_rc google_watch(struct google *g, const char *path, const char **id, struct fl_str *resource, int64_t *until_ms) FL_USE;
/* Ends a channel. What Google no longer knows is no failure. */
enum fl_rc google_unwatch(struct google *g, struct fl_str id, struct fl_str resource) FL_USE;

/* Takes the consent back there, and ends the channel, if any. What Google no longer knows is no failure. */
enum fl_rc google_revoke(struct fl_job *job, struct fl_str secret, struct fl_str channel, struct fl_str resource) FL_USE;

#endif
