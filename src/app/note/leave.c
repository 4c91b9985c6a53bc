#include "app/note/leave.h"

#include "base/keyring.h"

enum { MAC_BYTES = 10 };

static const char *mac_of(struct fl_arena *a, struct fl_str secret, struct fl_str what)
{
	struct fl_digest d = fl_hmac(secret, fl_str(fl_fmt(a, "unsubscribe %.*s", (int)what.n, what.p)));

	return fl_hex(a, (struct fl_str){ (const char *)d.b, MAC_BYTES });
}

const char *note_leave_token(struct fl_cx *cx, struct fl_str org_id, struct fl_str user_id, struct fl_str kind)
{
	const char *what = fl_fmt(cx->a, "%.*s.%.*s.%.*s", (int)org_id.n, org_id.p, (int)user_id.n, user_id.p, (int)kind.n, kind.p);

	return fl_fmt(cx->a, "%s.%s", what, mac_of(cx->a, fl_str(cx->conf->secret), fl_str(what)));
}

/* A mail lies in its box for months: one signed with the secret before is still good while that is configured. */
static bool signed_by_us(struct fl_cx *cx, struct fl_str what, struct fl_str mac)
{
	for (int id = cx->conf->secret_id; id >= cx->conf->secret_id - 1; id--) {
		struct fl_str secret = fl_keyring_secret(cx->conf, id);

		if (secret.p && fl_equal_ct(fl_str(mac_of(cx->a, secret, what)), mac))
			return true;
	}
	return false;
}

enum fl_rc note_leave_page(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str token = fl_req_get(req, "token"), rest = token, org_id, user_id, what;
	struct fl_rows *done;

	org_id = fl_str_cut(&rest, '.');
	user_id = fl_str_cut(&rest, '.');
	(void)fl_str_cut(&rest, '.');
	what = (struct fl_str){ token.p, token.n - (rest.p ? rest.n + 1 : 0) };
	if (!rest.p || !fl_uuid_valid(org_id) || !fl_uuid_valid(user_id) || !signed_by_us(cx, what, rest))
		return FL_FAIL(cx, FL_NOT_FOUND, "no such link");
	if (strcmp(req->page->method, "POST") == 0) {
		FL_TRY(fl_db_run(cx, req->db, q_note_leave(token), &done));
		if (done->nrows)
			req->location = fl_fmt(cx->a, "/unsubscribe/%.*s?done=left", (int)token.n, token.p);
		return done->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such person");
	}
	FL_TRY(fl_db_run(cx, req->db, q_note_door(token), &req->set[0]));
	return req->set[0]->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such person");
}
