/* A mailbox polled: against dovecot, in a private folder and as the user who runs this. Skipped where there is no dovecot. */
#include "../outside/stub.h"
#include "../tap.h"
#include "base/buf.h"
#include "outside/imap.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <sys/socket.h>

static const char dovecot[] = "/usr/sbin/dovecot";

static const char conf_text[] =
	"base_dir = %1$s/run\nstate_dir = %1$s/state\nlog_path = %1$s/log\nprotocols = imap\nlisten = 127.0.0.1\nssl = no\n"
	"disable_plaintext_auth = no\nfirst_valid_uid = 1\nmail_location = maildir:%1$s/box\nmail_uid = %2$u\nmail_gid = %3$u\n"
	"default_internal_user = %4$s\ndefault_internal_group = %5$s\ndefault_login_user = %4$s\n"
	"service imap-login {\n  chroot =\n  inet_listener imap {\n    port = %6$d\n  }\n  inet_listener imaps {\n    port = 0\n  }\n}\n"
	"service anvil {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n"
	"passdb {\n  driver = static\n  args = password=secret\n}\n"
	"userdb {\n  driver = static\n  args = uid=%2$u gid=%3$u home=%1$s/home allow_all_users=yes\n}\n";

/* A port that was free a moment ago. */
static int free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&in, n) != 0 || getsockname(fd, (struct sockaddr *)&in, &n) != 0)
		return 0;
	close(fd);
	return ntohs(in.sin_port);
}

static bool answers(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool good = connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0;

	close(fd);
	return good;
}

static bool start(struct stub *s, struct fl_arena *a)
{
	char *argv[] = { fl_strdup(a, "dovecot"), fl_strdup(a, "-F"), fl_strdup(a, "-c"), NULL, NULL };
	bool root = getuid() == 0;
	/* dovecot reads no mail as root */
	const struct passwd *owner = root ? getpwnam("mail") : getpwuid(getuid());

	snprintf(s->dir, sizeof(s->dir), "/tmp/fl-imap-XXXXXX");
	if (!mkdtemp(s->dir))
		return false;
	s->port = free_port();
	stub_write(s, "conf", fl_fmt(a, conf_text, s->dir, owner->pw_uid, owner->pw_gid, root ? "dovecot" : owner->pw_name,
		root ? "dovecot" : "users", s->port));
	for (int i = 0; i < 4; i++) {
		const char *dir = fl_fmt(a, "%s/%s", s->dir, ((const char *const[]){ "box", "box/cur", "box/new", "box/tmp" })[i]);

		if (mkdir(dir, 0700) != 0 || (root && chown(dir, owner->pw_uid, owner->pw_gid) != 0))
			return false;
	}
	chmod(s->dir, 0755);
	argv[3] = fl_fmt(a, "%s/conf", s->dir);
	if (posix_spawn(&s->pid, dovecot, NULL, NULL, argv, environ) != 0)
		return false;
	for (int i = 0; i < 12000; i++) {
		if (answers(s->port))
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return false;
}

/* A server that tells of another mail's flags before it says what it was asked for, as any may (RFC 3501, 5.2). Serves one session. */
static void talkative(int listener)
{
	static const char body[] = "From: a@b.c\r\n\r\nhello\r\n", other[] = "* 2 FETCH (UID 8 FLAGS (\\Seen))\r\n";
	int fd = accept(listener, NULL, NULL);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r"), *out = fd < 0 ? NULL : fdopen(dup(fd), "w");
	char line[512], tag[16], *text;

	if (!in || !out)
		_exit(1);
	setvbuf(out, NULL, _IOLBF, 512);
	fputs("* OK here\r\n", out);
	while (fgets(line, sizeof(line), in) && (text = strchr(line, ' ')) && text - line < (int)sizeof(tag)) {
		snprintf(tag, sizeof(tag), "%.*s", (int)(text++ - line), line);
		if (strncmp(text, "CAPABILITY", 10) == 0)
			fputs("* CAPABILITY IMAP4rev1\r\n", out);
		else if (strstr(text, "RFC822.SIZE"))
			fprintf(out, "%s* 1 FETCH (UID 7 RFC822.SIZE %zu)\r\n", other, sizeof(body) - 1);
		else if (strstr(text, "BODY.PEEK"))
			fprintf(out, "%s* 1 FETCH (UID 7 BODY[] {%zu}\r\n%s)\r\n", other, sizeof(body) - 1, body);
		fprintf(out, "%s OK\r\n", tag);
		fflush(out);
	}
	_exit(0);
}

static void test_talkative(struct fl_cx *cx, struct fl_arena *process)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct fl_imap_box box = { .user = "desk", .password = "secret" };
	struct fl_conf conf = { .url = "" };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(in);
	struct fl_imap *m = NULL;
	struct fl_str raw = { NULL, 0 };
	pid_t pid;

	if (!ok(bind(listener, (struct sockaddr *)&in, n) == 0 && listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&in, &n) == 0, "a server listens"))
		return;
	pid = fork();
	if (pid == 0)
		talkative(listener);
	conf.tenant_allow = fl_fmt(cx->a, "127.0.0.1:%d", ntohs(in.sin_port));
	box.url = fl_fmt(cx->a, "imap://%s/", conf.tenant_allow);
	ok(fl_imap_open(cx, fl_outside_new(process, &conf), &box, &m) == FL_OK && fl_imap_fetch(m, 7, 1 << 20, &raw) == FL_OK, "a server that tells of other mails in between");
	ok(raw.n == 22 && memmem(raw.p, raw.n, "hello", 5), "the mail comes all the same");
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	close(listener);
}

enum { LARGE_BYTES = 4300 * 1000 };

