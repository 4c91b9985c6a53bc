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

/* POST /calendar/imports: keeps a file of the form, or the text of a body, and has it read. FL_INVALID for what is no iCalendar file. */
enum fl_rc calendar_import(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Job calendar.import, payload {import_id}: reads it. Jobs calendar.import_look and calendar.import_take,
 * likewise: look at, or take, two hundred events of it and ask for the rest. */
enum fl_rc calendar_import_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc calendar_import_call(struct fl_job *job) FL_USE;
enum fl_rc calendar_import_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc calendar_import_dead(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc calendar_import_some(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
