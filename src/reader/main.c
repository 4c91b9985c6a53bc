/* fairlead-reader: a raw mail on standard input, one JSON object (reader/mail.h) on standard output. Exit status 0; 65 when the
 * input is no mail or too large; 70 when it cannot work here. */
#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/program.h"
#include "reader/mail.h"
#include "reader/sandbox.h"

enum { ARENA_BYTES = 200 << 20, OUT_BYTES = 16 << 20, CHUNK = 64 * 1024 };

/* Reads one byte more than is allowed, so that too much is seen as such. */
static enum fl_rc read_all(struct fl_cx *cx, struct fl_buf *in)
{
	for (;;) {
		char *to = fl_buf_room(in, CHUNK);
		ssize_t n;

		if (!to)
			return FL_FAIL(cx, FL_INVALID, "the mail is over %d bytes", FL_MAIL_BYTES);
		n = read(STDIN_FILENO, to, CHUNK);
		if (n == 0)
			return FL_OK;
		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_BUG, "standard input: %s", strerror(errno));
		if (n > 0)
			in->n += (size_t)n;
	}
}

static enum fl_rc write_all(struct fl_cx *cx, int fd, struct fl_str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_BUG, "standard output: %s", strerror(errno));
		if (n > 0) {
			s.p += n;
			s.n -= (size_t)n;
		}
	}
	return FL_OK;
}

static enum fl_rc run(struct fl_cx *cx)
{
	struct fl_buf in = fl_buf(cx->a, FL_MAIL_BYTES + 2 * CHUNK), out = fl_buf(cx->a, OUT_BYTES);

	fl_mail_start();
	FL_TRY(fl_sandbox_enter(cx));
	FL_TRY(read_all(cx, &in));
	FL_TRY(fl_mail_read(cx, fl_buf_get(&in), &out));
	return write_all(cx, STDOUT_FILENO, fl_buf_get(&out));
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new(ARENA_BYTES);
	struct fl_cx cx;
	enum fl_rc rc;

	if (fl_program_told(argc, argv, "fairlead-reader", "fairlead-reader < MAIL\nWrites what a mail says as JSON; started by jobs, caged by itself."))
		return EX_OK;
	fl_cx_init(&cx, a, NULL, "", 30);
	rc = run(&cx);
	if (rc != FL_OK)
		(void)write_all(&cx, STDERR_FILENO, fl_str(fl_fmt(a, "fairlead-reader: %s\n", cx.err.text)));
	/* the exit handlers of libraries have no business in the cage */
	_exit(rc == FL_OK ? EX_OK : rc == FL_INVALID ? EX_DATAERR : EX_SOFTWARE);
}
