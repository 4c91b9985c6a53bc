#include "app/booking/booking.h"

static enum fl_rc answer(struct fl_cx *cx, struct fl_req *req, struct fl_call call)
{
	struct fl_rows *row = NULL;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, call, &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such calendar");
	req->file = fl_rows_str(row, 0, 0);
	req->file_type = "text/calendar; charset=utf-8";
	return FL_OK;
}

enum fl_rc booking_visit_ics(struct fl_cx *cx, struct fl_req *req)
{
	return answer(cx, req, q_visit_ics());
}

enum fl_rc booking_feed_ics(struct fl_cx *cx, struct fl_req *req)
{
	return answer(cx, req, q_calendar_feed());
}

enum fl_rc booking_event_ics(struct fl_cx *cx, struct fl_req *req)
{
	return answer(cx, req, q_event_ics(fl_req_get(req, "id")));
}
