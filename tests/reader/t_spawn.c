/* The reader as a program of its own: caged, bounded, and its failures told apart. */
#include "../tap.h"
#include "base/json.h"
#include "reader/sandbox.h"
#include "reader/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_reader(struct fl_cx *cx, const char *path)
{
	struct fl_str json = { NULL, 0 }, files;
	struct json_object *doc = NULL;
	char *large = fl_alloc(cx->a, (25 << 20) + 1);

	ok(fl_reader_mail(cx, path, FL_STR("Subject: hello\r\nFrom: a@b.c\r\n\r\nbody"), 10000, &json, &files) == FL_OK, "read");
	ok(fl_json_parse(cx->a, json, &fl_json_limits_api, &doc, NULL) == FL_OK, "strict JSON");
	is_str(fl_json_str(doc, "subject").p, "hello", "subject");
	is_str(fl_json_str(doc, "text").p, "body", "text");
	ok(fl_reader_mail(cx, path, FL_STR(""), 10000, &json, &files) == FL_INVALID, "nothing: %s", cx->err.text);
	memset(large, 'x', (25 << 20) + 1);
	ok(fl_reader_mail(cx, path, (struct fl_str){ large, (25 << 20) + 1 }, 10000, &json, &files) == FL_INVALID, "too large: %s", cx->err.text);
	memcpy(large, "Subject: big\r\n\r\n", 16);
	ok(fl_reader_mail(cx, path, (struct fl_str){ large, 25 << 20 }, 20000, &json, &files) == FL_OK, "25 MiB are read");
	ok(json.n <= (1 << 20) + 1000, "and cut to 1 MiB of text");
	ok(fl_reader_mail(cx, "/nonexistent/reader", FL_STR("A: b\r\n\r\n"), 10000, &json, &files) == FL_BUG, "no program: %s", cx->err.text);
	ok(fl_reader_mail(cx, "/bin/false", FL_STR("A: b\r\n\r\n"), 10000, &json, &files) == FL_BUG, "another program: %s", cx->err.text);
	ok(fl_reader_mail(cx, "/bin/true", FL_STR("A: b\r\n\r\n"), 10000, &json, &files) == FL_INVALID, "an empty answer: %s", cx->err.text);
	ok(fl_reader_mail(cx, "/usr/bin/yes", FL_STR("A: b\r\n\r\n"), 10000, &json, &files) == FL_INVALID, "an endless answer: %s", cx->err.text);
}

/* What is logged while a reader that was taken over tries an act; *rc as its starter says. */
static const char *told(struct fl_cx *cx, const char *path, const char *kind, const char *act, enum fl_rc *rc)
{
	int log = memfd_create("log", MFD_CLOEXEC), kept = dup(STDERR_FILENO);
	char *said = fl_alloc(cx->a, 8192);
	struct fl_str json, more;

	if (log < 0 || kept < 0 || dup2(log, STDERR_FILENO) < 0)
		abort();
	*rc = *kind ? fl_reader_archive(cx, path, kind, fl_str(act), 20000, &json, &more) : fl_reader_mail(cx, path, fl_str(act), 20000, &json, &more);
	if (dup2(kept, STDERR_FILENO) < 0 || pread(log, said, 8191, 0) < 0)
		abort();
	(void)close(kept);
	(void)close(log);
	return said;
}

/* The limit of memory is left out where the address sanitizer maps terabytes. */
#if defined(__SANITIZE_ADDRESS__)
enum { MEMORY_LIMITED = 0 };
#else
enum { MEMORY_LIMITED = 1 };
#endif

