/* The host of fairlead-paper: one process answers for many pages, each page has a caged one of its own, and whatever ends is begun again. */
#include "../tap.h"
#include "base/json.h"
#include "reader/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MS = 30000 };

static int file_of(struct fl_str s)
{
	int fd = memfd_create("paper", 0);

	if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n)
		abort();
	return fd;
}

/* The text of a page as the host's process says it; "" without. */
static const char *said(struct fl_cx *cx, struct fl_host *h, int fd, const char *type, enum fl_rc *rc)
{
	struct fl_str json = { NULL, 0 }, image;
	struct json_object *doc = NULL;

	*rc = fl_reader_paper(cx, h, fd, type, 1, MS, &json, &image);
	if (*rc != FL_OK || fl_json_parse(cx->a, json, &fl_json_limits_api, &doc, NULL) != FL_OK)
		return "";
	return fl_strndup(cx->a, fl_json_str(doc, "text"));
}

/* The only child of a process, 0 for none. */
static pid_t child_of(struct fl_arena *a, pid_t of)
{
	DIR *d = opendir("/proc");
	pid_t found = 0;

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		FILE *f = e->d_name[0] > '0' && e->d_name[0] <= '9' ? fopen(fl_fmt(a, "/proc/%s/stat", e->d_name), "r") : NULL;
		int pid = 0, parent = 0;

		if (f && fscanf(f, "%d (%*[^)]) %*c %d", &pid, &parent) == 2 && parent == of)
			found = pid;
		if (f)
			(void)fclose(f);
	}
	if (d)
		(void)closedir(d);
	return found;
}

static bool file_has(struct fl_arena *a, pid_t pid, const char *name, const char *begins)
{
	FILE *f = fopen(fl_fmt(a, "/proc/%d/%s", (int)pid, name), "r");
	char got[200];
	bool found = false;

	while (f && fgets(got, sizeof(got), f))
		found = found || strncmp(got, begins, strlen(begins)) == 0;
	if (f)
		(void)fclose(f);
	return found;
}

static bool caged(struct fl_arena *a, pid_t pid)
{
	return file_has(a, pid, "status", "Seccomp:\t2\n");
}

static int descriptors(struct fl_arena *a, pid_t pid)
{
	DIR *d = opendir(fl_fmt(a, "/proc/%d/fd", (int)pid));
	int n = 0;

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		n += e->d_name[0] != '.';
	if (d)
		(void)closedir(d);
	return n;
}

static void test_pages(struct fl_cx *cx, struct fl_host *h)
{
	int text = file_of(FL_STR("the first")), other = file_of(FL_STR("the second")), bad = file_of(FL_STR("%PDF-1.4 cut")), none = file_of(FL_STR(""));
	enum fl_rc rc;
	pid_t host;

	is_str(said(cx, h, text, "text/plain", &rc), "the first", "a page");
	host = child_of(cx->a, getpid());
	is_str(said(cx, h, other, "text/plain", &rc), "the second", "and another");
	(void)said(cx, h, bad, "application/pdf", &rc);
	ok(rc == FL_OK, "a damaged file is an answer");
	(void)said(cx, h, none, "image/png", &rc);
	ok(rc == FL_OK, "so is an empty one");
	is_str(said(cx, h, text, "text/plain", &rc), "the first", "after which the next is read");
	ok(child_of(cx->a, getpid()) == host, "by the same host");
	kill(host, SIGKILL);
	is_str(said(cx, h, text, "text/plain", &rc), "the first", "a host that was killed is begun again");
	ok(child_of(cx->a, getpid()) != host, "as another process");
}

/* Chinese in a font that the file does not bring: its letters are told by tables of Poppler's that are found before the cage, and read in it. */
static void test_tables(struct fl_cx *cx, struct fl_host *h)
{
	static const char pdf[] = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
				  "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F 4 0 R>>>>/Contents 7 0 R>>endobj\n"
				  "4 0 obj<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>endobj\n"
				  "5 0 obj<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 6 0 R/DW 1000>>endobj\n"
				  "6 0 obj<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>endobj\n"
				  "7 0 obj<</Length 69>>stream\nBT /F 20 Tf 20 200 Td <6E2F53E397625305 5E97768453D17968 4E24652F> Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n";
	int file = file_of((struct fl_str){ pdf, sizeof(pdf) - 1 });
	enum fl_rc rc;

	if (access("/usr/share/poppler/cMap", R_OK) == 0)
		is_str(said(cx, h, file, "application/pdf", &rc), "\u6e2f\u53e3\u9762\u5305\u5e97\u7684\u53d1\u7968\u4e24\u652f", "Chinese without a font is read");
	(void)close(file);
}

