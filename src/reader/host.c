#include "reader/host.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "reader/paper.h"
#include "reader/spawn_inside.h"

struct fl_host {
	const char *path;
	pid_t pid; /* 0: none */
	int fd;    /* our end of its socket */
	int pages; /* it read */
};

/* Its pages have their memory laid out alike: another takes its place before that is worth guessing. */
enum { PAGES = 200 };

/* The page it reads dies with it. */
static void stop(void *p)
{
	struct fl_host *h = p;

	spawn_shut(&h->fd);
	if (h->pid) {
		kill(h->pid, SIGKILL);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	h->pid = 0;
}

struct fl_host *fl_host_new(struct fl_arena *a, const char *path)
{
	struct fl_host *h = FL_NEW(a, struct fl_host);

	h->path = path;
	h->fd = -1;
	fl_defer(a, stop, h);
	return h;
}

static enum fl_rc start(struct fl_cx *cx, struct fl_host *h)
{
	struct spawn c = spawn_new(0);
	int pair[2];
	enum fl_rc rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return FL_FAIL(cx, FL_LATER, "no pair of sockets: %s", strerror(errno));
	c.argv[0] = fl_strdup(cx->a, "fairlead-paper");
	c.argv[1] = fl_strdup(cx->a, "serve");
	c.env[0] = fl_strdup(cx->a, "OMP_THREAD_LIMIT=1");
	c.in = pair[1];
	c.out_write = pair[1]; /* it writes nothing there; closed by what starts it */
	rc = spawn_start(cx, &c, h->path);
	if (rc != FL_OK) {
		(void)close(pair[0]);
		return rc;
	}
	h->pid = c.pid;
	h->pages = 0;
	h->fd = pair[0];
	return FL_OK;
}

/* The question and the descriptors of the page's process. */
static bool hand_over(struct fl_host *h, const struct fl_paper_asked *asked, const struct spawn *c)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(FL_PAPER_FDS * sizeof(int))];
	} more = { 0 };
	struct iovec part = { (void *)(uintptr_t)asked, sizeof(*asked) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &more, .msg_controllen = sizeof(more) };

	more.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(FL_PAPER_FDS * sizeof(int)) };
	memcpy(CMSG_DATA(&more.head), (int[FL_PAPER_FDS]){ c->in, c->out_write, c->refused_write }, FL_PAPER_FDS * sizeof(int));
	return sendmsg(h->fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*asked);
}

/* How the page's process ended; false when its host is gone, or it does not end though it closed its output. */
static bool ended(const struct fl_host *h, const struct spawn *c, int *status)
{
	struct pollfd p = { .fd = h->fd, .events = POLLIN };
	int ready;

	do
		ready = poll(&p, 1, spawn_left_ms(c));
	while (ready < 0 && errno == EINTR);
	return ready > 0 && recv(h->fd, status, sizeof(*status), 0) == (ssize_t)sizeof(*status);
}

/* It ended by itself: at rest for too long, killed, or unable to work here. */
static enum fl_rc gone(struct fl_cx *cx, struct fl_host *h)
{
	int status = 0;
	bool reaped = waitpid(h->pid, &status, WNOHANG) == h->pid, unable = reaped && WIFEXITED(status) && WEXITSTATUS(status) == EX_SOFTWARE;

	if (reaped)
		h->pid = 0; /* another process may have its number by now */
	stop(h);
	return unable ? FL_FAIL(cx, FL_BUG, "%s cannot work here", h->path) : FL_FAIL(cx, FL_LATER, "the reader is gone");
}

static enum fl_rc ask(struct fl_cx *cx, struct fl_host *h, struct spawn *c, const struct fl_paper_asked *asked, struct fl_buf *out)
{
	enum fl_rc rc;
	int status = 0;

	FL_TRY(h->pid ? FL_OK : start(cx, h));
	FL_TRY(spawn_pipe(cx, c));
	if (!hand_over(h, asked, c))
		return gone(cx, h);
	spawn_shut(&c->out_write);
	spawn_shut(&c->refused_write);
	rc = spawn_collect(cx, c, out);
	if (rc != FL_OK) {
		stop(h);
		return rc;
	}
	if (!ended(h, c, &status))
		return gone(cx, h);
	if (++h->pages >= PAGES || WIFSIGNALED(status))
		stop(h);
	return spawn_status(cx, status);
}

enum fl_rc fl_reader_paper(struct fl_cx *cx, struct fl_host *h, int fd, const char *type, int page, int timeout_ms, struct fl_str *json, struct fl_str *image)
{
	struct fl_paper_asked asked = { .page = page };
	struct spawn c = spawn_new(spawn_until(cx, timeout_ms));
	struct fl_buf out = fl_buf(cx->a, SPAWN_OUT_BYTES);
	enum fl_rc rc;

	if (strlen(type) >= sizeof(asked.type))
		return FL_FAIL(cx, FL_BUG, "a type of %zu characters", strlen(type));
	memcpy(asked.type, type, strlen(type));
	c.in = fd;
	/* One at rest may end just when it is asked: another is started, once. */
	for (int i = 0; i < 2; i++) {
		if (lseek(fd, 0, SEEK_SET) != 0 && errno != ESPIPE)
			return FL_FAIL(cx, FL_BUG, "the document has no beginning");
		out.n = 0;
		rc = ask(cx, h, &c, &asked, &out);
		spawn_close(cx, &c);
		if (rc != FL_LATER || h->pid || !spawn_left_ms(&c))
			break;
	}
	FL_TRY(rc);
	return spawn_split(cx, fl_buf_get(&out), json, image);
}
