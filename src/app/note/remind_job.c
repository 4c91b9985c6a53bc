/* Job remind.send: its one statement marks the reminder and tells the person, together with the job's end. */
#include "app/note/remind.h"

enum fl_rc remind_send_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "reminder_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no reminder_id");
	fl_batch_add(b, q_remind_fire(id), NULL);
	return FL_OK;
}
