#include "app/agent/redact.h"

enum { LOCAL_MAX = 64 }; /* RFC 5321, 4.5.3.1.1 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_local(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' || c == '+' || (c & 0x80);
}

/* Length of the number at p, with what separates its groups; 0 when it has fewer than six digits. */
static size_t number_at(struct fl_str s)
{
	size_t n = 0, end = 0;
	int digits = 0;

	for (; n < s.n; n++) {
		if (is_digit(s.p[n])) {
			digits++;
			end = n + 1;
		} else if (!(n && memchr(" .-/()", s.p[n], 6)) || n - end >= 2) {
			break;
		}
	}
	return digits >= 6 ? end : 0;
}

/* Length of the address whose local part begins at p, 0 when none does. */
static size_t address_at(struct fl_str s)
{
	size_t n = 0, at;

	while (n < s.n && n < LOCAL_MAX && is_local(s.p[n]))
		n++;
	if (n == 0 || n == s.n || s.p[n] != '@')
		return 0;
	at = n++;
	while (n < s.n && is_local(s.p[n]))
		n++;
	return n > at + 1 ? n : 0;
}

static size_t word_at(struct fl_str s)
{
	size_t n = 0;

	while (n < s.n && is_local(s.p[n]) && !is_digit(s.p[n]))
		n++;
	return n ? n : 1;
}

struct fl_str agent_redact(struct fl_arena *a, struct fl_str text, size_t max)
{
	struct fl_buf b = fl_buf(a, max + 64);

	while (text.n && b.n < max) {
		size_t address = address_at(text), number = number_at(text), n = address ? address : number ? number : word_at(text);

		if (address)
			fl_buf_puts(&b, "[address]");
		else if (number)
			fl_buf_puts(&b, "[number]");
		else
			fl_buf_add(&b, text.p, n);
		text.p += n;
		text.n -= n;
	}
	return fl_str_clip(fl_buf_get(&b), max);
}
