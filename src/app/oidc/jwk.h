/* Public keys as JWK (RFC 7517) and signatures of JWS (RFC 7515) by OpenSSL. */
#ifndef FL_APP_OIDC_JWK_H
#define FL_APP_OIDC_JWK_H

#include "base/json.h"

enum jwk_alg { JWK_RS256, JWK_ES256 };

/* Whether `signature` over `data` is of the key. FL_DENIED when it is not; FL_INVALID when the JWK is no key of that algorithm: an RSA key of
 * at least 2,048 bits, or a point on P-256. */
enum fl_rc jwk_verify(struct fl_arena *a, struct json_object *jwk, enum jwk_alg alg, struct fl_str data, struct fl_str signature) FL_USE;

#endif
