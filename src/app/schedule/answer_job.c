/* Job schedule.answer: the words of an answer come from the catalogue, so it is said as the pages say it. */
#include "app/schedule/read.h"

#include "app/words.h"
#include "base/conf.h"
#include "view/view.h"

enum { TEXT_BYTES = 4000, LISTED_MAX = 3 };

enum fl_rc schedule_answer_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "intake_id");
	int64_t n = fl_json_int(job->payload, "n", 0);

	if (!fl_uuid_valid(id) || n < 1)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no intake_id or no n");
	fl_batch_add(b, q_schedule_answer(id, n), NULL);
	fl_batch_add(b, q_schedule_offers(id, n), NULL);
	return FL_OK;
}

/* "Tuesday 24 November, 10:00-10:30 (Europe/Lisbon, UTC)" out of six neighbouring columns that begin with the weekday. */
static const char *when(struct fl_cx *cx, const struct fl_view *v, const char *locale, const struct fl_rows *r, int row, int weekday, const char *zone)
{
	const char *day = fl_fmt(cx->a, "schedule.weekday.%s", fl_rows_dup(cx->a, r, row, weekday));
	const char *month = fl_fmt(cx->a, "calendar.month.%s", fl_rows_dup(cx->a, r, row, weekday + 2));

	return fl_view_message(v, cx->a, locale, "schedule.when", "weekday", fl_view_message(v, cx->a, locale, day, NULL), "day",
	                       fl_rows_dup(cx->a, r, row, weekday + 1), "month", fl_view_message(v, cx->a, locale, month, NULL), "clock",
	                       fl_rows_dup(cx->a, r, row, weekday + 3), "ends", fl_rows_dup(cx->a, r, row, weekday + 4), "zone", zone, "offset",
	                       fl_rows_dup(cx->a, r, row, weekday + 5), NULL);
}

enum fl_rc schedule_answer_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_words *c = job->cache;
	const struct fl_rows *r = job->set[0], *offers = job->set[1];
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf);
	const char *locale, *zone, *slot = "";

	if (!r->nrows)
		return FL_OK; /* said already */
	FL_TRY(fl_words_open(cx, c));
	locale = fl_rows_dup(cx->a, r, 0, SCHEDULE_ANSWER_LANGUAGE);
	zone = fl_rows_dup(cx->a, r, 0, SCHEDULE_ANSWER_ZONE);
	if (fl_rows_bool(r, 0, SCHEDULE_ANSWER_HAS_SLOT))
		slot = when(cx, c->view, locale, r, 0, SCHEDULE_ANSWER_SLOT_WEEKDAY, zone);
	else if (offers->nrows == 1)
		slot = when(cx, c->view, locale, offers, 0, SCHEDULE_OFFERS_WEEKDAY, zone);
	*b = fl_buf(cx->a, TEXT_BYTES);
	fl_buf_puts(b, fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "schedule.say.%s", fl_rows_dup(cx->a, r, 0, SCHEDULE_ANSWER_SAY)), "when", slot, "page",
	                               fl_rows_dup(cx->a, r, 0, SCHEDULE_ANSWER_PAGE), NULL));
	for (int i = 0; i < offers->nrows && i < LISTED_MAX; i++)
		fl_buf_printf(b, "\n%d. %s", i + 1, when(cx, c->view, locale, offers, i, SCHEDULE_OFFERS_WEEKDAY, zone));
	if (offers->nrows)
		fl_buf_printf(b, "\n%s", fl_view_message(c->view, cx->a, locale, offers->nrows > 1 ? "schedule.hint.many" : "schedule.hint.one", NULL));
	job->state = b;
	return FL_OK;
}

enum fl_rc schedule_answer_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_schedule_say(fl_json_str(job->payload, "intake_id"), fl_json_int(job->payload, "n", 0), fl_buf_get(job->state)), NULL);
	return FL_OK;
}
