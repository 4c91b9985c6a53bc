/* A body with files goes to the disk as it comes and is read from there: what a process holds does not grow with what people send. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"
#include "http/web.h"

enum { CHUNK = 64 * 1024 };

struct map {
	void *p;
	size_t n;
};

static void unmap(void *data)
{
	struct map *m = data;

	(void)munmap(m->p, m->n);
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

static enum fl_rc take(struct request *r, int fd, size_t n)
{
	char *chunk = fl_alloc(r->cx.a, CHUNK);

	while (n) {
		int want = n < CHUNK ? (int)n : CHUNK;

		if (FCGX_GetStr(chunk, want, r->fcgi->in) != want) {
			r->status = 400;
			return FL_FAIL(&r->cx, FL_INVALID, "the body ended early");
		}
		if (!write_all(fd, chunk, (size_t)want))
			return FL_FAIL_FILE(&r->cx, "the body cannot be kept");
		n -= (size_t)want;
	}
	return FL_OK;
}

enum fl_rc web_spool(struct request *r, size_t n)
{
	struct map *m = FL_NEW(r->cx.a, struct map);
	int fd = open(r->web->conf->data_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	enum fl_rc rc;

	if (fd < 0)
		return FL_FAIL_FILE(&r->cx, "the body cannot be kept");
	rc = take(r, fd, n);
	m->n = n;
	m->p = rc == FL_OK ? mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	(void)close(fd);
	FL_TRY(rc);
	if (m->p == MAP_FAILED)
		return FL_FAIL_FILE(&r->cx, "the body cannot be read back");
	fl_defer(r->cx.a, unmap, m);
	r->body = (struct fl_str){ m->p, n };
	return FL_OK;
}
