/* Job sms.send: {"sms_id"}, or {"to": "+E164", "body": "..."}, which becomes a row under the job's id. The gateway knows no idempotency key, so
 * a run that finds another was cut off while sending asks the gateway what it has before it sends. */
#include "app/sms/sms.h"

#include "base/conf.h"
#include "outside/sms.h"

struct outcome {
	const char *state, *id, *why;
};

enum fl_rc sms_send_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_cx *cx = job->cx;
	bool gateway = fl_sms_ready(cx->conf);

	fl_batch_add(b, q_sms_take(fl_str(job->id), fl_json_str(job->payload, "sms_id"), fl_json_str(job->payload, "to"), fl_json_str(job->payload, "body"), gateway), NULL);
	return FL_OK;
}

static enum fl_rc hand_over(struct fl_job *job, const struct fl_sms *m, bool look, struct outcome *out)
{
	struct fl_cx *cx = job->cx;
	bool stopped = false;
	enum fl_rc rc;

	if (look) {
		rc = fl_sms_find(cx, job->outside, m, &out->id);
		if (rc != FL_NOT_FOUND)
			return rc;
		cx->err.rc = FL_OK;
	}
	rc = fl_sms_send(cx, job->outside, m, &out->id, &stopped);
	if (rc == FL_INVALID) {
		*out = (struct outcome){ stopped ? "stopped" : "failed", NULL, cx->err.text };
		return FL_OK;
	}
	return rc;
}

enum fl_rc sms_send_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct outcome *out = FL_NEW(cx->a, struct outcome);
	struct fl_sms m;

	if (!row->nrows)
		return FL_FAIL(cx, FL_INVALID, "the payload has neither a sms_id nor a number (+34600000000) and a body");
	if (fl_str_eq(fl_rows_str(row, 0, SMS_TAKE_ACT), FL_STR("skip")))
		return FL_OK;
	m = (struct fl_sms){ .to = fl_rows_str(row, 0, SMS_TAKE_PEER), .body = fl_rows_str(row, 0, SMS_TAKE_BODY), .since = fl_rows_str(row, 0, SMS_TAKE_SINCE),
		             .known = fl_rows_str(row, 0, SMS_TAKE_KNOWN), .from = fl_rows_str(row, 0, SMS_TAKE_LINE) };
	if (!m.from.n)
		m.from = fl_str(cx->conf->twilio_from);
	out->state = "sent";
	FL_TRY(hand_over(job, &m, fl_str_eq(fl_rows_str(row, 0, SMS_TAKE_ACT), FL_STR("look")), out));
	job->state = out;
	return FL_OK;
}

static struct fl_str id_of(const struct fl_job *job)
{
	struct fl_str id = job->payload ? fl_json_str(job->payload, "sms_id") : (struct fl_str){ NULL, 0 };

	return id.n ? id : fl_str(job->id);
}

static struct fl_str text_or_null(const char *text)
{
	return text ? fl_str(text) : (struct fl_str){ NULL, 0 };
}

enum fl_rc sms_send_save(struct fl_job *job, struct fl_batch *b)
{
	const struct outcome *out = job->state;

	if (out)
		fl_batch_add(b, q_sms_done(id_of(job), fl_str(out->state), text_or_null(out->id), text_or_null(out->why)), NULL);
	return FL_OK;
}

enum fl_rc sms_send_dead(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_sms_done(id_of(job), FL_STR("failed"), (struct fl_str){ NULL, 0 }, fl_str(job->cx->err.text)), NULL);
	return FL_OK;
}
