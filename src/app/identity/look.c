#include "app/identity/look.h"

#include "app/identity/session.h"
#include "base/conf.h"

enum { LOOK_S = 400 * 86400 }; /* the longest that browsers keep a cookie */

static bool is_on(const struct fl_req *req, const char *name)
{
	return fl_str_eq(fl_req_get(req, name), FL_STR("true"));
}

enum fl_rc identity_look(struct fl_cx *cx, struct fl_req *req)
{
	bool local = strcmp(cx->conf->env, "local") == 0;

	FL_TRY(fl_req_enter(cx, req));
	req->set_cookie = fl_fmt(cx->a, IDENTITY_LOOK_COOKIE "=%s%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", is_on(req, "slim") ? "s" : "", is_on(req, "dense") ? "d" : "",
	                         LOOK_S, local ? "" : "; Secure");
	req->location = identity_destination(cx, fl_req_get(req, "next"), "/me");
	return FL_OK;
}
