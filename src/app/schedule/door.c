#include "app/schedule/read.h"

enum fl_rc schedule_door(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_schedule_message(fl_req_get(req, "channel"), fl_req_get(req, "subject"), fl_req_get(req, "text"), fl_req_get(req, "name"), fl_req_get(req, "email"),
	                                                 fl_req_get(req, "phone"), fl_req_get(req, "intake_id"), fl_str(cx->who.locale)), &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such request");
}
