/* Job email.send. The mail goes out before its row is marked. A process killed in between has told its supervisor that the server took the mail,
 * and it is marked without being sent again; when the whole machine went down it is sent a second time, with the same Message-ID, and after
 * a second such end a person decides. */
#include "app/mail/mail.h"

#include "app/jobs/progress.h"
#include "base/buf.h"
#include "base/conf.h"
#include "outside/mime_out.h"
#include "outside/smtp.h"

enum { LIST_BYTES = 8 << 10 };

/* Array literals, an element a mail. */
struct lists {
	struct fl_buf mails, jobs, states;
	int n;
};

static struct lists lists_new(struct fl_arena *a)
{
	return (struct lists){ .mails = fl_buf(a, LIST_BYTES), .jobs = fl_buf(a, LIST_BYTES), .states = fl_buf(a, LIST_BYTES) };
}

static void lists_add(struct lists *l, struct fl_str mail, const struct fl_job *job, const char *state)
{
	const char *sep = l->n++ ? "," : "{";

	fl_buf_printf(&l->mails, "%s%.*s", sep, (int)mail.n, mail.p);
	fl_buf_printf(&l->jobs, "%s%s", sep, job->id);
	fl_buf_printf(&l->states, "%s%s", sep, state);
}

static struct fl_str list_get(struct fl_buf *b)
{
	fl_buf_putc(b, '}');
	return fl_buf_get(b);
}

enum fl_rc mail_send_load(struct fl_job *const *jobs, int n, struct fl_batch *b)
{
	struct lists l = lists_new(jobs[0]->cx->a);

	for (int i = 0; i < n; i++) {
		struct fl_str id = fl_json_str(jobs[i]->payload, "email_id");

		if (!fl_uuid_valid(id))
			return FL_FAIL(jobs[i]->cx, FL_INVALID, "the payload has no email_id");
		lists_add(&l, id, jobs[i], "");
	}
	fl_batch_add(b, q_email_load(list_get(&l.mails), list_get(&l.jobs)), NULL);
	return FL_OK;
}

/* The job's own among the rows of its round. */
static bool find_own(const struct fl_job *job, struct fl_rows *out)
{
	const struct fl_rows *all = job->set[0];
	char id[FL_UUID_TEXT];

	for (int i = 0; i < all->nrows; i++) {
		fl_rows_uuid(all, i, EMAIL_LOAD_JOB_ID, id);
		if (strcmp(id, job->id) == 0) {
			*out = fl_rows_one(all, i);
			return true;
		}
	}
	return false;
}

static const char *text_or_null(struct fl_cx *cx, const struct fl_rows *row, int col)
{
	return fl_rows_str(row, 0, col).n ? fl_rows_dup(cx->a, row, 0, col) : NULL;
}

/* Where an answer goes: the signed address of the request, else the mailbox itself, where References find it. */
static const char *reply_to(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_str address = fl_rows_str(row, 0, EMAIL_LOAD_REPLY_ADDRESS);
	const char *made = NULL;

	if (!address.n)
		return NULL;
	if (fl_rows_bool(row, 0, EMAIL_LOAD_PLUS) && !fl_rows_null(row, 0, EMAIL_LOAD_NUMBER))
		made = mail_reply_address(cx->a, fl_str(cx->conf->secret), cx->who.org_id, address, fl_rows_int(row, 0, EMAIL_LOAD_NUMBER));
	return made ? made : fl_strndup(cx->a, address);
}

/* Where a mail that cannot be delivered comes back to: the mailbox we read when it lies on our sender's domain (else SPF would fail), or our
 * sender. What answers by itself has an empty return path, so that nothing answers back (RFC 3834, 3.3). */
static const char *return_path(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_str box = fl_rows_str(row, 0, EMAIL_LOAD_BOX_ADDRESS), ours = fl_str(cx->conf->smtp_from_email), box_domain = box, our_domain = ours;

	if (fl_rows_bool(row, 0, EMAIL_LOAD_AUTOMATIC) && fl_rows_str(row, 0, EMAIL_LOAD_IN_REPLY_TO).n)
		return "";
	(void)fl_str_cut(&box_domain, '@');
	(void)fl_str_cut(&our_domain, '@');
	return box.n && fl_str_ieq(box_domain, our_domain) ? fl_strndup(cx->a, box) : cx->conf->smtp_from_email;
}