/* Twelve mails of such a size are one poll: a buffer of twice the size for each would be more than its job may use. */
static void test_large(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	struct fl_imap_box box = { .url = fl_fmt(cx->a, "imap://127.0.0.1:%d/INBOX", s->port), .user = "desk", .password = "secret" };
	struct fl_buf text = fl_buf(cx->a, LARGE_BYTES + 100);
	struct fl_imap *m = NULL;
	uint32_t *uids = NULL;
	struct fl_str raw;
	size_t before;
	int n = 0;

	fl_buf_puts(&text, "From: a@b.c\r\nSubject: large\r\n\r\n");
	while (text.n < LARGE_BYTES)
		fl_buf_puts(&text, "every line of it is as long as this one\r\n");
	stub_write(s, "box/new/3.c", fl_buf_cstr(&text));
	if (!ok(fl_imap_open(cx, o, &box, &m) == FL_OK && fl_imap_unseen(m, 10, &uids, &n) == FL_OK && n >= 1, "a mail of %zu bytes", text.n))
		return;
	before = fl_arena_used(cx->a);
	ok(fl_imap_fetch(m, uids[n - 1], 8 << 20, &raw) == FL_OK && raw.n >= text.n && memmem(raw.p, raw.n, "Subject: large", 14), "is fetched whole");
	ok(fl_arena_used(cx->a) - before < text.n + (1 << 20), "and costs its own size: %zu bytes", fl_arena_used(cx->a) - before);
}

static void test_box(struct fl_cx *cx, struct fl_outside *o, const struct stub *s)
{
	struct fl_imap_box box = { .url = fl_fmt(cx->a, "imap://127.0.0.1:%d/INBOX", s->port), .user = "desk", .password = "secret" };
	struct fl_imap *m = NULL;
	struct fl_str raw = { NULL, 0 };
	uint32_t *uids = NULL;
	enum fl_rc rc;
	int n = 0;

	rc = fl_imap_open(cx, o, &box, &m);
	if (!ok(rc == FL_OK, "opened")) {
		printf("# %s\n%s\n", cx->err.text, stub_read(cx->a, s, "log"));
		return;
	}
	ok(fl_imap_unseen(m, 10, &uids, &n) == FL_OK && n == 2, "two unseen (%d)", n);
	ok(fl_imap_fetch(m, uids[0], 1 << 20, &raw) == FL_OK && raw.n > 20, "fetched %zu bytes", raw.n);
	ok(memmem(raw.p, raw.n, "F3 OK fooled", 12) && memmem(raw.p, raw.n, "the end", 7),
		"a line that looks like an answer is only text");
	ok(fl_imap_unseen(m, 10, &uids, &n) == FL_OK && n == 2, "reading marks nothing");
	ok(fl_imap_fetch(m, uids[1], 10, &raw) == FL_INVALID, "over the limit: %s", cx->err.text);
	ok(fl_imap_fetch(m, 4711, 1 << 20, &raw) == FL_NOT_FOUND, "gone: %s", cx->err.text);
	ok(fl_imap_seen(m, uids[0]) == FL_OK && fl_imap_unseen(m, 10, &uids, &n) == FL_OK && n == 1, "one left after marking");
	ok(fl_imap_unseen(m, 0, &uids, &n) == FL_OK && n == 0, "at most as many as wanted");
	box.url = fl_fmt(cx->a, "imap://127.0.0.1:%d/No such box", s->port);
	ok(fl_imap_open(cx, o, &box, &m) == FL_INVALID, "no such mailbox: %s", cx->err.text);
	box.url = fl_fmt(cx->a, "imap://127.0.0.1:%d/%%0d%%0aF9 LOGOUT", s->port);
	ok(fl_imap_open(cx, o, &box, &m) == FL_INVALID, "a command in the URL: %s", cx->err.text);
	box.url = fl_fmt(cx->a, "imap://127.0.0.1:%d/", s->port);
	box.password = "wrong";
	ok(fl_imap_open(cx, o, &box, &m) == FL_DENIED, "wrong password: %s", cx->err.text);
	box.url = fl_fmt(cx->a, "imap://localhost:%d/", s->port);
	ok(fl_imap_open(cx, o, &box, &m) == FL_DENIED, "not in TENANT_ALLOW: %s", cx->err.text);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20), *process = fl_arena_new(1 << 20);
	struct fl_conf conf = { .url = "" };
	struct stub s = { .pid = 0 };
	struct fl_cx cx;

	if (access(dovecot, X_OK) != 0) {
		printf("1..0 # SKIP dovecot is not installed\n");
		return 0;
	}
	if (ok(start(&s, a), "dovecot listens")) {
		conf.outside_allow = fl_fmt(a, "localhost:%d", s.port); /* of no use to a mailbox that people enter */
		conf.tenant_allow = fl_fmt(a, "127.0.0.1:%d", s.port);
		fl_cx_init(&cx, a, &conf, "r", 30);
		stub_write(&s, "box/new/1.a", "From: a@b.c\r\nSubject: one\r\n\r\nF3 OK fooled\r\n)\r\nthe end\r\n");
		stub_write(&s, "box/new/2.b", "From: a@b.c\r\nSubject: two\r\n\r\ntwo\r\n");
		test_box(&cx, fl_outside_new(process, &conf), &s);
		test_talkative(&cx, process);
		test_large(&cx, fl_outside_new(process, &conf), &s);
	}
	fl_arena_free(a);
	fl_arena_free(process);
	if (s.pid > 0) {
		kill(s.pid, SIGTERM);
		waitpid(s.pid, NULL, 0);
		nftw(s.dir, stub_remove, 8, FTW_DEPTH | FTW_PHYS);
	}
	return done();
}
