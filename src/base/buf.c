#include "base/buf.h"

#include <assert.h>
#include <stdio.h>

struct fl_buf fl_buf(struct fl_arena *a, size_t max)
{
	return (struct fl_buf){ .a = a, .max = max };
}

char *fl_buf_room(struct fl_buf *b, size_t n)
{
	if (b->over || n > b->max - b->n) {
		b->over = true;
		return NULL;
	}
	if (b->cap - b->n < n) {
		size_t want, cap = b->cap ? b->cap : 1024;
		char *p;

		want = b->n + n;
		while (cap < want)
			cap *= 2;
		if (cap > b->max)
			cap = b->max;
		p = fl_alloc_raw(b->a, cap);
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->n;
}

void fl_buf_int(struct fl_buf *b, int64_t v)
{
	char digits[24];
	size_t i = sizeof(digits);
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		digits[--i] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		digits[--i] = '-';
	fl_buf_add(b, digits + i, sizeof(digits) - i);
}

void fl_buf_printf(struct fl_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fl_buf_puts(b, fl_vfmt(b->a, fmt, ap));
	va_end(ap);
}

static const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* 0x80 in each byte of x that is less than n, with n at most 0x80; bytes above the first found may be marked wrongly (Anderson, Bit Twiddling Hacks). */
static uint64_t less8(uint64_t x, uint64_t n)
{
	return (x - UINT64_C(0x0101010101010101) * n) & ~x & UINT64_C(0x8080808080808080);
}

static uint64_t same8(uint64_t x, unsigned char c)
{
	return less8(x ^ UINT64_C(0x0101010101010101) * c, 1);
}

/* Where the next of the five stands, from i on; s.n: nowhere. */
static size_t html_plain_run(struct fl_str s, size_t i)
{
	uint64_t x;

	for (; s.n - i >= sizeof(x); i += sizeof(x)) {
		memcpy(&x, s.p + i, sizeof(x));
		if (same8(x, '&') | same8(x, '<') | same8(x, '>') | same8(x, '"') | same8(x, '\''))
			break;
	}
	while (i < s.n && !html_entity(s.p[i]))
		i++;
	return i;
}

void fl_buf_html(struct fl_buf *b, struct fl_str s)
{
	size_t from = 0, i = 0;

	while ((i = html_plain_run(s, i)) < s.n) {
		fl_buf_add(b, s.p + from, i - from);
		fl_buf_puts(b, html_entity(s.p[i]));
		from = ++i;
	}
	if (from < s.n)
		fl_buf_add(b, s.p + from, s.n - from);
}

/* Writes the escape for the character at s[i]; the number of bytes it stands for, 0 when it needs none. */
static size_t json_escape(struct fl_buf *b, struct fl_str s, size_t i)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)s.p[i];

	if (c == '"' || c == '\\') {
		fl_buf_putc(b, '\\');
		fl_buf_putc(b, (char)c);
		return 1;
	}
	if (c == '\n') {
		fl_buf_add(b, "\\n", 2);
		return 1;
	}
	if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7f) {
		const char u[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

		fl_buf_add(b, u, sizeof(u));
		return 1;
	}
	if (c == 0xe2 && s.n - i >= 3 && (unsigned char)s.p[i + 1] == 0x80 && ((unsigned char)s.p[i + 2] | 1) == 0xa9) {
		fl_buf_puts(b, (unsigned char)s.p[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
		return 3;
	}
	return 0;
}

static bool is_json_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f && c != 0xe2;
}

/* Eight bytes at a time: a list of fifty requests is 18 kB, nearly all of it plain. */
static size_t json_plain_run(struct fl_str s, size_t i)
{
	uint64_t x;

	for (; s.n - i >= sizeof(x); i += sizeof(x)) {
		memcpy(&x, s.p + i, sizeof(x));
		if (less8(x, 0x20) | same8(x, '"') | same8(x, '\\') | same8(x, '<') | same8(x, '>') | same8(x, '&') | same8(x, 0x7f) | same8(x, 0xe2))
			break;
	}
	while (i < s.n && is_json_plain((unsigned char)s.p[i]))
		i++;
	return i;
}

void fl_buf_json(struct fl_buf *b, struct fl_str s)
{
	size_t from = 0, i = 0;

	fl_buf_putc(b, '"');
	while ((i = json_plain_run(s, i)) < s.n) {
		size_t took;

		fl_buf_add(b, s.p + from, i - from);
		took = json_escape(b, s, i);
		from = i + took;
		i += took ? took : 1;
	}
	if (from < s.n)
		fl_buf_add(b, s.p + from, s.n - from);
	fl_buf_putc(b, '"');
}

void fl_buf_url(struct fl_buf *b, struct fl_str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		             c == '_' || c == '~';

		if (plain) {
			fl_buf_putc(b, (char)c);
		} else {
			const char e[] = { '%', hex[c >> 4], hex[c & 15] };

			fl_buf_add(b, e, sizeof(e));
		}
	}
}

const char *fl_buf_cstr(struct fl_buf *b)
{
	return fl_strndup(b->a, fl_buf_get(b));
}
