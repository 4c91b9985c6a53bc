#include "app/contact/contact.h"

struct csv csv_begin(struct fl_arena *a, struct fl_str text)
{
	struct csv c = { .text = fl_strndup(a, text), .separator = ',', .line = 1 };
	size_t most = 0, mark = text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	c.rest = (struct fl_str){ c.text + mark, text.n - mark };
	for (const char *s = ",;\t"; *s; s++) {
		size_t n = 0;

		for (size_t i = 0; i < c.rest.n && c.rest.p[i] != '\n'; i++)
			n += c.rest.p[i] == *s;
		if (n > most) {
			most = n;
			c.separator = *s;
		}
	}
	return c;
}

/* At the character behind the opening quote; leaves `at` behind the closing one. False when there is none. What is between, unquoted, is never longer. */
static bool quoted(struct csv *c, size_t *at, struct fl_str *out)
{
	char *from = c->text + (c->rest.p - c->text) + *at, *to = from;

	for (; *at < c->rest.n; (*at)++) {
		char ch = c->rest.p[*at];

		if (ch == '"' && (*at + 1 == c->rest.n || c->rest.p[*at + 1] != '"')) {
			(*at)++;
			*out = fl_str_trim((struct fl_str){ from, (size_t)(to - from) });
			return true;
		}
		*at += ch == '"';
		c->line += ch == '\n';
		*to++ = ch;
	}
	return false;
}

/* One cell from `at` on, which is left at what ends it. False when it is broken. */
static bool cell(struct csv *c, size_t *at, struct fl_str *out)
{
	size_t from = *at;

	if (*at < c->rest.n && c->rest.p[*at] == '"') {
		(*at)++;
		if (!quoted(c, at, out))
			return false;
		return *at == c->rest.n || c->rest.p[*at] == c->separator || c->rest.p[*at] == '\r' || c->rest.p[*at] == '\n';
	}
	while (*at < c->rest.n && c->rest.p[*at] != c->separator && c->rest.p[*at] != '\n')
		(*at)++;
	*out = fl_str_trim((struct fl_str){ c->rest.p + from, *at - from });
	return true;
}

static int row(struct csv *c, struct fl_str *cells)
{
	size_t at = 0;
	int n = 0;

	for (;;) {
		struct fl_str one;

		if (!cell(c, &at, &one))
			return -1;
		if (n < CSV_CELLS_MAX)
			cells[n++] = one;
		if (at == c->rest.n || c->rest.p[at] != c->separator)
			break;
		at++;
	}
	while (at < c->rest.n && c->rest.p[at] != '\n')
		at++;
	c->line++;
	c->rest = at < c->rest.n ? (struct fl_str){ c->rest.p + at + 1, c->rest.n - at - 1 } : (struct fl_str){ NULL, 0 };
	return n;
}

int csv_row(struct csv *c, struct fl_str cells[CSV_CELLS_MAX], int *line)
{
	while (c->rest.n) {
		int n;

		*line = c->line;
		n = row(c, cells);
		for (int i = 0; i < n; i++)
			if (cells[i].n)
				return n;
		if (n < 0)
			return n;
	}
	return 0;
}
