/* Exports: lines that a statement makes, as a file. */
#include "http/edge.h"

enum fl_rc web_audit_export(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;
	struct fl_str org = fl_req_get(req, "org"), format = fl_req_get(req, "format");
	struct fl_rows *lines;
	int64_t from = 1;

	FL_TRY(fl_str_int(fl_req_get(req, "from"), 1, INT64_MAX, &from));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_admin_audit_export(org, format, fl_req_get(req, "action"), fl_req_get(req, "actor"), from), &lines));
	for (int i = 0; i < lines->nrows; i++) {
		fl_buf_str(&r->out, fl_rows_str(lines, i, ADMIN_AUDIT_EXPORT_LINE));
		fl_buf_puts(&r->out, fl_str_eq(format, FL_STR("csv")) ? "\r\n" : "\n");
	}
	r->content_type = fl_str_eq(format, FL_STR("csv")) ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8";
	r->download = fl_fmt(cx->a, "audit-%.*s.%.*s", (int)org.n, org.p, (int)format.n, format.p);
	return FL_OK;
}
