/* Jobs document.read (opens a file, counts its pages) and document.page (reads one of them), both in fairlead-paper's cage. */
#include <unistd.h>

#include "app/document/document.h"
#include "app/jobs/progress.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"
#include "reader/host.h"

enum { READ_MS = 60000, PATH_BYTES = 1024 };

static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 8, .keys = 10000 };

enum fl_rc document_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "document_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no document_id");
	fl_batch_add(b, q_document_load(id), NULL);
	return FL_OK;
}

const char *document_paper_path(struct fl_arena *a)
{
	char *self = fl_alloc(a, PATH_BYTES);
	ssize_t n = readlink("/proc/self/exe", self, PATH_BYTES - 1);
	const char *path;

	while (n > 0 && self[n - 1] != '/')
		n--;
	path = fl_fmt(a, "%.*sfairlead-paper", (int)(n > 0 ? n : 0), self);
	return access(path, X_OK) == 0 ? path : fl_fmt(a, "%.*s../../fairlead-paper", (int)(n > 0 ? n : 0), self);
}

void *document_read_cache(struct fl_arena *process)
{
	return fl_host_new(process, document_paper_path(process));
}

static enum fl_rc keep_image(struct fl_job *job, struct fl_str image, const char **hash)
{
	*hash = fl_sha256_hex(job->cx->a, image);
	return fl_file_put(job->cx, job->org_id, *hash, image);
}

static void end(struct document_seen *s, const char *status, const char *reason)
{
	s->end = status;
	s->reason = reason;
}

static enum fl_rc ask_reader(struct fl_job *job, int fd, int page, struct document_seen *s, struct fl_str *image)
{
	struct fl_cx *cx = job->cx;
	const char *why = NULL;
	struct fl_str json;

	FL_TRY(fl_reader_paper(cx, job->cache, fd, fl_rows_dup(cx->a, job->set[0], 0, DOCUMENT_LOAD_TYPE), page, READ_MS, &json, image));
	if (fl_json_parse(cx->a, json, &limits, &s->page, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer: %s", why);
	return FL_OK;
}

/* A file that its reader refuses or crashes over is unreadable: a state of the document, not a failure of the job. */
static enum fl_rc read_page(struct fl_job *job, int page, struct document_seen *s)
{
	struct fl_cx *cx = job->cx;
	struct fl_str image = { NULL, 0 };
	enum fl_rc rc;
	int fd;

	rc = document_open(job, fl_rows_dup(cx->a, job->set[0], 0, DOCUMENT_LOAD_KEY), &fd);
	if (rc == FL_INVALID) {
		end(s, "FAILED", "damaged");
		return FL_OK;
	}
	FL_TRY(rc);
	rc = ask_reader(job, fd, page, s, &image);
	(void)close(fd);
	if (rc == FL_INVALID) {
		end(s, "FAILED", "unreadable");
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_str(s->page, "failed").n)
		end(s, "FAILED", fl_strndup(cx->a, fl_json_str(s->page, "failed")));
	return image.n ? keep_image(job, image, &s->image) : FL_OK;
}

static bool waits(const struct fl_job *job, const char *status)
{
	return job->set[0]->nrows && fl_str_eq(fl_rows_str(job->set[0], 0, DOCUMENT_LOAD_STATUS), fl_str(status));
}

enum fl_rc document_read_call(struct fl_job *job)
{
	struct document_seen *s = FL_NEW(job->cx->a, struct document_seen);

	if (!waits(job, "QUEUED"))
		return FL_OK;
	job->state = s;
	FL_TRY(document_scan(job, s));
	if (!s->end && strncmp(fl_rows_dup(job->cx->a, job->set[0], 0, DOCUMENT_LOAD_TYPE), "video/", 6) == 0)
		end(s, "STORED", NULL);
	if (s->end)
		return FL_OK;
	FL_TRY(read_page(job, 0, s));
	if (!s->end && fl_str_eq(fl_rows_str(job->set[0], 0, DOCUMENT_LOAD_TYPE), FL_STR("message/rfc822")))
		FL_TRY(document_attached(job, &s->attached));
	return FL_OK;
}

/* A document that is read goes to the store, where there is one. */
static void add_store(struct fl_job *job, struct fl_batch *b)
{
	if (fl_s3_on(job->cx->conf))
		fl_batch_add(b, q_document_store_later(fl_json_str(job->payload, "document_id")), NULL);
}

static void add_end(struct fl_job *job, struct fl_batch *b, const struct document_seen *s)
{
	fl_batch_add(b, q_document_end(fl_json_str(job->payload, "document_id"), fl_str(s->end), fl_str(s->reason), fl_str(s->finding), fl_str(s->scan)), NULL);
	add_store(job, b);
}

enum fl_rc document_read_save(struct fl_job *job, struct fl_batch *b)
{
	struct document_seen *s = job->state;

	if (!s)
		return FL_OK;
	if (s->end) {
		add_end(job, b, s);
		return FL_OK;
	}
	fl_batch_add(b, q_document_opened(fl_json_str(job->payload, "document_id"), fl_json_int(s->page, "pages", 0), fl_str(s->scan)), NULL);
	fl_batch_add(b, q_document_meta(fl_json_str(job->payload, "document_id"), fl_str(json_object_to_json_string_ext(fl_json_get(s->page, "meta"), JSON_C_TO_STRING_PLAIN))), NULL);
	if (s->attached.n)
		fl_batch_add(b, q_document_attached(fl_json_str(job->payload, "document_id"), s->attached), NULL);
	return FL_OK;
}

enum fl_rc document_page_call(struct fl_job *job)
{
	struct document_seen *s = FL_NEW(job->cx->a, struct document_seen);
	int64_t page = fl_json_int(job->payload, "page", 0), all;

	if (!waits(job, "READING") || page < 1)
		return FL_OK;
	all = fl_rows_int(job->set[0], 0, DOCUMENT_LOAD_PAGES);
	jobs_progress(job, (int)page - 1, (int)all, fl_fmt(job->cx->a, "page %d of %d", (int)page, (int)all));
	job->state = s;
	return read_page(job, (int)page, s);
}

enum fl_rc document_page_save(struct fl_job *job, struct fl_batch *b)
{
	struct document_seen *s = job->state;
	struct json_object *words;

	if (!s)
		return FL_OK;
	if (s->end) {
		add_end(job, b, s);
		return FL_OK;
	}
	words = fl_json_get(s->page, "words");
	fl_batch_add(b, q_document_page_read(fl_json_str(job->payload, "document_id"), fl_json_int(job->payload, "page", 1), fl_json_str(s->page, "source"),
	                                     fl_json_int(s->page, "turn", 0), fl_json_int(s->page, "width", 0), fl_json_int(s->page, "height", 0),
	                                     json_object_get_double(fl_json_get(s->page, "confidence")), fl_json_str(s->page, "text"),
	                                     fl_str(json_object_to_json_string_ext(words, JSON_C_TO_STRING_PLAIN)), fl_str(s->image)), NULL);
	add_store(job, b);
	return FL_OK;
}

enum fl_rc document_dead(struct fl_job *job, struct fl_batch *b)
{
	if (job->payload && fl_json_str(job->payload, "document_id").n)
		add_end(job, b, &(struct document_seen){ .end = "FAILED", .reason = "unreadable" });
	return FL_OK;
}
