#include "app/sync/sync.h"

#include "base/keyring.h"

/* https://host/secret -> https; webcal is how calendars are linked for subscribing. FL_INVALID unless it is an address without a user. */
static enum fl_rc read_address(struct fl_cx *cx, struct fl_str url, const char **address, const char **place)
{
	static const char *const schemes[][2] = { { "https://", "https://" }, { "http://", "http://" }, { "webcal://", "https://" }, { "webcals://", "https://" } };

	for (size_t i = 0; i < FL_COUNT(schemes); i++) {
		size_t n = strlen(schemes[i][0]), host = n;

		if (url.n <= n || !fl_str_ieq((struct fl_str){ url.p, n }, fl_str(schemes[i][0])))
			continue;
		while (host < url.n && url.p[host] != '/' && url.p[host] != '?')
			host++;
		if (host == n || memchr(url.p + n, '@', host - n))
			break;
		*address = fl_fmt(cx->a, "%s%.*s", schemes[i][1], (int)(url.n - n), url.p + n);
		*place = fl_fmt(cx->a, "%s%.*s", schemes[i][1], (int)(host - n), url.p + n);
		return FL_OK;
	}
	return FL_FAIL_FIELD(cx, FL_INVALID, "url", "wrong.link_url");
}

enum fl_rc sync_save(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str kind = fl_req_get(req, "kind"), user = fl_req_get(req, "user"), password = fl_req_get(req, "password");
	const char *address = "", *place = "";

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(read_address(cx, fl_str_trim(fl_req_get(req, "url")), &address, &place));
	if (fl_str_eq(kind, FL_STR("caldav")))
		address = fl_fmt(cx->a, "%s\n%.*s\n%.*s", address, (int)user.n, user.n ? user.p : "", (int)password.n, password.n ? password.p : "");
	return fl_db_run(cx, req->db, q_sync_add(kind, fl_req_get(req, "name"), fl_str(place), fl_keyring_seal(cx, SYNC_SEAL, fl_str(address))), &req->effect);
}
