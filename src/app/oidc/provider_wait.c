/* Asking a provider while a person waits: the one place where a page calls elsewhere (tools/rooms.txt, docs/architecture.md). */
#include "app/oidc/carry.h"
#include "app/oidc/oidc.h"
#include "base/keyring.h"
#include "outside/http.h"

enum { CONNECT_MS = 1500, TOTAL_MS = 3000, BODY_MAX_BYTES = 256 * 1024 };

static const struct fl_json_limits limits = { .bytes = BODY_MAX_BYTES, .depth = 12, .keys = 2000 };

static enum fl_rc parsed(struct fl_cx *cx, const struct fl_rows *r, int col, struct json_object **out)
{
	*out = NULL;
	return fl_rows_null(r, 0, col) ? FL_OK : fl_json_parse(cx->a, fl_rows_str(r, 0, col), &limits, out, NULL);
}

enum fl_rc oidc_load(struct fl_cx *cx, struct fl_db *db, struct fl_str key, struct oidc_provider *out)
{
	struct fl_rows *r;

	FL_TRY(fl_db_run(cx, db, q_oidc_provider(key), &r));
	if (r->nrows == 0)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such provider");
	if (fl_rows_bool(r, 0, OIDC_PROVIDER_RESTING))
		return FL_FAIL(cx, FL_LATER, "error.provider_away");
	*out = (struct oidc_provider){ .key = fl_rows_dup(cx->a, r, 0, OIDC_PROVIDER_KEY), .issuer = fl_rows_dup(cx->a, r, 0, OIDC_PROVIDER_ISSUER),
		                       .client_id = fl_rows_dup(cx->a, r, 0, OIDC_PROVIDER_CLIENT_ID), .scopes = fl_rows_dup(cx->a, r, 0, OIDC_PROVIDER_SCOPES) };
	if (!fl_rows_null(r, 0, OIDC_PROVIDER_CLIENT_SECRET) &&
	    fl_keyring_unseal(cx, "oidc client", fl_rows_str(r, 0, OIDC_PROVIDER_CLIENT_SECRET), &out->secret) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the client secret of provider %s was sealed with another key", out->key);
	if (fl_rows_bool(r, 0, OIDC_PROVIDER_DISCOVERED))
		FL_TRY(parsed(cx, r, OIDC_PROVIDER_DISCOVERY, &out->discovery));
	if (fl_rows_bool(r, 0, OIDC_PROVIDER_KEYED))
		FL_TRY(parsed(cx, r, OIDC_PROVIDER_JWKS, &out->jwks));
	return FL_OK;
}

/* The provider did not do what it should: it rests, and the person is told to try again. The log has the reason. */
static enum fl_rc away(struct fl_cx *cx, struct fl_db *db, const struct oidc_provider *p)
{
	FL_TRY(fl_db_run(cx, db, q_oidc_told(fl_str(p->key), (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }), NULL));
	return FL_FAIL(cx, FL_LATER, "error.provider_away");
}

static enum fl_rc fetch(struct fl_cx *cx, const char *url, struct json_object **out, struct fl_str *text)
{
	struct fl_http_request q = { .method = "GET", .url = url, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .max_bytes = BODY_MAX_BYTES };
	struct fl_http_answer answer;

	FL_TRY(fl_http(cx, fl_outside_new(cx->a, cx->conf), &q, &answer));
	*text = answer.body;
	FL_TRY(fl_json_parse(cx->a, answer.body, &limits, out, NULL));
	return json_object_is_type(*out, json_type_object) ? FL_OK : FL_INVALID;
}

/* A provider elsewhere is asked over https only. */
static bool address_fits(const struct fl_cx *cx, struct json_object *doc, const char *name)
{
	struct fl_str s = fl_json_str(doc, name);
	bool local = strcmp(cx->conf->env, "local") == 0;

	return s.n < 1000 && ((s.n > 8 && memcmp(s.p, "https://", 8) == 0) || (local && s.n > 7 && memcmp(s.p, "http://", 7) == 0));
}

static bool description_fits(const struct fl_cx *cx, const struct oidc_provider *p, struct json_object *doc)
{
	struct fl_str issuer = fl_json_str(doc, "issuer");

	/* Microsoft's describes all tenants at once. */
	if (!fl_str_eq(issuer, fl_str(p->issuer)) && !(issuer.n && strstr(fl_json_str(doc, "issuer").p, "{tenantid}")))
		return false;
	return address_fits(cx, doc, "authorization_endpoint") && address_fits(cx, doc, "token_endpoint") && address_fits(cx, doc, "jwks_uri");
}

enum fl_rc oidc_discover(struct fl_cx *cx, struct fl_db *db, struct oidc_provider *p)
{
	const char *slash = p->issuer[strlen(p->issuer) - 1] == '/' ? "" : "/";
	struct json_object *doc;
	struct fl_str text;

