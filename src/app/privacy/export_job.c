/* Job privacy.export: a bounded part of what goes into an archive, written as files of lines. The next job writes the next part. */
#include "app/jobs/progress.h"
#include "app/privacy/privacy.h"
#include "base/buf.h"
#include "base/files.h"
#include "base/hash.h"

enum { SAVE_BYTES = 1 << 20 };

enum fl_rc privacy_export_load(struct fl_job *job, struct fl_batch *b)
{
	if (!privacy_order_of(job).n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no order_id");
	fl_batch_add(b, q_privacy_export_part(privacy_order_of(job)), NULL);
	return FL_OK;
}

/* A part is named by its content: a run after a kill writes the same name, or another beside it that nobody asks for. */
static enum fl_rc write_part(struct fl_job *job, int i, struct fl_jw *out)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *r = job->set[0];
	struct fl_str lines = fl_rows_str(r, i, PRIVACY_EXPORT_PART_LINES), order = privacy_order_of(job);
	const char *name = "";

	if (lines.n) {
		name = fl_sha256_hex(cx->a, lines);
		FL_TRY(fl_file_put(cx, fl_fmt(cx->a, "exports/%.*s", (int)order.n, order.p), name, lines));
	}
	fl_jw_open(out, NULL, '{');
	fl_jw_int(out, "n", fl_rows_int(r, i, PRIVACY_EXPORT_PART_N));
	fl_jw_int(out, "seen", fl_rows_int(r, i, PRIVACY_EXPORT_PART_SEEN));
	fl_jw_int(out, "rows", fl_rows_int(r, i, PRIVACY_EXPORT_PART_ROWS));
	fl_jw_bool(out, "over", fl_rows_bool(r, i, PRIVACY_EXPORT_PART_OVER));
	fl_jw_cstr(out, "part", name);
	if (!fl_rows_null(r, i, PRIVACY_EXPORT_PART_WAS))
		fl_jw_raw(out, "was", fl_rows_str(r, i, PRIVACY_EXPORT_PART_WAS));
	if (!fl_rows_null(r, i, PRIVACY_EXPORT_PART_AT))
		fl_jw_raw(out, "at", fl_rows_str(r, i, PRIVACY_EXPORT_PART_AT));
	fl_jw_close(out, '}');
	return FL_OK;
}

enum fl_rc privacy_export_call(struct fl_job *job)
{
	struct fl_buf *out = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;

	*out = fl_buf(job->cx->a, SAVE_BYTES);
	w = fl_jw(out);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < job->set[0]->nrows; i++) {
		jobs_progress(job, i, job->set[0]->nrows, fl_rows_dup(job->cx->a, job->set[0], i, PRIVACY_EXPORT_PART_NAME));
		FL_TRY(write_part(job, i, &w));
	}
	fl_jw_close(&w, ']');
	job->state = job->set[0]->nrows ? out : NULL;
	return FL_OK;
}

enum fl_rc privacy_export_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_buf *out = job->state;

	if (out)
		fl_batch_add(b, q_privacy_exported(privacy_order_of(job), fl_buf_get(out)), NULL);
	return FL_OK;
}

enum fl_rc privacy_job_dead(struct fl_job *job, struct fl_batch *b)
{
	if (privacy_order_of(job).n)
		fl_batch_add(b, q_privacy_dead(privacy_order_of(job)), NULL);
	return FL_OK;
}
