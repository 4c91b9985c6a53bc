#include "app/oidc/jwk.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/hash.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, P256_BYTES = 32 };

static void free_pkey(void *p)
{
	EVP_PKEY_free(p);
}

static void free_pkey_ctx(void *p)
{
	EVP_PKEY_CTX_free(p);
}

static void free_md_ctx(void *p)
{
	EVP_MD_CTX_free(p);
}

static void free_bn(void *p)
{
	BN_free(p);
}

static void free_builder(void *p)
{
	OSSL_PARAM_BLD_free(p);
}

static void free_params(void *p)
{
	OSSL_PARAM_free(p);
}

static void free_signature(void *p)
{
	ECDSA_SIG_free(p);
}

/* A number of a JWK: base64url of its big-endian bytes. */
static BIGNUM *number(struct fl_arena *a, struct json_object *jwk, const char *name)
{
	struct fl_str bytes;
	BIGNUM *n;

	if (fl_base64url_decode(a, fl_json_str(jwk, name), &bytes) != FL_OK || bytes.n == 0 || bytes.n > RSA_MAX_BITS / 8)
		return NULL;
	n = BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
	if (n)
		fl_defer(a, free_bn, n);
	return n;
}

static EVP_PKEY *from_params(struct fl_arena *a, const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *k = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params)
		fl_defer(a, free_params, params);
	if (k)
		fl_defer(a, free_pkey_ctx, k);
	if (!params || !k || EVP_PKEY_fromdata_init(k) <= 0 || EVP_PKEY_fromdata(k, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return NULL;
	fl_defer(a, free_pkey, key);
	return key;
}

static EVP_PKEY *rsa_key(struct fl_arena *a, struct json_object *jwk)
{
	BIGNUM *n = number(a, jwk, "n"), *e = number(a, jwk, "e");
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

	if (!build)
		return NULL;
	fl_defer(a, free_builder, build);
	if (!n || !e || BN_num_bits(n) < RSA_MIN_BITS || !BN_is_odd(e) || BN_is_one(e) || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	return from_params(a, "RSA", build);
}

static EVP_PKEY *p256_key(struct fl_arena *a, struct json_object *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char *point = fl_alloc(a, 1 + 2 * P256_BYTES);
	struct fl_str x, y;

	if (!build)
		return NULL;
	fl_defer(a, free_builder, build);
	if (!fl_str_eq(fl_json_str(jwk, "crv"), FL_STR("P-256")) || fl_base64url_decode(a, fl_json_str(jwk, "x"), &x) != FL_OK ||
	    fl_base64url_decode(a, fl_json_str(jwk, "y"), &y) != FL_OK || x.n != P256_BYTES || y.n != P256_BYTES)
		return NULL;
	point[0] = 4; /* uncompressed */
	memcpy(point + 1, x.p, P256_BYTES);
	memcpy(point + 1 + P256_BYTES, y.p, P256_BYTES);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * P256_BYTES) != 1)
		return NULL;
	return from_params(a, "EC", build);
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
	EVP_PKEY *key = NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (!md)
		return FL_INVALID;
	fl_defer(a, free_md_ctx, md);
	if (fl_str_eq(fl_json_str(jwk, "kty"), rsa ? FL_STR("RSA") : FL_STR("EC")))
		key = rsa ? rsa_key(a, jwk) : p256_key(a, jwk);
	if (!key)
		return FL_INVALID;
	if (!rsa)
		signature = der_signature(a, signature);
	if (!signature.p || EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) != 1)
		return FL_DENIED;
	return EVP_DigestVerify(md, (const unsigned char *)signature.p, signature.n, (const unsigned char *)data.p, data.n) == 1 ? FL_OK : FL_DENIED;
}
