#include "app/oidc/idtoken.h"

#include "app/oidc/jwk.h"

enum { TOKEN_MAX_BYTES = 16384, SUBJECT_MAX = 255, EMAIL_MAX = 254 };

static const struct fl_json_limits limits = { .bytes = TOKEN_MAX_BYTES, .depth = 8, .keys = 200 };

static enum fl_rc no(const char **why, const char *text)
{
	*why = text;
	return FL_DENIED;
}

static enum fl_rc object(struct fl_arena *a, struct fl_str part, struct json_object **out)
{
	struct fl_str text;

	FL_TRY(fl_base64url_decode(a, part, &text));
	FL_TRY(fl_json_parse(a, text, &limits, out, NULL));
	return json_object_is_type(*out, json_type_object) ? FL_OK : FL_INVALID;
}

/* Whether a key may check signatures of this algorithm: its own words on use and algorithm count. */
static bool fits(struct json_object *key, struct fl_str alg)
{
	struct fl_str use = fl_json_str(key, "use"), of = fl_json_str(key, "alg");
	struct fl_str kind = fl_str_eq(alg, FL_STR("RS256")) ? FL_STR("RSA") : FL_STR("EC");

	return fl_str_eq(fl_json_str(key, "kty"), kind) && (!use.p || fl_str_eq(use, FL_STR("sig"))) && (!of.p || fl_str_eq(of, alg));
}

/* The key a head names; without a key id the only one that fits. */
static struct json_object *find_key(struct json_object *jwks, struct fl_str kid, struct fl_str alg)
{
	struct json_object *keys = fl_json_get(jwks, "keys"), *found = NULL;

	for (size_t i = 0; keys && json_object_is_type(keys, json_type_array) && i < json_object_array_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);

		if (!fits(key, alg) || (kid.p && !fl_str_eq(fl_json_str(key, "kid"), kid)))
			continue;
		if (found && !kid.p)
			return NULL;
		found = key;
	}
	return found;
}

static enum fl_rc check_signature(struct fl_arena *a, struct fl_str token, struct json_object *jwks, struct fl_str *claims, const char **why)
{
	struct fl_str rest = token, head_part = fl_str_cut(&rest, '.'), alg, signature;
	struct json_object *head, *key;

	*claims = fl_str_cut(&rest, '.');
	if (token.n > TOKEN_MAX_BYTES || !rest.p || object(a, head_part, &head) != FL_OK || fl_base64url_decode(a, rest, &signature) != FL_OK)
		return no(why, "it is no signed token");
	alg = fl_json_str(head, "alg");
	if (!fl_str_eq(alg, FL_STR("RS256")) && !fl_str_eq(alg, FL_STR("ES256")))
		return no(why, "its algorithm is not allowed");
	if (fl_json_get(head, "crit"))
		return no(why, "it asks for an extension");
	key = find_key(jwks, fl_json_str(head, "kid"), alg);
	if (!key) {
		*why = "no key of the provider fits it";
		return FL_NOT_FOUND;
	}
	if (jwk_verify(a, key, fl_str_eq(alg, FL_STR("RS256")) ? JWK_RS256 : JWK_ES256, (struct fl_str){ token.p, head_part.n + 1 + claims->n }, signature) != FL_OK)
		return no(why, "its signature is wrong");
	return FL_OK;
}

/* The issuer with the tenant of this token in the place of {tenantid}. */
static bool issuer_fits(struct fl_arena *a, struct json_object *claims, const char *issuer)
{
	const char *hole = strstr(issuer, "{tenantid}");
	struct fl_str tid = fl_json_str(claims, "tid"), iss = fl_json_str(claims, "iss");

	if (!hole)
		return fl_str_eq(iss, fl_str(issuer));
	return fl_uuid_valid(tid) && fl_str_eq(iss, fl_str(fl_fmt(a, "%.*s%.*s%s", (int)(hole - issuer), issuer, (int)tid.n, tid.p, hole + strlen("{tenantid}"))));
}

/* Several audiences need a word on who asked for the token (azp). */
static bool audience_fits(struct json_object *claims, const char *client_id)
{
	struct json_object *aud = fl_json_get(claims, "aud");
	struct fl_str azp = fl_json_str(claims, "azp");
	bool found = false;

	if (aud && json_object_is_type(aud, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(aud); i++) {
			struct json_object *one = json_object_array_get_idx(aud, i);

			found = found || (json_object_is_type(one, json_type_string) && strcmp(json_object_get_string(one), client_id) == 0);
		}
		if (json_object_array_length(aud) > 1 && !azp.p)
			return false;
	} else {
		found = fl_str_eq(fl_json_str(claims, "aud"), fl_str(client_id));
	}
	return found && (!azp.p || fl_str_eq(azp, fl_str(client_id)));
}

static enum fl_rc check_claims(struct fl_arena *a, struct json_object *claims, const struct idtoken_expected *want, const char **why)
{
	int64_t iat = fl_json_int(claims, "iat", 0), exp = fl_json_int(claims, "exp", 0), nbf = fl_json_int(claims, "nbf", 0);
	struct fl_str subject = fl_json_str(claims, "sub");

	if (!issuer_fits(a, claims, want->issuer))
		return no(why, "another issuer made it");
	if (!audience_fits(claims, want->client_id))
		return no(why, "it was made for another client");
	if (exp <= want->now_s - IDTOKEN_SKEW_S)
		return no(why, "it has expired");
	if (iat <= 0 || iat > want->now_s + IDTOKEN_SKEW_S || nbf > want->now_s + IDTOKEN_SKEW_S)
		return no(why, "it is of the future");
	if (!want->nonce[0] || !fl_equal_ct(fl_json_str(claims, "nonce"), fl_str(want->nonce)))
		return no(why, "its nonce is not ours");
	return subject.n > 0 && subject.n <= SUBJECT_MAX ? FL_OK : no(why, "it names nobody");
}

static struct fl_str name_of(struct json_object *claims)
{
	struct fl_str name = fl_json_str(claims, "name");

	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return FL_STR("");
	return name;
}

enum fl_rc idtoken_check(struct fl_arena *a, struct fl_str token, struct json_object *jwks, const struct idtoken_expected *expected,
                         struct idtoken *out, const char **why)
{
	struct json_object *claims;
	struct fl_str part, email;

	FL_TRY(check_signature(a, token, jwks, &part, why));
	if (object(a, part, &claims) != FL_OK)
		return no(why, "its claims cannot be read");
	FL_TRY(check_claims(a, claims, expected, why));
	out->subject = fl_strndup(a, fl_json_str(claims, "sub"));
	email = fl_json_str(claims, "email");
	out->email = fl_strndup(a, email.n <= EMAIL_MAX ? email : FL_STR("")); /* a part of it would be an address of somebody else */
	out->name = fl_strndup(a, fl_str_clip(name_of(claims), 200));
	/* Apple writes it as a text. */
	out->email_verified = fl_json_bool(claims, "email_verified", false) || fl_str_eq(fl_json_str(claims, "email_verified"), FL_STR("true"));
	return FL_OK;
}
