/* Files in, from a page of ours or a program. */
#include "app/document/document.h"
#include "base/buf.h"

static enum fl_rc add(struct fl_cx *cx, struct fl_req *req, const struct document_kept *k)
{
	return fl_db_run(cx, req->db, q_document_add(k->name, fl_str(k->type), k->size, fl_str(k->hash), fl_str(k->status), fl_str(k->reason), fl_str(k->scan), k->quota_mb),
	                 &req->effect);
}

enum { NAMED_BYTES = 400 };

/* Names those of n files that were refused for that reason, so that a person knows which to leave out; scripts send each alone. */
static enum fl_rc refuse(struct fl_cx *cx, const struct document_kept *kept, int n, const char *why)
{
	struct fl_buf b = fl_buf(cx->a, NAMED_BYTES * 2);
	enum fl_rc rc = n == 1 ? FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.refused_one.%s", why) : FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.refused.%s", why);

	for (int i = 0; i < n && b.n < NAMED_BYTES; i++)
		if (kept[i].refused && strcmp(kept[i].refused, why) == 0)
			fl_buf_printf(&b, "%s%s", b.n ? ", " : "", fl_strndup(cx->a, fl_str_clip(kept[i].name, NAMED_BYTES)));
	cx->err.about = fl_strndup(cx->a, fl_buf_get(&b));
	return rc;
}

enum fl_rc document_version(struct fl_cx *cx, struct fl_req *req)
{
	struct document_kept k;
	struct fl_rows *old;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_document_load(fl_req_get(req, "id")), &old));
	if (!old->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such document");
	if (req->nfiles != 1)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.one");
	FL_TRY(document_keep(cx, cx->who.org_id, req->files[0].name, req->files[0].content, &k));
	if (k.refused)
		return refuse(cx, &k, 1, k.refused);
	FL_TRY(fl_db_run(cx, req->db, q_document_version_add(fl_req_get(req, "id"), k.name, fl_str(k.type), k.size, fl_str(k.hash), fl_str(k.status), fl_str(k.reason), fl_str(k.scan), k.quota_mb),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such document");
}

enum fl_rc document_upload(struct fl_cx *cx, struct fl_req *req)
{
	struct document_kept *kept;

	FL_TRY(fl_req_enter(cx, req));
	if (req->nfiles == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.none");
	/* All or nothing: one refused file keeps none of them. */
	kept = FL_NEW_ARRAY(cx->a, req->nfiles, struct document_kept);
	for (int i = 0; i < req->nfiles; i++)
		FL_TRY(document_keep(cx, cx->who.org_id, req->files[i].name, req->files[i].content, &kept[i]));
	for (int i = 0; i < req->nfiles; i++)
		if (kept[i].refused)
			return refuse(cx, kept, req->nfiles, kept[i].refused);
	for (int i = 0; i < req->nfiles; i++)
		FL_TRY(add(cx, req, &kept[i]));
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
