/* Any bytes as the file of a store of vectors; its header's checksum is made right, so that what lies behind it is reached. */
#include <fcntl.h>
#include <sys/stat.h>
#include <stdlib.h>
#include <unistd.h>

#include "vector/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORG "0190a000-0000-7000-8000-000000000001"
enum { DIMS = 8 };

static bool lay(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct fl_vhead h;
	bool good = fd >= 0 && write(fd, data, size) == (ssize_t)size;

	if (good && pread(fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h))
		good = fl_vhead_write(fd, &h) == FL_OK;
	if (fd >= 0)
		(void)close(fd);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "f_vector.XXXXXX";
	struct fl_arena *a = fl_arena_new(16 << 20);
	const float q[DIMS] = { 1, 2, 3 };
	const struct fl_vector_key key = { ORG, "m", DIMS, 1 };
	const struct fl_vector_put puts[] = { { { { 1 } }, { { 2 } }, q }, { { { 3 } }, { { 2 } }, NULL } };
	const struct fl_near_ask ask = { .values = q, .k = 10, .least = -1 };
	struct fl_near got[10];
	struct fl_vectors *v;
	const char *folder;
	struct fl_cx cx;
	int n;

	fl_cx_init(&cx, a, NULL, "fuzz", 10);
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	if (!mkdtemp(dir))
		return 0;
	v = fl_vectors_new(a, dir);
	folder = fl_fmt(a, "%s/" ORG, dir);
	if (mkdir(folder, 0700) == 0 && lay(fl_vpath(a, v, &key), data, size)) {
		struct fl_vector_state s = fl_vectors_state(&cx, v, &key);

		(void)!fl_vectors_near(&cx, v, &key, &ask, got, &n);
		(void)!fl_vectors_append(&cx, v, &key, puts, 2, s.last, s.last + 1);
		(void)!fl_vectors_near(&cx, v, &key, &ask, got, &n);
		(void)!fl_vectors_tend(&cx, v, &key);
	}
	fl_vectors_drop(&cx, v, &key);
	(void)unlink(fl_fmt(a, "%s.part", fl_vpath(a, v, &key)));
	(void)rmdir(folder);
	(void)rmdir(dir);
	fl_arena_free(a);
	return 0;
}
