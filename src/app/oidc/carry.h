/* The way to somebody else's sign-in and back (RFC 6749, RFC 7636). All that has to be remembered is in a sealed cookie of ten minutes; state, nonce and verifier are
 * derived from it, so that nothing is stored and nobody without that cookie can finish. */
#ifndef FL_APP_OIDC_CARRY_H
#define FL_APP_OIDC_CARRY_H

#include "app/app.h"

enum { CARRY_S = 600 };

/* Opens the object that is to be sealed, with the time in it. */
void carry_begin(struct fl_cx *cx, struct fl_jw *w);

/* The object as base64url, sealed for one purpose. Owned by the arena. */
const char *carry_seal(struct fl_cx *cx, const char *what, const struct fl_buf *text);

/* What was sealed, when it is ours and not older than CARRY_S; else FL_DENIED. */
enum fl_rc carry_open(struct fl_cx *cx, const char *what, struct fl_str text, struct json_object **out) FL_USE;

/* A value of its own for each use ("state", "nonce", "verifier"), from the cookie's text. */
const char *carry_derived(struct fl_cx *cx, const char *use, struct fl_str cookie);

/* The code challenge of the cookie's verifier, S256. */
const char *carry_challenge(struct fl_cx *cx, struct fl_str cookie);

/* Adds "?name=value" or "&name=value". */
void carry_add(struct fl_buf *b, const char *name, const char *value);

/* Adds "name=value" of a form, with "&" when there is one before it. */
void carry_pair(struct fl_buf *b, const char *name, struct fl_str value);

/* The header that sets the cookie of `use` below `path`, and its value in a request; {NULL, 0} when there is none. */
const char *carry_set_cookie(struct fl_cx *cx, const char *use, const char *path, const char *value);
struct fl_str carry_cookie(struct fl_cx *cx, const struct fl_req *req, const char *use);

#endif
