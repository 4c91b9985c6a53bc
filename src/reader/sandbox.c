#include "reader/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/resource.h>

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(lseek), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
	SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(sched_yield),
};

/* What only a hijacked reader would call. */
static const int deadly[] = {
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
	SCMP_SYS(vfork),  SCMP_SYS(clone),   SCMP_SYS(ptrace),
};

static void release(void *p)
{
	seccomp_release(p);
}

static enum fl_rc limit(struct fl_cx *cx, __rlimit_resource_t what, rlim_t most)
{
	struct rlimit r = { most, most };

	if (setrlimit(what, &r) != 0)
		return FL_FAIL(cx, FL_BUG, "a limit cannot be set: %s", strerror(errno));
	return FL_OK;
}

static enum fl_rc filter(struct fl_cx *cx)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int bad = 0;

	if (!f)
		return FL_FAIL(cx, FL_BUG, "no seccomp filter can be made");
	fl_defer(cx->a, release, f);
	for (size_t i = 0; i < FL_COUNT(allowed); i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < FL_COUNT(deadly); i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	if (bad || seccomp_load(f) != 0)
		return FL_FAIL(cx, FL_BUG, "the seccomp filter cannot be loaded");
	return FL_OK;
}

enum fl_rc fl_sandbox_enter(struct fl_cx *cx, int cpu_s)
{
#if !defined(__SANITIZE_ADDRESS__)
	/* the address sanitizer maps terabytes */
	FL_TRY(limit(cx, RLIMIT_AS, (rlim_t)512 << 20));
#endif
	FL_TRY(limit(cx, RLIMIT_CPU, (rlim_t)cpu_s));
	FL_TRY(limit(cx, RLIMIT_CORE, 0));
	return filter(cx);
}
