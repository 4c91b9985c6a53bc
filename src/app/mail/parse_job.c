/* Job mail.parse: the reader's cage reads a stored mail, the database finds its place. */

#include "app/document/document.h"
#include "app/mail/mail.h"
#include "base/files.h"
#include "base/keyring.h"
#include "outside/smtp.h"
#include "reader/spawn.h"

enum { READ_MS = 20000 };

struct parsed {
	struct fl_str json;   /* what the reader said; {NULL, 0}: it could not be read */
	struct fl_str sender; /* {NULL, 0}: no address that could be answered */
	int64_t number;       /* signed into an address it went to; 0: none */
	struct fl_str files;  /* what came attached, as intake_files_add takes it */
	struct fl_str report; /* of delivery (RFC 3464), as JSON; {NULL, 0}: the mail is none */
	const char *why;      /* it could not be read */
};

enum fl_rc mail_parse_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "mail_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no mail_id");
	fl_batch_add(b, q_mail_raw_load(id), NULL);
	return FL_OK;
}

static int64_t signed_number(struct fl_cx *cx, struct json_object *mail, const char *list)
{
	struct json_object *to = fl_json_get(mail, list);

	for (size_t i = 0; to && i < json_object_array_length(to); i++) {
		struct fl_str address = fl_json_str(json_object_array_get_idx(to, i), "address");

		/* Answers come weeks later: an address made with the secret before is still good while that is configured. */
		for (int id = cx->conf->secret_id; id >= cx->conf->secret_id - 1; id--) {
			struct fl_str secret = fl_keyring_secret(cx->conf, id);
			int64_t number = secret.p ? mail_reply_number(cx->a, secret, cx->who.org_id, address) : 0;

			if (number)
				return number;
		}
	}
	return 0;
}

static char *lower(struct fl_arena *a, struct fl_str s)
{
	char *out = fl_strndup(a, s);

	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	return out;
}

/* The contents lie one after the other in `data`, in the order of the list. */
static enum fl_rc keep_files(struct fl_job *job, struct json_object *mail, struct fl_str data, struct fl_str *json)
{
	struct json_object *list = fl_json_get(mail, "attachments");
	size_t n = list ? json_object_array_length(list) : 0, at = 0;
	struct fl_buf b = fl_buf(job->cx->a, (n + 1) * 2048);
	struct fl_jw w = fl_jw(&b);

	if (n == 0)
		return FL_OK;
	fl_jw_open(&w, NULL, '[');
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		size_t size = (size_t)fl_json_int(one, "size", 0);
		struct document_kept k = { .name = fl_file_name(job->cx->a, fl_json_str(one, "name")), .size = (int64_t)size, .refused = "too_large" };

		if (fl_json_bool(one, "kept", false)) {
			if (size > data.n - at)
				return FL_FAIL(job->cx, FL_BUG, "the reader's answer is short");
			FL_TRY(document_keep(job->cx, job->org_id, fl_json_str(one, "name"), (struct fl_str){ data.p + at, size }, &k));
			at += size;
		}
		document_kept_json(&w, &k);
	}
	fl_jw_close(&w, ']');
	*json = fl_buf_get(&b);
	return FL_OK;
}

enum fl_rc mail_parse_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct parsed *p = FL_NEW(cx->a, struct parsed);
	struct json_object *mail;
	const char *why = NULL;
	struct fl_str sender, data;
	enum fl_rc rc;

	if (!row->nrows || !fl_str_eq(fl_rows_str(row, 0, MAIL_RAW_LOAD_STATE), FL_STR("new")))
		return FL_OK;
	rc = fl_reader_mail(cx, fl_reader_path(cx->a), fl_rows_str(row, 0, MAIL_RAW_LOAD_RAW), READ_MS, &p->json, &data);
	if (rc == FL_INVALID) {
		p->json = (struct fl_str){ NULL, 0 };
		p->why = cx->err.text;
		job->state = p;
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_parse(cx->a, p->json, &(struct fl_json_limits){ .bytes = 8 << 20, .depth = 16, .keys = 10000 }, &mail, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer: %s", why);
	sender = fl_json_str(mail, "from.address");
	if (sender.n && fl_mail_address_valid(sender))
		p->sender = fl_str(lower(cx->a, sender));
	if (fl_json_get(mail, "report"))
		p->report = fl_str(json_object_to_json_string_ext(fl_json_get(mail, "report"), JSON_C_TO_STRING_PLAIN));
	p->number = signed_number(cx, mail, "to");
	if (!p->number)
		p->number = signed_number(cx, mail, "cc");
	FL_TRY(keep_files(job, mail, data, &p->files));
	job->state = p;
	return FL_OK;
}

enum fl_rc mail_parse_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "mail_id"), number = { NULL, 0 };
	struct parsed *p = job->state;

	if (!p)
		return FL_OK;
	if (p->number)
		number = fl_str(fl_fmt(job->cx->a, "%lld", (long long)p->number));
	if (p->report.p)
		fl_batch_add(b, q_mail_report(id, p->report), NULL);
	if (p->json.p)
		fl_batch_add(b, q_mail_take(id, p->json, p->sender, fl_str(job->cx->conf->smtp_from_email), number,
		                            fl_json_bool(job->payload, "forced", false)), NULL);
	if (p->json.p && p->files.p)
		fl_batch_add(b, q_mail_files(id, p->files), NULL);
	if (!p->json.p)
		fl_batch_add(b, q_mail_unread(id, fl_str(p->why)), NULL);
	return FL_OK;
}

enum fl_rc mail_parse_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = job->payload ? fl_json_str(job->payload, "mail_id") : (struct fl_str){ NULL, 0 };

	if (id.n)
		fl_batch_add(b, q_mail_unread(id, fl_str(job->cx->err.text ? job->cx->err.text : "its job ended")), NULL);
	return FL_OK;
}
