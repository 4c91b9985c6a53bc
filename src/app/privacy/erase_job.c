/* Job privacy.erase: a bounded part of an erasure. Files go before their entries do, so that a kill leaves no file that nobody knows of. */
#include "app/privacy/privacy.h"
#include "base/s3.h"

enum fl_rc privacy_erase_load(struct fl_job *job, struct fl_batch *b)
{
	if (!privacy_order_of(job).n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no order_id");
	fl_batch_add(b, q_privacy_tidy(privacy_order_of(job)), NULL);
	return FL_OK;
}

enum fl_rc privacy_erase_save(struct fl_job *job, struct fl_batch *b)
{
	if (fl_s3_on(job->cx->conf))
		fl_batch_add(b, q_privacy_store(privacy_order_of(job)), NULL);
	fl_batch_add(b, q_privacy_erase_step(privacy_order_of(job), fl_buf_get(job->state)), NULL);
	return FL_OK;
}
