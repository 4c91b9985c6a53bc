/* Where files lie once they are read: in DATA_DIR, or in a store (base/s3.h) with DATA_DIR as the way in. A file that left DATA_DIR was answered for
 * by the store, so its place needs no column: it is here, or it is there. */
#include <unistd.h>

#include "app/document/document.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/s3.h"
#include "outside/http.h"

enum { CALL_S = 300, CALL_MS = 60000, GET_BYTES = 32 << 20 };

const char *document_hash(struct fl_arena *a, const char *key)
{
	return fl_strndup(a, fl_str_clip(fl_str(key), 2 * FL_SHA256_SIZE));
}

static enum fl_rc ask(struct fl_cx *cx, struct fl_outside *outside, const char *method, const char *path, struct fl_str body, struct fl_http_answer *answer)
{
	struct fl_http_request req = { .method = method, .url = fl_s3_presign(cx->a, cx->conf, method, path, CALL_S, fl_now_us(), NULL, NULL), .body = body,
		                       .total_ms = CALL_MS, .max_bytes = GET_BYTES };

	return fl_http(cx, outside, &req, answer);
}

static enum fl_rc call(struct fl_job *job, const char *method, const char *key, struct fl_str body, struct fl_http_answer *answer)
{
	return ask(job->cx, job->outside, method, fl_fmt(job->cx->a, "%s/%s", job->org_id, key), body, answer);
}

enum fl_rc document_store_get(struct fl_job *job, struct fl_arena *a, const char *path, struct fl_str *data)
{
	struct fl_cx cx = *job->cx;
	struct fl_http_answer answer;
	enum fl_rc rc;

	cx.a = a;
	rc = ask(&cx, job->outside, "GET", path, (struct fl_str){ NULL, 0 }, &answer);
	if (rc != FL_OK)
		return FL_FAIL(job->cx, answer.status == 404 ? FL_NOT_FOUND : rc, "the store of files: %s", cx.err.text ? cx.err.text : "no answer");
	*data = answer.body;
	return FL_OK;
}

enum fl_rc document_store_remove(struct fl_job *job, const char *path)
{
	struct fl_http_answer answer;
	enum fl_rc rc = ask(job->cx, job->outside, "DELETE", path, (struct fl_str){ NULL, 0 }, &answer);

	return answer.status == 404 ? FL_OK : rc;
}

enum fl_rc document_open(struct fl_job *job, const char *key, int *fd)
{
	const char *hash = document_hash(job->cx->a, key);
	struct fl_http_answer answer;
	bool same;
	enum fl_rc rc = fl_file_same(job->cx, job->org_id, hash, &same);

	if (rc == FL_OK && !same)
		return FL_FAIL(job->cx, FL_INVALID, "the file is not what was kept");
	if (rc == FL_NOT_FOUND && fl_s3_on(job->cx->conf)) {
		FL_TRY(call(job, "GET", key, (struct fl_str){ NULL, 0 }, &answer));
		if (strcmp(fl_sha256_hex(job->cx->a, answer.body), hash) != 0)
			return FL_FAIL(job->cx, FL_INVALID, "what the store gave is not what was kept");
		rc = fl_file_put(job->cx, job->org_id, hash, answer.body);
	}
	FL_TRY(rc);
	return fl_file_open(job->cx, job->org_id, hash, fd);
}

/* Reads fd to its end and closes it. */
static enum fl_rc take(struct fl_cx *cx, int fd, struct fl_buf *b)
{
	ssize_t n = 1;

	while (n > 0) {
		char *to = fl_buf_room(b, DOCUMENT_CHUNK);

		n = to ? read(fd, to, DOCUMENT_CHUNK) : -1;
		b->n += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	return n == 0 ? FL_OK : FL_FAIL(cx, FL_LATER, "the file cannot be read");
}

enum fl_rc document_take(struct fl_job *job, const char *key, struct fl_buf *b)
{
	int fd;

	FL_TRY(document_open(job, key, &fd));
	return take(job->cx, fd, b);
}

static enum fl_rc read_file(struct fl_job *job, const char *hash, struct fl_str *data)
{
	struct fl_buf b = fl_buf(job->cx->a, GET_BYTES + DOCUMENT_CHUNK);
	int fd;

