/* Job sla.compute: its one statement computes the clocks and makes the job that goes on. */
#include "app/sla/sla.h"

enum fl_rc sla_compute_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str after = fl_json_str(job->payload, "after");

	if (!after.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no after");
	fl_batch_add(b, q_sla_compute_more(after), NULL);
	return FL_OK;
}
