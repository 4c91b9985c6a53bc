#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/hash.h"

static const char *path_of(struct fl_cx *cx, const char *org, const char *name)
{
	return fl_fmt(cx->a, "%s/files/%s/%s", cx->conf->data_dir, org, name);
}

static enum fl_rc make_folder(struct fl_cx *cx, const char *path)
{
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return FL_FAIL(cx, FL_LATER, "%s: %s", path, strerror(errno));
	return FL_OK;
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

enum fl_rc fl_file_put(struct fl_cx *cx, const char *org, const char *hash, struct fl_str data)
{
	const char *folder = path_of(cx, org, ""), *to = path_of(cx, org, hash);
	const char *part = path_of(cx, org, fl_fmt(cx->a, ".%s", fl_uuid_new_text(cx->a)));
	bool good;
	int fd;

	if (access(to, R_OK) == 0)
		return FL_OK;
	FL_TRY(make_folder(cx, fl_fmt(cx->a, "%s/files", cx->conf->data_dir)));
	FL_TRY(make_folder(cx, folder));
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return FL_FAIL(cx, FL_LATER, "%s: %s", part, strerror(errno));
	good = write_all(fd, data);
	good = close(fd) == 0 && good;
	if (!good || rename(part, to) != 0 || !sync_folder(folder)) {
		enum fl_rc rc = FL_FAIL(cx, FL_LATER, "%s: %s", to, strerror(errno));

		(void)unlink(part);
		return rc;
	}
	return FL_OK;
}

enum fl_rc fl_file_open(struct fl_cx *cx, const char *org, const char *hash, int *fd)
{
	*fd = open(path_of(cx, org, hash), O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return FL_FAIL(cx, errno == ENOENT ? FL_NOT_FOUND : FL_LATER, "the file is away: %s", strerror(errno));
	return FL_OK;
}
