/* The second step of a sign-in: between the password and the code it is known by a cookie of its own. */
#include "app/account/account.h"

enum fl_rc account_second_begin(struct fl_cx *cx, struct fl_db *db, const char *user_id, const char **token)
{
	const char *made = fl_secret_new(cx->a);
	struct fl_digest hash = fl_sha256(fl_str(made));
	struct fl_rows *r;

	*token = NULL;
	FL_TRY(fl_db_run(cx, db, q_account_second_begin(fl_str(user_id), fl_str(fl_uuid_new_text(cx->a)), fl_digest_str(&hash)), &r));
	if (fl_rows_bool(r, 0, ACCOUNT_SECOND_BEGIN_NEEDED))
		*token = made;
	return FL_OK;
}

/* The step's token from the cookie that the password left. */
static struct fl_str step_cookie(const struct fl_req *req)
{
	struct fl_str all = fl_str(req->header(req, "HTTP_COOKIE"));

	while (all.p) {
		struct fl_str pair = fl_str_cut(&all, ';'), name;

		pair = fl_str_trim(pair);
		name = fl_str_cut(&pair, '=');
		if (pair.p && fl_str_eq(name, FL_STR("fairlead-step")))
			return pair;
	}
	return (struct fl_str){ "", 0 };
}

enum fl_rc account_step(struct fl_cx *cx, struct fl_req *req, const char **user_id)
{
	struct fl_digest hash = fl_sha256(step_cookie(req));
	struct fl_rows *step;

	FL_TRY(fl_db_run(cx, req->db, q_account_token_look(fl_digest_str(&hash), FL_STR("second")), &step));
	*user_id = step->nrows ? fl_rows_dup(cx->a, step, 0, ACCOUNT_TOKEN_LOOK_USER_ID) : NULL;
	return FL_OK;
}

enum fl_rc account_step_end(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest hash = fl_sha256(step_cookie(req));

	return fl_db_run(cx, req->db, q_account_token_end(fl_digest_str(&hash)), NULL);
}

enum fl_rc account_step_failed(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_digest hash = fl_sha256(step_cookie(req));

	return fl_db_run(cx, req->db, q_account_token_tried(fl_digest_str(&hash)), NULL);
}