/* Promise 32: each denied, and each told in a line of the log that names the work it was for. */
static void test_cage(struct fl_cx *cx, const char *stub, const char *kind)
{
	static const struct {
		const char *act, *call;
		bool ends;
	} all[] = {
		{ "connect", "connect", true }, { "socket", "socket", true }, { "fork", "clone", true }, { "execve", "execve", true }, { "handler", "", true },
		{ "config /etc/passwd", "openat", false }, { "write", "openat", false }, { "limits", "prlimit64", false }, { "kill", "kill", false }, { "silence", "close", false },
		{ "input", "", false }, { "memory", "mmap", false },
	};
	const char *said;
	enum fl_rc rc;

	for (int i = 0; i < (int)FL_COUNT(all) - !MEMORY_LIMITED; i++) {
		said = told(cx, stub, kind, all[i].act, &rc);
		ok(rc == (all[i].ends ? FL_INVALID : FL_OK), "%s%s is denied%s: %d %s", all[i].act, *kind ? " where fonts may be read" : "", all[i].ends ? " and ends it" : "", rc, rc ? cx->err.text : "");
		if (*all[i].call)
			ok(strstr(said, fl_fmt(cx->a, "the cage of a reader refused: %s", all[i].call)) && strstr(said, "\"reqId\":\"r\""), "and told");
		else
			ok(!strstr(said, "refused"), "and is no call that was refused");
		if (all[i].ends)
			ok(strstr(said, "a reader was ended by signal 31") != NULL, "its end is told");
	}
	said = told(cx, stub, kind, "many", &rc);
	ok(rc == FL_OK && strstr(said, "refused: kill ") && strstr(said, " times"), "many are one line");
	ok(!*told(cx, stub, kind, "nothing", &rc) && rc == FL_OK, "a reader that tries nothing is not spoken of");
}

/* With folders it may read: 0 both refused, 1 the file beneath is read and the other is not, else bad. */
static int caged_with_folder(struct fl_arena *a)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct fl_cx cx;
		bool there, elsewhere, written;

		fl_cx_init(&cx, a, NULL, "r", 10);
		if (fl_sandbox_enter_with(&cx, FL_SANDBOX_CPU_S, (const char *const[]){ "/etc/security", "/nonexistent", NULL }) != FL_OK)
			_exit(99);
		there = open("/etc/security/limits.conf", O_RDONLY) >= 0;
		elsewhere = open("/etc/passwd", O_RDONLY) >= 0 || open("/etc/security/../passwd", O_RDONLY) >= 0;
		written = open("/etc/security/limits.conf", O_RDWR) >= 0 || open("/etc/security/x", O_WRONLY | O_CREAT, 0600) >= 0;
		_exit(elsewhere || written ? 98 : there);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static void test_folders(struct fl_arena *a)
{
	int got = caged_with_folder(a), want = access("/etc/security/limits.conf", R_OK) == 0 && syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;

	ok(got == want, "what lies beneath a folder may be read where the kernel can hold it to that, nothing else, and nothing written: %d", got);
}

/* A machine without room for one more process is no full disk. 1 when it is told so, else what was told. */
static int crowded(struct fl_arena *a, const char *path)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		struct fl_str json, files;
		struct fl_cx cx;
		enum fl_rc rc;

		fl_cx_init(&cx, a, NULL, "r", 10);
		if (setrlimit(RLIMIT_NPROC, &none) < 0 || (geteuid() == 0 && setuid(65534) < 0)) /* root is under no limit */
			_exit(99);
		rc = fl_reader_mail(&cx, path, FL_STR("A: b\r\n\r\n"), 10000, &json, &files);
		_exit(rc == FL_LATER && cx.err.crowded && !cx.err.full ? 1 : 2 + rc);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(512 << 20);
	const char *top = getenv("top_builddir");
	struct fl_cx cx;
	int got;

	fl_cx_init(&cx, a, NULL, "r", 60);
	test_reader(&cx, fl_fmt(a, "%s/fairlead-reader", top ? top : "."));
	test_cage(&cx, fl_fmt(a, "%s/tests/reader/stub_reader", top ? top : "."), "");
	test_cage(&cx, fl_fmt(a, "%s/tests/reader/stub_reader", top ? top : "."), "folders");
	test_folders(a);
	got = crowded(a, fl_fmt(a, "%s/fairlead-reader", top ? top : "."));
	ok(got == 1, "no room for one more process is LATER, and no word of a disk: %d", got);
	fl_arena_free(a);
	return done();
}
