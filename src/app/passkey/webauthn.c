#include "app/passkey/webauthn.h"

#include "app/passkey/cbor.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/pubkey.h"

enum { UP = 1 << 0, UV = 1 << 2, BE = 1 << 3, BS = 1 << 4, AT = 1 << 6, ED = 1 << 7 };
enum { RP_BYTES = 32, HEAD_BYTES = RP_BYTES + 1 + 4, AAGUID_BYTES = 16 };
/* COSE: labels of a key (RFC 9052, 7.1; RFC 9053, 7) and its algorithms (RFC 8812 for RS256). */
enum { KTY = 1, ALG = 3, CRV = -1, X = -2, Y = -3, RSA_N = -1, RSA_E = -2 };
enum { OKP = 1, EC2 = 2, RSA = 3, ES256 = -7, EDDSA = -8, RS256 = -257, P256 = 1, ED25519 = 6 };

static enum fl_rc no(const char **why, const char *word)
{
	*why = word;
	return FL_DENIED;
}

static enum fl_rc check_client(struct fl_arena *a, const struct webauthn_want *want, const char *type, struct fl_str client, const char **why)
{
	static const struct fl_json_limits limits = { .bytes = 8192, .depth = 6, .keys = 40 };
	struct json_object *said;

	if (fl_json_parse(a, client, &limits, &said, NULL) != FL_OK)
		return no(why, "json");
	if (!fl_str_eq(fl_json_str(said, "type"), fl_str(type)))
		return no(why, "type");
	if (!fl_equal_ct(fl_json_str(said, "challenge"), want->challenge))
		return no(why, "challenge");
	if (!fl_str_eq(fl_json_str(said, "origin"), want->origin))
		return no(why, "origin");
	/* Our pages stand in nobody's frame. */
	return fl_json_bool(said, "crossOrigin", false) || fl_json_get(said, "topOrigin") ? no(why, "embedded") : FL_OK;
}

static bool number_is(const struct cbor *key, int64_t label, int64_t want)
{
	struct cbor v;

	return cbor_at(key, label, &v) && v.kind == CBOR_INT && v.n == want;
}

static struct fl_str bytes_at(const struct cbor *key, int64_t label)
{
	struct cbor v;

	return cbor_at(key, label, &v) && v.kind == CBOR_BYTES ? v.s : (struct fl_str){ NULL, 0 };
}

static struct fl_pubkey *key_of(struct fl_arena *a, const struct cbor *key)
{
	if (number_is(key, KTY, EC2) && number_is(key, ALG, ES256) && number_is(key, CRV, P256))
		return fl_pubkey_p256(a, bytes_at(key, X), bytes_at(key, Y));
	if (number_is(key, KTY, OKP) && number_is(key, ALG, EDDSA) && number_is(key, CRV, ED25519))
		return fl_pubkey_ed25519(a, bytes_at(key, X));
	if (number_is(key, KTY, RSA) && number_is(key, ALG, RS256))
		return fl_pubkey_rsa(a, bytes_at(key, RSA_N), bytes_at(key, RSA_E));
	return NULL;
}

static struct fl_str taken(struct fl_str *rest, size_t n)
{
	struct fl_str s = { rest->p, n };

	rest->p += n;
	rest->n -= n;
	return s;
}

/* The attested credential: its id and key. */
static enum fl_rc read_new(struct fl_arena *a, struct fl_str *rest, struct webauthn_new *out, const char **why)
{
	struct fl_str len, from;
	struct cbor key;
	size_t n;

	if (rest->n < AAGUID_BYTES + 2)
		return no(why, "object");
	(void)taken(rest, AAGUID_BYTES);
	len = taken(rest, 2);
	n = (size_t)((unsigned char)len.p[0] << 8 | (unsigned char)len.p[1]);
	if (n == 0 || n > WEBAUTHN_ID_MAX || n > rest->n)
		return no(why, "object");
	out->id = taken(rest, n);
	from = *rest;
	if (cbor_read(rest, &key) != FL_OK || from.n - rest->n > WEBAUTHN_KEY_MAX || !key_of(a, &key))
		return no(why, "key");
	out->key = (struct fl_str){ from.p, from.n - rest->n };
	return FL_OK;
}

/* Authenticator data (6.1), to its last byte. */
static enum fl_rc read_data(struct fl_arena *a, const struct webauthn_want *want, struct fl_str data, bool fresh, struct webauthn_new *out, const char **why)
{
	struct fl_digest rp = fl_sha256(want->rp_id);
	struct fl_str rest = data;
	struct cbor extensions;
	unsigned flags;

	*out = (struct webauthn_new){ 0 };
	if (data.n < HEAD_BYTES)
		return no(why, "data");
	if (!fl_str_eq(taken(&rest, RP_BYTES), fl_digest_str(&rp)))
		return no(why, "rp");
	flags = (unsigned char)*taken(&rest, 1).p;
	for (int i = 0; i < 4; i++)
		out->count = out->count << 8 | (unsigned char)*taken(&rest, 1).p;
	out->eligible = flags & BE;
	out->backed_up = flags & BS;
	if (!(flags & UP))
		return no(why, "presence");
	if (!(flags & UV))
		return no(why, "verification");
	if (out->backed_up && !out->eligible)
		return no(why, "backup");
	if (!!(flags & AT) != fresh)
		return no(why, "data");
	if (fresh)
		FL_TRY(read_new(a, &rest, out, why));
	if (flags & ED && (cbor_read(&rest, &extensions) != FL_OK || extensions.kind != CBOR_MAP))
		return no(why, "data");
	return rest.n ? no(why, "data") : FL_OK;
}

enum fl_rc webauthn_register(struct fl_arena *a, const struct webauthn_want *want, struct fl_str client, struct fl_str object, struct webauthn_new *out,
                             const char **why)
{
	struct cbor all, fmt, statement, data;

	FL_TRY(check_client(a, want, "webauthn.create", client, why));
	if (cbor_read(&object, &all) != FL_OK || object.n || !cbor_under(&all, "fmt", &fmt) || fmt.kind != CBOR_TEXT || !cbor_under(&all, "attStmt", &statement) ||
	    statement.kind != CBOR_MAP || !cbor_under(&all, "authData", &data) || data.kind != CBOR_BYTES)
		return no(why, "object");
	return read_data(a, want, data.s, true, out, why);
}

enum fl_rc webauthn_assert(struct fl_arena *a, const struct webauthn_want *want, const struct webauthn_new *known, struct fl_str client, struct fl_str data,
                           struct fl_str signature, struct webauthn_new *now, const char **why)
{
	struct fl_digest hash = fl_sha256(client);
	struct fl_buf said = fl_buf(a, data.n + sizeof(hash.b) + 1);
	struct fl_str cose = known->key;
	struct fl_pubkey *key;
	struct cbor map;

	FL_TRY(check_client(a, want, "webauthn.get", client, why));
	FL_TRY(read_data(a, want, data, false, now, why));
	if (now->eligible != known->eligible)
		return no(why, "backup");
	key = cbor_read(&cose, &map) == FL_OK ? key_of(a, &map) : NULL;
	if (!key)
		return no(why, "key");
	fl_buf_str(&said, data);
	fl_buf_str(&said, fl_digest_str(&hash));
	return fl_pubkey_verify(a, key, fl_buf_get(&said), signature) ? FL_OK : no(why, "signature");
}
