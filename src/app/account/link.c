/* Pages for strangers: sign-up, the links in mails, a forgotten password. What they answer never tells whether an address is known. */
#include "app/account/account.h"
#include "app/identity/session.h"
#include "base/conf.h"

const char *account_token(struct fl_cx *cx, struct fl_str id)
{
	struct fl_digest d = fl_hmac(fl_str(cx->conf->secret), fl_str(fl_fmt(cx->a, "account link %.*s", (int)id.n, id.p)));

	return fl_base64url(cx->a, fl_digest_str(&d));
}

/* The hash of a token that came in the field "token". */
static struct fl_str link_hash(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest *d = FL_NEW(cx->a, struct fl_digest);

	*d = fl_sha256(fl_req_get(req, "token"));
	return fl_digest_str(d);
}

static const char *link_new(struct fl_cx *cx, struct fl_digest *hash)
{
	const char *id = fl_uuid_new_text(cx->a);

	*hash = fl_sha256(fl_str(account_token(cx, fl_str(id))));
	return id;
}

enum fl_rc account_sign_up(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str email = fl_req_get(req, "email"), name = fl_req_get(req, "name"), password = fl_req_get(req, "password");
	struct fl_digest hash;
	const char *id = link_new(cx, &hash);
	char *stored;

	FL_TRY(account_password_fit(cx, req->db, "password", password, email, name));
	FL_TRY(fl_password_hash(cx->a, password, &stored));
	FL_TRY(fl_db_run(cx, req->db, q_account_sign_up(fl_str(id), fl_digest_str(&hash), email, name, fl_str(stored), fl_str(cx->who.locale)), NULL));
	req->location = "/signup/sent";
	return FL_OK;
}

enum fl_rc account_verify(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str hash = link_hash(cx, req);
	struct fl_rows *link, *made;

	FL_TRY(fl_db_run(cx, req->db, q_account_token_look(hash, FL_STR("verify")), &link));
	if (link->nrows == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "token", "wrong.link");
	if (fl_password_check(cx->a, fl_req_get(req, "password"), fl_rows_dup(cx->a, link, 0, ACCOUNT_TOKEN_LOOK_PASSWORD_HASH)) != FL_OK) {
		FL_TRY(fl_db_run(cx, req->db, q_account_token_tried(hash), NULL));
		return FL_FAIL_FIELD(cx, FL_INVALID, "password", "wrong.password_wrong");
	}
	FL_TRY(fl_db_run(cx, req->db, q_account_verify(hash), &made));
	return identity_session_open(cx, req, fl_rows_dup(cx->a, made, 0, ACCOUNT_VERIFY_USER_ID), false, (struct fl_str){ NULL, 0 });
}

enum fl_rc account_forgot(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest hash;
	const char *id = link_new(cx, &hash);

	FL_TRY(fl_db_run(cx, req->db, q_account_forgot(fl_str(id), fl_digest_str(&hash), fl_req_get(req, "email"), fl_str(cx->who.locale)), NULL));
	req->location = "/password/sent";
	return FL_OK;
}

enum fl_rc account_reset(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str hash = link_hash(cx, req), password = fl_req_get(req, "password");
	struct fl_rows *link;
	char *stored;

	FL_TRY(fl_db_run(cx, req->db, q_account_token_look(hash, FL_STR("reset")), &link));
	if (link->nrows == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "token", "wrong.link");
	FL_TRY(account_password_fit(cx, req->db, "password", password, fl_rows_str(link, 0, ACCOUNT_TOKEN_LOOK_EMAIL), (struct fl_str){ NULL, 0 }));
	FL_TRY(fl_password_hash(cx->a, password, &stored));
	FL_TRY(fl_db_run(cx, req->db, q_account_reset(hash, fl_str(stored)), NULL));
	req->location = "/signin?done=password_new";
	return FL_OK;
}

enum fl_rc account_email_ask(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest hash;
	const char *id = link_new(cx, &hash);

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_account_email_ask(fl_str(id), fl_digest_str(&hash), req->token_hash, fl_req_get(req, "email")), &req->effect));
	req->location = "/me/security?done=email_asked";
	return FL_OK;
}

enum fl_rc account_email_take(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str hash = link_hash(cx, req);

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_email_take(hash), &req->effect));
	req->location = "/me/security?done=email_new";
	return FL_OK;
}
