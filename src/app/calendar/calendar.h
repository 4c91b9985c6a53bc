/* Calendars: what the files of this capability share. */
#ifndef FL_APP_CALENDAR_CALENDAR_H
#define FL_APP_CALENDAR_CALENDAR_H

#include "app/app.h"

/* POST /calendar and /calendar/{id}: reads the rule, makes its dates, saves. */
enum fl_rc calendar_save(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Job calendar.series, payload {event_id}: makes the dates of a series anew, two years ahead. A rule that is none ends as FL_INVALID. */
enum fl_rc calendar_series_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc calendar_series_call(struct fl_job *job) FL_USE;
enum fl_rc calendar_series_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
