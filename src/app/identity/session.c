#include "app/identity/session.h"

#include "base/conf.h"

enum { COOKIE_S = 30 * 86400, STEP_S = 600 };

static bool is_local(const struct fl_cx *cx)
{
	return strcmp(cx->conf->env, "local") == 0;
}

static const char *cookie(const struct fl_cx *cx, const char *token, int max_age_s)
{
	return fl_fmt(cx->a, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", is_local(cx) ? "fairlead" : "__Host-fairlead", token, max_age_s,
	              is_local(cx) ? "" : "; Secure");
}

/* Anything a browser could read as another host is refused. */
const char *identity_destination(struct fl_cx *cx, struct fl_str next, const char *otherwise)
{
	if (next.n < 2 || next.p[0] != '/' || next.p[1] == '/' || next.p[1] == '\\')
		return otherwise;
	for (size_t i = 0; i < next.n; i++)
		if ((unsigned char)next.p[i] <= 0x20 || next.p[i] == '\\' || next.p[i] == 0x7f)
			return otherwise;
	return fl_strndup(cx->a, next);
}

struct fl_digest identity_session_hash(const char *user_agent, struct fl_str token)
{
	return fl_hmac(fl_str(user_agent), token);
}

enum fl_rc identity_session_open(struct fl_cx *cx, struct fl_req *req, const char *user_id, bool second_factor, struct fl_str next)
{
	const char *token = fl_secret_new(cx->a);
	struct fl_digest *hash = FL_NEW(cx->a, struct fl_digest);

	*hash = identity_session_hash(req->user_agent, fl_str(token));
	FL_TRY(fl_db_run(cx, req->db, q_sign_in(fl_str(user_id), fl_digest_str(hash), fl_str(req->user_agent), fl_str(req->address), fl_str(cx->request_id)),
	                 &req->effect));
	if (second_factor)
		FL_TRY(fl_db_run(cx, req->db, q_session_proven(fl_digest_str(hash), false, true), NULL));
	req->set_cookie = cookie(cx, token, COOKIE_S);
	req->location = identity_destination(cx, next, "/");
	return FL_OK;
}

enum fl_rc identity_session_renew(struct fl_cx *cx, struct fl_req *req)
{
	const char *token = fl_secret_new(cx->a);
	struct fl_digest *hash = FL_NEW(cx->a, struct fl_digest);

	*hash = identity_session_hash(req->user_agent, fl_str(token));
	FL_TRY(fl_db_run(cx, req->db, q_session_renew(req->token_hash, fl_digest_str(hash)), NULL));
	req->set_cookie = cookie(cx, token, COOKIE_S);
	return FL_OK;
}

void identity_second_step(struct fl_cx *cx, struct fl_req *req, const char *token, struct fl_str next)
{
	struct fl_buf to = fl_buf(cx->a, 4096);

	fl_buf_puts(&to, "/signin/second");
	if (next.n) {
		fl_buf_puts(&to, "?next=");
		fl_buf_url(&to, next);
	}
	req->set_cookie = fl_fmt(cx->a, "fairlead-step=%s; Path=/signin; Max-Age=%d; HttpOnly; SameSite=Strict%s", token, STEP_S, is_local(cx) ? "" : "; Secure");
	req->location = fl_buf_cstr(&to);
}

enum fl_rc identity_sign_out(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_sign_out(req->token_hash), &req->effect));
	req->set_cookie = cookie(cx, "", 0);
	req->location = "/signin?done=signed_out";
	return FL_OK;
}
