/* A stranger whom a provider vouches for: an account is made when he says so, from what he was shown. */
#include "app/identity/session.h"
#include "app/oidc/carry.h"
#include "app/oidc/oidc.h"

#define SEAL_JOIN "oidc join"

enum fl_rc oidc_stranger(struct fl_cx *cx, struct fl_req *req, const struct oidc_provider *p, const struct idtoken *t, struct fl_str next)
{
	struct fl_buf text = fl_buf(cx->a, 4096), to = fl_buf(cx->a, 8192);
	struct fl_jw w = fl_jw(&text);
	struct fl_rows *r;

	req->location = "/signin?done=not_linked";
	if (!t->email_verified)
		return FL_OK;
	FL_TRY(fl_db_run(cx, req->db, q_identity_free(fl_str(t->email)), &r));
	if (!fl_rows_bool(r, 0, IDENTITY_FREE_FREE))
		return FL_OK;
	carry_begin(cx, &w);
	fl_jw_cstr(&w, "provider", p->key);
	fl_jw_cstr(&w, "sub", t->subject);
	fl_jw_cstr(&w, "email", t->email);
	fl_jw_str(&w, "next", next);
	fl_jw_close(&w, '}');
	/* In a cookie and not in the address: a page elsewhere could else send somebody's browser into an account of its own. */
	req->set_cookie = carry_set_cookie(cx, "join", "/oidc", carry_seal(cx, SEAL_JOIN, &text));
	fl_buf_puts(&to, "/oidc/join");
	carry_add(&to, "provider", p->key);
	carry_add(&to, "email", t->email);
	carry_add(&to, "name", t->name);
	req->location = fl_buf_cstr(&to);
	return FL_OK;
}

enum fl_rc oidc_join(struct fl_cx *cx, struct fl_req *req)
{
	struct json_object *claim;
	struct fl_rows *made;
	struct fl_str email;

	req->location = "/signin?done=provider_failed";
	if (carry_open(cx, SEAL_JOIN, carry_cookie(cx, req, "join"), &claim) != FL_OK || !fl_str_eq(fl_json_str(claim, "provider"), fl_req_get(req, "provider")) ||
	    !fl_str_eq(fl_json_str(claim, "email"), fl_req_get(req, "email")))
		return FL_OK;
	email = fl_json_str(claim, "email");
	FL_TRY(fl_db_run(cx, req->db, q_identity_join(fl_json_str(claim, "provider"), fl_json_str(claim, "sub"), email, fl_req_get(req, "name")), &made));
	req->location = "/signin?done=not_linked";
	if (made->nrows == 0)
		return FL_OK;
	return identity_session_open(cx, req, fl_rows_dup(cx->a, made, 0, IDENTITY_JOIN_USER_ID), false, fl_json_str(claim, "next"));
}
