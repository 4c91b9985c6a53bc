#include "base/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, COORDINATE_BYTES = 32 };

struct fl_pubkey {
	EVP_PKEY *key;
	const EVP_MD *md; /* NULL: the algorithm hashes by itself */
};

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

static struct fl_pubkey *owned(struct fl_arena *a, EVP_PKEY *key, const EVP_MD *md)
{
	struct fl_pubkey *out = FL_NEW(a, struct fl_pubkey);

	fl_defer(a, free_pkey, key);
	*out = (struct fl_pubkey){ key, md };
	return out;
}

static struct fl_pubkey *from_params(struct fl_arena *a, const char *type, OSSL_PARAM_BLD *build)
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
	return owned(a, key, EVP_sha256());
}

static BIGNUM *number(struct fl_arena *a, struct fl_str bytes)
{
	BIGNUM *n;

	if (bytes.n == 0 || bytes.n > RSA_MAX_BITS / 8)
		return NULL;
	n = BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
	if (n)
		fl_defer(a, free_bn, n);
	return n;
}

struct fl_pubkey *fl_pubkey_rsa(struct fl_arena *a, struct fl_str modulus, struct fl_str exponent)
{
	BIGNUM *n = number(a, modulus), *e = number(a, exponent);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

	if (!build)
		return NULL;
	fl_defer(a, free_builder, build);
	if (!n || !e || BN_num_bits(n) < RSA_MIN_BITS || !BN_is_odd(e) || BN_is_one(e) || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	return from_params(a, "RSA", build);
}

struct fl_pubkey *fl_pubkey_p256(struct fl_arena *a, struct fl_str x, struct fl_str y)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char *point = fl_alloc(a, 1 + 2 * COORDINATE_BYTES);

	if (!build)
		return NULL;
	fl_defer(a, free_builder, build);
	if (x.n != COORDINATE_BYTES || y.n != COORDINATE_BYTES)
		return NULL;
	point[0] = 4; /* uncompressed */
	memcpy(point + 1, x.p, COORDINATE_BYTES);
	memcpy(point + 1 + COORDINATE_BYTES, y.p, COORDINATE_BYTES);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * COORDINATE_BYTES) != 1)
		return NULL;
	return from_params(a, "EC", build);
}

struct fl_pubkey *fl_pubkey_ed25519(struct fl_arena *a, struct fl_str x)
{
	EVP_PKEY *key = x.n == COORDINATE_BYTES ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.p, x.n) : NULL;

	return key ? owned(a, key, NULL) : NULL;
}

bool fl_pubkey_verify(struct fl_arena *a, const struct fl_pubkey *key, struct fl_str data, struct fl_str signature)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (!md)
		return false;
	fl_defer(a, free_md_ctx, md);
	return signature.n && EVP_DigestVerifyInit(md, NULL, key->md, NULL, key->key) == 1 &&
	       EVP_DigestVerify(md, (const unsigned char *)signature.p, signature.n, (const unsigned char *)data.p, data.n) == 1;
}
