/* Hashes, random bytes, encodings and sealing, all by OpenSSL 3. */
#ifndef FL_BASE_HASH_H
#define FL_BASE_HASH_H

#include "base/arena.h"

#define FL_SHA256_SIZE 32

struct fl_digest {
	unsigned char b[FL_SHA256_SIZE];
};

/* Its 32 bytes; lives as long as d. */
static inline struct fl_str fl_digest_str(const struct fl_digest *d)
{
	return (struct fl_str){ (const char *)d->b, sizeof(d->b) };
}

struct fl_uuid {
	unsigned char b[16];
};

#define FL_UUID_TEXT 37 /* 36 characters and NUL */

/* SHA-256 (FIPS 180-4). */
struct fl_digest fl_sha256(struct fl_str data);
/* The same as 64 lower-case hex digits, owned by a. */
char *fl_sha256_hex(struct fl_arena *a, struct fl_str data);

/* SHA-256 of what comes in pieces. The run is owned by the arena; after its end it begins anew. */
struct fl_sha256_run;
struct fl_sha256_run *fl_sha256_begin(struct fl_arena *a) __attribute__((returns_nonnull));
void fl_sha256_add(struct fl_sha256_run *r, struct fl_str data);
struct fl_digest fl_sha256_end(struct fl_sha256_run *r);

/* HMAC-SHA-256 (RFC 2104). */
struct fl_digest fl_hmac(struct fl_str key, struct fl_str data);

/* SHA-1 (FIPS 180-4) as 40 upper-case hex digits, owned by the arena. Only where a partner's format asks for it. */
char *fl_sha1_hex(struct fl_arena *a, struct fl_str data);

/* HMAC-SHA-1 (RFC 2104): 20 bytes owned by the arena. Only where a partner's format asks for it. */
struct fl_str fl_hmac_sha1(struct fl_arena *a, struct fl_str key, struct fl_str data);

/* Equal without telling where they differ. Different lengths are unequal. */
bool fl_equal_ct(struct fl_str a, struct fl_str b);

/* n bytes of the system's generator; dies by abort() when there are none. */
void fl_random(void *out, size_t n);

/* A fresh secret of 32 random bytes as 43 characters of base64url. */
char *fl_secret_new(struct fl_arena *a);

/* UUID version 7 (RFC 9562): milliseconds, then random. */
struct fl_uuid fl_uuid_new(void);
void fl_uuid_text(struct fl_uuid u, char out[FL_UUID_TEXT]);
/* A fresh UUIDv7 as text, owned by the arena. */
char *fl_uuid_new_text(struct fl_arena *a);
/* True for the 36-character form with hyphens, any case. */
bool fl_uuid_valid(struct fl_str s);

/* Encodings; decoders answer FL_INVALID for anything but the canonical form. Results are owned by the arena. */
char *fl_hex(struct fl_arena *a, struct fl_str data);
enum fl_rc fl_hex_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out) FL_USE;
char *fl_base64(struct fl_arena *a, struct fl_str data);
enum fl_rc fl_base64_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out) FL_USE;
char *fl_base64url(struct fl_arena *a, struct fl_str data);
enum fl_rc fl_base64url_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out) FL_USE;

/* Seals data with AES-256-GCM under a key derived from secret by HKDF-SHA-256 (RFC 5869); `what` is bound
 * as associated data. Form: version byte 1, key id byte, 12-byte nonce, ciphertext, 16-byte tag. */
struct fl_str fl_seal(struct fl_arena *a, struct fl_str secret, unsigned char key_id, const char *what, struct fl_str data);
/* Opens it again; FL_INVALID when it was made with another key or purpose, or changed. */
enum fl_rc fl_unseal(struct fl_arena *a, struct fl_str secret, const char *what, struct fl_str sealed, struct fl_str *out) FL_USE;

/* bcrypt cost 12 over base64(HMAC-SHA-256(password)) (promises.md, 29); the result is a crypt(5) "$2b$" string.
 * Takes about 200 ms. */
enum fl_rc fl_password_hash(struct fl_arena *a, struct fl_str password, char **out) FL_USE;
/* Whether a stored hash is of another kind or cost than fl_password_hash makes. */
bool fl_password_stale(const char *stored);
/* FL_OK when it fits, FL_DENIED when not. `stored` may be NULL: the same time is spent, then FL_DENIED. */
enum fl_rc fl_password_check(struct fl_arena *a, struct fl_str password, const char *stored) FL_USE;

#endif
