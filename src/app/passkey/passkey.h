/* Passkeys: what their pages share. */
#ifndef FL_APP_PASSKEY_PASSKEY_H
#define FL_APP_PASSKEY_PASSKEY_H

#include "app/app.h"
#include "app/passkey/webauthn.h"

/* What a browser is asked for, at one of the doors "add", "confirm", "signin", "second": a challenge of its own, derived from a sealed cookie below `path` which
 * also names the session that asks, as row 0 of req->set[0] (statement passkey_options). `who` (statement passkey_for) may be NULL. */
void passkey_ask(struct fl_cx *cx, struct fl_req *req, const char *door, const char *path, const struct fl_rows *who);

/* What an answer must fit: opens the cookie of that door. *spent is the hash a challenge is spent by, owned by cx. FL_INVALID at "passkey": none, of another session
 * or door, or ten minutes old. */
enum fl_rc passkey_expect(struct fl_cx *cx, struct fl_req *req, const char *door, struct webauthn_want *want, struct fl_str *spent) FL_USE;

/* The bytes of a field in base64url; FL_INVALID at "passkey". */
enum fl_rc passkey_bytes(struct fl_cx *cx, const struct fl_req *req, const char *field, struct fl_str *out) FL_USE;

/* fl_req_enter for a person with a browser; FL_NOT_FOUND for programs, which no authenticator serves. */
enum fl_rc passkey_enter(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Logs why an answer was refused; FL_INVALID at "passkey" with `message`. */
enum fl_rc passkey_refused(struct fl_cx *cx, const char *why, const char *message) FL_USE;

/* Pages. */
enum fl_rc passkey_add_options(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_add(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_confirm_options(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_confirm(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_sign_in_options(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_sign_in(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_second_options(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc passkey_second(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
