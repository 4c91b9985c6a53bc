/* Signing in with a provider: there and back, see carry.h. */
#include "app/account/account.h"
#include "app/identity/session.h"
#include "app/oidc/carry.h"
#include "app/oidc/oidc.h"
#include "base/conf.h"
#include "base/log.h"

#define SEAL_FLOW "oidc flow"
#define SEAL_CLAIM "oidc claim"

static const char *authorization(struct fl_cx *cx, const struct oidc_provider *p, struct fl_str cookie)
{
	struct fl_buf b = fl_buf(cx->a, 8192);

	fl_buf_str(&b, fl_json_str(p->discovery, "authorization_endpoint"));
	carry_add(&b, "response_type", "code");
	carry_add(&b, "client_id", p->client_id);
	carry_add(&b, "redirect_uri", fl_fmt(cx->a, "%s/oidc/callback", cx->conf->url));
	carry_add(&b, "scope", p->scopes);
	carry_add(&b, "state", carry_derived(cx, "state", cookie));
	carry_add(&b, "nonce", carry_derived(cx, "nonce", cookie));
	carry_add(&b, "code_challenge", carry_challenge(cx, cookie));
	carry_add(&b, "code_challenge_method", "S256");
	return fl_buf_cstr(&b);
}

static enum fl_rc start(struct fl_cx *cx, struct fl_req *req, bool link)
{
	struct fl_buf text = fl_buf(cx->a, 4096);
	struct fl_jw w = fl_jw(&text);
	struct oidc_provider p;
	const char *value;
	enum fl_rc rc = oidc_load(cx, req->db, fl_req_get(req, "provider"), &p);

	if (rc == FL_OK)
		rc = oidc_discover(cx, req->db, &p);
	if (rc != FL_OK && rc != FL_BUG) {
		fl_log(cx, FL_WARN, "sign-in with a provider could not begin: %s", rc == FL_LATER ? "it does not answer, or rests after that" : "it is not set up");
		req->location = fl_fmt(cx->a, "%s?done=%s", link ? "/settings/identities" : "/signin", rc == FL_LATER ? "provider_away" : "provider_unknown");
		return FL_OK;
	}
	FL_TRY(rc);
	carry_begin(cx, &w);
	fl_jw_cstr(&w, "provider", p.key);
	fl_jw_str(&w, "next", fl_req_get(req, "next"));
	fl_jw_bool(&w, "link", link);
	fl_jw_close(&w, '}');
	value = carry_seal(cx, SEAL_FLOW, &text);
	req->set_cookie = carry_set_cookie(cx, "oidc", "/oidc", value);
	req->location = authorization(cx, &p, fl_str(value));
	return FL_OK;
}

enum fl_rc oidc_start(struct fl_cx *cx, struct fl_req *req)
{
	return start(cx, req, false);
}

enum fl_rc oidc_start_link(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_db_run(cx, req->db, q_identity_link_begin(req->token_hash), NULL));
	FL_TRY(start(cx, req, true));
	return fl_req_enter(cx, req);
}

/* The code for a checked ID token. Unknown keys are fetched anew once: providers change them. */
static enum fl_rc prove(struct fl_cx *cx, struct fl_req *req, struct oidc_provider *p, struct fl_str cookie, struct idtoken *out, const char **why)
{
	struct idtoken_expected want = { .client_id = p->client_id, .nonce = carry_derived(cx, "nonce", cookie), .now_s = cx->now_us / FL_SECOND_US };
	struct fl_str token;
	enum fl_rc rc;

	*why = "the provider did not take the code";
	FL_TRY(oidc_discover(cx, req->db, p));
	want.issuer = fl_strndup(cx->a, fl_json_str(p->discovery, "issuer"));
	FL_TRY(oidc_exchange(cx, req->db, p, fl_req_get(req, "code"), carry_derived(cx, "verifier", cookie), &token));
	FL_TRY(oidc_keys(cx, req->db, p, false));
	rc = idtoken_check(cx->a, token, p->jwks, &want, out, why);
	if (rc != FL_NOT_FOUND)
		return rc;
	FL_TRY(oidc_keys(cx, req->db, p, true));
	return idtoken_check(cx->a, token, p->jwks, &want, out, why);
}

