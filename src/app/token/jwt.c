#include "app/token/jwt.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/keyring.h"

enum { TOKEN_MAX_BYTES = 2048 };

static const struct fl_json_limits limits = { .bytes = TOKEN_MAX_BYTES, .depth = 2, .keys = 20 };

/* Each use of the secret has a key of its own. */
static struct fl_digest derived(struct fl_str secret, const char *what)
{
	return fl_hmac(secret, fl_str(what));
}

static struct fl_digest signature(struct fl_str secret, struct fl_str head_and_claims)
{
	struct fl_digest key = derived(secret, "jwt hs256");

	return fl_hmac(fl_digest_str(&key), head_and_claims);
}

static const char *encoded_head(struct fl_cx *cx, const char *typ)
{
	struct fl_buf b = fl_buf(cx->a, 256);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "alg", "HS256");
	fl_jw_cstr(&w, "typ", typ);
	fl_jw_cstr(&w, "kid", fl_fmt(cx->a, "%d", cx->conf->secret_id));
	fl_jw_close(&w, '}');
	return fl_base64url(cx->a, fl_buf_get(&b));
}

static const char *encoded_claims(struct fl_cx *cx, const struct token_claims *c)
{
	struct fl_buf b = fl_buf(cx->a, TOKEN_MAX_BYTES);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "iss", cx->conf->url);
	fl_jw_cstr(&w, "sub", c->sub);
	fl_jw_cstr(&w, "org_id", c->org_id);
	fl_jw_cstr(&w, "org_role", c->org_role);
	fl_jw_int(&w, "iat", c->iat);
	fl_jw_int(&w, "exp", c->exp);
	fl_jw_cstr(&w, "jti", c->jti);
	if (c->trace_id[0])
		fl_jw_cstr(&w, "trace_id", c->trace_id);
	fl_jw_close(&w, '}');
	return fl_base64url(cx->a, fl_buf_get(&b));
}

const char *token_sign(struct fl_cx *cx, const struct token_claims *claims)
{
	const char *signed_part = fl_fmt(cx->a, "%s.%s", encoded_head(cx, claims->typ), encoded_claims(cx, claims));
	struct fl_digest d = signature(fl_str(cx->conf->secret), fl_str(signed_part));

	return fl_fmt(cx->a, "%s.%s", signed_part, fl_base64url(cx->a, fl_digest_str(&d)));
}

bool token_is_jwt(struct fl_str token)
{
	int points = 0;

	for (size_t i = 0; i < token.n; i++)
		points += token.p[i] == '.';
	return points == 2;
}

static enum fl_rc object(struct fl_cx *cx, struct fl_str part, struct json_object **out)
{
	struct fl_str text;

	FL_TRY(fl_base64url_decode(cx->a, part, &text));
	FL_TRY(fl_json_parse(cx->a, text, &limits, out, NULL));
	return json_object_is_type(*out, json_type_object) ? FL_OK : FL_INVALID;
}

/* The secret a head names; {NULL, 0} for any algorithm, type or key id but ours. */
static struct fl_str secret_of(struct fl_cx *cx, struct fl_str part, struct token_claims *out)
{
	struct json_object *head;
	struct fl_str none = { NULL, 0 }, typ;
	int64_t kid;

	if (object(cx, part, &head) != FL_OK || !fl_str_eq(fl_json_str(head, "alg"), FL_STR("HS256")) || fl_json_get(head, "crit"))
		return none;
	typ = fl_json_str(head, "typ");
	out->typ = fl_str_eq(typ, FL_STR("at+jwt")) ? "at+jwt" : fl_str_eq(typ, FL_STR("service+jwt")) ? "service+jwt" : NULL;
	if (!out->typ || fl_str_int(fl_json_str(head, "kid"), 1, 255, &kid) != FL_OK)
		return none;
	return fl_keyring_secret(cx->conf, (int)kid);
}

static bool in_time(const struct fl_cx *cx, const struct token_claims *c)
{
	int64_t now = cx->now_us / FL_SECOND_US;

	return c->iat > 0 && c->iat <= now + TOKEN_SKEW_S && c->exp > now && c->exp <= c->iat + TOKEN_ACCESS_S;
}

static enum fl_rc take_claims(struct fl_cx *cx, struct fl_str part, struct token_claims *out)
{
	struct json_object *claims;

	if (object(cx, part, &claims) != FL_OK || !fl_str_eq(fl_json_str(claims, "iss"), fl_str(cx->conf->url)))
		return FL_DENIED;
	out->sub = fl_strndup(cx->a, fl_json_str(claims, "sub"));
	out->org_id = fl_strndup(cx->a, fl_json_str(claims, "org_id"));
	out->org_role = fl_strndup(cx->a, fl_json_str(claims, "org_role"));
	out->jti = fl_strndup(cx->a, fl_json_str(claims, "jti"));
	out->trace_id = fl_strndup(cx->a, fl_json_str(claims, "trace_id"));
	out->iat = fl_json_int(claims, "iat", 0);
	out->exp = fl_json_int(claims, "exp", 0);
	return out->jti[0] && in_time(cx, out) ? FL_OK : FL_DENIED;
}

enum fl_rc token_verify(struct fl_cx *cx, struct fl_str token, struct token_claims *out)
{
	struct fl_str rest = token, head, claims, sent, secret;
	struct fl_digest d;

	if (token.n > TOKEN_MAX_BYTES || !token_is_jwt(token))
		return FL_DENIED;
	head = fl_str_cut(&rest, '.');
	claims = fl_str_cut(&rest, '.');
	secret = secret_of(cx, head, out);
	if (!secret.p || fl_base64url_decode(cx->a, rest, &sent) != FL_OK)
		return FL_DENIED;
	d = signature(secret, (struct fl_str){ token.p, head.n + 1 + claims.n });
	return fl_equal_ct(sent, fl_digest_str(&d)) ? take_claims(cx, claims, out) : FL_DENIED;
}

struct fl_digest token_principal(const char *jti)
{
	return fl_hmac(FL_STR("principal of jti"), fl_str(jti));
}
