/* One web process: waits for a connection, takes it, serves one request, waits again. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "http/web.h"

enum {
	PAUSE_MS = 100,
	REST_US = 1000, /* between two requests: with less, the processes have more to do than to wait for a disk */
};

/* Set by signal handlers only. */
static volatile sig_atomic_t stopping;

static void on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void set_signals(sigset_t *waiting)
{
	struct sigaction stop = { .sa_handler = on_stop }, ignore = { .sa_handler = SIG_IGN };
	sigset_t blocked;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* SIGTERM arrives only inside epoll_pwait: never between taking a connection and answering it. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, waiting);
	sigdelset(waiting, SIGTERM);
	sigdelset(waiting, SIGINT);
}

/* A connection that says nothing must not hold the process (platform-notes 1). */
static void limit_silence(int fd)
{
	struct timeval tv = { .tv_sec = 5 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* -1 when the kernel has no room for it. For connections on a socket that other processes wait on as well; one of them is woken for each, not all. */
static int shared_wait(int listen_fd)
{
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int wait_fd = epoll_create1(EPOLL_CLOEXEC);

	return wait_fd >= 0 && epoll_ctl(wait_fd, EPOLL_CTL_ADD, listen_fd, &wanted) == 0 ? wait_fd : -1;
}

static int take(int wait_fd, int listen_fd, const sigset_t *waiting)
{
	struct epoll_event came;
	int fd;

	if (epoll_pwait(wait_fd, &came, 1, -1, waiting) < 1)
		return -1;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	/* The machine has no descriptor left, and the connection still waits: not as fast as can be. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		(void)poll(NULL, 0, PAUSE_MS);
	return fd;
}

static void note_death(struct fl_cx *cx, struct fl_db *db, const char *pool, const struct web_death *d)
{
	struct fl_str none = { NULL, 0 };
	const char *what = fl_fmt(cx->a, "process %d died by signal %d; one request was lost", (int)d->pid, d->signal);

	if (d->pid && fl_db_run(cx, db, q_program_error(FL_STR("fairlead-web"), fl_str(fl_fmt(cx->a, "%s, signal %d", pool, d->signal)), fl_str(what), 0, none, none,
	                                                none, FL_STR("")), NULL) != FL_OK)
		fl_log(cx, FL_WARN, "the death of a process could not be noted");
}

int web_serve(const struct web *web, int listen_fd, const char *pool, const struct web_death *before)
{
	struct fl_arena *process = fl_arena_new((size_t)4 << 20), *a = fl_arena_new(WEB_ARENA_BYTES);
	struct fl_redis *redis = fl_redis_new(process, web->conf->redis_url);
	struct fl_vectors *vectors = fl_vectors_new(process, fl_fmt(process, "%s/vectors", web->conf->data_dir));
	struct fl_db *db;
	struct fl_cx cx;
	FCGX_Request fcgi;
	sigset_t waiting;
	int64_t ended_tick_us = 0;
	int wait_fd = shared_wait(listen_fd);

	/* Pages of a megabyte come again and again: glibc would ask the kernel for each and give it back. */
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
	set_signals(&waiting);
	fl_cx_init(&cx, a, web->conf, "", 5);
	if (wait_fd < 0) {
		fl_log(&cx, FL_ERROR, "cannot wait for connections: %s", strerror(errno));
		return 1;
	}
	/* A database that is away now may be back for the first request. */
	if (fl_db_open(&cx, web->conf->database_url, pool, &db) != FL_OK)
		fl_log(&cx, FL_WARN, "%s", cx.err.text);
	else
		note_death(&cx, db, pool, before);
	fl_arena_reset(a);
	while (!stopping) {
		int fd = take(wait_fd, listen_fd, &waiting);

		if (fd < 0)
			continue;
		limit_silence(fd);
		FCGX_InitRequest(&fcgi, -1, 0);
		fcgi.ipcFd = fd;
		fcgi.keepConnection = 1; /* keeps the Finish inside Accept from closing what it was handed */
		if (FCGX_Accept_r(&fcgi) == 0) {
			fcgi.keepConnection = 0;
			fl_db_drop_if_ended(db);
			web_request(web, a, db, redis, vectors, &fcgi, fl_tick_us() - ended_tick_us > REST_US);
			fl_arena_reset(a);
			ended_tick_us = fl_tick_us();
		} else if (fcgi.ipcFd >= 0) {
			(void)close(fcgi.ipcFd);
		}
	}
	fl_db_close(db);
	fl_redis_close(redis);
	fl_arena_free(a);
	fl_arena_free(process);
	return 0;
}
