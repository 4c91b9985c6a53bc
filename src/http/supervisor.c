/* The parent of the web processes: opens the sockets, keeps the numbers up, restarts, reloads, stops. It serves nothing. */
#include <fcntl.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/program.h"
#include "http/web.h"

enum {
	CHILDREN_MAX = 256, /* three times what may be configured: those of before a reload, or of two, may still be at work */
	BACKLOG = 1024,
	DRAIN_US = 20 * 1000000,
	HASTE_US = 1000000, /* a child that lived shorter has a successor only then: what cannot live is not started thousands of times a second */
};

struct child {
	pid_t pid;
	bool slow;
	bool retiring; /* told to stop; not replaced */
	int64_t until_tick_us; /* when it was told to stop: it is ended by force then */
	int64_t again_tick_us; /* before it, nobody takes the place of the one that died young */
};

struct supervisor {
	const struct web *web;
	int web_fd, slow_fd;
	struct child child[CHILDREN_MAX];
	struct web_death death;  /* that the next child tells of: this process has no connection */
	sigset_t mask;           /* the signals waited for; children have them blocked until they wait for work */
};

/* Whether the program before handed over a socket that listens at this path. */
static bool listens_at(int fd, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(at);

	return fd >= 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0 && at.sun_family == AF_UNIX && strncmp(at.sun_path, path, sizeof(at.sun_path)) == 0;
}

/* kept: the one of the program before, -1 for none. */
static int listen_on(struct fl_arena *a, const char *dir, const char *name, int kept)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = fl_fmt(a, "%s/%s", dir, name);
	int fd;

	if (listens_at(kept, path)) {
		(void)fcntl(kept, F_SETFD, FD_CLOEXEC);
		return kept;
	}
	if (kept >= 0)
		(void)close(kept);
	if (strlen(path) >= sizeof(at.sun_path)) {
		fl_log(NULL, FL_FATAL, "RUN_DIR: %s is too long for a socket; choose a shorter folder", path);
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path));
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Only nginx's group may connect (security checklist 25). */
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0) {
		fl_log(NULL, FL_FATAL, "%s: cannot listen: %s", path, strerror(errno));
		return -1;
	}
	return fd;
}

static void spawn(struct supervisor *s, struct child *c, bool slow)
{
	pid_t self = getpid(), pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(0);
		(void)prctl(PR_SET_DUMPABLE, 0);
		_exit(web_serve(s->web, slow ? s->slow_fd : s->web_fd, slow ? "slow" : "web", &s->death));
	}
	if (pid < 0)
		fl_log(NULL, FL_ERROR, "no more processes: %s", strerror(errno));
	else
		s->death = (struct web_death){ 0 };
	*c = (struct child){ .pid = pid > 0 ? pid : 0, .slow = slow, .again_tick_us = fl_tick_us() + HASTE_US };
}

static bool is_taken(const struct child *c)
{
	return c->pid || c->again_tick_us > fl_tick_us();
}

static int count(const struct supervisor *s, bool slow)
{
	int n = 0;

	for (int i = 0; i < CHILDREN_MAX; i++)
		n += is_taken(&s->child[i]) && !s->child[i].retiring && s->child[i].slow == slow;
	return n;
}

static void fill(struct supervisor *s)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		if (is_taken(&s->child[i]))
			continue;
		if (count(s, true) < s->web->conf->slow_processes)
			spawn(s, &s->child[i], true);
		else if (count(s, false) < s->web->conf->web_processes)
			spawn(s, &s->child[i], false);
	}
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < CHILDREN_MAX; i++) {
			if (s->child[i].pid != pid)
				continue;
			if (WIFSIGNALED(status)) {
				fl_log(NULL, FL_ERROR, "web process %d died by signal %d; one request was lost", (int)pid, WTERMSIG(status));
				s->death = (struct web_death){ pid, WTERMSIG(status) };
			}
			/* One that was told to stop makes room at once. */
			s->child[i] = (struct child){ .slow = s->child[i].slow, .again_tick_us = s->child[i].retiring ? 0 : s->child[i].again_tick_us };
		}
}

static void retire_all(struct supervisor *s)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid && !s->child[i].retiring) {
			s->child[i].retiring = true;
			s->child[i].until_tick_us = fl_tick_us() + DRAIN_US;
			(void)kill(s->child[i].pid, SIGTERM);
		}
}