static enum fl_rc compose(struct fl_job *job, const struct fl_rows *row, struct fl_str *out)
{
	struct fl_cx *cx = job->cx;
	struct mail_body body;
	struct fl_mime_mail m;

	FL_TRY(mail_render(cx, job->cache, row, &body));
	m = (struct fl_mime_mail){
		.from_name = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_ORG_NAME),
		.from = cx->conf->smtp_from_email,
		.reply_to = reply_to(cx, row),
		.to_name = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_TO_NAME),
		.to = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_TO_EMAIL),
		.subject = fl_str(body.subject),
		.message_id = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_MESSAGE_ID),
		.in_reply_to = text_or_null(cx, row, EMAIL_LOAD_IN_REPLY_TO),
		.references = text_or_null(cx, row, EMAIL_LOAD_REFERENCE_IDS),
		.auto_submitted = fl_rows_bool(row, 0, EMAIL_LOAD_AUTOMATIC),
		.unsubscribe = mail_leave_link(cx, row),
		.date_us = fl_rows_time_us(row, 0, EMAIL_LOAD_CREATED_AT),
		.text = body.text,
		.html = body.html,
		.calendar = fl_rows_str(row, 0, EMAIL_LOAD_ICS),
		.calendar_method = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_METHOD),
	};
	return fl_mime_compose(cx, &m, out);
}

enum fl_rc mail_send_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_rows own, *row = &own;
	const char *to[2] = { NULL, NULL }, *reply = "";
	struct fl_smtp_mail mail;

	if (!find_own(job, row))
		return FL_FAIL(cx, FL_INVALID, "the mail is gone");
	if (!fl_str_eq(fl_rows_str(row, 0, EMAIL_LOAD_STATE), FL_STR("queued")))
		return FL_OK;
	if (fl_rows_bool(row, 0, EMAIL_LOAD_HANDED)) {
		job->state = fl_strdup(cx->a, "sent");
		return FL_OK;
	}
	if (!cx->conf->smtp_host[0]) {
		job->state = fl_strdup(cx->a, "held");
		return FL_OK;
	}
	if (fl_rows_int(row, 0, EMAIL_LOAD_CUT) > 1)
		return FL_FAIL(cx, FL_INVALID, "sending was cut off twice; the mail may have arrived");
	to[0] = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_TO_EMAIL);
	if (fl_rows_bool(row, 0, EMAIL_LOAD_AUTOMATIC) && fl_str_ieq(fl_str(to[0]), fl_str(cx->conf->smtp_from_email)))
		return FL_FAIL(cx, FL_INVALID, "automatic mail is not sent to ourselves");
	mail = (struct fl_smtp_mail){ .from = return_path(cx, row), .to = to };
	FL_TRY(compose(job, row, &mail.message));
	FL_TRY(fl_smtp_send(cx, job->outside, &mail, &reply));
	jobs_handed_over(job);
	job->state = fl_strdup(cx->a, "sent");
	return FL_OK;
}

enum fl_rc mail_send_save(struct fl_job *const *jobs, int n, struct fl_batch *b)
{
	struct lists l = lists_new(jobs[0]->cx->a);

	for (int i = 0; i < n; i++)
		if (jobs[i]->state)
			lists_add(&l, fl_json_str(jobs[i]->payload, "email_id"), jobs[i], jobs[i]->state);
	if (l.n)
		fl_batch_add(b, q_email_sent_all(list_get(&l.mails), list_get(&l.jobs), list_get(&l.states)), NULL);
	return FL_OK;
}

enum fl_rc mail_send_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = job->payload ? fl_json_str(job->payload, "email_id") : (struct fl_str){ NULL, 0 };

	if (id.n)
		fl_batch_add(b, q_email_failed(id, fl_str(job->cx->err.text)), NULL);
	return FL_OK;
}
