/* Where a passkey opens: alone at the door, as second step of sign-in, and as a proof within a session. */
#include "app/account/account.h"
#include "app/identity/session.h"
#include "app/passkey/passkey.h"

/* The passkey a browser names. Its challenge is spent whatever comes of it. */
static enum fl_rc look(struct fl_cx *cx, struct fl_req *req, struct fl_str spent, struct fl_rows **k)
{
	struct fl_str credential;

	FL_TRY(passkey_bytes(cx, req, "credential", &credential));
	FL_TRY(fl_db_run(cx, req->db, q_passkey_look(spent, credential), k));
	if (!fl_rows_bool(*k, 0, PASSKEY_LOOK_FRESH))
		return passkey_refused(cx, "challenge used", "wrong.passkey_old");
	return fl_rows_null(*k, 0, PASSKEY_LOOK_ID) ? passkey_refused(cx, "unknown credential", "wrong.passkey_unknown") : FL_OK;
}

/* The user handle is the person's id in 16 bytes. An authenticator that was told which credential to use may leave it out. */
static bool handle_fits(struct fl_str handle, const char *user_id, bool required)
{
	char text[FL_UUID_TEXT];
	struct fl_uuid u;

	if (handle.n == 0)
		return !required;
	if (handle.n != sizeof(u.b))
		return false;
	memcpy(u.b, handle.p, sizeof(u.b));
	fl_uuid_text(u, text);
	return strcmp(text, user_id) == 0;
}

/* Whose passkey answered at this door. `expected`: who it must be; NULL: whoever it is, which his authenticator must say too. */
static enum fl_rc prove(struct fl_cx *cx, struct fl_req *req, const char *door, const char *expected, const char **user_id)
{
	struct fl_str spent, client, data, signature, handle = { "", 0 };
	struct webauthn_new known = { 0 }, now;
	struct webauthn_want want;
	const char *why = "", *id;
	struct fl_rows *k, *good;

	FL_TRY(passkey_expect(cx, req, door, &want, &spent));
	FL_TRY(look(cx, req, spent, &k));
	id = fl_rows_dup(cx->a, k, 0, PASSKEY_LOOK_ID);
	*user_id = fl_rows_dup(cx->a, k, 0, PASSKEY_LOOK_USER_ID);
	known.key = fl_rows_str(k, 0, PASSKEY_LOOK_PUBLIC_KEY);
	known.eligible = fl_rows_bool(k, 0, PASSKEY_LOOK_ELIGIBLE);
	FL_TRY(passkey_bytes(cx, req, "client_data", &client));
	FL_TRY(passkey_bytes(cx, req, "auth_data", &data));
	FL_TRY(passkey_bytes(cx, req, "signature", &signature));
	if (fl_req_get(req, "user_handle").n)
		FL_TRY(passkey_bytes(cx, req, "user_handle", &handle));
	if ((expected && strcmp(expected, *user_id) != 0) || !handle_fits(handle, *user_id, !expected))
		return passkey_refused(cx, "somebody else", "wrong.passkey_unknown");
	if (webauthn_assert(cx->a, &want, &known, client, data, signature, &now, &why) != FL_OK)
		return passkey_refused(cx, why, "wrong.passkey");
	FL_TRY(fl_db_run(cx, req->db, q_passkey_used(fl_str(id), now.count, now.backed_up, fl_str(cx->request_id)), &good));
	return fl_rows_bool(good, 0, PASSKEY_USED_GOOD) ? FL_OK : passkey_refused(cx, "count", "wrong.passkey_copied");
}

static enum fl_rc known(struct fl_cx *cx, struct fl_req *req, const char *user_id)
{
	return fl_db_run(cx, req->db, q_passkey_known((struct fl_str){ user_id, user_id ? strlen(user_id) : 0 }), &req->set[1]);
}

enum fl_rc passkey_sign_in_options(struct fl_cx *cx, struct fl_req *req)
{
	passkey_ask(cx, req, "signin", "/signin", NULL);
	return known(cx, req, NULL);
}

enum fl_rc passkey_sign_in(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id;

	req->status = 401;
	FL_TRY(prove(cx, req, "signin", NULL, &user_id));
	req->status = 0;
	return identity_session_open(cx, req, user_id, true, fl_req_get(req, "next"));
}

enum fl_rc passkey_second_options(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id;

	FL_TRY(account_step(cx, req, &user_id));
	passkey_ask(cx, req, "second", "/signin", NULL);
	return known(cx, req, user_id);
}

enum fl_rc passkey_second(struct fl_cx *cx, struct fl_req *req)
{
	const char *step, *user_id;

	FL_TRY(account_step(cx, req, &step));
	if (!step) {
		req->location = "/signin?done=again";
		return FL_OK;
	}
	req->status = 401;
	FL_TRY(prove(cx, req, "second", step, &user_id));
	req->status = 0;
	FL_TRY(account_step_end(cx, req));
	return identity_session_open(cx, req, user_id, true, fl_req_get(req, "next"));
}

enum fl_rc passkey_confirm_options(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(passkey_enter(cx, req));
	passkey_ask(cx, req, "confirm", "/me", NULL);
	return known(cx, req, cx->who.user_id);
}

enum fl_rc passkey_confirm(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id;
	struct fl_rows *who;

	FL_TRY(fl_db_run(cx, req->db, q_account_by_session(req->token_hash), &who));
	if (who->nrows == 0)
		return FL_FAIL(cx, FL_DENIED, "error.session_only");
	FL_TRY(prove(cx, req, "confirm", fl_rows_dup(cx->a, who, 0, ACCOUNT_BY_SESSION_USER_ID), &user_id));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_session_proven(req->token_hash, true, true), NULL));
	FL_TRY(identity_session_renew(cx, req));
	req->location = identity_destination(cx, fl_req_get(req, "next"), "/me/security");
	return FL_OK;
}
