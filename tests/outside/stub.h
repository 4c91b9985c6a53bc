/* Starts a stub server of tests/stub on a free port with a private folder, and stops it by its pid. */
#ifndef FL_TESTS_OUTSIDE_STUB_H
#define FL_TESTS_OUTSIDE_STUB_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/cx.h"

extern char **environ;

struct stub {
	pid_t pid;
	int port;
	char dir[64]; /* private; holds port, ledger and mails */
};

static inline void stub_write(const struct stub *s, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* The file's content, "" when there is none. Owned by the arena. */
static inline char *stub_read(struct fl_arena *a, const struct stub *s, const char *name)
{
	enum { MOST = 1 << 20 };
	char path[128], *text = fl_alloc(a, MOST);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "r");
	if (f) {
		text[fread(text, 1, MOST - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

/* Runs tests/stub/NAME with --port-file, and `more` (ended by NULL); waits up to two minutes for it. */
static inline void stub_start(struct stub *s, struct fl_arena *a, const char *name, const char *const *more)
{
	const char *top = getenv("top_srcdir");
	const char *argv[16] = { "/usr/bin/python3", fl_fmt(a, "%s/tests/stub/%s", top ? top : ".", name), "--port-file" };
	int n = 4;

	snprintf(s->dir, sizeof(s->dir), "%.40s/fl-stub-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(s->dir))
		exit(1);
	argv[3] = fl_fmt(a, "%s/port", s->dir);
	for (; more && *more; more++)
		argv[n++] = strcmp(*more, "DIR") == 0 ? s->dir : strcmp(*more, "LEDGER") == 0 ? fl_fmt(a, "%s/ledger", s->dir) : *more;
	if (posix_spawn(&s->pid, "/usr/bin/python3", NULL, NULL, (char **)(uintptr_t)argv, environ) != 0)
		exit(1);
	s->port = 0;
	for (int i = 0; i < 12000 && !s->port; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		s->port = (int)strtoul(stub_read(a, s, "port"), NULL, 10);
	}
}

static inline int stub_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void stub_stop(struct stub *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	nftw(s->dir, stub_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
