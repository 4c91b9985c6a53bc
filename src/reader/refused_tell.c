/* What a caged process was refused, in the words of the one that started it; what it wrote is foreign. */
#include "reader/refused.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"

enum { NAMED = 16, READ_MOST = 4096 };

struct refused {
	int32_t number;
	int times;
};

/* Those somebody would try; others are told by their number. */
static const char *name_of(struct fl_arena *a, int32_t number)
{
	static const struct {
		int32_t number;
		const char *name;
	} known[] = {
		{ SYS_socket, "socket" }, { SYS_socketpair, "socketpair" }, { SYS_connect, "connect" }, { SYS_bind, "bind" }, { SYS_sendto, "sendto" }, { SYS_sendmsg, "sendmsg" },
		{ SYS_execve, "execve" }, { SYS_execveat, "execveat" }, { SYS_clone, "clone" }, { SYS_clone3, "clone3" }, { SYS_ptrace, "ptrace" }, { SYS_kill, "kill" }, { SYS_tgkill, "tgkill" },
		{ SYS_prlimit64, "prlimit64" }, { SYS_mmap, "mmap" }, { SYS_mremap, "mremap" }, { SYS_close, "close" }, { SYS_dup, "dup" }, { SYS_dup3, "dup3" }, { SYS_fcntl, "fcntl" },
		{ SYS_ioctl, "ioctl" }, { SYS_openat, "openat" }, { SYS_openat2, "openat2" }, { SYS_unlinkat, "unlinkat" }, { SYS_renameat2, "renameat2" }, { SYS_mkdirat, "mkdirat" },
		{ SYS_faccessat, "faccessat" }, { SYS_readlinkat, "readlinkat" }, { SYS_getdents64, "getdents64" },
#if defined(SYS_open)
		{ SYS_open, "open" }, { SYS_fork, "fork" }, { SYS_vfork, "vfork" }, { SYS_dup2, "dup2" }, { SYS_access, "access" }, { SYS_unlink, "unlink" }, { SYS_rename, "rename" },
		{ SYS_mkdir, "mkdir" }, { SYS_readlink, "readlink" }, { SYS_stat, "stat" },
#endif
	};

	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (known[i].number == number)
			return known[i].name;
	return fl_fmt(a, "call %d", (int)number);
}

static void count(struct refused *all, int *n, int32_t number)
{
	int i = 0;

	while (i < *n && all[i].number != number)
		i++;
	if (i == *n && *n < NAMED)
		all[(*n)++] = (struct refused){ .number = number };
	if (i < *n)
		all[i].times++;
}

void fl_refused_tell(const struct fl_cx *cx, int fd)
{
	struct fl_buf said = fl_buf(cx->a, 4096);
	struct refused all[NAMED];
	int32_t got[READ_MOST];
	ssize_t bytes = fd < 0 ? 0 : read(fd, got, sizeof(got));
	int n = 0;

	for (ssize_t i = 0; i < bytes / (ssize_t)sizeof(*got); i++)
		count(all, &n, got[i]);
	for (int i = 0; i < n; i++) {
		fl_buf_printf(&said, "%s%s", i ? ", " : "", name_of(cx->a, all[i].number));
		if (all[i].times > 1)
			fl_buf_printf(&said, " %d times", all[i].times);
	}
	if (n)
		fl_log(cx, FL_WARN, "the cage of a reader refused: %s", fl_strndup(cx->a, fl_buf_get(&said)));
}
