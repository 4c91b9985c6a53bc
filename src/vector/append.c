/* Writing a store. Whoever writes holds the lock of the organisation's folder; readers need none. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/maps.h"

/* A store open for writing. */
struct writer {
	struct fl_cx *cx;
	const struct fl_vector_key *key;
	const char *folder, *path;
	int lock_fd, fd;
	struct fl_vhead head;
	struct fl_vpacker packer;
};

static enum fl_rc trouble(const struct writer *w)
{
	return FL_FAIL(w->cx, FL_LATER, "%s: %s", w->path, strerror(errno));
}

static void end(struct writer *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	if (w->lock_fd >= 0)
		(void)close(w->lock_fd);
}

static enum fl_rc begin(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, struct writer *w)
{
	*w = (struct writer){ .cx = cx, .key = key, .folder = fl_fmt(cx->a, "%s/%s", v->dir, key->org), .path = fl_vpath(cx->a, v, key), .lock_fd = -1, .fd = -1 };
	w->packer = fl_vpacker(cx->a, key->dims);
	if ((mkdir(v->dir, 0770) != 0 && errno != EEXIST) || (mkdir(w->folder, 0770) != 0 && errno != EEXIST))
		return trouble(w);
	w->lock_fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->lock_fd < 0)
		return trouble(w);
	if (flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return FL_FAIL(cx, FL_CONFLICT, "another process writes %s", w->path);
	return FL_OK;
}

/* An empty store under another name. */
static enum fl_rc make(struct writer *w, const char *path)
{
	w->head = (struct fl_vhead){ .dims = (uint32_t)w->key->dims, .generation = w->key->generation };
	snprintf(w->head.org, sizeof(w->head.org), "%s", w->key->org);
	snprintf(w->head.model, sizeof(w->head.model), "%s", w->key->model);
	w->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
	if (w->fd < 0 || ftruncate(w->fd, FL_HEAD_BYTES) != 0 || fl_vhead_write(w->fd, &w->head) != FL_OK)
		return trouble(w);
	return FL_OK;
}

static enum fl_rc put_in_place(struct writer *w, const char *path)
{
	if (rename(path, w->path) != 0 || fsync(w->lock_fd) != 0)
		return trouble(w);
	return FL_OK;
}

/* Opens what is there; what is not usable is begun anew. */
static enum fl_rc open_store(struct writer *w)
{
	const char *part = fl_fmt(w->cx->a, "%s.part", w->path);

	w->fd = open(w->path, O_RDWR | O_CLOEXEC);
	if (w->fd >= 0 && fl_vhead_read(w->fd, &w->head) == FL_OK && (int)w->head.dims == w->key->dims && w->head.generation == w->key->generation &&
	    strcmp(w->head.model, w->key->model) == 0 && strcmp(w->head.org, w->key->org) == 0)
		return FL_OK;
	if (w->fd >= 0)
		(void)close(w->fd);
	FL_TRY(make(w, part));
	return put_in_place(w, part);
}

static bool write_at(const struct writer *w, const void *p, size_t n, uint64_t at)
{
	return pwrite(w->fd, p, n, (off_t)at) == (ssize_t)n;
}

static uint64_t block_at(const struct writer *w, uint64_t record)
{
	return FL_HEAD_BYTES + record / FL_BLOCK * fl_vblock_bytes(w->key->dims);
}

/* One record at the end; counted by the header only later. */
static enum fl_rc write_record(struct writer *w, struct fl_vmeta *meta, const struct fl_vrecord *r)
{
	uint64_t block = block_at(w, w->head.records), i = w->head.records % FL_BLOCK, rows = block + sizeof(struct fl_vblock);
	size_t stride = (size_t)fl_vstride(w->key->dims), full_bytes = (size_t)w->key->dims * sizeof(*r->full);

	/* room first: a full disk must show here and not in who reads the mapped file */
	if (i == 0 && (errno = posix_fallocate(w->fd, (off_t)block, (off_t)fl_vblock_bytes(w->key->dims))) != 0)
		return trouble(w);
	meta->sum = fl_vrecord_sum(meta, r, w->key->dims);
	if (!write_at(w, r->high, stride, rows + i * stride) || !write_at(w, r->low, stride, rows + (FL_BLOCK + i) * stride) ||
	    !write_at(w, r->full, full_bytes, rows + 2 * FL_BLOCK * stride + i * full_bytes) ||
	    !write_at(w, meta, sizeof(*meta), block + offsetof(struct fl_vblock, meta) + i * sizeof(*meta)) ||
	    !write_at(w, &r->fine, sizeof(r->fine), block + offsetof(struct fl_vblock, fine) + i * sizeof(r->fine)) ||
	    !write_at(w, &r->rough, sizeof(r->rough), block + i * sizeof(r->rough)))
		return trouble(w);
	w->head.records++;
	return FL_OK;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fl_uuid));
}

/* Marks the records of ids (sorted) as deleted. */
static enum fl_rc mark(struct writer *w, const struct fl_uuid *ids, int n)
{
	struct fl_vblock b;

