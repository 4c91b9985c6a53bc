/* Job document.archive: a searchable PDF of a scan, made in fairlead-paper's cage. */
#include "app/document/document.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"
#include "reader/spawn.h"

enum { FILE_BYTES = 32 << 20, ARCHIVE_MS = 150000 };

struct made {
	const char *hash; /* NULL: it could not be made */
};

enum fl_rc document_archive_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_document_archive_load(fl_json_str(job->payload, "document_id")), NULL);
	return FL_OK;
}

static enum fl_rc input(struct fl_job *job, struct fl_buf *b)
{
	struct fl_str words = fl_rows_str(job->set[0], 0, DOCUMENT_ARCHIVE_LOAD_WORDS);

	fl_buf_printf(b, "%zu\n", words.n);
	fl_buf_str(b, words);
	return document_take(job, fl_rows_dup(job->cx->a, job->set[0], 0, DOCUMENT_ARCHIVE_LOAD_KEY), b);
}

/* What the reader refuses, or crashes over, cannot be made: a state, not a failure of the job. */
enum fl_rc document_archive_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct made *made = FL_NEW(cx->a, struct made);
	struct fl_buf b = fl_buf(cx->a, FILE_BYTES + (20 << 20));
	struct fl_str json, pdf;
	enum fl_rc rc;

	if (!job->set[0]->nrows)
		return FL_OK;
	job->state = made;
	rc = input(job, &b);
	if (rc == FL_OK)
		rc = fl_reader_archive(cx, document_paper_path(cx->a), fl_rows_dup(cx->a, job->set[0], 0, DOCUMENT_ARCHIVE_LOAD_TYPE), fl_buf_get(&b), ARCHIVE_MS, &json, &pdf);
	if (rc == FL_INVALID)
		return FL_OK;
	FL_TRY(rc);
	if (!pdf.n)
		return FL_OK;
	made->hash = fl_sha256_hex(cx->a, pdf);
	return fl_file_put(cx, job->org_id, made->hash, pdf);
}

static void add(struct fl_job *job, struct fl_batch *b, const char *hash)
{
	struct fl_str id = fl_json_str(job->payload, "document_id"), seen = { NULL, 0 };

	if (hash)
		seen = fl_str(fl_rows_dup(job->cx->a, job->set[0], 0, DOCUMENT_ARCHIVE_LOAD_SEEN));
	fl_batch_add(b, q_document_archive_made(id, fl_str(hash), seen), NULL);
	if (hash && fl_s3_on(job->cx->conf))
		fl_batch_add(b, q_document_store_later(id), NULL);
}

enum fl_rc document_archive_save(struct fl_job *job, struct fl_batch *b)
{
	const struct made *made = job->state;

	if (made)
		add(job, b, made->hash);
	return FL_OK;
}

enum fl_rc document_archive_dead(struct fl_job *job, struct fl_batch *b)
{
	add(job, b, NULL);
	return FL_OK;
}
