/* What an organisation is connected to: its own connections from the database, the platform's as the last check found them. */
#include "app/observe/health.h"
#include "app/organization/organization.h"

enum fl_rc organization_integrations(struct fl_cx *cx, struct fl_req *req)
{
	struct health_place place[HEALTH_PLACES_MAX];
	int n = health_places(cx->a, cx->conf, place);
	struct fl_buf b = fl_buf(cx->a, 16384);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&w, "dependencies", '[');
	for (int i = 0; i < n; i++) {
		fl_jw_open(&w, NULL, '{');
		fl_jw_cstr(&w, "name", place[i].name);
		fl_jw_cstr(&w, "state", place[i].at[0] ? "set" : "off");
		fl_jw_cstr(&w, "detail", place[i].at);
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	FL_TRY(fl_req_enter(cx, req));
	return fl_db_run(cx, req->db, q_integration_list(fl_buf_get(&b)), &req->set[0]);
}