/* A page that waits for its file, so that it can be looked at. */
static void test_cage(struct fl_cx *cx, struct fl_host *h)
{
	pid_t host = child_of(cx->a, getpid()), page = 0, asker;
	int way[2], status = 0;

	if (pipe(way) != 0)
		abort();
	asker = fork();
	if (asker == 0) {
		enum fl_rc rc;

		close(way[1]);
		_exit(strcmp(said(cx, h, way[0], "text/plain", &rc), "late") != 0);
	}
	close(way[0]);
	for (int i = 0; i < 60000 && !(page && caged(cx->a, page)); i++) {
		usleep(1000);
		page = child_of(cx->a, host);
	}
	ok(page && caged(cx->a, page), "a page is read under a filter of system calls");
	ok(file_has(cx->a, page, "limits", "Max cpu time              20                   20 "), "with 20 seconds of CPU");
#if !defined(__SANITIZE_ADDRESS__)
	ok(file_has(cx->a, page, "limits", "Max address space         536870912            536870912 "), "and 512 MiB of memory");
#endif
	ok(descriptors(cx->a, page) == 4, "with nothing open but input, output, /dev/null and the way of what it is refused");
	ok(write(way[1], "late", 4) == 4, "its file comes");
	close(way[1]);
	waitpid(asker, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "and is read");
}

/* A page whose process a signal ends takes its host along; after some pages another host reads on anyway. */
static void test_signal(struct fl_cx *cx, struct fl_host *h)
{
	int way[2], text = file_of(FL_STR("the first")), wrong = 0;
	enum fl_rc rc;
	pid_t host, page = 0, killer;

	is_str(said(cx, h, text, "text/plain", &rc), "the first", "a page");
	host = child_of(cx->a, getpid());
	if (pipe(way) != 0)
		abort();
	killer = fork();
	if (killer == 0) {
		for (int i = 0; i < 60000 && !(page && caged(cx->a, page)); i++) {
			usleep(1000);
			page = child_of(cx->a, host);
		}
		_exit(page && kill(page, SIGSEGV) == 0 ? 0 : 1);
	}
	(void)said(cx, h, way[0], "text/plain", &rc);
	waitpid(killer, NULL, 0);
	ok(rc == FL_INVALID, "a page ended by a signal was not to be read: %s", cx->err.text);
	ok(child_of(cx->a, getpid()) == 0, "its host is ended too");
	close(way[0]);
	close(way[1]);
	is_str(said(cx, h, text, "text/plain", &rc), "the first", "and the next is read");
	host = child_of(cx->a, getpid());
	for (int i = 1; i < 201; i++) {
		struct fl_arena *a = fl_arena_new(256 << 20);
		struct fl_cx one;

		fl_cx_init(&one, a, NULL, "r", 60);
		wrong += strcmp(said(&one, h, text, "text/plain", &rc), "the first") != 0;
		fl_arena_free(a);
	}
	ok(!wrong && child_of(cx->a, getpid()) != host, "after 200 pages another host reads on");
}

/* Killed while it reads, not answering, unable. */
static void test_ends(struct fl_cx *cx, struct fl_host *h)
{
	struct fl_str json, image;
	int way[2], text = file_of(FL_STR("the first"));
	enum fl_rc rc;

	if (pipe(way) != 0)
		abort();
	ok(fl_reader_paper(cx, h, way[0], "text/plain", 1, 300, &json, &image) == FL_LATER, "no answer in time: %s", cx->err.text);
	ok(child_of(cx->a, getpid()) == 0, "ends the host, and its page with it");
	is_str(said(cx, h, text, "text/plain", &rc), "the first", "and the next is read");
	ok(fl_reader_paper(cx, fl_host_new(cx->a, "/nonexistent/paper"), text, "text/plain", 1, MS, &json, &image) == FL_BUG, "no program: %s", cx->err.text);
	ok(fl_reader_paper(cx, fl_host_new(cx->a, "/bin/true"), text, "text/plain", 1, MS, &json, &image) == FL_LATER, "a program that ends: %s", cx->err.text);
	ok(fl_reader_paper(cx, h, text, fl_fmt(cx->a, "%0200d", 1), 1, MS, &json, &image) == FL_BUG, "a type too long: %s", cx->err.text);
	close(way[0]);
	close(way[1]);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(512 << 20);
	const char *top = getenv("top_builddir");
	struct fl_cx cx;
	struct fl_host *h = fl_host_new(a, fl_fmt(a, "%s/fairlead-paper", top ? top : "."));

	fl_cx_init(&cx, a, NULL, "r", 120);
	test_pages(&cx, h);
	test_tables(&cx, h);
	test_cage(&cx, h);
	test_signal(&cx, h);
	test_ends(&cx, h);
	fl_arena_free(a);
	ok(child_of(fl_arena_new(1 << 20), getpid()) == 0, "nothing is left");
	return done();
}
