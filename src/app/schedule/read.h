/* Job schedule.read: the times a request asks for. */
#ifndef FL_APP_SCHEDULE_READ_H
#define FL_APP_SCHEDULE_READ_H

#include "app/app.h"

/* Reads the request's text and its organisation's wall clock; payload {intake_id}. FL_INVALID without one. */
enum fl_rc schedule_read_load(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Finds up to three times; the request's own language first, then the other one. */
enum fl_rc schedule_read_call(struct fl_job *job) FL_USE;

enum fl_rc schedule_read_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
