/* Job task.bulk: some of the tasks that matched when somebody asked for one act on them all. */
#include "app/task/agent.h"

enum fl_rc task_bulk_save(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_task_bulk_some(fl_str(json_object_to_json_string_ext(job->payload, JSON_C_TO_STRING_PLAIN))), NULL);
	return FL_OK;
}