	if (p->discovery)
		return FL_OK;
	if (fetch(cx, fl_fmt(cx->a, "%s%s.well-known/openid-configuration", p->issuer, slash), &doc, &text) != FL_OK || !description_fits(cx, p, doc))
		return away(cx, db, p);
	p->discovery = doc;
	return fl_db_run(cx, db, q_oidc_told(fl_str(p->key), text, (struct fl_str){ NULL, 0 }), NULL);
}

enum fl_rc oidc_keys(struct fl_cx *cx, struct fl_db *db, struct oidc_provider *p, bool anew)
{
	struct fl_str text;

	if (p->jwks && !anew)
		return FL_OK;
	if (fetch(cx, fl_strndup(cx->a, fl_json_str(p->discovery, "jwks_uri")), &p->jwks, &text) != FL_OK)
		return away(cx, db, p);
	return fl_db_run(cx, db, q_oidc_told(fl_str(p->key), (struct fl_str){ NULL, 0 }, text), NULL);
}

/* Whether the provider says it takes the secret in the body; by the standard it takes it in the header. */
static bool secret_in_body(const struct oidc_provider *p)
{
	struct json_object *list = fl_json_get(p->discovery, "token_endpoint_auth_methods_supported");
	bool body = false;

	for (size_t i = 0; list && json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(list, i));

		if (one && strcmp(one, "client_secret_basic") == 0)
			return false;
		body = body || (one && strcmp(one, "client_secret_post") == 0);
	}
	return body;
}

/* RFC 6749 2.3.1: both are form-encoded before they are joined. */
static struct fl_str basic(struct fl_cx *cx, const struct oidc_provider *p)
{
	struct fl_buf b = fl_buf(cx->a, 8192);

	fl_buf_url(&b, fl_str(p->client_id));
	fl_buf_putc(&b, ':');
	fl_buf_url(&b, p->secret);
	return fl_str(fl_fmt(cx->a, "Basic %s", fl_base64(cx->a, fl_buf_get(&b))));
}

enum fl_rc oidc_exchange(struct fl_cx *cx, struct fl_db *db, const struct oidc_provider *p, struct fl_str code, const char *verifier, struct fl_str *id_token)
{
	struct fl_http_header headers[2] = { { "Content-Type", FL_STR("application/x-www-form-urlencoded") } };
	struct fl_http_request q = { .method = "POST", .headers = headers, .nheaders = 1, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .max_bytes = BODY_MAX_BYTES };
	struct fl_buf body = fl_buf(cx->a, 16384);
	struct fl_http_answer answer = { 0 };
	struct json_object *doc;
	enum fl_rc rc;

	carry_pair(&body, "grant_type", FL_STR("authorization_code"));
	carry_pair(&body, "code", code);
	carry_pair(&body, "redirect_uri", fl_str(fl_fmt(cx->a, "%s/oidc/callback", cx->conf->url)));
	carry_pair(&body, "code_verifier", fl_str(verifier));
	if (p->secret.n && !secret_in_body(p)) {
		headers[q.nheaders++] = (struct fl_http_header){ "Authorization", basic(cx, p) };
	} else {
		carry_pair(&body, "client_id", fl_str(p->client_id));
		if (p->secret.n)
			carry_pair(&body, "client_secret", p->secret);
	}
	q.url = fl_strndup(cx->a, fl_json_str(p->discovery, "token_endpoint"));
	q.body = fl_buf_get(&body);
	rc = fl_http(cx, fl_outside_new(cx->a, cx->conf), &q, &answer);
	if (rc == FL_LATER)
		return away(cx, db, p);
	if (rc != FL_OK || fl_json_parse(cx->a, answer.body, &limits, &doc, NULL) != FL_OK)
		return FL_DENIED;
	*id_token = fl_json_str(doc, "id_token");
	return id_token->n ? FL_OK : FL_DENIED;
}
