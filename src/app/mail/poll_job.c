/* Jobs mail.poll and mail.seen. A poll stores and does not mark; the job that marks is made in the transaction that stored, so that a crash
 * at any point leaves a mail stored once or still unread. */
#include "app/mail/mail.h"

#include "base/keyring.h"
#include "outside/imap.h"

enum {
	UNSEEN_MAX = 1000,
	ONE_POLL = 12,             /* mails stored in one transaction */
	ONE_POLL_BYTES = 48 << 20, /* and their size; the first always fits */
};

struct fetched {
	uint32_t uids[ONE_POLL]; /* to be marked: stored, or too large */
	struct fl_str raw[ONE_POLL];
	int n;
	bool more;
	const char *error; /* what a person must mend; NULL: none */
};

enum fl_rc mail_poll_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "mailbox_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no mailbox_id");
	fl_batch_add(b, q_mail_box_load(id), NULL);
	return FL_OK;
}

/* The session of the mailbox that was loaded. FL_NOT_FOUND: there is nothing to poll. */
static enum fl_rc open_box(struct fl_job *job, struct fl_imap **out)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct fl_imap_box box = { 0 };
	struct fl_str password = { "", 0 };

	if (!row->nrows || fl_rows_null(row, 0, MAIL_BOX_LOAD_IMAP_URL) || !fl_rows_bool(row, 0, MAIL_BOX_LOAD_ACTIVE))
		return FL_NOT_FOUND;
	if (!fl_rows_null(row, 0, MAIL_BOX_LOAD_IMAP_PASSWORD) &&
	    fl_keyring_unseal(cx, MAIL_SEAL, fl_rows_str(row, 0, MAIL_BOX_LOAD_IMAP_PASSWORD), &password) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the password was sealed with another FAIRLEAD_SECRET; enter it again");
	box.url = fl_rows_dup(cx->a, row, 0, MAIL_BOX_LOAD_IMAP_URL);
	box.user = fl_rows_null(row, 0, MAIL_BOX_LOAD_IMAP_USER) ? "" : fl_rows_dup(cx->a, row, 0, MAIL_BOX_LOAD_IMAP_USER);
	box.password = fl_strndup(cx->a, password);
	return fl_imap_open(cx, job->outside, &box, out);
}

static enum fl_rc fetch(struct fl_job *job, struct fl_imap *s, struct fetched *f)
{
	size_t bytes = 0;
	uint32_t *uids;
	int n;

	FL_TRY(fl_imap_unseen(s, UNSEEN_MAX, &uids, &n));
	for (int i = 0; i < n; i++) {
		struct fl_str raw = { NULL, 0 };
		enum fl_rc rc;

		if (f->n == ONE_POLL || bytes > ONE_POLL_BYTES) {
			f->more = true;
			break;
		}
		rc = fl_imap_fetch(s, uids[i], MAIL_RAW_BYTES, &raw);
		if (rc == FL_INVALID)
			f->error = fl_fmt(job->cx->a, "a mail of more than %d MB was left in the mailbox, unread", MAIL_RAW_BYTES >> 20);
		else if (rc != FL_OK && rc != FL_NOT_FOUND)
			return rc;
		if (rc != FL_OK || !raw.n)
			continue;
		f->uids[f->n] = uids[i];
		f->raw[f->n++] = raw;
		bytes += raw.n;
	}
	return FL_OK;
}

enum fl_rc mail_poll_call(struct fl_job *job)
{
	struct fetched *f = FL_NEW(job->cx->a, struct fetched);
	struct fl_imap *s;
	enum fl_rc rc = open_box(job, &s);

	if (rc == FL_OK)
		rc = fetch(job, s, f);
	if (rc == FL_NOT_FOUND)
		return FL_OK;
	/* Why a poll failed stands beside its mailbox, where somebody can mend it; the next minute tries again. */
	if (rc != FL_OK && !f->n)
		f->error = job->cx->err.text ? job->cx->err.text : "the mailbox did not answer";
	job->state = f;
	return FL_OK;
}

enum fl_rc mail_poll_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str box = fl_json_str(job->payload, "mailbox_id");
	struct fl_buf uids = fl_buf(job->cx->a, 4096);
	struct fetched *f = job->state;

	if (!f)
		return FL_OK;
	for (int i = 0; i < f->n; i++) {
		fl_batch_add(b, q_mail_store(box, fl_str(mail_dedupe(job->cx->a, f->raw[i])), f->raw[i]), NULL);
		fl_buf_printf(&uids, "%s%lu", i ? "," : "[", (unsigned long)f->uids[i]);
	}
	fl_buf_puts(&uids, f->n ? "]" : "[]");
	fl_batch_add(b, q_mail_stored(box, fl_buf_get(&uids), f->more), NULL);
	if (f->error)
		fl_batch_add(b, q_mail_polled(box, fl_str(f->error)), NULL);
	return FL_OK;
}

enum fl_rc mail_poll_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str box = job->payload ? fl_json_str(job->payload, "mailbox_id") : (struct fl_str){ NULL, 0 };

	if (box.n)
		fl_batch_add(b, q_mail_polled(box, fl_str(job->cx->err.text)), NULL);
	return FL_OK;
}

enum fl_rc mail_seen_call(struct fl_job *job)
{
	struct json_object *uids = fl_json_get(job->payload, "uids");
	struct fl_imap *s;
	enum fl_rc rc = open_box(job, &s);

	if (rc == FL_NOT_FOUND)
		return FL_OK;
	FL_TRY(rc);
	for (size_t i = 0; uids && i < json_object_array_length(uids); i++)
		FL_TRY(fl_imap_seen(s, (uint32_t)json_object_get_int64(json_object_array_get_idx(uids, i))));
	return FL_OK;
}

enum fl_rc mail_seen_save(struct fl_job *job, struct fl_batch *b)
{
	if (fl_json_bool(job->payload, "more", false))
		fl_batch_add(b, q_mail_poll_next(fl_json_str(job->payload, "mailbox_id")), NULL);
	return FL_OK;
}
