#include "reader/stdio.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

enum fl_rc fl_reader_take(struct fl_cx *cx, struct fl_buf *in)
{
	for (;;) {
		char *to = fl_buf_room(in, FL_READER_CHUNK);
		ssize_t n;

		if (!to)
			return FL_FAIL(cx, FL_INVALID, "the input is over %zu bytes", in->max);
		n = read(STDIN_FILENO, to, FL_READER_CHUNK);
		if (n == 0)
			return FL_OK;
		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_BUG, "standard input: %s", strerror(errno));
		if (n > 0)
			in->n += (size_t)n;
	}
}

enum fl_rc fl_reader_give(struct fl_cx *cx, int fd, struct fl_str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_BUG, "output: %s", strerror(errno));
		if (n > 0) {
			s.p += n;
			s.n -= (size_t)n;
		}
	}
	return FL_OK;
}

void fl_reader_end(struct fl_cx *cx, const char *program, enum fl_rc rc)
{
	if (rc != FL_OK)
		(void)fl_reader_give(cx, STDERR_FILENO, fl_str(fl_fmt(cx->a, "%s: %s\n", program, cx->err.text)));
	_exit(rc == FL_OK ? EX_OK : rc == FL_INVALID ? EX_DATAERR : EX_SOFTWARE);
}
