#include "app/account/account.h"
#include "app/organization/organization.h"

/* Hashes before the transaction begins: it takes some 200 ms. */
static enum fl_rc newcomer(struct fl_cx *cx, const struct fl_req *req, struct fl_str email, char **hash)
{
	struct fl_str name = fl_req_get(req, "name"), password = fl_req_get(req, "password");

	if (!name.n)
		return FL_FAIL_FIELD(cx, FL_INVALID, "name", "wrong.required");
	FL_TRY(account_password_fit(cx, req->db, "password", password, email, name));
	return fl_password_hash(cx->a, password, hash);
}

enum fl_rc organization_accept(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest hash = fl_sha256(req->token);
	struct fl_rows *look;
	char *password = NULL;
	bool known;

	FL_TRY(fl_db_run(cx, req->db, q_invitation_look(fl_digest_str(&hash)), &look));
	known = look->nrows == 0 || fl_rows_bool(look, 0, INVITATION_LOOK_KNOWN);
	if (!known)
		FL_TRY(newcomer(cx, req, fl_rows_str(look, 0, INVITATION_LOOK_EMAIL), &password));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_invitation_accept(known ? (struct fl_str){ NULL, 0 } : fl_req_get(req, "name"), fl_str(password)), &req->effect));
	if (req->effect->nrows == 0)
		return FL_FAIL(cx, FL_NOT_FOUND, "this invitation has ended");
	req->location = "/signin?done=joined";
	return FL_OK;
}