	for (uint64_t from = 0; n > 0 && from < w->head.records; from += FL_BLOCK) {
		uint64_t block = block_at(w, from), most = w->head.records - from < FL_BLOCK ? w->head.records - from : FL_BLOCK;

		if (pread(w->fd, &b, sizeof(b), (off_t)block) != (ssize_t)sizeof(b))
			return trouble(w);
		for (uint64_t i = 0; i < most; i++) {
			if (isnan(b.rough[i].by) || !bsearch(&b.meta[i].id, ids, (size_t)n, sizeof(*ids), by_id))
				continue;
			b.rough[i].by = NAN;
			if (!write_at(w, &b.rough[i], sizeof(b.rough[i]), block + i * sizeof(b.rough[i])))
				return trouble(w);
			w->head.dead++;
		}
	}
	return FL_OK;
}

static enum fl_rc write_puts(struct writer *w, const struct fl_vector_put *puts, int n)
{
	struct fl_uuid *gone = FL_NEW_ARRAY(w->cx->a, n + 1, struct fl_uuid);
	int ngone = 0;

	for (int i = 0; i < n; i++)
		if (!puts[i].values)
			gone[ngone++] = puts[i].id;
	qsort(gone, (size_t)ngone, sizeof(*gone), by_id);
	FL_TRY(mark(w, gone, ngone));
	for (int i = 0; i < n; i++) {
		struct fl_vmeta meta = { .id = puts[i].id, .group = puts[i].group };
		struct fl_vrecord r;

		if (!puts[i].values || bsearch(&puts[i].id, gone, (size_t)ngone, sizeof(*gone), by_id))
			continue;
		if (fl_vpack(&w->packer, puts[i].values, &r) == FL_OK)
			FL_TRY(write_record(w, &meta, &r));
	}
	return fdatasync(w->fd) == 0 ? FL_OK : trouble(w);
}

static enum fl_rc append(struct writer *w, const struct fl_vector_put *puts, int n, int64_t first, int64_t last)
{
	FL_TRY(open_store(w));
	if (w->head.last != first)
		return FL_FAIL(w->cx, FL_CONFLICT, "the store stands at %lld, not at %lld", (long long)w->head.last, (long long)first);
	FL_TRY(write_puts(w, puts, n));
	w->head.last = last;
	return fl_vhead_write(w->fd, &w->head) == FL_OK ? FL_OK : trouble(w);
}

enum fl_rc fl_vectors_append(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first,
                             int64_t last)
{
	struct writer w;
	enum fl_rc rc;

	if (key->dims < 1 || key->dims > FL_VECTOR_DIMS_MAX || strlen(key->model) > FL_VECTOR_MODEL_MAX || !fl_uuid_valid(fl_str(key->org)))
		return FL_FAIL(cx, FL_INVALID, "no store of vectors has this key");
	rc = begin(cx, v, key, &w);
	if (rc == FL_OK)
		rc = append(&w, puts, n, first, last);
	end(&w);
	return rc;
}

static enum fl_rc copy(struct writer *w, const struct fl_vmap *m, const struct fl_vhead *old)
{
	const char *part = fl_fmt(w->cx->a, "%s.part", w->path);

	FL_TRY(make(w, part));
	for (uint64_t i = 0; i < old->records; i++) {
		struct fl_vmeta meta = *fl_vmeta(m, i);
		struct fl_vrecord r = fl_vrecord(m, i);

		if (!isnan(r.rough.by))
			FL_TRY(write_record(w, &meta, &r));
	}
	w->head.last = old->last;
	if (fdatasync(w->fd) != 0 || fl_vhead_write(w->fd, &w->head) != FL_OK)
		return trouble(w);
	return put_in_place(w, part);
}

static bool is_whole(const struct fl_vmap *m)
{
	for (uint64_t i = 0; i < m->records; i++)
		if (!fl_vrecord_good(m, i))
			return false;
	return true;
}

enum fl_rc fl_vectors_tend(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key)
{
	const struct fl_vmap *m;
	struct fl_vhead old;
	struct writer w;
	enum fl_rc rc = begin(cx, v, key, &w);

	m = rc == FL_OK ? fl_vmap_get(cx, v, key, &old) : NULL;
	if (m && !is_whole(m)) {
		fl_vectors_drop(cx, v, key);
		rc = FL_FAIL(cx, FL_NOT_FOUND, "a record of the store of vectors is damaged; it is made anew");
	} else if (m && old.dead * 3 > old.records) {
		rc = copy(&w, m, &old);
	}
	end(&w);
	return rc;
}

void fl_vectors_drop(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key)
{
	(void)unlink(fl_vpath(cx->a, v, key));
}

void fl_vectors_keep(struct fl_cx *cx, const struct fl_vectors *v, const char *org, const char *const *models, int n)
{
	DIR *d = opendir(fl_fmt(cx->a, "%s/%s", v->dir, org));

	for (const struct dirent *e; d && (e = readdir(d));) {
		bool is_kept = e->d_name[0] == '.';

		for (int i = 0; i < n && !is_kept; i++) {
			const char *name = strrchr(fl_vpath(cx->a, v, &(struct fl_vector_key){ .org = org, .model = models[i] }), '/') + 1;

			is_kept = strncmp(e->d_name, name, strlen(name)) == 0; /* also one that is being copied */
		}
		if (!is_kept)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		(void)closedir(d);
}

void fl_vectors_forget(struct fl_cx *cx, const struct fl_vectors *v, const char *org)
{
	const char *path = fl_fmt(cx->a, "%s/%s", v->dir, org);
	DIR *d = opendir(path);

	for (const struct dirent *e; d && (e = readdir(d));)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}
