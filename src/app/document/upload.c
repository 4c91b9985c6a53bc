/* Files in and out: kept by their hash, handed to nginx by an internal address. */
#include "app/document/document.h"
#include "base/buf.h"

static enum fl_rc add(struct fl_cx *cx, struct fl_req *req, const struct document_kept *k)
{
	return fl_db_run(cx, req->db, q_document_add(k->name, fl_str(k->type), k->size, fl_str(k->hash), fl_str(k->status), fl_str(k->reason), fl_str(k->scan)),
	                 &req->effect);
}

enum fl_rc document_upload(struct fl_cx *cx, struct fl_req *req)
{
	struct document_kept *kept;

	FL_TRY(fl_req_enter(cx, req));
	if (req->nfiles == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.none");
	/* All or nothing: one refused file keeps none of them. */
	kept = FL_NEW_ARRAY(cx->a, req->nfiles, struct document_kept);
	for (int i = 0; i < req->nfiles; i++) {
		FL_TRY(document_keep(cx, cx->who.org_id, req->files[i].name, req->files[i].content, &kept[i]));
		if (kept[i].refused)
			return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.%s", kept[i].refused);
	}
	for (int i = 0; i < req->nfiles; i++)
		FL_TRY(add(cx, req, &kept[i]));
	req->status = 201;
	if (req->nfiles == 1) {
		char id[FL_UUID_TEXT];
		bool known = fl_rows_bool(req->effect, 0, DOCUMENT_ADD_DUPLICATE);

		fl_rows_uuid(req->effect, 0, DOCUMENT_ADD_ID, id);
		req->location = fl_fmt(cx->a, "/documents/%s?done=%s", id, known ? "document_known" : "document_taken");
	} else {
		req->location = "/documents?done=document_taken";
	}
	return FL_OK;
}

enum fl_rc document_download(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_buf b = fl_buf(cx->a, 4096);
	struct fl_rows *row;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_document_file(fl_req_get(req, "id")), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such document");
	fl_buf_puts(&b, "attachment; filename*=UTF-8''");
	fl_buf_url(&b, fl_rows_str(row, 0, DOCUMENT_FILE_NAME));
	req->disposition = fl_buf_cstr(&b);
	req->type = fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_TYPE);
	req->accel = fl_fmt(cx->a, "/_files/%s/%s", cx->who.org_id, fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_HASH));
	return FL_OK;
}

enum fl_rc document_image(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str page = fl_req_get(req, "page");
	struct fl_rows *row;
	int64_t n;

	FL_TRY(fl_str_int(page, 1, 500, &n));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_document_image(fl_req_get(req, "id"), n), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such page");
	req->type = "image/jpeg";
	req->accel = fl_fmt(cx->a, "/_files/%s/%s", cx->who.org_id, fl_rows_dup(cx->a, row, 0, DOCUMENT_IMAGE_HASH));
	return FL_OK;
}
