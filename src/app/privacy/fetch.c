/* An archive by its link. */
#include "app/privacy/privacy.h"

enum fl_rc privacy_download(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *row;

	FL_TRY(fl_db_run(cx, req->db, q_privacy_fetch(fl_req_get(req, "token")), &row));
	if (!row->nrows)
		return FL_FAIL_FIELD(cx, FL_INVALID, "token", "wrong.export_link");
	req->disposition = "attachment; filename=\"fairlead-export.zip\"";
	req->type = "application/zip";
	req->accel = fl_fmt(cx->a, "/_files/exports/%s.zip", fl_rows_dup(cx->a, row, 0, PRIVACY_FETCH_ID));
	return FL_OK;
}
