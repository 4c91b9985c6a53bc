/* A file that came by any door: sniffed, hashed, kept, and told to the database. */
#include "app/document/document.h"
#include "base/conf.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"

enum { ENTRY_BYTES = 2048 };

enum fl_rc document_keep(struct fl_cx *cx, const char *org_id, struct fl_str name, struct fl_str content, struct document_kept *out)
{
	bool scanner = cx->conf->clamd[0], off = strcmp(cx->conf->clamd, "off") == 0;

	*out = (struct document_kept){ .name = fl_file_name(cx->a, name), .size = (int64_t)content.n };
	out->type = document_type(out->name, content);
	out->refused = content.n == 0 ? "empty" : content.n > (size_t)cx->conf->upload_max_mb << 20 ? "too_large" : !out->type ? "type" : NULL;
	if (out->refused)
		return FL_OK;
	out->hash = fl_sha256_hex(cx->a, content);
	/* Without a scanner a file waits for a person; with one, the job that reads it asks first. */
	out->status = scanner ? "QUEUED" : "QUARANTINED";
	out->reason = scanner ? NULL : "no_scanner";
	out->quota_mb = cx->conf->document_quota_mb;
	out->scan = off ? "off" : "none";
	return fl_file_put(cx, org_id, out->hash, content);
}

void document_kept_json(struct fl_jw *w, const struct document_kept *k)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "name", k->name);
	fl_jw_int(w, "size", k->size);
	if (k->refused) {
		fl_jw_cstr(w, "refused", k->refused);
	} else {
		fl_jw_cstr(w, "type", k->type);
		fl_jw_cstr(w, "hash", k->hash);
		fl_jw_cstr(w, "status", k->status);
		fl_jw_cstr(w, "reason", k->reason);
		fl_jw_cstr(w, "scan", k->scan);
		fl_jw_int(w, "quota_mb", k->quota_mb);
	}
	fl_jw_close(w, '}');
}

enum fl_rc document_keep_all(struct fl_cx *cx, const char *org_id, const struct fl_file *files, int n, struct fl_str *json)
{
	struct fl_buf b = fl_buf(cx->a, (size_t)(n + 1) * ENTRY_BYTES);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n; i++) {
		struct document_kept k;

		FL_TRY(document_keep(cx, org_id, files[i].name, files[i].content, &k));
		document_kept_json(&w, &k);
	}
	fl_jw_close(&w, ']');
	*json = fl_buf_get(&b);
	return FL_OK;
}

enum fl_rc document_of_request(struct fl_cx *cx, struct fl_req *req)
{
	char id[FL_UUID_TEXT];
	struct fl_str json;

	fl_rows_uuid(req->effect, 0, 0, id);
	FL_TRY(document_keep_all(cx, cx->who.org_id, req->files, req->nfiles, &json));
	return fl_db_run(cx, req->db, q_intake_files_add(fl_str(id), json), NULL);
}

enum fl_rc document_attach(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str json;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(document_keep_all(cx, cx->who.org_id, req->files, req->nfiles, &json));
	FL_TRY(fl_db_run(cx, req->db, q_intake_files_put(fl_req_get(req, "id"), json), &req->effect));
	if (req->effect->nrows == 0)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such request");
	return req->nfiles ? FL_OK : FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.none");
}
