/* A growing text in an arena, with a ceiling. Once the ceiling is passed the buffer stays as it
 * was and `over` is set: appends need no check, the end needs one. */
#ifndef FL_BASE_BUF_H
#define FL_BASE_BUF_H

#include <stdarg.h>

#include "base/arena.h"

struct fl_buf {
	struct fl_arena *a;
	char *p;    /* not ended by NUL; see fl_buf_cstr */
	size_t n;   /* bytes used */
	size_t cap; /* bytes had */
	size_t max; /* ceiling in bytes */
	bool over;  /* an append did not fit */
};

/* An empty buffer that never grows over max bytes. */
struct fl_buf fl_buf(struct fl_arena *a, size_t max);

/* Room for n bytes at the end, to be written by the caller, who then adds what he wrote to b->n.
 * NULL when it does not fit. */
char *fl_buf_room(struct fl_buf *b, size_t n);

/* Adding is most of what a page is: it stands here so that it becomes part of its callers. */
static inline void fl_buf_add(struct fl_buf *b, const char *p, size_t n)
{
	char *to;

	/* Most of what is added is short and fits. */
	if (n == 0 || !(to = n <= b->cap - b->n && !b->over ? b->p + b->n : fl_buf_room(b, n)))
		return;
	memcpy(to, p, n);
	b->n += n;
}

static inline void fl_buf_str(struct fl_buf *b, struct fl_str s)
{
	fl_buf_add(b, s.p, s.n);
}

static inline void fl_buf_puts(struct fl_buf *b, const char *s)
{
	fl_buf_add(b, s, strlen(s));
}

static inline void fl_buf_putc(struct fl_buf *b, char c)
{
	fl_buf_add(b, &c, 1);
}

void fl_buf_int(struct fl_buf *b, int64_t v);
void fl_buf_printf(struct fl_buf *b, const char *fmt, ...) FL_PRINTF(2, 3);

/* HTML text and attribute values: & < > " ' escaped. */
void fl_buf_html(struct fl_buf *b, struct fl_str s);

/* A JSON string with its quotes (RFC 8259); < > & and U+2028/9 are escaped too, so that it is safe inside HTML. */
void fl_buf_json(struct fl_buf *b, struct fl_str s);

/* Percent-encodes all but the unreserved characters of RFC 3986. */
void fl_buf_url(struct fl_buf *b, struct fl_str s);

/* What is in it. Borrows the buffer. */
static inline struct fl_str fl_buf_get(const struct fl_buf *b)
{
	return (struct fl_str){ b->p, b->n };
}

/* The content ended by NUL. Owned by the arena. */
const char *fl_buf_cstr(struct fl_buf *b);

#endif