	FL_TRY(fl_file_open(job->cx, job->org_id, hash, &fd));
	FL_TRY(take(job->cx, fd, &b));
	*data = fl_buf_get(&b);
	return strcmp(fl_sha256_hex(job->cx->a, *data), hash) == 0 ? FL_OK : FL_FAIL(job->cx, FL_LATER, "the file %s is not as it was kept", hash);
}

enum fl_rc document_store_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_document_blobs(fl_json_str(job->payload, "document_id")), NULL);
	return FL_OK;
}

static bool was_put(const struct fl_job *job, struct fl_str key)
{
	struct json_object *put = fl_json_get(job->payload, "put");
	size_t n = put ? json_object_array_length(put) : 0;

	for (size_t i = 0; i < n; i++)
		if (fl_str_eq(fl_str(json_object_get_string(json_object_array_get_idx(put, i))), key))
			return true;
	return false;
}

/* A file leaves DATA_DIR only when no upload of the same content can be on its way: its document may have gone meanwhile and come again, with another key. */
enum fl_rc document_store_call(struct fl_job *job)
{
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(job->cx->a, 128 * 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < job->set[0]->nrows; i++) {
		const char *hash = fl_rows_dup(job->cx->a, job->set[0], i, DOCUMENT_BLOBS_HASH), *key = fl_rows_dup(job->cx->a, job->set[0], i, DOCUMENT_BLOBS_KEY);
		struct fl_http_answer answer;
		struct fl_str data;
		bool young;

		if (!fl_file_here(job->cx, job->org_id, hash))
			continue;
		if (!was_put(job, fl_str(key))) {
			FL_TRY(read_file(job, hash, &data));
			FL_TRY(call(job, "PUT", key, data, &answer));
		}
		FL_TRY(fl_file_retire(job->cx, job->org_id, hash, FL_FILE_YOUNG_S, &young));
		if (young) {
			fl_jw_cstr(&w, NULL, key);
			job->state = b;
		}
	}
	fl_jw_close(&w, ']');
	return FL_OK;
}

enum fl_rc document_store_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_document_store_again(fl_json_str(job->payload, "document_id"), fl_buf_get(job->state)), NULL);
	return FL_OK;
}

static struct fl_str hashes(const struct fl_job *job)
{
	struct json_object *list = fl_json_get(job->payload, "hashes");

	return fl_str(list ? json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN) : "[]");
}

enum fl_rc document_remove_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_file_give_up(hashes(job), fl_s3_on(job->cx->conf)), NULL);
	return FL_OK;
}

struct removed {
	bool again; /* some are too young to go */
	struct fl_buf gone;
};

enum fl_rc document_remove_call(struct fl_job *job)
{
	struct removed *r = FL_NEW(job->cx->a, struct removed);
	struct fl_jw w;

	r->gone = fl_buf(job->cx->a, 256 * 1024);
	w = fl_jw(&r->gone);
	fl_jw_open(&w, NULL, '{');
	for (int i = 0; i < job->set[0]->nrows; i++) {
		const char *hash = fl_rows_dup(job->cx->a, job->set[0], i, FILE_GIVE_UP_HASH);
		int64_t last = fl_rows_int(job->set[0], i, FILE_GIVE_UP_LAST);
		struct fl_http_answer answer;
		bool young;

		/* the same content may just be coming in again, its row not committed */
		FL_TRY(fl_file_retire(job->cx, job->org_id, hash, FL_FILE_YOUNG_S, &young));
		r->again |= young;
		for (int64_t n = fl_rows_int(job->set[0], i, FILE_GIVE_UP_FIRST); n <= last && !young; n++)
			FL_TRY(call(job, "DELETE", n ? fl_fmt(job->cx->a, "%s-%lld", hash, (long long)n) : hash, (struct fl_str){ NULL, 0 }, &answer));
		if (!young && last >= 0)
			fl_jw_int(&w, hash, last + 1);
	}
	fl_jw_close(&w, '}');
	job->state = r;
	return FL_OK;
}

enum fl_rc document_remove_save(struct fl_job *job, struct fl_batch *b)
{
	const struct removed *r = job->state;

	if (fl_s3_on(job->cx->conf))
		fl_batch_add(b, q_file_given_up(fl_buf_get(&r->gone)), NULL);
	if (r->again)
		fl_batch_add(b, q_document_remove_later(hashes(job)), NULL);
	return FL_OK;
}
