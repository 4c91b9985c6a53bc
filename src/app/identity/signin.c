#include "app/identity/signin.h"

#include "app/account/account.h"
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

/* After failures of this account or from this address everybody solves a puzzle first. */
static enum fl_rc puzzle(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *r;

	FL_TRY(fl_db_run(cx, req->db, q_sign_in_solve(fl_req_get(req, "challenge"), fl_req_get(req, "solution"), fl_req_get(req, "answer")), &r));
	if (fl_rows_bool(r, 0, SIGN_IN_SOLVE_SOLVED))
		return FL_OK;
	req->status = 401;
	return FL_FAIL_FIELD(cx, FL_INVALID, "answer", "wrong.puzzle");
}

/* Hashes of another cost are made anew while the password is at hand. */
static enum fl_rc renew(struct fl_cx *cx, struct fl_req *req, const char *user_id, const char *stored)
{
	char *hash;

	if (!fl_password_stale(stored))
		return FL_OK;
	FL_TRY(fl_password_hash(cx->a, fl_req_get(req, "password"), &hash));
	return fl_db_run(cx, req->db, q_account_rehash(fl_str(user_id), fl_str(stored), fl_str(hash)), NULL);
}

static enum fl_rc check(struct fl_cx *cx, struct fl_req *req, const char **user_id)
{
	struct fl_str email = fl_req_get(req, "email"), address = fl_str(req->address);
	struct fl_rows *look;
	const char *stored;
	enum fl_rc rc;

	FL_TRY(fl_db_run(cx, req->db, q_sign_in_look(email, address), &look));
	if (fl_rows_bool(look, 0, SIGN_IN_LOOK_SUSPECT))
		FL_TRY(puzzle(cx, req));
	stored = fl_rows_dup(cx->a, look, 0, SIGN_IN_LOOK_PASSWORD_HASH);
	rc = fl_password_check(cx->a, fl_req_get(req, "password"), stored);
	if (rc == FL_OK && !fl_rows_bool(look, 0, SIGN_IN_LOOK_LOCKED)) {
		*user_id = fl_rows_dup(cx->a, look, 0, SIGN_IN_LOOK_USER_ID);
		return renew(cx, req, *user_id, stored);
	}
	FL_TRY(fl_db_run(cx, req->db, q_sign_in_refused(email, address, fl_str(cx->conf->block_never), fl_str(cx->request_id)), NULL));
	req->status = 401; /* TEN-13 */
	return FL_FAIL_FIELD(cx, FL_INVALID, "email", "wrong.sign_in");
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
	FL_TRY(fl_db_run(cx, req->db, q_session_renew(account_session_hash(cx, req), fl_digest_str(hash)), NULL));
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

enum fl_rc identity_sign_in(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str code = fl_req_get(req, "code");
	const char *user_id = NULL, *step;
	bool strong = false;

	FL_TRY(check(cx, req, &user_id));
	FL_TRY(account_second_begin(cx, req->db, user_id, &step));
	if (step && !(req->page->flags & FL_JSON_ONLY)) {
		identity_second_step(cx, req, step, fl_req_get(req, "next"));
		return FL_OK;
	}
	if (step) {
		req->status = 401;
		FL_TRY(account_second_check(cx, req, user_id, code, &strong));
		req->status = 0;
	}
	return identity_session_open(cx, req, user_id, strong, fl_req_get(req, "next"));
}

enum fl_rc identity_sign_out(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_sign_out(req->token_hash), &req->effect));
	req->set_cookie = cookie(cx, "", 0);
	req->location = "/signin?done=signed_out";
	return FL_OK;
}

enum fl_rc identity_home(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *home;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_home(), &home));
	req->location = fl_rows_dup(cx->a, home, 0, HOME_PATH);
	return FL_OK;
}
