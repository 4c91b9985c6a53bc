/* Job note.deliver: what could not go out at once (quiet hours), and text messages, whose words are made here. */
#include "app/note/remind.h"
#include "app/words.h"
#include "base/conf.h"
#include "view/view.h"

enum fl_rc note_deliver_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "delivery_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no delivery_id");
	fl_batch_add(b, q_note_delivery_load(id), NULL);
	return FL_OK;
}

static const char *text_of(struct fl_cx *cx, const struct fl_rows *row, int col)
{
	const char *s = fl_rows_dup(cx->a, row, 0, col);

	return s ? s : "";
}

enum fl_rc note_deliver_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct fl_words *c = job->cache;
	const char *locale, *number, *late = "";

	if (!row->nrows || !fl_str_eq(fl_rows_str(row, 0, NOTE_DELIVERY_LOAD_CHANNEL), FL_STR("sms")))
		return FL_OK;
	FL_TRY(fl_words_open(cx, c));
	locale = text_of(cx, row, NOTE_DELIVERY_LOAD_LOCALE);
	number = fl_rows_null(row, 0, NOTE_DELIVERY_LOAD_NUMBER) ? "" : fl_fmt(cx->a, "REQ-%lld ", (long long)fl_rows_int(row, 0, NOTE_DELIVERY_LOAD_NUMBER));
	if (fl_rows_bool(row, 0, NOTE_DELIVERY_LOAD_LATE))
		late = fl_fmt(cx->a, "%s ", fl_view_message(c->view, cx->a, locale, "note.sms.late", NULL));
	job->state = fl_fmt(cx->a, "%s%s %s%s", late,
	                    fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "note.sms.%s", text_of(cx, row, NOTE_DELIVERY_LOAD_TEMPLATE)), "number", number, "subject",
	                                    text_of(cx, row, NOTE_DELIVERY_LOAD_SUBJECT), "when", text_of(cx, row, NOTE_DELIVERY_LOAD_CLOCK), "org",
	                                    text_of(cx, row, NOTE_DELIVERY_LOAD_ORG_NAME), NULL),
	                    cx->conf->url, text_of(cx, row, NOTE_DELIVERY_LOAD_PATH));
	return FL_OK;
}

enum fl_rc note_deliver_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str text = { NULL, 0 };

	if (job->state)
		text = fl_str(job->state);
	fl_batch_add(b, q_note_deliver(fl_json_str(job->payload, "delivery_id"), text), NULL);
	return FL_OK;
}
