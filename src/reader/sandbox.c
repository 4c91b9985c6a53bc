#include "reader/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reader/refused.h"

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(lseek), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
	SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield),
};

/* The address sanitizer maps terabytes. */
#if defined(__SANITIZE_ADDRESS__)
static const rlim_t memory = RLIM_INFINITY;
#else
static const rlim_t memory = (rlim_t)512 << 20;
#endif

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

/* All that the first version of Landlock can refuse. */
#define ALL_ACCESS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static bool allow_reading(int rules, const char *folder)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	bool done;

	if (rule.parent_fd < 0)
		return errno == ENOENT; /* nothing to read there */
	done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	(void)close(rule.parent_fd);
	return done;
}

/* False: the kernel has no Landlock, or it is switched off. */
static bool only_folders(const char *const *folders)
{
	const struct landlock_ruleset_attr all = { .handled_access_fs = ALL_ACCESS };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	bool done = rules >= 0;

	for (; done && *folders; folders++)
		done = allow_reading(rules, *folders);
	done = done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	if (rules >= 0)
		(void)close(rules);
	return done;
}

/* Calls that are allowed with some arguments only. */
static int rules_of(scmp_filter_ctx f, bool opens)
{
	int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A1_64(SCMP_CMP_LE, (scmp_datum_t)memory));

	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 1, SCMP_A2_64(SCMP_CMP_LE, (scmp_datum_t)memory));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFD)); /* of files that libraries open */
	/* what is refused stays told: neither the handler nor the way it writes may go */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(close), 1, SCMP_A0_64(SCMP_CMP_NE, FL_REFUSED_FD));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 1, SCMP_A0_64(SCMP_CMP_NE, SIGSYS));
	bad |= seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(rt_sigaction), 1, SCMP_A0_64(SCMP_CMP_EQ, SIGSYS));
	/* abort(); no signal goes to another process */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	if (opens)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1 + FL_REFUSED_TOLD, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY),
		                        SCMP_A5_64(SCMP_CMP_EQ, FL_REFUSED_MARK));
	return bad;
}

static enum fl_rc filter(struct fl_cx *cx, bool opens)
{
	scmp_filter_ctx f = seccomp_init(FL_REFUSED_TOLD ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EPERM));
	int bad = 0;

	if (!f)
		return FL_FAIL(cx, FL_BUG, "no seccomp filter can be made");
	fl_defer(cx->a, release, f);
	for (size_t i = 0; i < FL_COUNT(allowed); i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	if (bad || rules_of(f, opens) || seccomp_load(f) != 0)
		return FL_FAIL(cx, FL_BUG, "the seccomp filter cannot be loaded");
	return FL_OK;
}

enum fl_rc fl_sandbox_enter_with(struct fl_cx *cx, int cpu_s, const char *const *folders)
{
	bool opens = *folders && only_folders(folders);

	FL_TRY(limit(cx, RLIMIT_AS, memory));
	FL_TRY(limit(cx, RLIMIT_CPU, (rlim_t)cpu_s));
	FL_TRY(limit(cx, RLIMIT_CORE, 0));
	FL_TRY(fl_refused_catch(cx, opens));
	return filter(cx, opens);
}

enum fl_rc fl_sandbox_enter(struct fl_cx *cx, int cpu_s)
{
	return fl_sandbox_enter_with(cx, cpu_s, (const char *const[]){ NULL });
}
