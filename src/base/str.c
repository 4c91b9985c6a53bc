#include "base/str.h"

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool fl_str_ieq(struct fl_str a, struct fl_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct fl_str fl_str_trim(struct fl_str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct fl_str fl_str_cut(struct fl_str *rest, char sep)
{
	struct fl_str head = *rest;
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	if (!at) {
		*rest = (struct fl_str){ NULL, 0 };
		return head;
	}
	head.n = (size_t)(at - head.p);
	rest->n -= head.n + 1;
	rest->p = at + 1;
	return head;
}

enum fl_rc fl_str_int(struct fl_str s, int64_t min, int64_t max, int64_t *out)
{
	bool neg = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;

	if (s.n == (neg ? 1 : 0))
		return FL_INVALID;
	for (size_t i = neg ? 1 : 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9)
			return FL_INVALID;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v))
			return FL_INVALID;
	}
	if (!neg && v == INT64_MIN)
		return FL_INVALID;
	v = neg ? v : -v;
	if (v < min || v > max)
		return FL_INVALID;
	*out = v;
	return FL_OK;
}

/* The length of the well-formed sequence at p, 0 when there is none (RFC 3629, section 4). */
static size_t utf8_len(const unsigned char *p, size_t n)
{
	size_t len;
	unsigned char low = 0x80, high = 0xbf;

	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Whether the next eight bytes are ASCII and none is NUL, by their bits. */
static bool ascii_8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return ((v | (v - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool fl_str_utf8(struct fl_str s)
{
	for (size_t i = 0, len; i < s.n; i += len) {
		if (s.n - i >= 8 && ascii_8(s.p + i)) {
			len = 8;
			continue;
		}
		len = utf8_len((const unsigned char *)s.p + i, s.n - i);
		if (len == 0)
			return false;
	}
	return true;
}

void fl_str_scrub(char *p, size_t n)
{
	if (fl_str_utf8((struct fl_str){ p, n }))
		return;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			p[i] = '?';
}

struct fl_str fl_str_clip(struct fl_str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	s.n = max;
	return s;
}
