/* The CBOR reader by the examples of RFC 8949, appendix A, as far as authenticators write them; a registration and assertions made by an authenticator in software. */
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "app/passkey/cbor.h"
#include "app/passkey/webauthn.h"
#include "base/buf.h"
#include "base/hash.h"

#include "../tap.h"

static struct fl_str raw(struct fl_arena *a, const char *hex)
{
	struct fl_str out = { NULL, 0 };

	assert(fl_hex_decode(a, fl_str(hex), &out) == FL_OK);
	return out;
}

static void numbers(struct fl_arena *a)
{
	static const struct {
		const char *hex;
		int64_t n;
	} known[] = { { "00", 0 },          { "17", 23 },  { "1818", 24 }, { "1864", 100 }, { "1903e8", 1000 }, { "1a000f4240", 1000000 }, { "1b000000e8d4a51000", 1000000000000 },
		          { "20", -1 },         { "29", -10 }, { "3863", -100 }, { "3903e7", -1000 }, { "1b7fffffffffffffff", INT64_MAX }, { "3b7fffffffffffffff", INT64_MIN } };
	struct cbor v;

	for (size_t i = 0; i < FL_COUNT(known); i++) {
		struct fl_str rest = raw(a, known[i].hex);

		ok(cbor_read(&rest, &v) == FL_OK && v.kind == CBOR_INT && v.n == known[i].n && rest.n == 0, "%s is %lld", known[i].hex, (long long)known[i].n);
	}
}

static void refused(struct fl_arena *a)
{
	static const char *const bad[] = { "", "18", "1817", "190017", "1a0000ffff", "1b00000000ffffffff", "1bffffffffffffffff", "3bffffffffffffffff", "1c", "1f", "5f42010243030405ff", "9fff", "bfff",
		                               "c074", "d74401020304", "f90000", "fb3ff199999999999a", "f7", "f818", "4301", "62c328", "82", "8201", "a1", "a101",
		                               "a201020103", "a2616101616102", "a14100", "a1810100", "9bffffffffffffffff", "bb0000000100000000", "ff" };
	struct cbor v;

	for (size_t i = 0; i < FL_COUNT(bad); i++) {
		struct fl_str rest = raw(a, bad[i]), was = rest;

		ok(cbor_read(&rest, &v) == FL_INVALID && rest.p == was.p && rest.n == was.n, "refused: \"%s\"", bad[i]);
	}
}

static void nested(struct fl_arena *a)
{
	struct fl_str rest = raw(a, "a4018202032041006161f4616261ff"), deep;
	struct cbor map, v;

	ok(cbor_read(&rest, &map) == FL_INVALID, "text is UTF-8");
	rest = raw(a, "a401820203204100616" "1f4616261" "63");
	ok(cbor_read(&rest, &map) == FL_OK && map.kind == CBOR_MAP && map.n == 4, "a map is read");
	ok(cbor_at(&map, 1, &v) && v.kind == CBOR_ARRAY && v.n == 2 && v.s.n == 2, "by number");
	ok(cbor_at(&map, -1, &v) && v.kind == CBOR_BYTES && v.n == 1, "a negative one too");
	ok(cbor_under(&map, "a", &v) && v.kind == CBOR_SIMPLE && v.n == 20, "by text");
	ok(cbor_under(&map, "b", &v) && v.kind == CBOR_TEXT && v.s.p[0] == 'c', "the last one too");
	ok(!cbor_under(&map, "c", &v) && !cbor_at(&map, 2, &v), "what is not there is not found");
	rest = raw(a, "8101ff00");
	ok(cbor_read(&rest, &v) == FL_OK && rest.n == 2, "what is behind an item stays");
	deep = raw(a, "8181818181818101");
	ok(cbor_read(&deep, &v) == FL_OK, "seven levels");
	deep = raw(a, "81818181818181818101");
	ok(cbor_read(&deep, &v) == FL_INVALID, "not nine");
}

/* --- an authenticator --- */

enum { DATA_MAX = 400 };

struct device {
	EVP_PKEY *key;
	unsigned char x[32], y[32];
};

static const struct webauthn_want want = { .challenge = { "Y2hhbGxlbmdl", 12 }, .origin = { "https://desk.example", 20 }, .rp_id = { "desk.example", 12 } };
#define CLIENT(type, origin) "{\"type\":\"webauthn." type "\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"" origin "\",\"crossOrigin\":false,\"extra\":{\"grease\":[1]}}"

static struct fl_str data_of(struct fl_arena *a, unsigned char flags, unsigned char count)
{
	struct fl_digest rp = fl_sha256(want.rp_id);
	unsigned char *d = fl_alloc(a, DATA_MAX);

	memset(d, 0, DATA_MAX);
	memcpy(d, rp.b, sizeof(rp.b));
	d[32] = flags;
	d[36] = count;
	return (struct fl_str){ (const char *)d, 37 };
}

static struct fl_str attested(struct fl_arena *a, const struct device *dev)
{
	static const unsigned char cose[] = { 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20 }, between[] = { 0x22, 0x58, 0x20 };
	static const unsigned char front[] = { 0xa3, 0x63, 'f', 'm', 't', 0x64, 'n', 'o', 'n', 'e', 0x67, 'a', 't', 't', 'S', 't', 'm', 't', 0xa0, 0x68, 'a', 'u', 't', 'h', 'D', 'a', 't', 'a', 0x58 };
	struct fl_buf d = fl_buf(a, DATA_MAX), all = fl_buf(a, DATA_MAX);
	static const char zero[16];

