/* Job sms.say: {"reminder_id"} or {"intake_id"}. What the house writes by text message on its own account, in the words of the catalogue. */
#include "app/sms/sms.h"

#include "app/schedule/reply.h"
#include "app/words.h"
#include "view/view.h"

/* Kept for the save: rows live as long as their step. */
struct said {
	const char *peer, *text, *intake_id;
};

static struct fl_str reminder_of(const struct fl_job *job)
{
	return fl_json_str(job->payload, "reminder_id");
}

static struct fl_str intake_of(const struct fl_job *job)
{
	return fl_json_str(job->payload, "intake_id");
}

enum fl_rc sms_say_load(struct fl_job *job, struct fl_batch *b)
{
	if (!fl_uuid_valid(reminder_of(job)) && !fl_uuid_valid(intake_of(job)))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has neither a reminder_id nor an intake_id");
	fl_batch_add(b, q_sms_words(reminder_of(job), intake_of(job)), NULL);
	return FL_OK;
}

static const char *text_of(struct fl_cx *cx, const struct fl_rows *row, int col)
{
	return fl_rows_null(row, 0, col) ? "" : fl_rows_dup(cx->a, row, 0, col);
}

/* The language the person writes in, where their words tell it; else what the row says. */
static const char *locale_of(struct fl_cx *cx, const struct fl_rows *row)
{
	struct reply r = { 0 };

	reply_read(cx->a, fl_rows_str(row, 0, SMS_WORDS_HEARD), &r);
	if (r.language_sure)
		return r.language == PHRASE_ES ? "es" : "en";
	return text_of(cx, row, SMS_WORDS_LOCALE);
}

enum fl_rc sms_say_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_words *w = job->cache;
	const struct fl_rows *row = job->set[0];
	struct said *out;
	const char *locale, *late = "", *number = "";

	if (!row->nrows)
		return FL_OK; /* cancelled meanwhile */
	FL_TRY(fl_words_open(cx, w));
	locale = locale_of(cx, row);
	if (fl_rows_bool(row, 0, SMS_WORDS_LATE))
		late = fl_fmt(cx->a, "%s ", fl_view_message(w->view, cx->a, locale, "note.sms.late", NULL));
	if (!fl_rows_null(row, 0, SMS_WORDS_NUMBER))
		number = fl_fmt(cx->a, "REQ-%lld", (long long)fl_rows_int(row, 0, SMS_WORDS_NUMBER));
	out = FL_NEW(cx->a, struct said);
	out->peer = text_of(cx, row, SMS_WORDS_PEER);
	out->intake_id = fl_rows_null(row, 0, SMS_WORDS_INTAKE_ID) ? NULL : text_of(cx, row, SMS_WORDS_INTAKE_ID);
	out->text = fl_fmt(cx->a, "%s%s", late,
	                   fl_view_message(w->view, cx->a, locale, text_of(cx, row, SMS_WORDS_MESSAGE), "number", number, "page", text_of(cx, row, SMS_WORDS_PAGE), "when",
	                                   text_of(cx, row, SMS_WORDS_AT_TIME), "org", text_of(cx, row, SMS_WORDS_ORG_NAME), NULL));
	job->state = out;
	return FL_OK;
}

enum fl_rc sms_say_save(struct fl_job *job, struct fl_batch *b)
{
	const struct said *out = job->state;
	struct fl_str none = { NULL, 0 };

	if (out)
		fl_batch_add(b, q_sms_say(fl_str(out->peer), fl_str(out->text), fl_str(job->id), out->intake_id ? fl_str(out->intake_id) : none), NULL);
	return FL_OK;
}
