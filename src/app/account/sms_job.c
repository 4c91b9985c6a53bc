/* Job account.sms: a code of the second factor to its number. It goes to the gateway past the messages of an organisation, whose people read those. A run that was cut
 * off while sending sends again: the code is the same. */
#include "app/account/account.h"
#include "base/conf.h"
#include "outside/sms.h"

static struct fl_str code_id(const struct fl_job *job)
{
	return job->payload ? fl_json_str(job->payload, "code_id") : (struct fl_str){ NULL, 0 };
}

enum fl_rc account_sms_load(struct fl_job *job, struct fl_batch *b)
{
	if (!code_id(job).n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no code_id");
	fl_batch_add(b, q_account_sms_load(code_id(job)), NULL);
	return FL_OK;
}

enum fl_rc account_sms_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct fl_sms m;
	const char *id;
	bool stopped;

	if (!row->nrows || !fl_rows_bool(row, 0, ACCOUNT_SMS_LOAD_LIVE))
		return FL_OK;
	if (!fl_sms_ready(cx->conf))
		return FL_FAIL(cx, FL_INVALID, "there is no gateway for text messages");
	m = (struct fl_sms){ .to = fl_rows_str(row, 0, ACCOUNT_SMS_LOAD_PHONE), .from = fl_str(cx->conf->twilio_from),
		             .body = fl_str(fl_fmt(cx->a, "Fairlead: %s", account_sms_code(cx, code_id(job)))) };
	return fl_sms_send(cx, job->outside, &m, &id, &stopped);
}

enum fl_rc account_sms_save(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_account_sms_sent(code_id(job)), NULL);
	return FL_OK;
}
