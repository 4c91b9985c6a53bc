/* The stores a process has mapped. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/maps.h"

static void unmap(struct fl_vslot *s)
{
	if (s->map.p)
		(void)munmap((void *)(uintptr_t)s->map.p, s->map.bytes);
	*s = (struct fl_vslot){ .used = 0 };
}

static void unmap_all(void *p)
{
	struct fl_vectors *v = p;

	for (int i = 0; i < FL_VECTOR_STORES; i++)
		unmap(&v->slots[i]);
}

struct fl_vectors *fl_vectors_new(struct fl_arena *process, const char *dir)
{
	struct fl_vectors *v = FL_NEW(process, struct fl_vectors);

	v->dir = dir;
	v->dots = fl_vdots_best();
	fl_defer(process, unmap_all, v);
	return v;
}

const char *fl_vpath(struct fl_arena *a, const struct fl_vectors *v, const struct fl_vector_key *key)
{
	return fl_fmt(a, "%s/%s/%.16s", v->dir, key->org, fl_sha256_hex(a, fl_str(key->model)));
}

static struct fl_vslot *slot_of(struct fl_vectors *v, const char *path)
{
	struct fl_vslot *oldest = &v->slots[0];

	for (int i = 0; i < FL_VECTOR_STORES; i++) {
		if (v->slots[i].map.p && strcmp(v->slots[i].path, path) == 0)
			return &v->slots[i];
		if (v->slots[i].used < oldest->used)
			oldest = &v->slots[i];
	}
	unmap(oldest);
	return oldest;
}

static bool fits(const struct fl_vhead *h, const struct fl_vector_key *key)
{
	return (int)h->dims == key->dims && h->generation == key->generation && strcmp(h->org, key->org) == 0 && strcmp(h->model, key->model) == 0;
}

/* Maps the whole file; the mapping before serves as long as it reaches. */
static bool map(struct fl_vslot *s, int fd, const char *path, const struct fl_vhead *h)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0 || strlen(path) >= sizeof(s->path))
		return false;
	if (!s->map.p || s->inode != (uint64_t)st.st_ino || s->map.bytes < fl_vfile_bytes((int)h->dims, h->records)) {
		unmap(s);
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			return false;
		s->map.p = p;
		s->map.bytes = (size_t)st.st_size;
		s->inode = (uint64_t)st.st_ino;
		memcpy(s->path, path, strlen(path) + 1);
	}
	s->map.dims = (int)h->dims;
	s->map.stride = fl_vstride((int)h->dims);
	s->map.block_bytes = fl_vblock_bytes((int)h->dims);
	s->map.records = h->records;
	return true;
}

const struct fl_vmap *fl_vmap_get(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, struct fl_vhead *head)
{
	const char *path = fl_vpath(cx->a, v, key);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct fl_vslot *s;
	bool good;

	if (fd < 0)
		return NULL;
	s = slot_of(v, path);
	good = fl_vhead_read(fd, head) == FL_OK && fits(head, key) && map(s, fd, path, head);
	(void)close(fd);
	s->used = ++v->clock;
	return good ? &s->map : NULL;
}

struct fl_vector_state fl_vectors_state(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key)
{
	struct fl_vhead h;

	if (!fl_vmap_get(cx, v, key, &h))
		return (struct fl_vector_state){ .last = 0 };
	return (struct fl_vector_state){ .last = h.last, .records = (int64_t)(h.records - h.dead), .dead = (int64_t)h.dead,
		                         .bytes = (int64_t)fl_vfile_bytes((int)h.dims, h.records) };
}

void fl_vectors_peek(struct fl_cx *cx, const struct fl_vectors *v, struct fl_vector_key *key, int64_t *last)
{
	int fd = open(fl_vpath(cx->a, v, key), O_RDONLY | O_CLOEXEC);
	struct fl_vhead h;
	bool good = fd >= 0 && fl_vhead_read(fd, &h) == FL_OK;

	if (fd >= 0)
		(void)close(fd);
	key->dims = good ? (int)h.dims : 0;
	key->generation = good ? h.generation : 0;
	*last = good ? h.last : 0;
}
