/* The agent and tasks (ORC-17, TSK-05). */
#ifndef FL_APP_TASK_AGENT_H
#define FL_APP_TASK_AGENT_H

#include "app/app.h"

/* Job task.react {"task_id", "what": created | changed | completed | late, "to": status}: the agent's answer, in one statement. FL_INVALID: the
 * payload has no task_id. */
enum fl_rc task_react_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job task.agent {"task_id"}: writes down what is known about the task and hands it to a person. Its cache are the fl_words. */
enum fl_rc task_agent_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc task_agent_call(struct fl_job *job) FL_USE;
enum fl_rc task_agent_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job task.bulk, payload as task_bulk_all (SQL) makes it: two hundred of the tasks, then a job for the rest. */
enum fl_rc task_bulk_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
