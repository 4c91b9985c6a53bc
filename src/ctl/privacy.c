/* fairlead export: asks for an archive, waits for the worker and copies it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "ctl/ctl.h"

enum { COPY_BYTES = 64 << 10, LOOK_MS = 300, QUIET_LOOKS = 200 };

static bool copy(int from, int to)
{
	char piece[COPY_BYTES];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) > 0)
		for (ssize_t at = 0, put; at < n; at += put)
			if ((put = write(to, piece + at, (size_t)(n - at))) < 0)
				return false;
	return n == 0;
}

/* 0 when the archive lies in `to`, whole. */
static int fetch(struct ctl *c, const char *id, const char *file, int to)
{
	int from;
	bool good;

	if (fl_file_open(c->cx, "exports", fl_fmt(c->cx->a, "%s.zip", id), &from) != FL_OK)
		return ctl_fail(c, "export");
	good = copy(from, to) && fsync(to) == 0;
	(void)close(from);
	if (!good)
		fprintf(stderr, "fairlead: %s: %s\n", file, strerror(errno));
	return good ? 0 : 1;
}

static int wait_for(struct ctl *c, const char *id, const char *file, int to)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	int64_t last = -1;
	int quiet = 0;

	for (;;) {
		struct fl_rows *r;
		const char *state;

		if (fl_db_run(c->cx, c->db, q_ctl_privacy_look(fl_str(id)), &r) != FL_OK)
			return ctl_fail(c, "export");
		state = r->nrows ? fl_rows_dup(c->cx->a, r, 0, CTL_PRIVACY_LOOK_STATE) : "gone";
		if (strcmp(state, "ready") == 0) {
			int status = fetch(c, id, file, to);

			if (status == 0)
				printf("%s  %s\n", fl_rows_dup(c->cx->a, r, 0, CTL_PRIVACY_LOOK_HASH), file);
			return status;
		}
		if (strcmp(state, "failed") == 0 || strcmp(state, "gone") == 0) {
			fprintf(stderr, "fairlead: export: it %s; `fairlead jobs dead --queue privacy` says why\n", strcmp(state, "failed") == 0 ? "failed" : "is gone");
			return 1;
		}
		quiet = fl_rows_int(r, 0, CTL_PRIVACY_LOOK_DONE) == last ? quiet + 1 : 0;
		last = fl_rows_int(r, 0, CTL_PRIVACY_LOOK_DONE);
		if (quiet == QUIET_LOOKS)
			fputs("fairlead: export: nothing moves; is fairlead-worker running?\n", stderr);
		(void)nanosleep(&pause, NULL);
		c->cx->deadline_tick_us = fl_tick_us() + 600 * FL_SECOND_US;
	}
}

static int export(struct ctl *c, const char *org, const char *email, const char *file, int to)
{
	struct fl_rows *r;

	if (fl_db_run(c->cx, c->db, q_ctl_privacy_export(fl_str(org), fl_str(email)), &r) != FL_OK)
		return ctl_fail(c, "export");
	return wait_for(c, fl_rows_dup(c->cx->a, r, 0, CTL_PRIVACY_EXPORT_ID), file, to);
}

int ctl_export(struct ctl *c)
{
	const char *email = ctl_option(c, "person", NULL), *org = email ? NULL : ctl_arg(c, 0), *file = ctl_arg(c, email ? 0 : 1);
	int to, status;

	if (!file || (!org && !email)) {
		fputs("usage: fairlead export SHORT-NAME FILE | --person ADDRESS FILE\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	/* Before minutes of work for nothing. */
	to = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0) {
		fprintf(stderr, "fairlead: %s: %s\n", file, errno == EEXIST ? "is there already; give a name that is not" : strerror(errno));
		return 2;
	}
	status = export(c, org, email, file, to);
	if (close(to) != 0 && status == 0) {
		fprintf(stderr, "fairlead: %s: %s\n", file, strerror(errno));
		status = 1;
	}
	if (status != 0)
		(void)unlink(file);
	return status;
}