/* After a reload the children are still this process's, told to stop by the program that it was. The kernel lists them: so any version can follow any other. */
static void adopt(struct supervisor *s)
{
	char text[4096];
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
	struct fl_str rest = { text, n > 0 ? (size_t)n : 0 };
	int64_t pid;

	for (int i = 0; rest.n && i < CHILDREN_MAX; i++)
		if (fl_str_int(fl_str_cut(&rest, ' '), 2, INT32_MAX, &pid) == FL_OK)
			s->child[i] = (struct child){ .pid = (pid_t)pid, .retiring = true, .until_tick_us = fl_tick_us() + DRAIN_US };
	if (fd >= 0)
		(void)close(fd);
}

static void end_late(struct supervisor *s)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->child[i];

		if (!c->pid || !c->retiring || fl_tick_us() < c->until_tick_us)
			continue;
		fl_log(NULL, FL_ERROR, "web process %d did not stop within %d s and is ended by force", (int)c->pid, (int)(DRAIN_US / FL_SECOND_US));
		(void)kill(c->pid, SIGKILL);
		c->until_tick_us = INT64_MAX;
	}
}

static bool any_left(const struct supervisor *s)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (s->child[i].pid)
			return true;
	return false;
}

static int wait_signal(const struct supervisor *s, int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	return sigtimedwait(&s->mask, NULL, &ts);
}

static void drain(struct supervisor *s)
{
	int64_t until;

	retire_all(s);
	until = fl_tick_us() + DRAIN_US; /* later than that of each */
	while (any_left(s) && fl_tick_us() < until) {
		(void)wait_signal(s, 200);
		reap(s);
	}
	end_late(s);
}

/* Becomes the program as it is installed now, which takes over the sockets. Answers only when it cannot. */
static void become(const struct supervisor *s, struct fl_arena *a)
{
	const struct web_start *by = s->web->start;
	char *sockets = fl_fmt(a, "--sockets=%d,%d", s->web_fd, s->slow_fd);

	if (by->config)
		(void)execl(by->program, by->program, sockets, "--config", by->config, (char *)NULL);
	else
		(void)execl(by->program, by->program, sockets, (char *)NULL);
	fl_log(NULL, FL_ERROR, "cannot start %s: %s", by->program, strerror(errno));
}

/* As nginx: what was changed is checked first, and what is not sound changes nothing. Then this process becomes the program as it is installed now. The sockets stay open, so
 * no request is refused: old processes finish what they hold, and what comes in between waits for the new ones. Signals stay blocked, and wait for it too. */
static void reload(struct supervisor *s)
{
	struct fl_arena *a = fl_arena_new(64 * 1024);

	if (fl_program_is_sound(s->web->start->program, s->web->start->config)) {
		retire_all(s);
		(void)fcntl(s->web_fd, F_SETFD, 0);
		(void)fcntl(s->slow_fd, F_SETFD, 0);
		fl_log(NULL, FL_INFO, "web reloads");
		become(s, a);
		(void)fcntl(s->web_fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(s->slow_fd, F_SETFD, FD_CLOEXEC);
	} else {
		fl_log(NULL, FL_ERROR, "not reloaded: %s --check fails; it goes on as before", s->web->start->program);
	}
	fl_arena_free(a);
}

/* The signals that are waited for; a program that took over finds them blocked. */
static void take_signals(struct supervisor *s)
{
	static const int waited[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

	sigemptyset(&s->mask);
	for (size_t i = 0; i < FL_COUNT(waited); i++)
		sigaddset(&s->mask, waited[i]);
	sigprocmask(SIG_BLOCK, &s->mask, NULL);
}

int web_supervise(const struct web *web)
{
	struct fl_arena *a = fl_arena_new(64 * 1024);
	struct supervisor *s = FL_NEW(a, struct supervisor);

	s->web = web;
	take_signals(s);
	s->web_fd = listen_on(a, web->conf->run_dir, "web.sock", web->start->web_fd);
	s->slow_fd = listen_on(a, web->conf->run_dir, "slow.sock", web->start->slow_fd);
	if (s->web_fd < 0 || s->slow_fd < 0)
		return 1;
	if (web->start->web_fd >= 0)
		adopt(s);
	for (;;) {
		int sig;

		fill(s);
		sig = wait_signal(s, 1000);
		reap(s);
		end_late(s);
		if (sig == SIGTERM || sig == SIGINT)
			break;
		if (sig == SIGHUP)
			reload(s);
	}
	drain(s);
	fl_log(NULL, FL_INFO, "stopped");
	fl_arena_free(a);
	return 0;
}
