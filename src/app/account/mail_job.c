/* Job account.mail: a mail of the platform to a person. As with email.send it goes out before its row is marked. */
#include "app/account/account.h"
#include "app/mail/mail.h"
#include "base/conf.h"
#include "outside/mime_out.h"
#include "outside/smtp.h"

static struct fl_str mail_id(const struct fl_job *job)
{
	return job->payload ? fl_json_str(job->payload, "mail_id") : (struct fl_str){ NULL, 0 };
}

enum fl_rc account_mail_load(struct fl_job *job, struct fl_batch *b)
{
	if (!mail_id(job).n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no mail_id");
	fl_batch_add(b, q_account_mail_load(mail_id(job)), NULL);
	return FL_OK;
}

/* Where the mail leads: the page of its template, with the token made again. */
static const char *path_of(struct fl_cx *cx, const struct fl_rows *row, struct fl_str template)
{
	static const struct {
		const char *template, *path;
	} paths[] = {
		{ "account-verify", "/verify-email?token=" },
		{ "account-reset", "/password/reset?token=" },
		{ "account-email", "/me/email?token=" },
		{ "account-known", "/password/forgot" },
	};
	const char *id = fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_TOKEN_ID);

	for (size_t i = 0; i < FL_COUNT(paths); i++)
		if (fl_str_eq(fl_str(paths[i].template), template))
			return strchr(paths[i].path, '?') ? fl_fmt(cx->a, "%s%s", paths[i].path, id ? account_token(cx, fl_str(id)) : "") : paths[i].path;
	return "/me/security";
}

/* The row that mail_render reads. */
static struct fl_rows *render_row(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_rows *r = fl_query_rows(cx->a, Q_EMAIL_LOAD, 1);
	struct fl_str template = fl_rows_str(row, 0, ACCOUNT_MAIL_LOAD_TEMPLATE);

	fl_rows_set_str(r, 0, EMAIL_LOAD_TO_NAME, fl_rows_str(row, 0, ACCOUNT_MAIL_LOAD_TO_NAME));
	fl_rows_set_str(r, 0, EMAIL_LOAD_LOCALE, fl_rows_str(row, 0, ACCOUNT_MAIL_LOAD_LOCALE));
	fl_rows_set_str(r, 0, EMAIL_LOAD_TEMPLATE, template);
	fl_rows_set_str(r, 0, EMAIL_LOAD_ORG_NAME, fl_str(cx->conf->smtp_from_name));
	fl_rows_set_str(r, 0, EMAIL_LOAD_ZONE, FL_STR("UTC"));
	fl_rows_set_str(r, 0, EMAIL_LOAD_BODY, fl_rows_str(row, 0, ACCOUNT_MAIL_LOAD_WHAT));
	fl_rows_set_str(r, 0, EMAIL_LOAD_AUTHOR, fl_rows_str(row, 0, ACCOUNT_MAIL_LOAD_WHAT));
	fl_rows_set_str(r, 0, EMAIL_LOAD_PATH, fl_str(path_of(cx, row, template)));
	return r;
}

static enum fl_rc compose(struct fl_job *job, const struct fl_rows *row, struct fl_str *out)
{
	struct fl_cx *cx = job->cx;
	const char *from = cx->conf->smtp_from_email, *at = strrchr(from, '@');
	struct mail_body body;
	struct fl_mime_mail m;

	FL_TRY(mail_render(cx, job->cache, render_row(cx, row), &body));
	m = (struct fl_mime_mail){
		.from_name = cx->conf->smtp_from_name,
		.from = from,
		.to_name = fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_TO_NAME),
		.to = fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_TO_EMAIL),
		.subject = fl_str(body.subject),
		.message_id = fl_fmt(cx->a, "<%s@%s>", fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_ID), at ? at + 1 : "fairlead.invalid"),
		.auto_submitted = true,
		.date_us = fl_rows_time_us(row, 0, ACCOUNT_MAIL_LOAD_CREATED_AT),
		.text = body.text,
		.html = body.html,
	};
	return fl_mime_compose(cx, &m, out);
}

enum fl_rc account_mail_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	const char *to[2] = { NULL, NULL }, *reply = "";
	struct fl_smtp_mail mail = { .from = "", .to = to };

	if (!row->nrows)
		return FL_FAIL(cx, FL_INVALID, "the mail is gone");
	job->state = fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_STATE);
	if (!fl_str_eq(fl_str(job->state), FL_STR("queued")))
		return FL_OK;
	job->state = fl_strdup(cx->a, "held");
	if (!cx->conf->smtp_host[0])
		return FL_OK;
	if (fl_rows_int(row, 0, ACCOUNT_MAIL_LOAD_CUT) > 1)
		return FL_FAIL(cx, FL_INVALID, "sending was cut off twice; the mail may have arrived");
	to[0] = fl_rows_dup(cx->a, row, 0, ACCOUNT_MAIL_LOAD_TO_EMAIL);
	FL_TRY(compose(job, row, &mail.message));
	FL_TRY(fl_smtp_send(cx, job->outside, &mail, &reply));
	job->state = fl_strdup(cx->a, "sent");
	return FL_OK;
}

enum fl_rc account_mail_save(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_account_mail_sent(mail_id(job), fl_str(job->state), (struct fl_str){ NULL, 0 }), NULL);
	return FL_OK;
}

enum fl_rc account_mail_dead(struct fl_job *job, struct fl_batch *b)
{
	if (mail_id(job).n)
		fl_batch_add(b, q_account_mail_sent(mail_id(job), FL_STR("failed"), fl_str(job->cx->err.text)), NULL);
	return FL_OK;
}
