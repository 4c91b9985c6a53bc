#include "reader/refused.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define RESULT(c) (c)->uc_mcontext.gregs[REG_RAX]
#define OPEN_AT(c) (c)->uc_mcontext.gregs[REG_RDI], (c)->uc_mcontext.gregs[REG_RSI], (c)->uc_mcontext.gregs[REG_RDX]
#define OPEN_FLAGS(c) (c)->uc_mcontext.gregs[REG_RDX]
#elif defined(__aarch64__)
#define RESULT(c) (c)->uc_mcontext.regs[0]
#define OPEN_AT(c) (c)->uc_mcontext.regs[0], (c)->uc_mcontext.regs[1], (c)->uc_mcontext.regs[2]
#define OPEN_FLAGS(c) (c)->uc_mcontext.regs[2]
#endif

#if FL_REFUSED_TOLD
/* What only a hijacked reader would call. */
static bool deadly(int number)
{
	static const int all[] = {
		SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_execve, SYS_execveat, SYS_clone, SYS_clone3, SYS_ptrace,
#if defined(SYS_fork)
		SYS_fork, SYS_vfork,
#endif
	};

	for (size_t i = 0; i < FL_COUNT(all); i++)
		if (all[i] == number)
			return true;
	return false;
}

static void note(int32_t number)
{
	ssize_t n = write(FL_REFUSED_FD, &number, sizeof(number));

	(void)n; /* full, or nobody asks */
}

static void refuse(int signal, siginfo_t *what, void *where)
{
	ucontext_t *c = where;
	int number = what->si_syscall, kept = errno;

	(void)signal;
	note(number);
	if (deadly(number))
		(void)syscall(SYS_rt_sigaction, SIGSYS, NULL, NULL, sizeof(uint64_t)); /* which the filter answers with the end */
	RESULT(c) = number == SYS_mmap || number == SYS_mremap ? -ENOMEM : -EPERM;
	errno = kept;
}

/* The handler in a process that may read some files: opens for reading are asked of the system once more, marked. */
static void refuse_or_open(int signal, siginfo_t *what, void *where)
{
	ucontext_t *c = where;
	int kept = errno;
	long got;

	if (what->si_syscall != SYS_openat || (OPEN_FLAGS(c) & (O_ACCMODE | O_CREAT | O_TRUNC | O_PATH)) != O_RDONLY) {
		refuse(signal, what, where);
		return;
	}
	got = syscall(SYS_openat, OPEN_AT(c), 0L, 0L, (long)FL_REFUSED_MARK);
	if (got < 0)
		got = -errno;
	if (got == -EACCES || got == -EPERM)
		note(SYS_openat);
	RESULT(c) = got;
	errno = kept;
}
#endif

enum fl_rc fl_refused_catch(struct fl_cx *cx, bool opens)
{
#if FL_REFUSED_TOLD
	struct sigaction act = { .sa_sigaction = opens ? refuse_or_open : refuse, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigset_t caught;

	sigemptyset(&caught);
	sigaddset(&caught, SIGSYS);
	if (sigaction(SIGSYS, &act, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &caught, NULL) != 0)
		return FL_FAIL(cx, FL_BUG, "no handler of refused calls: %s", strerror(errno));
#else
	(void)cx;
	(void)opens;
#endif
	return FL_OK;
}
