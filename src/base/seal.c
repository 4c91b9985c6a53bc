#include <assert.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/hash.h"

enum { FORM = 1, HEAD = 2, NONCE = 12, TAG = 16 };

static void free_cipher(void *p)
{
	EVP_CIPHER_CTX_free(p);
}

static void free_pkey(void *p)
{
	EVP_PKEY_CTX_free(p);
}

/* HKDF-SHA-256 (RFC 5869) of the secret for one purpose. */
static struct fl_digest derive(struct fl_arena *a, struct fl_str secret, const char *what)
{
	struct fl_digest key;
	size_t n = sizeof(key.b);
	EVP_PKEY_CTX *k = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	int ok;

	assert(k);
	fl_defer(a, free_pkey, k);
	ok = EVP_PKEY_derive_init(k) > 0 && EVP_PKEY_CTX_set_hkdf_md(k, EVP_sha256()) > 0 &&
	     EVP_PKEY_CTX_set1_hkdf_key(k, (const unsigned char *)secret.p, (int)secret.n) > 0 &&
	     EVP_PKEY_CTX_add1_hkdf_info(k, (const unsigned char *)what, (int)strlen(what)) > 0 && EVP_PKEY_derive(k, key.b, &n) > 0;
	assert(ok);
	return key;
}

static EVP_CIPHER_CTX *cipher(struct fl_arena *a)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	assert(c);
	fl_defer(a, free_cipher, c);
	return c;
}

struct fl_str fl_seal(struct fl_arena *a, struct fl_str secret, unsigned char key_id, const char *what, struct fl_str data)
{
	struct fl_digest key = derive(a, secret, what);
	unsigned char *out = fl_alloc(a, HEAD + NONCE + data.n + TAG);
	unsigned char *text = out + HEAD + NONCE;
	EVP_CIPHER_CTX *c = cipher(a);
	int n, ok;

	out[0] = FORM;
	out[1] = key_id;
	fl_random(out + HEAD, NONCE);
	ok = EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key.b, out + HEAD) == 1 &&
	     EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)what, (int)strlen(what)) == 1 &&
	     EVP_EncryptUpdate(c, text, &n, (const unsigned char *)data.p, (int)data.n) == 1 && EVP_EncryptFinal_ex(c, text + n, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, text + data.n) == 1;
	assert(ok);
	return (struct fl_str){ (const char *)out, HEAD + NONCE + data.n + TAG };
}

enum fl_rc fl_unseal(struct fl_arena *a, struct fl_str secret, const char *what, struct fl_str sealed, struct fl_str *out)
{
	const unsigned char *in = (const unsigned char *)sealed.p, *text = in + HEAD + NONCE;
	struct fl_digest key;
	EVP_CIPHER_CTX *c;
	unsigned char *plain;
	size_t size;
	int n, ok;

	if (sealed.n < HEAD + NONCE + TAG || in[0] != FORM)
		return FL_INVALID;
	size = sealed.n - HEAD - NONCE - TAG;
	key = derive(a, secret, what);
	c = cipher(a);
	plain = fl_alloc(a, size + 1);
	ok = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key.b, in + HEAD) == 1 &&
	     EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)what, (int)strlen(what)) == 1 &&
	     EVP_DecryptUpdate(c, plain, &n, text, (int)size) == 1 &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(text + size)) == 1 && EVP_DecryptFinal_ex(c, plain + n, &n) == 1;
	if (!ok)
		return FL_INVALID;
	*out = (struct fl_str){ (const char *)plain, size };
	return FL_OK;
}
