/* Access and service tokens: JWT (RFC 7519), signed HS256 (RFC 7518 3.2) with a key derived from the site's secret, under that secret's
 * number as key id. A token is a name for a row of principals and carries no rights; the row says what its bearer may do. */
#ifndef FL_APP_TOKEN_JWT_H
#define FL_APP_TOKEN_JWT_H

#include "base/conf.h"
#include "base/cx.h"

enum { TOKEN_ACCESS_S = 900, TOKEN_SERVICE_S = 300, TOKEN_SKEW_S = 60 };

struct token_claims {
	const char *typ;     /* header: "at+jwt" (RFC 9068) or "service+jwt" */
	const char *sub;     /* person or key; "" for a service */
	const char *org_id, *org_role;
	const char *jti;     /* a fresh secret */
	const char *trace_id; /* of a service token, "" else */
	int64_t iat, exp;    /* seconds since 1970 */
};

/* The token of claims, owned by cx's arena. */
const char *token_sign(struct fl_cx *cx, const struct token_claims *claims);

/* Takes a token only when it is ours, whole and in time: three parts, exactly HS256, a typ of ours, a key id of the ring, the issuer this
 * site, not expired and not made more than TOKEN_SKEW_S in the future. FL_DENIED otherwise. */
enum fl_rc token_verify(struct fl_cx *cx, struct fl_str token, struct token_claims *out) FL_USE;

/* Whether a bearer's token has the form of a JWT rather than of an API key. */
bool token_is_jwt(struct fl_str token);

/* What principals holds in place of a token: a MAC of its jti, which is no SHA-256 of anything a client could send as a key. */
struct fl_digest token_principal(const char *jti);

#endif
