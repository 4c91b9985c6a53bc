/* Where files lie once they are read: in DATA_DIR, or in a store (base/s3.h) with DATA_DIR as the way in. A file that left DATA_DIR was answered for
 * by the store, so its place needs no column: it is here, or it is there. */
#include <unistd.h>

#include "app/document/document.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"
#include "outside/http.h"

enum { CALL_S = 300, CALL_MS = 60000, GET_BYTES = 32 << 20, CHUNK = 256 * 1024 };

static enum fl_rc call(struct fl_job *job, const char *method, const char *hash, struct fl_str body, struct fl_http_answer *answer)
{
	struct fl_cx *cx = job->cx;
	const char *key = fl_fmt(cx->a, "%s/%s", job->org_id, hash);
	struct fl_http_request req = { .method = method, .url = fl_s3_presign(cx->a, cx->conf, method, key, CALL_S, fl_now_us(), NULL, NULL), .body = body,
		                       .total_ms = CALL_MS, .max_bytes = GET_BYTES };

	return fl_http(cx, job->outside, &req, answer);
}

static bool is_it(struct fl_arena *a, struct fl_str data, const char *hash)
{
	struct fl_digest d = fl_sha256(data);

	return strcmp(fl_hex(a, (struct fl_str){ (const char *)d.b, sizeof(d.b) }), hash) == 0;
}

enum fl_rc document_open(struct fl_job *job, const char *hash, int *fd)
{
	struct fl_http_answer answer;
	bool same;
	enum fl_rc rc = fl_file_same(job->cx, job->org_id, hash, &same);

	if (rc == FL_OK && !same)
		return FL_FAIL(job->cx, FL_INVALID, "the file is not what was kept");
	if (rc == FL_NOT_FOUND && fl_s3_on(job->cx->conf)) {
		FL_TRY(call(job, "GET", hash, (struct fl_str){ NULL, 0 }, &answer));
		if (!is_it(job->cx->a, answer.body, hash))
			return FL_FAIL(job->cx, FL_INVALID, "what the store gave is not what was kept");
		rc = fl_file_put(job->cx, job->org_id, hash, answer.body);
	}
	FL_TRY(rc);
	return fl_file_open(job->cx, job->org_id, hash, fd);
}

static enum fl_rc read_file(struct fl_job *job, const char *hash, struct fl_str *data)
{
	struct fl_buf b = fl_buf(job->cx->a, GET_BYTES + CHUNK);
	ssize_t n = 1;
	int fd;

	FL_TRY(fl_file_open(job->cx, job->org_id, hash, &fd));
	while (n > 0) {
		char *to = fl_buf_room(&b, CHUNK);

		n = to ? read(fd, to, CHUNK) : -1;
		b.n += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	*data = fl_buf_get(&b);
	return n == 0 && is_it(job->cx->a, *data, hash) ? FL_OK : FL_FAIL(job->cx, FL_LATER, "the file %s is not as it was kept", hash);
}

enum fl_rc document_store_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_document_blobs(fl_json_str(job->payload, "document_id")), NULL);
	return FL_OK;
}

enum fl_rc document_store_call(struct fl_job *job)
{
	for (int i = 0; i < job->set[0]->nrows; i++) {
		const char *hash = fl_rows_dup(job->cx->a, job->set[0], i, DOCUMENT_BLOBS_HASH);
		struct fl_http_answer answer;
		struct fl_str data;

		if (!fl_file_here(job->cx, job->org_id, hash))
			continue;
		FL_TRY(read_file(job, hash, &data));
		FL_TRY(call(job, "PUT", hash, data, &answer));
		FL_TRY(fl_file_remove(job->cx, fl_fmt(job->cx->a, "%s/%s", job->org_id, hash)));
	}
	return FL_OK;
}

enum fl_rc document_remove_load(struct fl_job *job, struct fl_batch *b)
{
	struct json_object *hashes = fl_json_get(job->payload, "hashes");

	fl_batch_add(b, q_document_unused(fl_str(hashes ? json_object_to_json_string_ext(hashes, JSON_C_TO_STRING_PLAIN) : "[]")), NULL);
	return FL_OK;
}

enum fl_rc document_remove_call(struct fl_job *job)
{
	for (int i = 0; i < job->set[0]->nrows; i++) {
		const char *hash = fl_rows_dup(job->cx->a, job->set[0], i, DOCUMENT_UNUSED_HASH);
		struct fl_http_answer answer;
		bool young;

		/* the same content may just be coming in again, its row not committed */
		FL_TRY(fl_file_retire(job->cx, job->org_id, hash, FL_FILE_YOUNG_S, &young));
		if (young)
			job->state = job;
		else if (fl_s3_on(job->cx->conf))
			FL_TRY(call(job, "DELETE", hash, (struct fl_str){ NULL, 0 }, &answer));
	}
	return FL_OK;
}

enum fl_rc document_remove_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_document_remove_later(fl_str(json_object_to_json_string_ext(fl_json_get(job->payload, "hashes"), JSON_C_TO_STRING_PLAIN))), NULL);
	return FL_OK;
}
