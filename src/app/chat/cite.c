#include <ctype.h>

#include "app/chat/chat.h"
#include "base/buf.h"

static const char absent[] = "NOT IN DOCUMENTS";

enum { CITED_BYTES = 64 * 1024 };

/* The beginning of the mark is the mark while the text still grows. Returns the rest. */
static struct fl_str take_absent(struct fl_str s, bool is_whole, bool *is_absent)
{
	size_t n = s.n < sizeof(absent) - 1 ? s.n : sizeof(absent) - 1;

	*is_absent = n > 0 && (!is_whole || n == sizeof(absent) - 1) && memcmp(s.p, absent, n) == 0;
	if (!*is_absent)
		return s;
	s.p += n;
	s.n -= n;
	while (s.n && (*s.p == '.' || isspace((unsigned char)*s.p))) {
		s.p++;
		s.n--;
	}
	return s;
}

/* "2", "passage 2", "passage_2": its number; 0 when it is none. */
static int64_t number_of(struct fl_str s)
{
	const struct fl_str word = FL_STR("passage");
	int64_t n;

	s = fl_str_trim(s);
	if (s.n > word.n + 1 && fl_str_ieq((struct fl_str){ s.p, word.n }, word)) {
		s.p += word.n + 1;
		s.n -= word.n + 1;
	}
	return fl_str_int(s, 0, 999, &n) == FL_OK ? n : -1;
}

static bool is_citation(struct fl_str inner)
{
	if (!inner.n || inner.n > 60)
		return false;
	while (inner.p)
		if (number_of(fl_str_cut(&inner, ',')) < 0)
			return false;
	return true;
}

static void put_citation(struct fl_buf *b, struct chat_cited *c, int64_t number, int given)
{
	int k = 0;

	if (number < 1 || number > given) {
		c->dropped++;
		return;
	}
	while (k < c->n && c->source[k] != number - 1)
		k++;
	if (k == c->n)
		c->source[c->n++] = (int)number - 1;
	fl_buf_printf(b, "[%d]", k + 1);
}

void chat_cite(struct fl_arena *a, struct fl_str said, bool is_whole, int n, struct chat_cited *out)
{
	struct fl_buf b = fl_buf(a, CITED_BYTES);
	struct fl_str s = fl_str_trim(said);

	*out = (struct chat_cited){ .n = 0 };
	s = take_absent(s, is_whole, &out->absent);
	for (size_t i = 0; i < s.n; i++) {
		const char *end = s.p[i] == '[' ? memchr(s.p + i, ']', s.n - i) : NULL;
		struct fl_str inner = end ? (struct fl_str){ s.p + i + 1, (size_t)(end - s.p) - i - 1 } : (struct fl_str){ NULL, 0 };
		size_t before = b.n;

		if (!is_citation(inner)) {
			fl_buf_putc(&b, s.p[i]);
			continue;
		}
		i += inner.n + 1;
		while (inner.p)
			put_citation(&b, out, number_of(fl_str_cut(&inner, ',')), n);
		/* what stood before a citation that is gone must not leave a blank before the full stop */
		if (b.n == before && b.n && b.p[b.n - 1] == ' ')
			b.n--;
	}
	out->text = fl_str_trim(fl_buf_get(&b));
}
