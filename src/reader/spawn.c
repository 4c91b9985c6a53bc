#include "reader/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "reader/refused.h"
#include "reader/spawn_inside.h"

enum { JSON_BYTES = 16 << 20, CHUNK = 64 * 1024, PATH_BYTES = 1024 };

static const struct fl_json_limits limits = { .bytes = JSON_BYTES, .depth = 10, .keys = 10000 };

const char *fl_reader_path(struct fl_arena *a)
{
	char *self = fl_alloc(a, PATH_BYTES);
	ssize_t n = readlink("/proc/self/exe", self, PATH_BYTES - 1);
	const char *path;

	while (n > 0 && self[n - 1] != '/')
		n--;
	path = fl_fmt(a, "%.*sfairlead-reader", (int)(n > 0 ? n : 0), self);
	return access(path, X_OK) == 0 ? path : fl_fmt(a, "%.*s../../fairlead-reader", (int)(n > 0 ? n : 0), self);
}

void spawn_shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The input is a file in memory, so that neither side waits for the other while writing; sealed, so that its reader cannot fill the memory with it. */
static enum fl_rc keep(struct fl_cx *cx, struct spawn *c, struct fl_str raw)
{
	c->in = memfd_create("mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->in < 0)
		return FL_FAIL(cx, FL_LATER, "no memory file: %s", strerror(errno));
	while (raw.n) {
		ssize_t n = write(c->in, raw.p, raw.n);

		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_LATER, "memory file: %s", strerror(errno));
		if (n > 0) {
			raw.p += n;
			raw.n -= (size_t)n;
		}
	}
	if (lseek(c->in, 0, SEEK_SET) != 0 || fcntl(c->in, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
		return FL_FAIL(cx, FL_LATER, "memory file: %s", strerror(errno));
	return FL_OK;
}

enum fl_rc spawn_pipe(struct fl_cx *cx, struct spawn *c)
{
	int pipe_fd[2];

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return FL_FAIL(cx, FL_LATER, "no pipe: %s", strerror(errno));
	c->out = pipe_fd[0];
	c->out_write = pipe_fd[1];
	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return FL_FAIL(cx, FL_LATER, "no pipe: %s", strerror(errno));
	c->refused = pipe_fd[0];
	c->refused_write = pipe_fd[1];
	return FL_OK;
}

struct spawn spawn_new(int64_t until_us)
{
	return (struct spawn){ .in = -1, .out = -1, .out_write = -1, .refused = -1, .refused_write = -1, .until_us = until_us };
}

void spawn_close(struct fl_cx *cx, struct spawn *c)
{
	fl_refused_tell(cx, c->refused);
	spawn_shut(&c->refused);
	spawn_shut(&c->refused_write);
	spawn_shut(&c->out);
	spawn_shut(&c->out_write);
}

enum fl_rc spawn_start(struct fl_cx *cx, struct spawn *c, const char *path)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	err = posix_spawn_file_actions_adddup2(&files, c->in, STDIN_FILENO);
	err = err ? err : posix_spawn_file_actions_adddup2(&files, c->out_write, STDOUT_FILENO);
	err = err ? err : posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (c->refused_write >= 0)
		err = err ? err : posix_spawn_file_actions_adddup2(&files, c->refused_write, FL_REFUSED_FD);
	err = err ? err : posix_spawn_file_actions_addclosefrom_np(&files, c->refused_write >= 0 ? FL_REFUSED_FD + 1 : FL_REFUSED_FD);
	err = err ? err : posix_spawnattr_setsigmask(&attr, &none);
	err = err ? err : posix_spawnattr_setsigdefault(&attr, &all);
	err = err ? err : posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = err ? err : posix_spawn(&c->pid, path, &files, &attr, c->argv, c->env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	spawn_shut(&c->out_write);
	spawn_shut(&c->refused_write);
	if (err == EAGAIN || err == ENOMEM) {
		enum fl_rc rc = FL_FAIL(cx, FL_LATER, "the reader cannot be started: %s", strerror(err));

		cx->err.crowded = true;
		return rc;
	}
	return err ? FL_FAIL(cx, FL_BUG, "the reader cannot be started: %s", strerror(err)) : FL_OK;
}

int spawn_left_ms(const struct spawn *c)
{
	int64_t left = (c->until_us - fl_tick_us()) / 1000;

	return left < 0 ? 0 : (int)left;
}

enum fl_rc spawn_collect(struct fl_cx *cx, struct spawn *c, struct fl_buf *out)
{
	for (;;) {
		struct pollfd p = { .fd = c->out, .events = POLLIN };
		int ready = poll(&p, 1, spawn_left_ms(c));
		char *to;
		ssize_t n;

		if (ready == 0)
			return FL_FAIL(cx, FL_LATER, "the reader gave no answer in time");
		to = fl_buf_room(out, CHUNK);
		if (!to)
			return FL_FAIL(cx, FL_INVALID, "the reader answered more than %d bytes", SPAWN_OUT_BYTES);
		n = ready < 0 ? -1 : read(c->out, to, CHUNK);
		if (n == 0)
			return FL_OK;
		if (n < 0 && errno != EINTR)
			return FL_FAIL(cx, FL_LATER, "the reader's answer: %s", strerror(errno));
		if (n > 0)
			out->n += (size_t)n;
	}
}

/* Waits for its end, which is near once its output is closed; kills it when it is not, or at once. */
static int reap(struct spawn *c, bool kill_now)
{
	int status = 0;

	while (!kill_now && spawn_left_ms(c) > 0) {
		pid_t got = waitpid(c->pid, &status, WNOHANG);

		if (got == c->pid)
			return status;
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

enum fl_rc spawn_status(struct fl_cx *cx, int status)
{
	if (WIFSIGNALED(status))
		fl_log(cx, FL_WARN, "a reader was ended by signal %d", WTERMSIG(status));
	if (WIFSIGNALED(status))
		return FL_FAIL(cx, FL_INVALID, "the reader was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == EX_DATAERR)
		return FL_FAIL(cx, FL_INVALID, "the reader could not read it, or it is too large");
	if (WEXITSTATUS(status) != EX_OK)
		return FL_FAIL(cx, FL_BUG, "the reader ended with status %d", WEXITSTATUS(status));
	return FL_OK;
}

static enum fl_rc run(struct fl_cx *cx, struct spawn *c, const char *path, struct fl_buf *out)
{
	enum fl_rc rc;
	int status;

	FL_TRY(spawn_pipe(cx, c));
	FL_TRY(spawn_start(cx, c, path));
	rc = spawn_collect(cx, c, out);
	status = reap(c, rc != FL_OK);
	FL_TRY(rc);
	return spawn_status(cx, status);
}

int64_t spawn_until(const struct fl_cx *cx, int timeout_ms)
{
	int most_ms = fl_cx_left_ms(cx);

	return fl_tick_us() + (int64_t)(timeout_ms < most_ms ? timeout_ms : most_ms) * 1000;
}

/* The answer is the length of the JSON, a newline, the JSON, and what goes with it. */
enum fl_rc spawn_split(struct fl_cx *cx, struct fl_str all, struct fl_str *json, struct fl_str *more)
{
	struct fl_str head = fl_str_cut(&all, '\n');
	const char *why = NULL;
	int64_t n;

	if (!all.p || fl_str_int(head, 2, (int64_t)all.n, &n) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the reader's answer has no head");
	*json = (struct fl_str){ all.p, (size_t)n };
	*more = all.n > (size_t)n ? (struct fl_str){ all.p + n, all.n - (size_t)n } : (struct fl_str){ NULL, 0 };
	if (fl_json_check(cx->a, *json, &limits, &why, NULL) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the reader's answer is no JSON: %s", why ? why : "");
	return FL_OK;
}

/* told: its arguments, of which the last may be NULL. */
static enum fl_rc read_whole(struct fl_cx *cx, const char *path, const char *const told[3], struct fl_str raw, int timeout_ms, struct fl_str *json,
                             struct fl_str *files)
{
	struct spawn c = spawn_new(spawn_until(cx, timeout_ms));
	struct fl_buf out = fl_buf(cx->a, SPAWN_OUT_BYTES);
	enum fl_rc rc;

	for (int i = 0; i < 3 && told[i]; i++)
		c.argv[i] = fl_strdup(cx->a, told[i]);
	rc = keep(cx, &c, raw);
	rc = rc == FL_OK ? run(cx, &c, path, &out) : rc;
	spawn_shut(&c.in);
	spawn_close(cx, &c);
	FL_TRY(rc);
	return spawn_split(cx, fl_buf_get(&out), json, files);
}

enum fl_rc fl_reader_mail(struct fl_cx *cx, const char *path, struct fl_str raw, int timeout_ms, struct fl_str *json,
                          struct fl_str *files)
{
	return read_whole(cx, path, (const char *[3]){ "fairlead-reader" }, raw, timeout_ms, json, files);
}

enum fl_rc fl_reader_calendar(struct fl_cx *cx, const char *path, struct fl_str text, int timeout_ms, struct fl_str *json)
{
	struct fl_str none;

	return read_whole(cx, path, (const char *[3]){ "fairlead-reader", "calendar" }, text, timeout_ms, json, &none);
}

enum fl_rc fl_reader_dav(struct fl_cx *cx, const char *path, struct fl_str xml, int timeout_ms, struct fl_str *json)
{
	struct fl_str none;

	return read_whole(cx, path, (const char *[3]){ "fairlead-reader", "dav" }, xml, timeout_ms, json, &none);
}

enum fl_rc fl_reader_archive(struct fl_cx *cx, const char *path, const char *type, struct fl_str in, int timeout_ms, struct fl_str *json, struct fl_str *pdf)
{
	return read_whole(cx, path, (const char *[3]){ "fairlead-paper", type, "archive" }, in, timeout_ms, json, pdf);
}

enum fl_rc fl_reader_face(struct fl_cx *cx, const char *path, const char *type, struct fl_str raw, int timeout_ms, struct fl_str *json, struct fl_str *image)
{
	return read_whole(cx, path, (const char *[3]){ "fairlead-paper", type, "face" }, raw, timeout_ms, json, image);
}
