/* The picture of a person: taken here, drawn anew by avatar_job.c, shown from there. */
#include "app/account/account.h"
#include "app/document/document.h"

enum { AVATAR_BYTES = 5 << 20 };

enum fl_rc account_avatar(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str content = req->nfiles == 1 ? req->files[0].content : (struct fl_str){ NULL, 0 };
	const char *type = content.n ? document_type(req->files[0].name, content) : NULL;

	FL_TRY(fl_req_enter(cx, req));
	if (!type || (strcmp(type, "image/png") != 0 && strcmp(type, "image/jpeg") != 0 && strcmp(type, "image/webp") != 0))
		return FL_FAIL_FIELD(cx, FL_INVALID, "avatar", "wrong.avatar");
	if (content.n > AVATAR_BYTES)
		return FL_FAIL_FIELD(cx, FL_INVALID, "avatar", "wrong.avatar_size");
	FL_TRY(fl_db_run(cx, req->db, q_avatar_send(fl_str(type), content), &req->effect));
	req->location = "/me?done=avatar_sent";
	return FL_OK;
}

enum fl_rc account_avatar_show(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *row;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_avatar_show(fl_req_get(req, "key")), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such picture");
	req->file = fl_rows_str(row, 0, AVATAR_SHOW_IMAGE);
	req->file_type = "image/jpeg";
	return FL_OK;
}
