/* An arena: memory of one request, one job or one process, given back all at once.
 *
 * Running over the budget is not an error of the caller: fl_alloc goes on and marks the arena,
 * and whoever runs the work looks at the mark before its result goes out (a page: 500, a job: FL_BUG).
 * Beyond twice the budget and a megabyte it dies by abort(). Callers so never test for NULL. Under AddressSanitizer blocks are fenced and poisoned. */
#ifndef FL_BASE_ARENA_H
#define FL_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct fl_arena;

/* A new arena of at most budget_bytes (at least 64 KiB). Dies by abort() when the machine has no memory. */
struct fl_arena *fl_arena_new(size_t budget_bytes);

/* Runs the deferred calls, newest first, and gives all memory back. NULL is allowed. */
void fl_arena_free(struct fl_arena *a);

/* As fl_arena_free, but keeps the first block for the next request. */
void fl_arena_reset(struct fl_arena *a);

/* True when more than the budget was asked for since the last reset. */
bool fl_arena_over(const struct fl_arena *a);

/* Bytes handed out since the last reset. */
size_t fl_arena_used(const struct fl_arena *a);

/* Gives the system the memory back that freed arenas left with the allocator. Some 0.1 ms for each megabyte. */
void fl_arena_trim(void);

/* n zeroed bytes, aligned for any type, owned by the arena. Never NULL. */
void *fl_alloc(struct fl_arena *a, size_t n) __attribute__((returns_nonnull, malloc, alloc_size(2)));

/* The same with whatever was there before: for memory that is written over at once. */
void *fl_alloc_raw(struct fl_arena *a, size_t n) __attribute__((returns_nonnull, malloc, alloc_size(2)));

/* count * size with overflow check (abort on overflow). */
void *fl_alloc_array(struct fl_arena *a, size_t count, size_t size) __attribute__((returns_nonnull, malloc, alloc_size(2, 3)));

#define FL_NEW(a, type) ((type *)fl_alloc((a), sizeof(type)))
#define FL_NEW_ARRAY(a, n, type) ((type *)fl_alloc_array((a), (n), sizeof(type)))

/* Calls fn(p) when the arena is freed or reset. Written in the line after a foreign object is made. */
void fl_defer(struct fl_arena *a, void (*fn)(void *), void *p);

/* Copies, ended by NUL, owned by the arena. */
char *fl_strdup(struct fl_arena *a, const char *s) __attribute__((returns_nonnull));
char *fl_strndup(struct fl_arena *a, struct fl_str s) __attribute__((returns_nonnull));

/* printf into the arena. */
char *fl_fmt(struct fl_arena *a, const char *fmt, ...) FL_PRINTF(2, 3) __attribute__((returns_nonnull));
char *fl_vfmt(struct fl_arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0), returns_nonnull));

#endif
