#include "app/privacy/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 << 10 };

struct privacy_archive {
	struct archive *w;
	int fd;
	char *piece;
	struct fl_sha256_run *run;
};

static void give_back(void *p)
{
	struct privacy_archive *z = p;

	if (z->w)
		(void)archive_write_free(z->w);
	if (z->fd >= 0)
		(void)close(z->fd);
}

static enum fl_rc broke(struct fl_cx *cx, const struct privacy_archive *z)
{
	const char *why = archive_error_string(z->w);

	return FL_FAIL(cx, FL_LATER, "the archive: %s", why ? why : "it cannot be written");
}

enum fl_rc privacy_archive_new(struct fl_cx *cx, const char *path, struct privacy_archive **out)
{
	struct privacy_archive *z = FL_NEW(cx->a, struct privacy_archive);

	z->piece = fl_alloc(cx->a, PIECE_BYTES);
	z->run = fl_sha256_begin(cx->a);
	z->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
	z->w = archive_write_new();
	fl_defer(cx->a, give_back, z);
	if (z->fd < 0)
		return FL_FAIL(cx, FL_LATER, "%s: %s", path, strerror(errno));
	if (!z->w || archive_write_set_format_zip(z->w) != ARCHIVE_OK || archive_write_set_options(z->w, "hdrcharset=UTF-8") != ARCHIVE_OK ||
	    archive_write_open_fd(z->w, z->fd) != ARCHIVE_OK)
		return broke(cx, z);
	*out = z;
	return FL_OK;
}

static enum fl_rc begin(struct fl_cx *cx, struct privacy_archive *z, const char *name, int64_t bytes)
{
	struct archive_entry *e = archive_entry_new();
	int rc;

	archive_entry_set_pathname_utf8(e, name);
	archive_entry_set_size(e, bytes);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0640);
	archive_entry_set_mtime(e, cx->now_us / FL_SECOND_US, 0);
	rc = archive_write_header(z->w, e);
	archive_entry_free(e);
	return rc == ARCHIVE_OK ? FL_OK : broke(cx, z);
}

static enum fl_rc put(struct fl_cx *cx, struct privacy_archive *z, const char *p, size_t n)
{
	return archive_write_data(z->w, p, n) == (la_ssize_t)n ? FL_OK : broke(cx, z);
}

/* Reads a file to its end: into the entry (z) and into the hash. */
static enum fl_rc pour(struct fl_cx *cx, struct privacy_archive *z, const char *path, char *piece, struct fl_sha256_run *hash, int64_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum fl_rc rc = FL_OK;
	ssize_t n = 0;

	if (fd < 0)
		return FL_FAIL(cx, errno == ENOENT ? FL_NOT_FOUND : FL_LATER, "%s: %s", path, strerror(errno));
	while (rc == FL_OK && (n = read(fd, piece, PIECE_BYTES)) > 0) {
		fl_sha256_add(hash, (struct fl_str){ piece, (size_t)n });
		*bytes += n;
		if (z)
			rc = put(cx, z, piece, (size_t)n);
	}
	if (n < 0)
		rc = FL_FAIL(cx, FL_LATER, "%s: %s", path, strerror(errno));
	(void)close(fd);
	return rc;
}

static const char *hex_of(struct fl_cx *cx, struct fl_sha256_run *run)
{
	struct fl_digest d = fl_sha256_end(run);

	return fl_hex(cx->a, fl_digest_str(&d));
}

enum fl_rc privacy_archive_files(struct fl_cx *cx, struct privacy_archive *z, const char *name, const char *const *paths, int n, const char **hash, int64_t *bytes)
{
	int64_t size = 0, got = 0;

	for (int i = 0; i < n; i++) {
		struct stat st;

		if (stat(paths[i], &st) != 0)
			return FL_FAIL(cx, errno == ENOENT ? FL_NOT_FOUND : FL_LATER, "%s: %s", paths[i], strerror(errno));
		size += st.st_size;
	}
	FL_TRY(begin(cx, z, name, size));
	for (int i = 0; i < n; i++)
		FL_TRY(pour(cx, z, paths[i], z->piece, z->run, &got));
	if (got != size)
		return FL_FAIL(cx, FL_LATER, "%s changed while it was read", name);
	*hash = hex_of(cx, z->run);
	*bytes = size;
	return FL_OK;
}

enum fl_rc privacy_archive_text(struct fl_cx *cx, struct privacy_archive *z, const char *name, struct fl_str content)
{
	FL_TRY(begin(cx, z, name, (int64_t)content.n));
	return put(cx, z, content.p, content.n);
}

enum fl_rc privacy_archive_end(struct fl_cx *cx, struct privacy_archive *z)
{
	if (archive_write_close(z->w) != ARCHIVE_OK)
		return broke(cx, z);
	return fsync(z->fd) == 0 ? FL_OK : FL_FAIL(cx, FL_LATER, "the archive: %s", strerror(errno));
}

enum fl_rc privacy_file_hash(struct fl_cx *cx, const char *path, const char **hash, int64_t *bytes)
{
	struct fl_sha256_run *run = fl_sha256_begin(cx->a);

	*bytes = 0;
	FL_TRY(pour(cx, NULL, path, fl_alloc(cx->a, PIECE_BYTES), run, bytes));
	*hash = hex_of(cx, run);
	return FL_OK;
}
