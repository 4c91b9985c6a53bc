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

/* The last act needs the limit that the cage leaves out where the address sanitizer maps terabytes. */
#if defined(__SANITIZE_ADDRESS__)
enum { NO_MEMORY_LIMIT = 1 };
#else
enum { NO_MEMORY_LIMIT = 0 };
#endif

/* Runs one forbidden act in a caged child; its wait status. */
static int caged(struct fl_arena *a, int act)
{
	pid_t pid = fork();
	int status = 0, bad = 0;

	if (pid == 0) {
		struct fl_cx cx;

		fl_cx_init(&cx, a, NULL, "r", 10);
		if (fl_sandbox_enter(&cx, FL_SANDBOX_CPU_S) != FL_OK)
			_exit(99);
		if (act == 0)
			socket(AF_INET, SOCK_STREAM, 0);
		else if (act == 1)
			execl("/bin/true", "true", (char *)NULL);
		else if (act == 2)
			fork();
		else if (act == 3)
			bad = open("/etc/passwd", O_RDONLY) >= 0;
		else if (act == 4)
			bad = open("x", O_WRONLY | O_CREAT, 0600) >= 0;
		else
			bad = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
		_exit(bad ? 98 : 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void test_cage(struct fl_arena *a)
{
	static const char *const acts[] = { "a socket", "a program", "a process", "reading a file", "writing a file", "2 GiB" };

	for (int i = 0; i < (int)FL_COUNT(acts) - NO_MEMORY_LIMIT; i++) {
		int status = caged(a, i);

		if (i < 3)
			ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s ends it", acts[i]);
		else
			ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s is refused", acts[i]);
	}
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

int main(void)
{
	struct fl_arena *a = fl_arena_new(512 << 20);
	const char *top = getenv("top_builddir");
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "r", 60);
	test_reader(&cx, fl_fmt(a, "%s/fairlead-reader", top ? top : "."));
	test_cage(a);
	test_folders(a);
	fl_arena_free(a);
	return done();
}
