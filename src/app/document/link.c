/* The way out: files leave through nginx or from the store, for who may read them; or for a quarter of an hour by a signed link. */
#include "app/document/document.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"

enum { LINK_S = 15 * 60, LINK_BYTES = 2048, MAC_BYTES = 16 };

static const char *disposition(struct fl_cx *cx, struct fl_str name)
{
	struct fl_buf b = fl_buf(cx->a, 4096);

	fl_buf_puts(&b, "attachment; filename*=UTF-8''");
	fl_buf_url(&b, name);
	return fl_buf_cstr(&b);
}

static const char *store_link(struct fl_cx *cx, const char *org, const char *key, const char *how, const char *type)
{
	return fl_s3_presign(cx->a, cx->conf, "GET", fl_fmt(cx->a, "%s/%s", org, key), LINK_S, cx->now_us, how, type);
}

enum fl_rc document_hand_out(struct fl_cx *cx, struct fl_req *req, const char *org, const char *key, const char *how, const char *type)
{
	const char *hash = document_hash(cx->a, key);

	if (fl_s3_on(cx->conf) && !fl_file_here(cx, org, hash)) {
		req->location = store_link(cx, org, key, how, type);
		return FL_OK;
	}
	req->disposition = how;
	req->type = type;
	req->accel = fl_fmt(cx->a, "/_files/%s/%s", org, hash);
	return FL_OK;
}

static enum fl_rc find(struct fl_cx *cx, struct fl_req *req, struct fl_rows **row)
{
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_document_file(fl_req_get(req, "id")), row));
	return (*row)->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such document");
}

enum fl_rc document_download(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *row;

	FL_TRY(find(cx, req, &row));
	return document_hand_out(cx, req, cx->who.org_id, fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_KEY), disposition(cx, fl_rows_str(row, 0, DOCUMENT_FILE_NAME)),
	                fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_TYPE));
}

enum fl_rc document_archive(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *row;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_document_archive_file(fl_req_get(req, "id")), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no searchable PDF was made of it");
	return document_hand_out(cx, req, cx->who.org_id, fl_rows_dup(cx->a, row, 0, DOCUMENT_ARCHIVE_FILE_KEY), disposition(cx, fl_rows_str(row, 0, DOCUMENT_ARCHIVE_FILE_NAME)),
	                         "application/pdf");
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
	return document_hand_out(cx, req, cx->who.org_id, fl_rows_dup(cx->a, row, 0, DOCUMENT_IMAGE_KEY), NULL, "image/jpeg");
}

static const char *mac(struct fl_cx *cx, struct fl_str payload)
{
	struct fl_digest d = fl_hmac(fl_str(fl_fmt(cx->a, "file link %s", cx->conf->secret)), payload);

	return fl_base64url(cx->a, (struct fl_str){ (const char *)d.b, MAC_BYTES });
}

/* ORGANISATION KEY EXPIRES TYPE NAME, and its MAC: whoever shows it may fetch the file, so nothing is looked up. */
static const char *own_link(struct fl_cx *cx, const char *key, const char *type, struct fl_str name, int64_t until_s)
{
	const char *text = fl_fmt(cx->a, "%s %s %lld %s %.*s", cx->who.org_id, key, (long long)until_s, type, (int)name.n, name.p);
	const char *payload = fl_base64url(cx->a, fl_str(text));

	return fl_fmt(cx->a, "%s/files/%s.%s", cx->conf->cdn_url[0] ? cx->conf->cdn_url : cx->conf->url, payload, mac(cx, fl_str(payload)));
}

enum fl_rc document_link(struct fl_cx *cx, struct fl_req *req)
{
	int64_t until_s = cx->now_us / FL_SECOND_US + LINK_S;
	const char *key, *type, *url;
	struct fl_rows *row;
	struct fl_str name;

	FL_TRY(find(cx, req, &row));
	key = fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_KEY);
	type = fl_rows_dup(cx->a, row, 0, DOCUMENT_FILE_TYPE);
	name = fl_rows_str(row, 0, DOCUMENT_FILE_NAME);
	if (fl_s3_on(cx->conf) && !fl_file_here(cx, cx->who.org_id, document_hash(cx->a, key)))
		url = store_link(cx, cx->who.org_id, key, disposition(cx, name), type);
	else
		url = own_link(cx, key, type, name, until_s);
	req->effect = fl_query_rows(cx->a, Q_DOCUMENT_LINK, 1);
	fl_rows_set_str(req->effect, 0, DOCUMENT_LINK_URL, fl_str(url));
	fl_rows_set_int(cx->a, req->effect, 0, DOCUMENT_LINK_SECONDS, LINK_S);
	return FL_OK;
}

enum fl_rc document_by_link(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str sent = fl_req_get(req, "link"), payload = fl_str_cut(&sent, '.'), text, org, key, type;
	int64_t until_s;

	if (!fl_equal_ct(sent, fl_str(mac(cx, payload))) || fl_base64url_decode(cx->a, payload, &text) != FL_OK)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such link");
	org = fl_str_cut(&text, ' ');
	key = fl_str_cut(&text, ' ');
	FL_TRY(fl_str_int(fl_str_cut(&text, ' '), 0, INT64_MAX, &until_s));
	if (until_s < cx->now_us / FL_SECOND_US)
		return FL_FAIL(cx, FL_NOT_FOUND, "the link is over");
	type = fl_str_cut(&text, ' ');
	req->shared_s = cx->conf->cdn_url[0] ? until_s - cx->now_us / FL_SECOND_US : 0;
	return document_hand_out(cx, req, fl_strndup(cx->a, org), fl_strndup(cx->a, key), disposition(cx, text), fl_strndup(cx->a, type));
}
