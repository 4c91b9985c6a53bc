#include "outside/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/inside.h"
#include "outside/reach.h"

enum { CHUNK = 64 * 1024, ANSWER_BYTES = 1024, HEAD = 4 };

struct talk {
	int fd; /* -1 when closed */
	int64_t until_us;
};

static int left_ms(const struct talk *t)
{
	int64_t left = (t->until_us - fl_tick_us()) / 1000;

	return left < 0 ? 0 : (int)left;
}

static bool ready(const struct talk *t, short what)
{
	struct pollfd p = { .fd = t->fd, .events = what };
	int n;

	do
		n = poll(&p, 1, left_ms(t));
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static bool send_all(struct talk *t, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(t->fd, p, n, MSG_NOSIGNAL);

		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno != EINTR && (errno != EAGAIN || !ready(t, POLLOUT))) {
			return false;
		}
	}
	return true;
}

/* zINSTREAM, then each chunk under its length in network order; a chunk of no length ends it. False with *ours when the file could not be read; else
 * the scanner has closed its ear, and may have said why. */
static bool send_file(struct fl_cx *cx, struct talk *t, int fd, bool *ours)
{
	char *chunk = fl_alloc(cx->a, HEAD + CHUNK);
	off_t at = 0;

	if (!send_all(t, "zINSTREAM", sizeof("zINSTREAM")))
		return false;
	for (;;) {
		ssize_t n = pread(fd, chunk + HEAD, CHUNK, at);
		uint32_t size;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ours = true;
			return false;
		}
		size = htonl((uint32_t)n);
		memcpy(chunk, &size, HEAD);
		if (!send_all(t, chunk, HEAD + (size_t)n))
			return false;
		if (n == 0)
			return true;
		at += n;
	}
}

/* One line ended by NUL. {NULL, 0} when none came in time. */
static struct fl_str hear(struct fl_cx *cx, struct talk *t)
{
	char *line = fl_alloc(cx->a, ANSWER_BYTES);
	size_t n = 0;

	while (n < ANSWER_BYTES) {
		ssize_t got = ready(t, POLLIN) ? recv(t->fd, line + n, ANSWER_BYTES - n, 0) : 0;

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (memchr(line, 0, n))
			return fl_str(line);
	}
	return (struct fl_str){ NULL, 0 };
}

static enum fl_rc talk(struct fl_cx *cx, struct talk *t, int fd, struct fl_str *answer)
{
	bool ours = false;

	t->fd = fl_reach(cx, cx->conf->clamd, left_ms(t));
	if (t->fd < 0)
		return FL_FAIL(cx, FL_LATER, "the virus scanner at %s is not reached", cx->conf->clamd);
	(void)send_file(cx, t, fd, &ours);
	if (ours)
		return FL_FAIL(cx, FL_LATER, "the file for the virus scanner: %s", strerror(errno));
	*answer = hear(cx, t);
	return answer->n ? FL_OK : FL_FAIL(cx, FL_LATER, "the virus scanner gave no answer");
}

static bool cut_end(struct fl_str *s, const char *end)
{
	size_t n = strlen(end);

	if (s->n < n || memcmp(s->p + s->n - n, end, n) != 0)
		return false;
	s->n -= n;
	return true;
}

enum fl_rc fl_clamd_scan(struct fl_cx *cx, struct fl_outside *o, int fd, int timeout_ms, const char **finding)
{
	int most_ms = fl_cx_left_ms(cx);
	struct talk t = { .fd = -1, .until_us = fl_tick_us() + (int64_t)(timeout_ms < most_ms ? timeout_ms : most_ms) * 1000 };
	struct fl_str answer = { NULL, 0 };
	enum fl_rc rc;

	*finding = NULL;
	FL_TRY(breaker_enter(cx, o, "clamd"));
	rc = talk(cx, &t, fd, &answer);
	if (t.fd >= 0)
		(void)close(t.fd);
	breaker_leave(o, "clamd", rc == FL_OK);
	FL_TRY(rc);
	if (fl_str_eq(answer, FL_STR("stream: OK")))
		return FL_OK;
	if (!cut_end(&answer, " FOUND"))
		return FL_FAIL(cx, FL_INVALID, "the virus scanner answered: %s", fl_strndup(cx->a, fl_str_clip(answer, 200)));
	if (answer.n > 8 && memcmp(answer.p, "stream: ", 8) == 0)
		answer = (struct fl_str){ answer.p + 8, answer.n - 8 };
	*finding = fl_strndup(cx->a, fl_str_clip(answer, 200));
	return FL_OK;
}
