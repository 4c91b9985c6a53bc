/* Job privacy.tidy: removes files nobody may have any more, from here and from the store. */
#include <string.h>

#include "app/document/document.h"
#include "app/privacy/privacy.h"
#include "base/files.h"
#include "base/json.h"
#include "base/s3.h"

enum { SAVE_BYTES = 1 << 20 };

/* ORG/HASH or ORG/HASH-N, not a folder or an archive of exports */
static bool is_stored(const struct fl_job *job, const char *path)
{
	const char *name = strchr(path, '/');

	return fl_s3_on(job->cx->conf) && name && name[1] && strncmp(path, "exports/", 8) != 0;
}

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
		if (is_stored(job, path))
			FL_TRY(document_store_remove(job, path));
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
