/* Public keys of others and the signatures they check, by OpenSSL. */
#ifndef FL_BASE_PUBKEY_H
#define FL_BASE_PUBKEY_H

#include "base/arena.h"

struct fl_pubkey;

/* An RSA key of 2,048 to 8,192 bits with an odd exponent above 1, both numbers big-endian; a point on P-256, 32 bytes a coordinate; a key of Ed25519, 32
 * bytes (RFC 8032). NULL when it is none. Owned by a. */
struct fl_pubkey *fl_pubkey_rsa(struct fl_arena *a, struct fl_str n, struct fl_str e);
struct fl_pubkey *fl_pubkey_p256(struct fl_arena *a, struct fl_str x, struct fl_str y);
struct fl_pubkey *fl_pubkey_ed25519(struct fl_arena *a, struct fl_str x);

/* Whether `signature` over `data` is of the key: RSASSA-PKCS1-v1_5 with SHA-256, ECDSA with SHA-256 as a DER sequence (RFC 3279), or Ed25519. */
bool fl_pubkey_verify(struct fl_arena *a, const struct fl_pubkey *key, struct fl_str data, struct fl_str signature);

#endif
