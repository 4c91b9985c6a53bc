#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/hash.h"

enum { NAME_BYTES = 200, ENDING_BYTES = 12, SENT_BYTES = 4096, PART_BYTES = 64 * 1024 };

const char *fl_file_path(struct fl_cx *cx, const char *org, const char *name)
{
	return fl_fmt(cx->a, "%s/files/%s/%s", cx->conf->data_dir, org, name);
}

static bool write_all(int fd, struct fl_str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			s.p += n;
			s.n -= (size_t)n;
		}
	}
	return fsync(fd) == 0;
}

/* A rename is kept over a loss of power only once its folder is synced. */
static bool sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* A folder likewise, once the one above it is. */
static enum fl_rc make_folder(struct fl_cx *cx, const char *path)
{
	if (mkdir(path, 0770) == 0 ? !sync_folder(fl_fmt(cx->a, "%s/..", path)) : errno != EEXIST)
		return FL_FAIL_FILE(cx, path);
	return FL_OK;
}

static int lock_folder(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, how) != 0) {
		if (errno != EINTR) {
			(void)close(fd);
			return -1;
		}
	}
	return fd;
}

/* Whether it is there already; its time is now then. */
static bool renewed(const char *folder, const char *path)
{
	int lock = lock_folder(folder, LOCK_SH);
	bool there = lock >= 0 && utimensat(AT_FDCWD, path, NULL, 0) == 0;

	if (lock >= 0)
		(void)close(lock);
	return there;
}

enum fl_rc fl_file_put(struct fl_cx *cx, const char *org, const char *hash, struct fl_str data)
{
	const char *folder = fl_file_path(cx, org, ""), *to = fl_file_path(cx, org, hash);
	const char *part = fl_file_path(cx, org, fl_fmt(cx->a, ".%s", fl_uuid_new_text(cx->a)));
	bool good;
	int fd;

	if (renewed(folder, to))
		return FL_OK;
	FL_TRY(make_folder(cx, fl_fmt(cx->a, "%s/files", cx->conf->data_dir)));
	for (const char *slash = strchr(org, '/'); slash; slash = strchr(slash + 1, '/'))
		FL_TRY(make_folder(cx, fl_file_path(cx, fl_strndup(cx->a, (struct fl_str){ org, (size_t)(slash - org) }), "")));
	FL_TRY(make_folder(cx, folder));
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
	if (fd < 0)
		return FL_FAIL_FILE(cx, part);
	good = write_all(fd, data);
	good = close(fd) == 0 && good;
	if (!good || rename(part, to) != 0 || !sync_folder(folder)) {
		enum fl_rc rc = FL_FAIL_FILE(cx, to);

		(void)unlink(part);
		return rc;
	}
	return FL_OK;
}

enum fl_rc fl_file_open(struct fl_cx *cx, const char *org, const char *hash, int *fd)
{
	*fd = open(fl_file_path(cx, org, hash), O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return FL_FAIL(cx, errno == ENOENT ? FL_NOT_FOUND : FL_LATER, "the file is away: %s", strerror(errno));
	return FL_OK;
}

bool fl_file_here(struct fl_cx *cx, const char *org, const char *hash)
{
	return access(fl_file_path(cx, org, hash), R_OK) == 0;
}

/* By parts and not as a mapping: that takes memory that may be missing, and ends the process where the disk cannot read. */
enum fl_rc fl_file_same(struct fl_cx *cx, const char *org, const char *hash, bool *same)
{
	struct fl_sha256_run *run = fl_sha256_begin(cx->a);
	struct fl_digest d;
	char part[PART_BYTES];
	ssize_t n;
	int fd;

	FL_TRY(fl_file_open(cx, org, hash, &fd));
	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			fl_sha256_add(run, (struct fl_str){ part, (size_t)n });
	if (n < 0) {
		enum fl_rc rc = FL_FAIL(cx, FL_LATER, "the file cannot be read: %s", strerror(errno));

		(void)close(fd);
		return rc;
	}
	(void)close(fd);
	d = fl_sha256_end(run);
	*same = strcmp(fl_hex(cx->a, fl_digest_str(&d)), hash) == 0;
	return FL_OK;
}

static enum fl_rc refused(struct fl_cx *cx, const char *path)
{
	return errno == ENOENT ? FL_OK : FL_FAIL(cx, FL_LATER, "%s: %s", path, strerror(errno));
}

enum fl_rc fl_file_retire(struct fl_cx *cx, const char *org, const char *name, int age_s, bool *young)
{
	const char *folder = fl_file_path(cx, org, ""), *path = fl_file_path(cx, org, name);
	int lock = lock_folder(folder, LOCK_EX);
	enum fl_rc rc = FL_OK;
	struct stat st;

