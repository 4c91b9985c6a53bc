/* A reader that a file has taken over: it enters the cage as the readers do ("folders" as its second argument: as that of documents does), tries what its input names, and answers
 * {} when that was refused and it lives on. It ends with 98 when it was let. For t_spawn. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reader/sandbox.h"

static bool is(const char *act, const char *name)
{
	return strcmp(act, name) == 0;
}

/* Whether one of the acts that end it was let. */
static bool deadly(const char *act)
{
	static const struct sockaddr_in web = { .sin_family = AF_INET };

	if (is(act, "socket"))
		return socket(AF_INET, SOCK_STREAM, 0) >= 0;
	if (is(act, "connect"))
		return connect(STDIN_FILENO, (const struct sockaddr *)&web, sizeof(web)) == 0 || true; /* it should not come back */
	if (is(act, "execve"))
		return execl("/bin/true", "true", (char *)NULL) == 0 || true;
	if (is(act, "fork"))
		return fork() >= 0 || true;
	if (is(act, "handler"))
		return signal(SIGSYS, SIG_IGN) != SIG_ERR || true;
	return false;
}

static bool let(const char *act, const char *config)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	if (is(act, "config"))
		return open(config, O_RDONLY) >= 0;
	if (is(act, "write"))
		return open("written", O_WRONLY | O_CREAT, 0600) >= 0;
	if (is(act, "input"))
		return write(STDIN_FILENO, "more", 4) >= 0;
	if (is(act, "memory"))
		return malloc((size_t)2 << 30) != NULL;
	if (is(act, "limits"))
		return setrlimit(RLIMIT_AS, &more) == 0;
	if (is(act, "kill"))
		return kill(getpid(), 0) == 0;
	if (is(act, "silence"))
		return close(3) == 0;
	if (is(act, "many"))
		for (int i = 0; i < 100000; i++)
			if (kill(getpid(), 0) == 0)
				return true;
	return deadly(act);
}

int main(int argc, char *argv[])
{
	static const char *const folders[] = { "/usr/share/fonts", NULL };
	struct fl_arena *a = fl_arena_new(1 << 20);
	char act[200] = "", *config;
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "r", 10);
	if (read(STDIN_FILENO, act, sizeof(act) - 1) < 0 || fl_sandbox_enter_with(&cx, 10, argc > 1 ? folders : folders + 1) != FL_OK)
		_exit(99);
	(void)argv;
	config = strchr(act, ' ');
	if (config)
		*config++ = '\0';
	_exit(let(act, config) || write(STDOUT_FILENO, "2\n{}", 4) != 4 ? 98 : 0);
}
