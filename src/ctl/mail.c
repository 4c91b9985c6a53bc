#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/mail/mail.h"
#include "ctl/ctl.h"
#include "redis/redis.h"

/* All of standard input, or as much as b takes. False when it could not be read. */
static bool read_all(struct fl_buf *b)
{
	char *room;

	while ((room = fl_buf_room(b, 65536))) {
		ssize_t n = read(STDIN_FILENO, room, 65536);

		if (n < 0)
			return false;
		if (n == 0)
			break;
		b->n += (size_t)n;
	}
	return true;
}

/* Exit statuses are those mail servers know (sysexits.h): 75 makes them try again later. */
int ctl_mail_receive(struct ctl *c)
{
	const char *to = ctl_option(c, "to", NULL);
	struct fl_buf raw = fl_buf(c->cx->a, MAIL_RAW_BYTES + 65536);
	struct fl_redis *redis;
	struct fl_rows *r;
	enum fl_rc rc;

	if (!to)
		to = getenv("RECIPIENT"); /* set by Postfix, Exim and OpenSMTPD for a pipe */
	if (!to) {
		fputs("usage: fairlead mail receive --to ADDRESS < mail\n", stderr);
		return EX_USAGE;
	}
	if (!read_all(&raw)) {
		fprintf(stderr, "fairlead: the mail could not be read: %s\n", strerror(errno));
		return EX_TEMPFAIL;
	}
	if (raw.n > MAIL_RAW_BYTES || raw.n == 0) {
		fprintf(stderr, "fairlead: the mail is %s\n", raw.n ? fl_fmt(c->cx->a, "larger than %d MB", MAIL_RAW_BYTES >> 20) : "empty");
		return EX_DATAERR;
	}
	rc = fl_db_open(c->cx, c->conf->database_url, "ctl", &c->db);
	if (rc == FL_OK)
		rc = fl_db_run(c->cx, c->db, q_mail_receive(fl_str(to), fl_str(mail_dedupe(c->cx->a, fl_buf_get(&raw))), fl_buf_get(&raw)), &r);
	if (rc != FL_OK) {
		fprintf(stderr, "fairlead: the mail could not be stored: %s\n", c->cx->err.text);
		return rc == FL_INVALID ? EX_DATAERR : EX_TEMPFAIL;
	}
	if (!r->nrows) {
		fprintf(stderr, "fairlead: no mailbox has the address %s; add it under Channels, Mail\n", to);
		return EX_NOUSER;
	}
	redis = fl_redis_new(c->cx->a, c->conf->redis_url);
	fl_redis_ring(redis, fl_rows_dup(c->cx->a, r, 0, MAIL_RECEIVE_ORG_ID), "q:ingest");
	fl_redis_close(redis);
	return EX_OK;
}
