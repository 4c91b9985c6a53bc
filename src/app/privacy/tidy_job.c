/* Job privacy.tidy: removes files nobody may have any more. */
#include "app/privacy/privacy.h"
#include "base/files.h"
#include "base/json.h"

enum { SAVE_BYTES = 1 << 20 };

enum fl_rc privacy_tidy_load(struct fl_job *job, struct fl_batch *b)
{
	(void)job;
	fl_batch_add(b, q_privacy_tidy((struct fl_str){ NULL, 0 }), NULL);
	return FL_OK;
}

enum fl_rc privacy_tidy_call(struct fl_job *job)
{
	const struct fl_rows *r = job->set[0];
	struct fl_buf *gone = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;

	*gone = fl_buf(job->cx->a, SAVE_BYTES);
	w = fl_jw(gone);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < r->nrows; i++) {
		const char *path = fl_rows_dup(job->cx->a, r, i, PRIVACY_TIDY_PATH);

		FL_TRY(fl_file_remove(job->cx, path));
		fl_jw_cstr(&w, NULL, path);
	}
	fl_jw_close(&w, ']');
	job->state = gone;
	return FL_OK;
}

enum fl_rc privacy_tidy_save(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_privacy_tidied(fl_buf_get(job->state)), NULL);
	return FL_OK;
}
