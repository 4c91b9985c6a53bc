#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool fl_program_told(int argc, char **argv, const char *name, const char *help)
{
	if (argc < 2)
		return false;
	if (strcmp(argv[1], "--version") == 0)
		return printf("%s %s\n", name, PACKAGE_VERSION) > 0;
	if (strcmp(argv[1], "--help") == 0)
		return puts(help) >= 0;
	return false;
}

bool fl_program_is_sound(const char *program, const char *config)
{
	pid_t pid = fork();
	sigset_t none;
	int status = 1;

	if (pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (config)
			(void)execl(program, program, "--check", "--config", config, (char *)NULL);
		else
			(void)execl(program, program, "--check", (char *)NULL);
		perror(program);
		_exit(1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
