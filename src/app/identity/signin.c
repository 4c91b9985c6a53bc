#include "app/identity/signin.h"

#include "app/account/account.h"
#include "app/identity/session.h"
#include "base/conf.h"

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

enum fl_rc identity_home(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *home;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_home(), &home));
	req->location = fl_rows_dup(cx->a, home, 0, HOME_PATH);
	return FL_OK;
}
