/* Signing in with a provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636, S256), state and nonce. */
#ifndef FL_APP_OIDC_OIDC_H
#define FL_APP_OIDC_OIDC_H

#include "app/app.h"
#include "app/oidc/idtoken.h"

/* A provider's row with what it told of itself. Texts end in NUL and are owned by cx. */
struct oidc_provider {
	const char *key, *issuer, *client_id, *scopes;
	struct fl_str secret; /* opened; empty for a public client */
	struct json_object *discovery; /* NULL until known */
	struct json_object *jwks;      /* NULL until known */
};

/* Loads an enabled provider by its key; FL_NOT_FOUND when there is none, FL_LATER while it rests after a failure. */
enum fl_rc oidc_load(struct fl_cx *cx, struct fl_db *db, struct fl_str key, struct oidc_provider *out) FL_USE;

/* Makes sure that p->discovery is known (OpenID Connect Discovery 1.0); asks the provider at most once a day. What a provider answers is
 * taken only when it names itself as the issuer and gives addresses that begin with https, or http on a local house. */
enum fl_rc oidc_discover(struct fl_cx *cx, struct fl_db *db, struct oidc_provider *p) FL_USE;

/* Fetches the provider's keys: when none are known, they are a day old, or `anew`. */
enum fl_rc oidc_keys(struct fl_cx *cx, struct fl_db *db, struct oidc_provider *p, bool anew) FL_USE;

/* Exchanges a code for an ID token (RFC 6749 4.1.3). FL_DENIED when the provider refuses it. */
enum fl_rc oidc_exchange(struct fl_cx *cx, struct fl_db *db, const struct oidc_provider *p, struct fl_str code, const char *verifier, struct fl_str *id_token) FL_USE;

/* --- pages --- */

/* GET /oidc/start and /oidc/link: leads to the provider, with a sealed cookie that alone can finish the way. */
enum fl_rc oidc_start(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc oidc_start_link(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* GET /oidc/callback: back from the provider. Opens a session for a linked person, or leads to the page that asks whether to link. */
enum fl_rc oidc_callback(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* For a callback that proved somebody nobody here is: leads to the page that asks for an account, when the provider vouches for an address that has none yet;
 * else to sign-in. p, t and next are of this request. */
enum fl_rc oidc_stranger(struct fl_cx *cx, struct fl_req *req, const struct oidc_provider *p, const struct idtoken *t, struct fl_str next) FL_USE;
/* POST /oidc/join: makes that account and opens a session; without the cookie of the callback, or once the address is taken, it leads to sign-in. */
enum fl_rc oidc_join(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* POST /oidc/link: links what the callback proved to the account of this session. */
enum fl_rc oidc_link(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
