#include "app/document/table.h"

#include <stdlib.h>

#include "base/buf.h"

enum { ROWS_LEAST = 3, CELL_WORDS = 6, PART_MAX = 40 };

/* Words of a line with less than a gap between them. */
struct part {
	int x0, x1, y0, y1, nwords;
	const struct table_word *word; /* the first; the others follow it */
};

struct line {
	struct part part[PART_MAX];
	int n, y0, y1;
};

struct page {
	struct fl_arena *a;
	struct line *line;
	int n, letter; /* the median height of words */
};

static int by_height(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int by_middle(const void *a, const void *b)
{
	const struct table_word *p = a, *q = b;

	return (2 * p->y + p->h) - (2 * q->y + q->h);
}

static int by_left(const void *a, const void *b)
{
	return ((const struct table_word *)a)->x - ((const struct table_word *)b)->x;
}

static int middle_height(struct fl_arena *a, const struct table_word *words, int n)
{
	int *h = FL_NEW_ARRAY(a, n, int);

	for (int i = 0; i < n; i++)
		h[i] = words[i].h;
	qsort(h, (size_t)n, sizeof(*h), by_height);
	return h[n / 2] > 1 ? h[n / 2] : 1;
}

/* Words of one line, by their left edge, to its parts. */
static void add_line(struct page *p, struct table_word *words, int n)
{
	struct line *line = &p->line[p->n++];

	*line = (struct line){ .n = 0 };
	qsort(words, (size_t)n, sizeof(*words), by_left);
	for (int i = 0; i < n; i++) {
		const struct table_word *w = &words[i];
		struct part *last = line->n ? &line->part[line->n - 1] : NULL;

		if (!last || (w->x - last->x1 > p->letter * 5 / 4 && line->n < PART_MAX)) {
			line->part[line->n++] = (struct part){ w->x, w->x + w->w, w->y, w->y + w->h, 1, w };
			continue;
		}
		last->x1 = w->x + w->w > last->x1 ? w->x + w->w : last->x1;
		last->y0 = w->y < last->y0 ? w->y : last->y0;
		last->y1 = w->y + w->h > last->y1 ? w->y + w->h : last->y1;
		last->nwords++;
	}
	line->y0 = line->part[0].y0;
	line->y1 = line->part[0].y1;
	for (int i = 1; i < line->n; i++) {
		line->y0 = line->part[i].y0 < line->y0 ? line->part[i].y0 : line->y0;
		line->y1 = line->part[i].y1 > line->y1 ? line->part[i].y1 : line->y1;
	}
}

/* Words whose middles lie within half a letter of the first of their line. */
static void lines_of(struct page *p, struct table_word *words, int n)
{
	qsort(words, (size_t)n, sizeof(*words), by_middle);
	for (int from = 0, to; from < n; from = to) {
		int middle = 2 * words[from].y + words[from].h;

		for (to = from + 1; to < n && 2 * words[to].y + words[to].h - middle <= p->letter; to++)
			;
		add_line(p, words + from, to - from);
	}
}

struct columns {
	int n, x0[TABLE_COLUMNS], x1[TABLE_COLUMNS];
};

/* Adds where a part lies; columns it touches become one. False: there are too many. */
static bool add_column(struct columns *c, int x0, int x1)
{
	int kept = 0, at;

	for (int i = 0; i < c->n; i++) {
		if (c->x0[i] < x1 && c->x1[i] > x0) {
			x0 = c->x0[i] < x0 ? c->x0[i] : x0;
			x1 = c->x1[i] > x1 ? c->x1[i] : x1;
			continue;
		}
		c->x0[kept] = c->x0[i];
		c->x1[kept++] = c->x1[i];
	}
	if (kept == TABLE_COLUMNS)
		return false;
	for (at = kept; at > 0 && c->x0[at - 1] > x0; at--) {
		c->x0[at] = c->x0[at - 1];
		c->x1[at] = c->x1[at - 1];
	}
	c->x0[at] = x0;
	c->x1[at] = x1;
	c->n = kept + 1;
	return true;
}

/* The columns of a run of lines with one more; false when they are fewer than any of its lines has parts. */
static bool fits(const struct page *p, int from, int to, struct columns *c)
{
	int widest = 0;

	*c = (struct columns){ .n = 0 };
	for (int i = from; i < to; i++) {
		widest = p->line[i].n > widest ? p->line[i].n : widest;
		for (int k = 0; k < p->line[i].n; k++)
			if (!add_column(c, p->line[i].part[k].x0, p->line[i].part[k].x1))
				return false;
	}
	return c->n >= 2 && c->n >= widest;
}

static int column_of(const struct columns *c, const struct part *part)
{
	int i = 0;

	while (i + 1 < c->n && c->x1[i] <= part->x0)
		i++;
	return i;
}

static bool has_digit(struct fl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

static struct fl_str text_of(struct fl_arena *a, const struct table_word *words, int n)
{
	size_t bytes = 0;
	char *to;

	for (int i = 0; i < n; i++)
		bytes += words[i].text.n + 1;
	to = fl_alloc_raw(a, bytes);
	bytes = 0;
	for (int i = 0; i < n; i++) {
		if (i)
			to[bytes++] = ' ';
		if (words[i].text.n)
			memcpy(to + bytes, words[i].text.p, words[i].text.n);
		bytes += words[i].text.n;
	}
	return (struct fl_str){ to, bytes };
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static struct table_cell cell_of(struct fl_arena *a, const struct table_word *words, int n)
{
	int from = words[0].n, to = words[0].n, x0 = words[0].x, x1 = x0 + words[0].w, y0 = words[0].y, y1 = y0 + words[0].h;
	bool follow;

	for (int i = 1; i < n; i++) {
		const struct table_word *w = &words[i];

		from = least(from, w->n);
		to = most(to, w->n);
		x0 = least(x0, w->x);
		x1 = most(x1, w->x + w->w);
		y0 = least(y0, w->y);
		y1 = most(y1, w->y + w->h);
	}
	follow = to - from == n - 1;
	return (struct table_cell){ text_of(a, words, n), follow ? from : 0, follow ? to : 0, x0, y0, x1 - x0, y1 - y0 };
}

/* The cells of a line: parts of one column follow each other, and so do their words. */
static void make_row(struct fl_arena *a, const struct line *line, const struct columns *c, struct table_cell *row)
{
	for (int k = 0, next; k < line->n; k = next) {
		int column = column_of(c, &line->part[k]), nwords = 0;

		for (next = k; next < line->n && column_of(c, &line->part[next]) == column; next++)
			nwords += line->part[next].nwords;
		row[column] = cell_of(a, line->part[k].word, nwords);
	}
}

/* Running text has long parts; a table's columns are filled in most rows. */
static bool is_table(const struct page *p, int from, int to, const struct columns *c)
{
	int filled[TABLE_COLUMNS] = { 0 }, parts = 0, words = 0;

	for (int i = from; i < to; i++)
		for (int k = 0; k < p->line[i].n; k++) {
			filled[column_of(c, &p->line[i].part[k])]++;
			parts++;
			words += p->line[i].part[k].nwords;
		}
	for (int k = 0; k < c->n; k++)
		if (filled[k] * 2 < to - from)
			return false;
	return to - from >= ROWS_LEAST && words <= parts * CELL_WORDS;
}

static void make(const struct page *p, int from, int to, const struct columns *c, struct table *t)
{
	bool digits = false;

	*t = (struct table){ .nrows = to - from, .ncolumns = c->n, .x = c->x0[0], .y = p->line[from].y0, .w = c->x1[c->n - 1] - c->x0[0], .h = p->line[to - 1].y1 - p->line[from].y0 };
	t->cell = fl_alloc_array(p->a, (size_t)t->nrows, sizeof(*t->cell));
	t->has_head = true;
	for (int i = from; i < to; i++) {
		make_row(p->a, &p->line[i], c, t->cell[i - from]);
		for (int k = 0; k < c->n; k++) {
			if (i == from && has_digit(t->cell[0][k].text))
				t->has_head = false;
			digits = digits || (i > from && has_digit(t->cell[i - from][k].text));
		}
	}
	t->has_head = t->has_head && digits;
}

/* Where the run of lines that begins at from ends: lines of two parts or more, near each other, that keep at least two columns. */
static int run_end(const struct page *p, int from, struct columns *c)
{
	struct columns more;
	int to = from;

	while (to < p->n && to - from < TABLE_ROWS && p->line[to].n >= 2 && (to == from || p->line[to].y0 - p->line[to - 1].y1 < p->letter * 3) && fits(p, from, to + 1, &more)) {
		*c = more;
		to++;
	}
	return to;
}

int table_find(struct fl_arena *a, const struct table_word *words, int nwords, struct table **out)
{
	int n = nwords < TABLE_WORDS ? nwords : TABLE_WORDS, found = 0;
	struct table_word *sorted = FL_NEW_ARRAY(a, n + 1, struct table_word);
	struct page p = { .a = a };

	*out = FL_NEW_ARRAY(a, TABLES_MAX, struct table);
	if (n < ROWS_LEAST * 2)
		return 0;
	memcpy(sorted, words, (size_t)n * sizeof(*sorted));
	for (int i = 0; i < n; i++)
		sorted[i].n = i + 1;
	p.letter = middle_height(a, sorted, n);
	p.line = FL_NEW_ARRAY(a, n, struct line);
	lines_of(&p, sorted, n);
	for (int from = 0; from < p.n && found < TABLES_MAX;) {
		struct columns c = { .n = 0 };
		int to = run_end(&p, from, &c);

		if (to - from >= ROWS_LEAST && is_table(&p, from, to, &c))
			make(&p, from, to, &c, &(*out)[found++]);
		from = to > from ? to : from + 1;
	}
	return found;
}