/* What the provider has proven travels to the page that asks, sealed and bound to this session. */
static enum fl_rc ask_to_link(struct fl_cx *cx, struct fl_req *req, const struct oidc_provider *p, const struct idtoken *t)
{
	struct fl_buf text = fl_buf(cx->a, 4096), to = fl_buf(cx->a, 8192);
	struct fl_jw w = fl_jw(&text);

	carry_begin(cx, &w);
	fl_jw_cstr(&w, "provider", p->key);
	fl_jw_cstr(&w, "sub", t->subject);
	fl_jw_cstr(&w, "email", t->email);
	fl_jw_cstr(&w, "session", fl_hex(cx->a, req->token_hash));
	fl_jw_close(&w, '}');
	fl_buf_puts(&to, "/oidc/confirm");
	carry_add(&to, "provider", p->key);
	carry_add(&to, "email", t->email);
	carry_add(&to, "claim", carry_seal(cx, SEAL_CLAIM, &text));
	req->location = fl_buf_cstr(&to);
	return FL_OK;
}

static enum fl_rc finish(struct fl_cx *cx, struct fl_req *req, struct json_object *flow, struct fl_str cookie, const char **why)
{
	struct oidc_provider p;
	const char *user_id, *step = NULL;
	struct fl_rows *person;
	struct idtoken t;

	*why = "the provider is not one of ours";
	FL_TRY(oidc_load(cx, req->db, fl_json_str(flow, "provider"), &p));
	FL_TRY(prove(cx, req, &p, cookie, &t, why));
	if (fl_json_bool(flow, "link", false))
		return ask_to_link(cx, req, &p, &t);
	FL_TRY(fl_db_run(cx, req->db, q_identity_person(fl_str(p.key), fl_str(t.subject)), &person));
	if (person->nrows == 0)
		return oidc_stranger(cx, req, &p, &t, fl_json_str(flow, "next"));
	user_id = fl_rows_dup(cx->a, person, 0, IDENTITY_PERSON_USER_ID);
	FL_TRY(account_second_begin(cx, req->db, user_id, &step));
	if (!step)
		return identity_session_open(cx, req, user_id, false, fl_json_str(flow, "next"));
	identity_second_step(cx, req, step, fl_json_str(flow, "next"));
	return FL_OK;
}

enum fl_rc oidc_callback(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str cookie = carry_cookie(cx, req, "oidc");
	const char *why = "state or cookie do not fit", *back;
	struct json_object *flow = NULL;
	enum fl_rc rc = FL_DENIED;

	if (carry_open(cx, SEAL_FLOW, cookie, &flow) == FL_OK && fl_equal_ct(fl_req_get(req, "state"), fl_str(carry_derived(cx, "state", cookie))))
		rc = fl_req_get(req, "code").n ? finish(cx, req, flow, cookie, &why) : FL_DENIED;
	if (rc == FL_OK || rc == FL_BUG)
		return rc;
	fl_log(cx, FL_WARN, "sign-in with a provider failed: %s", rc == FL_LATER ? "it did not answer" : why);
	back = flow && fl_json_bool(flow, "link", false) ? "/settings/identities" : "/signin";
	cx->err = (struct fl_error){ 0 };
	req->location = fl_fmt(cx->a, "%s?done=%s", back, rc == FL_LATER ? "provider_away" : "provider_failed");
	return FL_OK;
}

enum fl_rc oidc_link(struct fl_cx *cx, struct fl_req *req)
{
	struct json_object *claim;

	FL_TRY(fl_req_enter(cx, req));
	/* The page showed provider and address: what is linked is what was shown. */
	if (carry_open(cx, SEAL_CLAIM, fl_req_get(req, "claim"), &claim) != FL_OK || !fl_str_eq(fl_json_str(claim, "email"), fl_req_get(req, "email")) ||
	    !fl_str_eq(fl_json_str(claim, "provider"), fl_req_get(req, "provider")) ||
	    !fl_str_eq(fl_json_str(claim, "session"), fl_str(fl_hex(cx->a, req->token_hash))))
		return FL_FAIL(cx, FL_DENIED, "error.claim");
	return fl_db_run(cx, req->db, q_identity_link(req->token_hash, fl_json_str(claim, "provider"), fl_json_str(claim, "sub"), fl_json_str(claim, "email")),
	                 &req->effect);
}
