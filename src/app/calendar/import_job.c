/* Jobs calendar.import, payload {import_id}: reads the file in the cage; calendar.import_look and _take: looks at, and takes, some of it. */
#include "app/calendar/calendar.h"

#include "app/calendar/recur.h"
#include "reader/spawn.h"

enum { READ_MS = 15000, READ_BYTES = 16 << 20 };

struct file {
	struct fl_str cal, dates;
	bool broken; /* the reader made nothing of it */
};

static enum fl_rc import_id(struct fl_job *job, struct fl_str *id)
{
	*id = fl_json_str(job->payload, "import_id");
	return fl_uuid_valid(*id) ? FL_OK : FL_FAIL(job->cx, FL_INVALID, "the payload has no import_id");
}

enum fl_rc calendar_import_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id;

	FL_TRY(import_id(job, &id));
	fl_batch_add(b, q_calendar_import_load(id), NULL);
	return FL_OK;
}

enum fl_rc calendar_import_call(struct fl_job *job)
{
	struct file *f = FL_NEW(job->cx->a, struct file);
	const struct fl_rows *row = job->set[0];
	struct json_object *cal = NULL;
	struct fl_cx *cx = job->cx;
	const char *why = NULL;
	enum fl_rc rc;

	if (!row->nrows)
		return FL_OK; /* it is gone, or read */
	job->state = f;
	rc = fl_reader_calendar(cx, fl_reader_path(cx->a), fl_rows_str(row, 0, CALENDAR_IMPORT_LOAD_RAW), READ_MS, &f->cal);
	if (rc == FL_INVALID) {
		f->broken = true;
		cx->err = (struct fl_error){ 0 };
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_parse(cx->a, f->cal, &(struct fl_json_limits){ .bytes = READ_BYTES, .depth = 8, .keys = 10000 }, &cal, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer: %s", why);
	recur_all(cx, cal, fl_rows_str(row, 0, CALENDAR_IMPORT_LOAD_SINCE), &f->dates);
	return FL_OK;
}

enum fl_rc calendar_import_save(struct fl_job *job, struct fl_batch *b)
{
	const struct file *f = job->state;
	struct fl_str id;

	FL_TRY(import_id(job, &id));
	if (f && f->broken)
		fl_batch_add(b, q_calendar_import_failed(id, FL_STR("broken")), NULL);
	else if (f)
		fl_batch_add(b, q_calendar_import_read(id, f->cal, f->dates), NULL);
	return FL_OK;
}

enum fl_rc calendar_import_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = job->payload ? fl_json_str(job->payload, "import_id") : (struct fl_str){ NULL, 0 };

	if (fl_uuid_valid(id))
		fl_batch_add(b, q_calendar_import_failed(id, FL_STR("broken")), NULL);
	return FL_OK;
}

enum fl_rc calendar_import_some(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id;

	FL_TRY(import_id(job, &id));
	fl_batch_add(b, q_calendar_import_some(id), NULL);
	return FL_OK;
}
