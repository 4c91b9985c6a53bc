#include "reader/paper_serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "reader/paper.h"
#include "reader/refused.h"
#include "reader/sandbox.h"
#include "reader/stdio.h"

enum { REST_MS = 60000, OUT_BYTES = 12 << 20, PAGE_S = 60 };

struct asked {
	struct fl_paper_asked what;
	int in, out, refused;
};

static enum fl_rc read_page(struct fl_cx *cx, struct fl_paper *paper, const struct fl_paper_asked *what)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, OUT_BYTES);
	struct fl_str image = { NULL, 0 };

	FL_TRY(fl_paper_cage(cx, FL_SANDBOX_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	FL_TRY(fl_paper_read(cx, paper, what->type, what->page, fl_buf_get(&in), &out, &image));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, image);
}

/* The process of a page: it ends with its host, and keeps nothing open but its file, the way of its answer and that of what it was refused. */
_Noreturn static void page(struct fl_cx *cx, struct fl_paper *paper, const struct asked *q, pid_t host)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != host || dup2(q->in, STDIN_FILENO) < 0 || dup2(q->out, STDOUT_FILENO) < 0 ||
	    dup2(q->refused, FL_REFUSED_FD) < 0 || close_range(FL_REFUSED_FD + 1, ~0U, 0) != 0)
		_exit(EX_SOFTWARE);
	fl_cx_init(cx, cx->a, NULL, "", PAGE_S);
	fl_reader_end(cx, "fairlead-paper", read_page(cx, paper, &q->what));
}

/* What is asked next; *more is false when there is no more. */
static enum fl_rc next(struct fl_cx *cx, struct asked *q, bool *more)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(FL_PAPER_FDS * sizeof(int))];
	} with = { 0 };
	int fds[FL_PAPER_FDS];
	struct iovec part = { &q->what, sizeof(q->what) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof(with) };
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n = poll(&p, 1, REST_MS) > 0 ? recvmsg(STDIN_FILENO, &m, MSG_CMSG_CLOEXEC) : 0;

	*more = n > 0;
	if (n <= 0)
		return FL_OK;
	if (n != (ssize_t)sizeof(q->what) || with.head.cmsg_type != SCM_RIGHTS || with.head.cmsg_len != CMSG_LEN(FL_PAPER_FDS * sizeof(int)) || q->what.type[sizeof(q->what.type) - 1])
		return FL_FAIL(cx, FL_BUG, "what was asked is not understood");
	memcpy(fds, CMSG_DATA(&with.head), sizeof(fds));
	*q = (struct asked){ q->what, fds[0], fds[1], fds[2] };
	return FL_OK;
}

enum fl_rc fl_paper_serve(struct fl_cx *cx)
{
	struct fl_paper *paper;
	pid_t host = getpid();

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return FL_FAIL(cx, FL_BUG, "it cannot end with the process that asks: %s", strerror(errno));
	FL_TRY(fl_paper_start(cx, &paper));
	for (;;) {
		struct asked q = { .in = -1, .out = -1, .refused = -1 };
		bool more;
		int status = EX_SOFTWARE << 8;
		pid_t pid;

		FL_TRY(next(cx, &q, &more));
		if (!more)
			return FL_OK;
		pid = fork();
		if (pid == 0)
			page(cx, paper, &q, host);
		(void)close(q.in);
		(void)close(q.out);
		(void)close(q.refused);
		if (pid < 0)
			return FL_OK; /* the page is asked for again later */
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (send(STDIN_FILENO, &status, sizeof(status), MSG_NOSIGNAL) != (ssize_t)sizeof(status))
			return FL_OK;
	}
}
