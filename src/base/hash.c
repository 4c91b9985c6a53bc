#include "base/hash.h"

#include <assert.h>
#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

struct fl_digest fl_sha256(struct fl_str data)
{
	struct fl_digest d;
	int ok = EVP_Digest(data.p, data.n, d.b, NULL, EVP_sha256(), NULL);

	assert(ok == 1);
	return d;
}

struct fl_sha256_run {
	EVP_MD_CTX *md;
};

static void run_free(void *md)
{
	EVP_MD_CTX_free(md);
}

struct fl_sha256_run *fl_sha256_begin(struct fl_arena *a)
{
	struct fl_sha256_run *r = FL_NEW(a, struct fl_sha256_run);
	int ok;

	r->md = EVP_MD_CTX_new();
	assert(r->md);
	fl_defer(a, run_free, r->md);
	ok = EVP_DigestInit_ex(r->md, EVP_sha256(), NULL);
	assert(ok == 1);
	return r;
}

void fl_sha256_add(struct fl_sha256_run *r, struct fl_str data)
{
	int ok = EVP_DigestUpdate(r->md, data.p, data.n);

	assert(ok == 1);
}

struct fl_digest fl_sha256_end(struct fl_sha256_run *r)
{
	struct fl_digest d;
	int ok = EVP_DigestFinal_ex(r->md, d.b, NULL) == 1 && EVP_DigestInit_ex(r->md, EVP_sha256(), NULL) == 1;

	assert(ok == 1);
	return d;
}

struct fl_digest fl_hmac(struct fl_str key, struct fl_str data)
{
	struct fl_digest d;
	unsigned int n = sizeof(d.b);
	const unsigned char *ok = HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n, (const unsigned char *)(data.n ? data.p : ""), data.n, d.b, &n);

	assert(ok);
	return d;
}

char *fl_sha256_hex(struct fl_arena *a, struct fl_str data)
{
	struct fl_digest d = fl_sha256(data);

	return fl_hex(a, fl_digest_str(&d));
}

char *fl_sha1_hex(struct fl_arena *a, struct fl_str data)
{
	unsigned char d[20];
	char *hex;
	int ok = EVP_Digest(data.p, data.n, d, NULL, EVP_sha1(), NULL);

	assert(ok == 1);
	hex = fl_hex(a, (struct fl_str){ (const char *)d, sizeof(d) });
	for (char *p = hex; *p; p++)
		*p = *p >= 'a' ? (char)(*p - 32) : *p;
	return hex;
}

struct fl_str fl_hmac_sha1(struct fl_arena *a, struct fl_str key, struct fl_str data)
{
	unsigned char *out = fl_alloc(a, EVP_MAX_MD_SIZE);
	unsigned int n = 0;
	const unsigned char *ok = HMAC(EVP_sha1(), key.n ? key.p : "", (int)key.n, (const unsigned char *)(data.n ? data.p : ""), data.n, out, &n);

	assert(ok);
	return (struct fl_str){ (const char *)out, n };
}

bool fl_equal_ct(struct fl_str a, struct fl_str b)
{
	/* Digests are compared, so that not even the length shows (SEC-05). */
	struct fl_digest da = fl_sha256(a), db = fl_sha256(b);

	return CRYPTO_memcmp(da.b, db.b, sizeof(da.b)) == 0 && a.n == b.n;
}

void fl_random(void *out, size_t n)
{
	char *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		p += got;
		n -= (size_t)got;
	}
}

char *fl_secret_new(struct fl_arena *a)
{
	char raw[32];

	fl_random(raw, sizeof(raw));
	return fl_base64url(a, (struct fl_str){ raw, sizeof(raw) });
}

struct fl_uuid fl_uuid_new(void)
{
	struct fl_uuid u;
	uint64_t ms = (uint64_t)(fl_now_us() / 1000);

	fl_random(u.b, sizeof(u.b));
	for (int i = 0; i < 6; i++)
		u.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	u.b[6] = (unsigned char)(0x70 | (u.b[6] & 0x0f));
	u.b[8] = (unsigned char)(0x80 | (u.b[8] & 0x3f));
	return u;
}

void fl_uuid_text(struct fl_uuid u, char out[FL_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	static const unsigned char at[] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34 };

	memcpy(out, "00000000-0000-0000-0000-000000000000", FL_UUID_TEXT);
	for (size_t i = 0; i < sizeof(u.b); i++) {
		out[at[i]] = digits[u.b[i] >> 4];
		out[at[i] + 1] = digits[u.b[i] & 15];
	}
}

char *fl_uuid_new_text(struct fl_arena *a)
{
	char *out = fl_alloc(a, FL_UUID_TEXT);

	fl_uuid_text(fl_uuid_new(), out);
	return out;
}

bool fl_uuid_valid(struct fl_str s)
{
	if (s.n != FL_UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		if (hyphen ? c != '-' : !hex)
			return false;
	}
	return true;
}

/* bcrypt reads 72 bytes and stops at NUL: the MAC makes every password 44 plain characters. The key is fixed: it
 * separates this use from others, the salt is bcrypt's. */
static char *password_form(struct fl_arena *a, struct fl_str password)
{
	struct fl_digest d = fl_hmac(FL_STR("fairlead password"), password);

	return fl_base64(a, fl_digest_str(&d));
}

static void wipe_crypt(void *p)
{
	OPENSSL_cleanse(p, sizeof(struct crypt_data));
}

static const char *run_crypt(struct fl_arena *a, struct fl_str password, const char *setting)
{
	struct crypt_data *data = FL_NEW(a, struct crypt_data);

	fl_defer(a, wipe_crypt, data);
	return crypt_r(password_form(a, password), setting, data);
}

bool fl_password_stale(const char *stored)
{
	return strncmp(stored, "$2b$12$", 7) != 0;
}

enum fl_rc fl_password_hash(struct fl_arena *a, struct fl_str password, char **out)
{
	char salt[16], setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash;

	fl_random(salt, sizeof(salt));
	if (!crypt_gensalt_rn("$2b$", 12, salt, sizeof(salt), setting, sizeof(setting)))
		return FL_BUG;
	hash = run_crypt(a, password, setting);
	if (!hash || hash[0] == '*')
		return FL_BUG;
	*out = fl_strdup(a, hash);
	return FL_OK;
}

enum fl_rc fl_password_check(struct fl_arena *a, struct fl_str password, const char *stored)
{
	/* Unknown people cost the same time: a hash of nobody's password. */
	const char *against = stored ? stored : "$2b$12$abcdefghijklmnopqrstuuWm4Tt3ZJpOJ1oTq4FsJb2f1Lw2d9Vf6";
	const char *hash = run_crypt(a, password, against);

	if (!hash || !stored || !fl_equal_ct(fl_str(hash), fl_str(stored)))
		return FL_DENIED;
	return FL_OK;
}
