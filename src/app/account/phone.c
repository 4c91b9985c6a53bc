/* The second factor by text message: asked for, proven, and a number set up. */
#include "app/account/account.h"
#include "app/identity/session.h"
#include "base/conf.h"

enum { DIGITS = 6, RANGE = 1000000 };

const char *account_sms_code(struct fl_cx *cx, struct fl_str id)
{
	struct fl_digest d = fl_hmac(fl_str(cx->conf->secret), fl_str(fl_fmt(cx->a, "account sms %.*s", (int)id.n, id.p)));
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)d.b[i];
	return fl_fmt(cx->a, "%0*llu", DIGITS, (unsigned long long)(n % RANGE));
}

static bool same(struct fl_cx *cx, struct fl_str id, struct fl_str code)
{
	struct fl_digest want = fl_sha256(fl_str(account_sms_code(cx, id))), have = fl_sha256(code);

	return fl_equal_ct(fl_digest_str(&want), fl_digest_str(&have));
}

/* A wrong code keeps its try: the statement runs before the request is entered, in a transaction of its own. */
static enum fl_rc tried(struct fl_cx *cx, struct fl_req *req, const char *user_id, bool setup, struct fl_str code, const char **id)
{
	struct fl_rows *r;

	*id = NULL;
	FL_TRY(fl_db_run(cx, req->db, q_account_sms_try(fl_str(user_id), setup), &r));
	if (r->nrows && code.n == DIGITS) {
		const char *it = fl_rows_dup(cx->a, r, 0, ACCOUNT_SMS_TRY_ID);

		if (same(cx, fl_str(it), code))
			*id = it;
	}
	return FL_OK;
}

enum fl_rc account_sms_check(struct fl_cx *cx, struct fl_req *req, const char *user_id, struct fl_str code, bool *taken)
{
	const char *id;
	struct fl_rows *r;

	FL_TRY(tried(cx, req, user_id, false, code, &id));
	if (!id)
		return FL_OK;
	FL_TRY(fl_db_run(cx, req->db, q_account_sms_take(fl_str(id)), &r));
	*taken = fl_rows_bool(r, 0, ACCOUNT_SMS_TAKE_TAKEN);
	return FL_OK;
}

static enum fl_rc back(struct fl_cx *cx, struct fl_req *req, const char *path)
{
	struct fl_str next = fl_req_get(req, "next");
	struct fl_buf to = fl_buf(cx->a, 4096);

	fl_buf_puts(&to, path);
	fl_buf_puts(&to, "?done=sms_sent");
	if (next.n) {
		fl_buf_puts(&to, "&next=");
		fl_buf_url(&to, next);
	}
	req->location = fl_buf_cstr(&to);
	return FL_OK;
}

enum fl_rc account_second_sms(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id;

	FL_TRY(account_step(cx, req, &user_id));
	if (!user_id) {
		req->location = "/signin?done=again";
		return FL_OK;
	}
	FL_TRY(fl_db_run(cx, req->db, q_account_sms_ask(fl_str(user_id)), NULL));
	return back(cx, req, "/signin/second");
}

enum fl_rc account_confirm_sms(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_sms_ask(fl_str(cx->who.user_id)), NULL));
	return back(cx, req, "/me/confirm");
}

enum fl_rc account_phone_begin(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_phone_begin(req->token_hash, fl_req_get(req, "phone")), &req->effect));
	req->location = "/me/security?done=sms_sent";
	return FL_OK;
}

enum fl_rc account_phone_on(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *who;
	const char *id = NULL;

	FL_TRY(fl_db_run(cx, req->db, q_account_by_session(req->token_hash), &who));
	if (who->nrows)
		FL_TRY(tried(cx, req, fl_rows_dup(cx->a, who, 0, ACCOUNT_BY_SESSION_USER_ID), true, fl_str_trim(fl_req_get(req, "sms_code")), &id));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_phone_on(req->token_hash, id ? fl_str(id) : (struct fl_str){ NULL, 0 }), &req->effect));
	if (!req->effect->nrows)
		return FL_FAIL_FIELD(cx, FL_INVALID, "sms_code", "wrong.code");
	req->location = "/me/security?done=phone_on";
	return FL_OK;
}
