/* Job account.avatar: a picture that was sent is scanned, and drawn anew by fairlead-paper, in its cage. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/account/account.h"
#include "app/document/document.h"
#include "base/conf.h"
#include "outside/clamd.h"
#include "reader/spawn.h"

enum { SCAN_MS = 30000, DRAW_MS = 20000 };

struct seen {
	struct fl_str image;
	const char *reason; /* NULL when there is an image */
};

enum fl_rc account_avatar_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_avatar_load(fl_json_str(job->payload, "user_id")), NULL);
	return FL_OK;
}

static enum fl_rc scan_fd(struct fl_job *job, int fd, struct fl_str sent, struct seen *s)
{
	const char *finding = NULL;
	enum fl_rc rc;

	while (sent.n) {
		ssize_t n = write(fd, sent.p, sent.n);

		if (n < 0 && errno != EINTR)
			return FL_FAIL(job->cx, FL_LATER, "no memory for the picture: %s", strerror(errno));
		sent.p += n > 0 ? n : 0;
		sent.n -= n > 0 ? (size_t)n : 0;
	}
	rc = fl_clamd_scan(job->cx, job->outside, fd, SCAN_MS, &finding);
	if (rc == FL_LATER)
		return rc;
	s->reason = rc != FL_OK ? "damaged" : finding ? "infected" : NULL;
	return FL_OK;
}

/* As documents are: not read before the scanner said it is clean, unless it is switched off. */
static enum fl_rc scan(struct fl_job *job, struct fl_str sent, struct seen *s)
{
	const char *clamd = job->cx->conf->clamd;
	enum fl_rc rc;
	int fd;

	if (strcmp(clamd, "off") == 0)
		return FL_OK;
	if (!clamd[0]) {
		s->reason = "no_scanner";
		return FL_OK;
	}
	fd = memfd_create("picture", MFD_CLOEXEC);
	if (fd < 0)
		return FL_FAIL(job->cx, FL_LATER, "no memory file: %s", strerror(errno));
	rc = scan_fd(job, fd, sent, s);
	(void)close(fd);
	return rc;
}

enum fl_rc account_avatar_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct seen *s = FL_NEW(cx->a, struct seen);
	struct fl_str json, sent;
	enum fl_rc rc;

	if (!row->nrows)
		return FL_OK;
	job->state = s;
	sent = fl_rows_str(row, 0, AVATAR_LOAD_SENT);
	FL_TRY(scan(job, sent, s));
	if (s->reason)
		return FL_OK;
	rc = fl_reader_face(cx, document_paper_path(cx->a), fl_rows_dup(cx->a, row, 0, AVATAR_LOAD_TYPE), sent, DRAW_MS, &json, &s->image);
	if (rc != FL_OK && rc != FL_INVALID)
		return rc;
	s->reason = rc == FL_OK && s->image.n ? NULL : "damaged";
	return FL_OK;
}

static void add(struct fl_job *job, struct fl_batch *b, const char *seen, struct fl_str image, const char *reason)
{
	fl_batch_add(b, q_avatar_seen(fl_json_str(job->payload, "user_id"), fl_str(seen), image, fl_str(reason)), NULL);
}

static const char *seen_of(const struct fl_job *job)
{
	return fl_rows_dup(job->cx->a, job->set[0], 0, AVATAR_LOAD_SEEN);
}

enum fl_rc account_avatar_save(struct fl_job *job, struct fl_batch *b)
{
	const struct seen *s = job->state;

	if (s)
		add(job, b, seen_of(job), s->image, s->reason);
	return FL_OK;
}

/* The scanner stayed away, or the reader cannot work here. Who died before the picture was loaded does not know which it was: whatever waits is ended. */
enum fl_rc account_avatar_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str none = { NULL, 0 };

	if (!job->nsets || !job->set[0])
		add(job, b, NULL, none, "failed");
	else if (job->set[0]->nrows)
		add(job, b, seen_of(job), none, "no_scanner");
	return FL_OK;
}
