/* Files in and out: kept by their hash, handed to nginx by an internal address. */
#include "app/document/document.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/files.h"
#include "base/hash.h"

enum { NAME_BYTES = 200 };

/* What comes after the last slash or backslash, without control characters; browsers send odd things. */
static struct fl_str clean_name(struct fl_cx *cx, struct fl_str name)
{
	struct fl_buf b = fl_buf(cx->a, NAME_BYTES * 2);

	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') {
			name = (struct fl_str){ name.p + i, name.n - i };
			break;
		}
	name = fl_str_clip(name, NAME_BYTES);
	if (!fl_str_utf8(name))
		return FL_STR("file");
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f)
			fl_buf_putc(&b, name.p[i]);
	return b.n ? fl_buf_get(&b) : FL_STR("file");
}

/* Without a scanner a file waits for a person; with one, the job that reads it asks first. */
static struct fl_call call_for(struct fl_cx *cx, const struct fl_file *f, const char *type, const char *hash)
{
	bool scanner = cx->conf->clamd[0], off = strcmp(cx->conf->clamd, "off") == 0;

	return q_document_add(clean_name(cx, f->name), fl_str(type), (int64_t)f->content.n, fl_str(hash), fl_str(scanner ? "QUEUED" : "QUARANTINED"),
	                      scanner ? (struct fl_str){ NULL, 0 } : FL_STR("no_scanner"), fl_str(off ? "off" : "none"));
}

static enum fl_rc keep(struct fl_cx *cx, struct fl_req *req, const struct fl_file *f)
{
	const char *type = document_type(f->name, f->content);
	struct fl_digest d = fl_sha256(f->content);
	const char *hash = fl_hex(cx->a, (struct fl_str){ (const char *)d.b, sizeof(d.b) });

	FL_TRY(fl_file_put(cx, cx->who.org_id, hash, f->content));
	return fl_db_run(cx, req->db, call_for(cx, f, type, hash), &req->effect);
}

enum fl_rc document_upload(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	if (req->nfiles == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.none");
	/* All or nothing: one refused file keeps none of them. */
	for (int i = 0; i < req->nfiles; i++) {
		if (req->files[i].content.n == 0)
			return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.empty");
		if (!document_type(req->files[i].name, req->files[i].content))
			return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.type");
	}
	for (int i = 0; i < req->nfiles; i++)
		FL_TRY(keep(cx, req, &req->files[i]));
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