	*young = false;
	if (lock < 0)
		return refused(cx, folder);
	if (stat(path, &st) == 0 && st.st_mtime > fl_now_us() / FL_SECOND_US - age_s)
		*young = true;
	else if (unlink(path) != 0)
		rc = refused(cx, path);
	(void)close(lock);
	return rc;
}

static enum fl_rc empty_folder(struct fl_cx *cx, const char *path, int depth)
{
	DIR *d = opendir(path);
	struct dirent *e;
	enum fl_rc rc = FL_OK;

	if (!d)
		return refused(cx, path);
	while (rc == FL_OK && (e = readdir(d))) {
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			rc = empty_folder(cx, fl_fmt(cx->a, "%s/%s", path, e->d_name), depth - 1);
		else if (unlinkat(dirfd(d), e->d_name, 0) != 0)
			rc = refused(cx, e->d_name);
	}
	(void)closedir(d);
	if (rc == FL_OK && rmdir(path) != 0)
		rc = refused(cx, path);
	return rc;
}

enum fl_rc fl_file_remove(struct fl_cx *cx, const char *path)
{
	const char *full = fl_fmt(cx->a, "%s/files/%s", cx->conf->data_dir, path);
	size_t n = strlen(full);

	if (path[0] == '/' || path[0] == '\0' || strstr(path, ".."))
		return FL_FAIL(cx, FL_INVALID, "no path of a kept file: %s", path);
	if (full[n - 1] == '/')
		return empty_folder(cx, fl_strndup(cx->a, (struct fl_str){ full, n - 1 }), 1);
	return unlink(full) == 0 ? FL_OK : refused(cx, full);
}

/* Bytes of a mark that turns the direction at p: 3, else 0. */
static size_t turn_at(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n < 3 || u[0] != 0xe2)
		return 0;
	if (u[1] == 0x80 && (u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xaa && u[2] <= 0xae)))
		return 3;
	return u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9 ? 3 : 0;
}

static struct fl_str last_part(struct fl_str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\')
			return (struct fl_str){ s.p + i, s.n - i };
	return s;
}

/* Cut in the middle: ".pdf" at the end says what it is. */
static struct fl_str clip_name(struct fl_arena *a, struct fl_str name)
{
	size_t dot = name.n;
	struct fl_str head;

	if (name.n <= NAME_BYTES)
		return name;
	while (dot > name.n - ENDING_BYTES && name.p[dot - 1] != '.')
		dot--;
	if (dot == name.n - ENDING_BYTES)
		return fl_str_clip(name, NAME_BYTES);
	head = fl_str_clip(name, NAME_BYTES - (name.n - dot + 1));
	return fl_str(fl_fmt(a, "%.*s.%.*s", (int)head.n, head.p, (int)(name.n - dot), name.p + dot));
}

struct fl_str fl_file_name(struct fl_arena *a, struct fl_str sent)
{
	struct fl_str name = last_part(fl_str_clip(sent, SENT_BYTES)), trimmed;
	struct fl_buf b = fl_buf(a, SENT_BYTES + 1);
	bool good = fl_str_utf8(name);

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		size_t turn = good ? turn_at(name.p + i, name.n - i) : 0;

		if (turn)
			i += turn - 1;
		else if (c >= 0x80 && !good)
			fl_buf_putc(&b, '_');
		else if (c >= 0x20 && c != 0x7f)
			fl_buf_putc(&b, (char)c);
	}
	trimmed = clip_name(a, fl_str_trim(fl_buf_get(&b)));
	return trimmed.n && !fl_str_eq(trimmed, FL_STR(".")) && !fl_str_eq(trimmed, FL_STR("..")) ? trimmed : FL_STR("file");
}

enum fl_rc fl_files_check(const struct fl_conf *conf)
{
	if (access(conf->data_dir, W_OK | X_OK) == 0)
		return FL_OK;
	fprintf(stderr, "DATA_DIR: %s cannot be written in: %s; make it a folder of the user that runs Fairlead\n", conf->data_dir, strerror(errno));
	return FL_INVALID;
}
