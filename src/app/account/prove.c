/* The password asked again, and a new one. */
#include "app/account/account.h"
#include "app/identity/session.h"
#include "base/conf.h"

/* Checks the password of the person whose session asks, before the request is entered; counts failures as sign-in does. FL_INVALID at `field`; FL_DENIED when it is no
 * session. *user_id and *email are owned by cx. */
static enum fl_rc password_given(struct fl_cx *cx, struct fl_req *req, const char *field, const char **user_id, struct fl_str *email)
{
	struct fl_rows *who, *look;
	const char *stored;
	bool locked;

	FL_TRY(fl_db_run(cx, req->db, q_account_by_session(req->token_hash), &who));
	if (who->nrows == 0)
		return FL_FAIL(cx, FL_DENIED, "error.session_only");
	*email = fl_rows_str(who, 0, ACCOUNT_BY_SESSION_EMAIL);
	*user_id = fl_rows_dup(cx->a, who, 0, ACCOUNT_BY_SESSION_USER_ID);
	FL_TRY(fl_db_run(cx, req->db, q_sign_in_look(*email, fl_str(req->address)), &look));
	stored = fl_rows_dup(cx->a, look, 0, SIGN_IN_LOOK_PASSWORD_HASH);
	locked = fl_rows_bool(look, 0, SIGN_IN_LOOK_LOCKED);
	if (fl_password_check(cx->a, fl_req_get(req, field), stored) == FL_OK && !locked)
		return FL_OK;
	FL_TRY(fl_db_run(cx, req->db, q_sign_in_refused(*email, fl_str(req->address), fl_str(cx->conf->block_never), fl_str(cx->request_id)), NULL));
	return FL_FAIL_FIELD(cx, FL_INVALID, field, locked ? "wrong.rests" : "wrong.password_wrong");
}

enum fl_rc account_confirm(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str email, code = fl_req_get(req, "code");
	const char *user_id;
	struct fl_rows *factor;
	bool strong = false;

	FL_TRY(password_given(cx, req, "password", &user_id, &email));
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_of(fl_str(user_id)), &factor));
	if (factor->nrows)
		FL_TRY(account_second_check(cx, req, user_id, code, &strong));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_session_proven(req->token_hash, true, strong), NULL));
	FL_TRY(identity_session_renew(cx, req));
	req->location = identity_destination(cx, fl_req_get(req, "next"), "/me/security");
	return FL_OK;
}

enum fl_rc account_password(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str email, password = fl_req_get(req, "password");
	const char *user_id;
	char *stored;

	FL_TRY(password_given(cx, req, "old", &user_id, &email));
	FL_TRY(account_password_fit(cx, req->db, "password", password, email, (struct fl_str){ NULL, 0 }));
	FL_TRY(fl_password_hash(cx->a, password, &stored));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_password(req->token_hash, fl_str(stored)), &req->effect));
	FL_TRY(identity_session_renew(cx, req));
	req->location = "/me/security?done=password_changed";
	return FL_OK;
}
