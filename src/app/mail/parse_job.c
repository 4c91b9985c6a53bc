/* Job mail.parse: the reader's cage reads a stored mail, the database finds its place. */
#include <stdlib.h>
#include <unistd.h>

#include "app/mail/mail.h"
#include "base/keyring.h"
#include "outside/smtp.h"
#include "reader/spawn.h"

enum { READ_MS = 20000, PATH_BYTES = 1024 };

struct parsed {
	struct fl_str json;   /* what the reader said; {NULL, 0}: it could not be read */
	struct fl_str sender; /* {NULL, 0}: no address that could be answered */
	int64_t number;       /* signed into an address it went to; 0: none */
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

/* fairlead-reader lies beside the program that runs; in a build tree two folders up. */
static const char *reader_path(struct fl_arena *a)
{
	char *self = fl_alloc(a, PATH_BYTES);
	ssize_t n = readlink("/proc/self/exe", self, PATH_BYTES - 1);
	const char *path;

	while (n > 0 && self[n - 1] != '/')
		n--;
	path = fl_fmt(a, "%.*sfairlead-reader", (int)(n > 0 ? n : 0), self);
	return access(path, X_OK) == 0 ? path : fl_fmt(a, "%.*s../../fairlead-reader", (int)(n > 0 ? n : 0), self);
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

enum fl_rc mail_parse_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct parsed *p = FL_NEW(cx->a, struct parsed);
	struct json_object *mail;
	const char *why = NULL;
	struct fl_str sender;
	enum fl_rc rc;

	if (!row->nrows || !fl_str_eq(fl_rows_str(row, 0, MAIL_RAW_LOAD_STATE), FL_STR("new")))
		return FL_OK;
	rc = fl_reader_mail(cx, reader_path(cx->a), fl_rows_str(row, 0, MAIL_RAW_LOAD_RAW), READ_MS, &p->json);
	if (rc == FL_INVALID) {
		p->json = (struct fl_str){ NULL, 0 };
		p->why = cx->err.text;
		job->state = p;
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_parse(cx->a, p->json, &(struct fl_json_limits){ 8 << 20, 16, 10000 }, &mail, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer: %s", why);
	sender = fl_json_str(mail, "from.address");
	if (sender.n && fl_mail_address_valid(sender))
		p->sender = fl_str(lower(cx->a, sender));
	p->number = signed_number(cx, mail, "to");
	if (!p->number)
		p->number = signed_number(cx, mail, "cc");
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
	if (p->json.p)
		fl_batch_add(b, q_mail_take(id, p->json, p->sender, fl_str(job->cx->conf->smtp_from_email), number,
		                            fl_json_bool(job->payload, "forced", false)), NULL);
	else
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
