#include "app/token/token.h"

#include "app/token/jwt.h"

enum { REFRESH_S = 7 * 86400 };

#define REFRESH_PATH "/api/v1/auth/token"

static bool is_local(const struct fl_cx *cx)
{
	return strcmp(cx->conf->env, "local") == 0;
}

/* A path of its own forbids the __Host- prefix; __Secure- is the next best. */
static const char *cookie_name(const struct fl_cx *cx)
{
	return is_local(cx) ? "fairlead_refresh" : "__Secure-fairlead-refresh";
}

static struct fl_str refresh_of(const struct fl_cx *cx, const struct fl_req *req)
{
	struct fl_str all = fl_str(req->header(req, "HTTP_COOKIE")), sent = fl_req_get(req, "refresh_token");

	while (!sent.p && all.p) {
		struct fl_str pair = fl_str_trim(fl_str_cut(&all, ';')), name = fl_str_cut(&pair, '=');

		if (fl_str_eq(name, fl_str(cookie_name(cx))))
			sent = pair;
	}
	return sent;
}

static void answer(struct fl_cx *cx, struct fl_req *req, const struct fl_rows *who, const char *jti, const char *refresh)
{
	struct token_claims claims = { .typ = "at+jwt", .jti = jti, .trace_id = "", .iat = cx->now_us / FL_SECOND_US };
	struct fl_rows *r = fl_query_rows(cx->a, Q_TOKEN_ISSUED, 1);

	claims.exp = claims.iat + TOKEN_ACCESS_S;
	claims.sub = fl_rows_dup(cx->a, who, 0, TOKEN_START_USER_ID);
	claims.org_id = fl_rows_dup(cx->a, who, 0, TOKEN_START_ORG_ID);
	claims.org_role = fl_rows_dup(cx->a, who, 0, TOKEN_START_ORG_ROLE);
	fl_rows_set_str(r, 0, TOKEN_ISSUED_ACCESS_TOKEN, fl_str(token_sign(cx, &claims)));
	fl_rows_set_str(r, 0, TOKEN_ISSUED_TOKEN_TYPE, FL_STR("Bearer"));
	fl_rows_set_int(cx->a, r, 0, TOKEN_ISSUED_EXPIRES_IN, TOKEN_ACCESS_S);
	fl_rows_set_str(r, 0, TOKEN_ISSUED_REFRESH_TOKEN, fl_str(refresh));
	fl_rows_set_int(cx->a, r, 0, TOKEN_ISSUED_REFRESH_EXPIRES_IN, REFRESH_S);
	req->effect = r;
	req->set_cookie = fl_fmt(cx->a, "%s=%s; Path=" REFRESH_PATH "; Max-Age=%d; HttpOnly; SameSite=Strict%s", cookie_name(cx), refresh, REFRESH_S,
	                         is_local(cx) ? "" : "; Secure");
}

enum fl_rc token_issue(struct fl_cx *cx, struct fl_req *req)
{
	const char *jti = fl_secret_new(cx->a), *refresh = fl_secret_new(cx->a);
	struct fl_digest principal = token_principal(jti), fresh = fl_sha256(fl_str(refresh)), old;
	struct fl_str agent = fl_str(req->user_agent), request_id = fl_str(cx->request_id), sent = refresh_of(cx, req);
	struct fl_rows *who = NULL;

	if (fl_str_eq(fl_req_get(req, "grant_type"), FL_STR("refresh_token"))) {
		if (!sent.n)
			return FL_FAIL_FIELD(cx, FL_INVALID, "refresh_token", "wrong.required");
		old = fl_sha256(sent);
		FL_TRY(fl_db_run(cx, req->db, q_token_refresh(fl_digest_str(&old), fl_digest_str(&principal), fl_digest_str(&fresh), agent, request_id, fl_str(req->address),
		                                                fl_conf_strict(cx->conf)), &who));
	} else if (req->token_hash.p) {
		FL_TRY(fl_db_run(cx, req->db,
		                 q_token_start(req->token_hash, fl_req_get(req, "org_id"), fl_digest_str(&principal), fl_digest_str(&fresh), agent, request_id, fl_str(req->address),
		                               fl_conf_strict(cx->conf)), &who));
	}
	if (!who || who->nrows == 0) {
		req->status = 401;
		return FL_FAIL(cx, FL_DENIED, "error.token");
	}
	answer(cx, req, who, jti, refresh);
	return FL_OK;
}
