/* The logo: taken as a document, shown as the reader drew it. */
#include "app/document/document.h"
#include "app/organization/organization.h"

enum { LOGO_BYTES = 1 << 20 };

enum fl_rc organization_logo(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str content = req->nfiles == 1 ? req->files[0].content : (struct fl_str){ NULL, 0 };
	const char *type = content.n ? document_type(req->files[0].name, content) : NULL;
	struct document_kept k;
	char id[FL_UUID_TEXT];

	FL_TRY(fl_req_enter(cx, req));
	if (!type || strncmp(type, "image/", 6) != 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "logo", "wrong.logo");
	if (content.n > LOGO_BYTES)
		return FL_FAIL_FIELD(cx, FL_INVALID, "logo", "wrong.logo_size");
	FL_TRY(document_keep(cx, cx->who.org_id, req->files[0].name, content, &k));
	FL_TRY(fl_db_run(cx, req->db, q_document_add(k.name, fl_str(k.type), k.size, fl_str(k.hash), fl_str(k.status), fl_str(k.reason), fl_str(k.scan), k.quota_mb),
	                 &req->effect));
	fl_rows_uuid(req->effect, 0, DOCUMENT_ADD_ID, id);
	FL_TRY(fl_db_run(cx, req->db, q_organization_logo(fl_str(id)), &req->effect));
	req->location = fl_str_eq(fl_req_get(req, "next"), FL_STR("welcome")) ? "/welcome" : "/settings/organization?done=saved";
	return FL_OK;
}

enum fl_rc organization_logo_show(struct fl_cx *cx, struct fl_req *req)
{
	char org[FL_UUID_TEXT];
	struct fl_rows *row;

	FL_TRY(fl_db_run(cx, req->db, q_logo_show(fl_req_get(req, "key")), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such logo");
	fl_rows_uuid(row, 0, LOGO_SHOW_ORG_ID, org);
	return document_hand_out(cx, req, org, fl_rows_dup(cx->a, row, 0, LOGO_SHOW_HASH), NULL, "image/jpeg");
}
