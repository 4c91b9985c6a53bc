/* Sessions of people: the cookie, what the database knows it by, where it leads. */
#ifndef FL_APP_IDENTITY_SESSION_H
#define FL_APP_IDENTITY_SESSION_H

#include "app/app.h"

/* What a session's cookie is looked up by: HMAC-SHA-256 of the token, keyed by the User-Agent it was made for, so that a cookie carried to
 * another browser opens nothing. */
struct fl_digest identity_session_hash(const char *user_agent, struct fl_str token);

/* Makes a session for a person who has proven who he is: always a new token, whatever came with the request. Sets req->effect, the cookie
 * and req->location: `next` when it is a path of ours, else the dashboard. second_factor: whether one was proven just now. */
enum fl_rc identity_session_open(struct fl_cx *cx, struct fl_req *req, const char *user_id, bool second_factor, struct fl_str next) FL_USE;

/* Gives this session another token, of which the cookie tells: after a proof that raises what it may do. The one before opens nothing any more. */
enum fl_rc identity_session_renew(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Leads to the page of the second step; what was proven so far (account_second_begin) is in a cookie only that page gets. */
void identity_second_step(struct fl_cx *cx, struct fl_req *req, const char *token, struct fl_str next);

/* `next` when it is a path of ours that no browser reads as another host, else `otherwise`. Owned by cx. */
const char *identity_destination(struct fl_cx *cx, struct fl_str next, const char *otherwise);

/* Ends the session on the server and takes the cookie back. */
enum fl_rc identity_sign_out(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
