/* ID tokens: JWS (RFC 7515) with RS256 or ES256 (RFC 7518) and keys as JWK (RFC 7517), and the checks of OpenID Connect Core 3.1.3.7. */
#ifndef FL_APP_OIDC_IDTOKEN_H
#define FL_APP_OIDC_IDTOKEN_H

#include "base/cx.h"
#include "base/json.h"

enum { IDTOKEN_SKEW_S = 60 };

struct idtoken_expected {
	const char *issuer; /* "{tenantid}" in it stands for the claim tid (Microsoft) */
	const char *client_id, *nonce;
	int64_t now_s;
};

struct idtoken {
	const char *subject; /* never empty; owned by the arena */
	const char *email;   /* "" when the provider says none, or one longer than addresses are (254 bytes) */
	const char *name;    /* "" when it says none, or one with control characters, which no field takes; clipped to 200 bytes */
	bool email_verified;
};

/* Checks signature, then claims. Only RS256 and ES256 with a key of the fitting kind are taken: never none, never a MAC.
 * FL_NOT_FOUND: no key of `jwks` has the token's key id (the keys may have been changed); FL_DENIED: anything else, with *why a static text. */
enum fl_rc idtoken_check(struct fl_arena *a, struct fl_str token, struct json_object *jwks, const struct idtoken_expected *expected,
                         struct idtoken *out, const char **why) FL_USE;

#endif
