/* Job remind.send: one statement marks the reminders of a round and tells their people, together with the end of the jobs. */
#include "app/note/remind.h"

#include "base/buf.h"

enum { ROUND_BYTES = 64 << 10 };

enum fl_rc remind_send_save(struct fl_job *const *jobs, int n, struct fl_batch *b)
{
	struct fl_buf all = fl_buf(jobs[0]->cx->a, ROUND_BYTES);
	struct fl_jw w = fl_jw(&all);

	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n; i++) {
		struct fl_str id = fl_json_str(jobs[i]->payload, "reminder_id");

		if (!id.n)
			return FL_FAIL(jobs[i]->cx, FL_INVALID, "the payload has no reminder_id");
		fl_jw_open(&w, NULL, '{');
		fl_jw_str(&w, "id", id);
		fl_jw_cstr(&w, "job", jobs[i]->id);
		fl_jw_cstr(&w, "request", jobs[i]->cx->request_id);
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	fl_batch_add(b, q_remind_fire_all(fl_buf_get(&all)), NULL);
	return FL_OK;
}
