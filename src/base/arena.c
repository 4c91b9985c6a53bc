#include "base/arena.h"

#include <assert.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define FL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FL_ASAN 1
#endif
#endif

#ifdef FL_ASAN
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0 };
#endif

enum { ALIGN = 16, FIRST_BLOCK = 64 * 1024 };

struct block {
	struct block *next;
	size_t size; /* of data */
	size_t used;
	_Alignas(ALIGN) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *p;
};

struct fl_arena {
	struct block *block; /* the newest; the first one made is last in the list */
	struct deferred *deferred;
	size_t used, budget;
};

static struct block *block_new(size_t size, struct block *next)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (!b)
		abort();
	b->next = next;
	b->size = size;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, size);
	return b;
}

static void block_free(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
	free(b);
}

struct fl_arena *fl_arena_new(size_t budget_bytes)
{
	struct fl_arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->budget = budget_bytes;
	a->block = block_new(FIRST_BLOCK, NULL);
	return a;
}

static void run_deferred(struct fl_arena *a)
{
	while (a->deferred) {
		struct deferred *d = a->deferred;

		a->deferred = d->next;
		d->fn(d->p);
	}
}

void fl_arena_reset(struct fl_arena *a)
{
	run_deferred(a);
	while (a->block->next) {
		struct block *b = a->block;

		a->block = b->next;
		block_free(b);
	}
	a->block->used = 0;
	a->used = 0;
	ASAN_POISON_MEMORY_REGION(a->block->data, a->block->size);
}

void fl_arena_free(struct fl_arena *a)
{
	if (!a)
		return;
	fl_arena_reset(a);
	block_free(a->block);
	free(a);
}

void fl_arena_trim(void)
{
	(void)malloc_trim(0);
}

bool fl_arena_over(const struct fl_arena *a)
{
	return a->used > a->budget;
}

size_t fl_arena_used(const struct fl_arena *a)
{
	return a->used;
}

void *fl_alloc_raw(struct fl_arena *a, size_t n)
{
	size_t need;
	struct block *b = a->block;
	char *p;

	/* Far beyond the budget is a runaway that the next check would come too late for. */
	if (n > SIZE_MAX / 2 || a->used > a->budget * 2 + FIRST_BLOCK * 16)
		abort();
	need = (n + RED_ZONE + ALIGN - 1) / ALIGN * ALIGN;
	if (need == 0)
		need = ALIGN;
	if (b->size - b->used < need) {
		size_t size = b->size * 2 < (size_t)1 << 20 ? b->size * 2 : (size_t)1 << 20;

		b = a->block = block_new(size > need ? size : need, b);
	}
	p = b->data + b->used;
	b->used += need;
	a->used += need;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	return p;
}

void *fl_alloc(struct fl_arena *a, size_t n)
{
	return memset(fl_alloc_raw(a, n), 0, n);
}

void *fl_alloc_array(struct fl_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		abort();
	return fl_alloc(a, n);
}

void fl_defer(struct fl_arena *a, void (*fn)(void *), void *p)
{
	struct deferred *d = FL_NEW(a, struct deferred);

	d->next = a->deferred;
	d->fn = fn;
	d->p = p;
	a->deferred = d;
}

char *fl_strndup(struct fl_arena *a, struct fl_str s)
{
	char *p = fl_alloc_raw(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

char *fl_strdup(struct fl_arena *a, const char *s)
{
	return fl_strndup(a, fl_str(s));
}

char *fl_vfmt(struct fl_arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int n, m;
	char *p, probe[256];

	va_copy(again, ap);
	n = vsnprintf(probe, sizeof(probe), fmt, again);
	va_end(again);
	assert(n >= 0);
	p = fl_alloc_raw(a, (size_t)n + 1);
	if ((size_t)n < sizeof(probe))
		return memcpy(p, probe, (size_t)n + 1);
	m = vsnprintf(p, (size_t)n + 1, fmt, ap);
	assert(m == n);
	return p;
}

char *fl_fmt(struct fl_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = fl_vfmt(a, fmt, ap);
	va_end(ap);
	return p;
}