	fl_buf_str(&d, data_of(a, 0x45, 0));
	fl_buf_add(&d, zero, sizeof(zero));
	fl_buf_add(&d, "\0\4abcd", 6);
	fl_buf_add(&d, (const char *)cose, sizeof(cose));
	fl_buf_add(&d, (const char *)dev->x, 32);
	fl_buf_add(&d, (const char *)between, sizeof(between));
	fl_buf_add(&d, (const char *)dev->y, 32);
	fl_buf_add(&all, (const char *)front, sizeof(front));
	fl_buf_putc(&all, (char)d.n);
	fl_buf_str(&all, fl_buf_get(&d));
	return fl_buf_get(&all);
}

static struct fl_str sign(struct fl_arena *a, const struct device *dev, struct fl_str data, struct fl_str client)
{
	struct fl_digest hash = fl_sha256(client);
	struct fl_buf b = fl_buf(a, 1000);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = 100;
	unsigned char *out = fl_alloc(a, n);

	fl_buf_str(&b, data);
	fl_buf_str(&b, fl_digest_str(&hash));
	assert(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, dev->key) == 1 && EVP_DigestSign(md, out, &n, (const unsigned char *)b.p, b.n) == 1);
	EVP_MD_CTX_free(md);
	return (struct fl_str){ (const char *)out, n };
}

static struct device device_new(void)
{
	struct device dev = { .key = EVP_EC_gen("P-256") };
	unsigned char *point = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(dev.key, &point);

	assert(n == 65);
	memcpy(dev.x, point + 1, 32);
	memcpy(dev.y, point + 33, 32);
	OPENSSL_free(point);
	return dev;
}

static void registers(struct fl_arena *a, const struct device *dev, struct webauthn_new *made)
{
	struct fl_str client = FL_STR(CLIENT("create", "https://desk.example")), object = attested(a, dev), cut;
	struct webauthn_new other;
	const char *why = "";
	int taken = 0;

	ok(webauthn_register(a, &want, client, object, made, &why) == FL_OK && fl_str_eq(made->id, FL_STR("abcd")) && made->count == 0 && !made->eligible, "a registration is taken %s", why);
	ok(webauthn_register(a, &want, FL_STR(CLIENT("create", "https://desk.example.evil")), object, &other, &why) == FL_DENIED && strcmp(why, "origin") == 0, "not of another origin");
	ok(webauthn_register(a, &want, FL_STR(CLIENT("get", "https://desk.example")), object, &other, &why) == FL_DENIED && strcmp(why, "type") == 0, "not of another kind");
	for (cut = object; cut.n; cut.n--)
		taken += cut.n < object.n && webauthn_register(a, &want, client, cut, &other, &why) == FL_OK;
	ok(taken == 0, "no beginning of it is taken");
}

static void asserts(struct fl_arena *a, const struct device *dev, const struct webauthn_new *known)
{
	struct fl_str client = FL_STR(CLIENT("get", "https://desk.example")), data = data_of(a, 0x05, 9), signature = sign(a, dev, data, client), odd;
	struct webauthn_new now;
	const char *why = "";
	int taken = 0;

	ok(webauthn_assert(a, &want, known, client, data, signature, &now, &why) == FL_OK && now.count == 9, "an assertion is taken %s", why);
	for (size_t i = 0; i < data.n * 8; i++) {
		struct fl_str turned = { fl_strndup(a, data), data.n };

		((char *)(uintptr_t)turned.p)[i / 8] ^= (char)(1 << i % 8);
		taken += webauthn_assert(a, &want, known, client, turned, signature, &now, &why) == FL_OK;
	}
	ok(taken == 0, "not with any bit of its data turned");
	for (size_t i = 0; i < signature.n; i++) {
		struct fl_str turned = { fl_strndup(a, signature), signature.n };

		((char *)(uintptr_t)turned.p)[i] ^= 1;
		taken += webauthn_assert(a, &want, known, client, data, turned, &now, &why) == FL_OK;
	}
	ok(taken == 0, "nor of its signature");
	odd = data_of(a, 0x01, 9);
	ok(webauthn_assert(a, &want, known, client, odd, sign(a, dev, odd, client), &now, &why) == FL_DENIED && strcmp(why, "verification") == 0, "not without its person verified");
	odd = data_of(a, 0x04, 9);
	ok(webauthn_assert(a, &want, known, client, odd, sign(a, dev, odd, client), &now, &why) == FL_DENIED && strcmp(why, "presence") == 0, "not without anybody there");
	odd = data_of(a, 0x0d, 9);
	ok(webauthn_assert(a, &want, known, client, odd, sign(a, dev, odd, client), &now, &why) == FL_DENIED && strcmp(why, "backup") == 0, "nor when it may suddenly be copied");
	odd = data_of(a, 0x85, 9);
	odd.n = 40;
	ok(webauthn_assert(a, &want, known, client, odd, sign(a, dev, odd, client), &now, &why) == FL_DENIED && strcmp(why, "data") == 0, "nor with extensions that are none");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(16 << 20);
	struct device dev = device_new();
	struct webauthn_new made = { 0 };

	numbers(a);
	refused(a);
	nested(a);
	registers(a, &dev, &made);
	asserts(a, &dev, &made);
	EVP_PKEY_free(dev.key);
	fl_arena_free(a);
	return done();
}
