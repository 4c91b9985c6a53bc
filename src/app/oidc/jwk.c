#include "app/oidc/jwk.h"

#include <openssl/ecdsa.h>

#include "base/hash.h"
#include "base/pubkey.h"

enum { P256_BYTES = 32 };

static void free_signature(void *p)
{
	ECDSA_SIG_free(p);
}

/* A number of a JWK: base64url of its big-endian bytes; empty when it is none. */
static struct fl_str number(struct fl_arena *a, struct json_object *jwk, const char *name)
{
	struct fl_str bytes;

	return fl_base64url_decode(a, fl_json_str(jwk, name), &bytes) == FL_OK ? bytes : (struct fl_str){ NULL, 0 };
}

static struct fl_pubkey *key_of(struct fl_arena *a, struct json_object *jwk, bool rsa)
{
	if (!fl_str_eq(fl_json_str(jwk, "kty"), rsa ? FL_STR("RSA") : FL_STR("EC")))
		return NULL;
	if (rsa)
		return fl_pubkey_rsa(a, number(a, jwk, "n"), number(a, jwk, "e"));
	return fl_str_eq(fl_json_str(jwk, "crv"), FL_STR("P-256")) ? fl_pubkey_p256(a, number(a, jwk, "x"), number(a, jwk, "y")) : NULL;
}

/* JWS carries r and s side by side; OpenSSL wants them in DER. */
static struct fl_str der_signature(struct fl_arena *a, struct fl_str raw)
{
	struct fl_str none = { NULL, 0 };
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = fl_alloc(a, 128), *end = der;
	BIGNUM *r, *s;
	int n;

	if (!sig)
		return none;
	fl_defer(a, free_signature, sig);
	if (raw.n != 2 * P256_BYTES)
		return none;
	r = BN_bin2bn((const unsigned char *)raw.p, P256_BYTES, NULL);
	s = BN_bin2bn((const unsigned char *)raw.p + P256_BYTES, P256_BYTES, NULL);
	if (!r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
		return none;
	n = i2d_ECDSA_SIG(sig, &end);
	return n > 0 ? (struct fl_str){ (const char *)der, (size_t)n } : none;
}

enum fl_rc jwk_verify(struct fl_arena *a, struct json_object *jwk, enum jwk_alg alg, struct fl_str data, struct fl_str signature)
{
	bool rsa = alg == JWK_RS256;
	struct fl_pubkey *key = key_of(a, jwk, rsa);

	if (!key)
		return FL_INVALID;
	return fl_pubkey_verify(a, key, data, rsa ? signature : der_signature(a, signature)) ? FL_OK : FL_DENIED;
}
