/* fairlead-paper TYPE PAGE: a document on standard input; on standard output the length of a JSON object, a newline, the object
 * (reader/paper.h) and the picture of the page. Exit status 0; 65 when the input is too large; 70 when it cannot work here. */
#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/program.h"
#include "reader/paper.h"
#include "reader/sandbox.h"

enum { ARENA_BYTES = 250 << 20, OUT_BYTES = 12 << 20, CHUNK = 256 * 1024 };

static enum fl_rc read_all(struct fl_cx *cx, struct fl_buf *in)
{
	for (;;) {
		char *to = fl_buf_room(in, CHUNK);
		ssize_t n;

		if (!to)
			return FL_FAIL(cx, FL_INVALID, "the document is over %d bytes", FL_PAPER_BYTES);
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

static enum fl_rc run(struct fl_cx *cx, const char *type, int page)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + 2 * CHUNK), out = fl_buf(cx->a, OUT_BYTES);
	struct fl_str image = { NULL, 0 };
	struct fl_paper *paper;

	FL_TRY(fl_paper_start(cx, page > 0 && strncmp(type, "text/", 5) != 0, &paper));
	FL_TRY(fl_sandbox_enter(cx));
	FL_TRY(read_all(cx, &in));
	FL_TRY(fl_paper_read(cx, paper, type, page, fl_buf_get(&in), &out, &image));
	FL_TRY(write_all(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(write_all(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return write_all(cx, STDOUT_FILENO, image);
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new(ARENA_BYTES);
	struct fl_cx cx;
	enum fl_rc rc;
	int64_t page;

	if (fl_program_told(argc, argv, "fairlead-paper", "fairlead-paper TYPE PAGE < DOCUMENT\nWrites what a page says; started by jobs, caged by itself."))
		return EX_OK;
	if (argc != 3 || fl_str_int(fl_str(argv[2]), 0, FL_PAPER_PAGES, &page) != FL_OK)
		return EX_SOFTWARE;
	fl_cx_init(&cx, a, NULL, "", 60);
	rc = run(&cx, argv[1], (int)page);
	if (rc != FL_OK)
		(void)write_all(&cx, STDERR_FILENO, fl_str(fl_fmt(a, "fairlead-paper: %s\n", cx.err.text)));
	/* the exit handlers of libraries have no business in the cage */
	_exit(rc == FL_OK ? EX_OK : rc == FL_INVALID ? EX_DATAERR : EX_SOFTWARE);
}
