#include "app/identity/signin.h"

#include "base/conf.h"

enum { COOKIE_S = 30 * 86400 };

static bool is_local(const struct fl_cx *cx)
{
	return strcmp(cx->conf->env, "local") == 0;
}

static const char *cookie(const struct fl_cx *cx, const char *token, int max_age_s)
{
	return fl_fmt(cx->a, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", is_local(cx) ? "fairlead" : "__Host-fairlead", token, max_age_s,
	              is_local(cx) ? "" : "; Secure");
}

/* Where to go after sign-in: a path of ours, or the dashboard. Anything a browser could read as another host is refused. */
static const char *destination(struct fl_cx *cx, struct fl_str next)
{
	if (next.n < 2 || next.p[0] != '/' || next.p[1] == '/' || next.p[1] == '\\')
		return "/dashboard";
	for (size_t i = 0; i < next.n; i++)
		if ((unsigned char)next.p[i] <= 0x20 || next.p[i] == '\\' || next.p[i] == 0x7f)
			return "/dashboard";
	return fl_strndup(cx->a, next);
}

static enum fl_rc check(struct fl_cx *cx, struct fl_req *req, const char **user_id)
{
	struct fl_rows *person;
	bool known, locked;
	enum fl_rc rc;

	FL_TRY(fl_db_run(cx, req->db, q_sign_in_person(fl_req_get(req, "email")), &person));
	known = person->nrows > 0;
	locked = known && fl_rows_bool(person, 0, SIGN_IN_PERSON_LOCKED);
	rc = fl_password_check(cx->a, fl_req_get(req, "password"), known ? fl_rows_dup(cx->a, person, 0, SIGN_IN_PERSON_PASSWORD_HASH) : NULL);
	if (rc == FL_OK && !locked) {
		*user_id = fl_rows_dup(cx->a, person, 0, SIGN_IN_PERSON_USER_ID);
		return FL_OK;
	}
	if (known && !locked)
		FL_TRY(fl_db_run(cx, req->db, q_sign_in_failed(fl_str(fl_rows_dup(cx->a, person, 0, SIGN_IN_PERSON_USER_ID))), NULL));
	req->status = 401; /* TEN-13 */
	return FL_FAIL_FIELD(cx, FL_INVALID, "email", "wrong.sign_in");
}

struct fl_digest identity_session_hash(const char *user_agent, struct fl_str token)
{
	return fl_hmac(fl_str(user_agent), token);
}

static struct fl_str bytes(const struct fl_digest *d)
{
	return (struct fl_str){ (const char *)d->b, sizeof(d->b) };
}

enum fl_rc identity_session_open(struct fl_cx *cx, struct fl_req *req, const char *user_id, bool second_factor, struct fl_str next)
{
	const char *token = fl_secret_new(cx->a);
	struct fl_digest *hash = FL_NEW(cx->a, struct fl_digest);

	*hash = identity_session_hash(req->user_agent, fl_str(token));
	FL_TRY(fl_db_run(cx, req->db, q_sign_in(fl_str(user_id), bytes(hash), fl_str(req->user_agent), fl_str(req->address), fl_str(cx->request_id)),
	                 &req->effect));
	if (second_factor)
		FL_TRY(fl_db_run(cx, req->db, q_session_proven(bytes(hash), false, true), NULL));
	req->set_cookie = cookie(cx, token, COOKIE_S);
	req->location = destination(cx, next);
	return FL_OK;
}

enum fl_rc identity_sign_in(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id = NULL;

	FL_TRY(check(cx, req, &user_id));
	return identity_session_open(cx, req, user_id, false, fl_req_get(req, "next"));
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
	FL_TRY(fl_req_enter(cx, req));
	req->location = "/dashboard";
	return FL_OK;
}
