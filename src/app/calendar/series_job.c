/* Job calendar.series: the dates of a rule, from a month ago to two years ahead. */
#include "app/calendar/calendar.h"

#include "app/calendar/recur.h"

enum fl_rc calendar_series_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "event_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no event_id");
	fl_batch_add(b, q_calendar_series_load(id), NULL);
	return FL_OK;
}

enum fl_rc calendar_series_call(struct fl_job *job)
{
	struct fl_str *dates = FL_NEW(job->cx->a, struct fl_str);
	const struct fl_rows *row = job->set[0];

	if (!row->nrows)
		return FL_OK; /* it is gone, or happens once */
	FL_TRY(recur_dates(job->cx, fl_rows_str(row, 0, CALENDAR_SERIES_LOAD_START), fl_rows_str(row, 0, CALENDAR_SERIES_LOAD_FROM),
	                   fl_rows_str(row, 0, CALENDAR_SERIES_LOAD_RULE), dates));
	job->state = dates;
	return FL_OK;
}

enum fl_rc calendar_series_save(struct fl_job *job, struct fl_batch *b)
{
	const struct fl_rows *row = job->set[0];

	if (job->state)
		fl_batch_add(b, q_calendar_series_keep(fl_json_str(job->payload, "event_id"), fl_rows_int(row, 0, CALENDAR_SERIES_LOAD_VERSION),
		                                       fl_rows_str(row, 0, CALENDAR_SERIES_LOAD_FROM), *(struct fl_str *)job->state), NULL);
	return FL_OK;
}
