/* Tables by where words stand. */
#include "../tap.h"
#include "app/document/document.h"
#include "app/document/table.h"

enum { LETTER = 20, LINE = 40, WIDTH = 11 };

/* Words of lines: text from column `x` characters on, two spaces or more part what stands apart. */
static int words_of(struct fl_arena *a, const char *const *lines, int y, struct table_word *out)
{
	int n = 0;

	for (; *lines; lines++, y += LINE) {
		const char *s = *lines;

		while (*s) {
			const char *from = s;

			while (*s && *s != ' ')
				s++;
			if (s > from)
				out[n++] = (struct table_word){ (int)(from - *lines) * WIDTH, y + (n % 3), (int)(s - from) * WIDTH, LETTER, fl_str(fl_strndup(a, (struct fl_str){ from, (size_t)(s - from) })), 0 };
			while (*s == ' ')
				s++;
		}
	}
	return n;
}

static const char *cell(struct fl_arena *a, const struct table *t, int row, int column)
{
	return t->cell[row][column].text.p ? fl_strndup(a, t->cell[row][column].text) : "";
}

static void test_invoice(struct fl_arena *a)
{
	static const char *const lines[] = {
		"Item                    Number      Price",
		"Bread of rye               12     24.00",
		"Flour                     100    180.50",
		"Delivery to the port               15.00",
		NULL,
	};
	struct table_word *w = FL_NEW_ARRAY(a, 100, struct table_word);
	struct table *t = NULL;
	int n = table_find(a, w, words_of(a, lines, 300, w), &t);

	ok(n == 1 && t[0].nrows == 4 && t[0].ncolumns == 3, "one table of 4 rows and 3 columns: %d, %d, %d", n, n ? t[0].nrows : 0, n ? t[0].ncolumns : 0);
	if (n != 1)
		return;
	ok(t[0].has_head, "its first row is the head");
	is_str(cell(a, &t[0], 1, 0), "Bread of rye", "words of a cell stay together");
	is_str(cell(a, &t[0], 2, 2), "180.50", "numbers lie in their column");
	is_str(cell(a, &t[0], 3, 1), "", "what is empty is empty");
	is_str(cell(a, &t[0], 3, 2), "15.00", "and what follows it is in its own column");
	ok(t[0].cell[1][0].from == 4 && t[0].cell[1][0].to == 6 && t[0].cell[1][0].x == 0 && t[0].cell[1][0].w == 12 * WIDTH && t[0].cell[3][2].from == 16 && t[0].cell[3][2].to == 16,
	   "each cell knows its words and its place: %d to %d, %d wide; %d", t[0].cell[1][0].from, t[0].cell[1][0].to, t[0].cell[1][0].w, t[0].cell[3][2].from);
	ok(t[0].x == 0 && t[0].w == 41 * WIDTH && t[0].y >= 300 && t[0].h >= 3 * LINE, "it knows its place: %d %d %d %d", t[0].x, t[0].y, t[0].w, t[0].h);
}

static void test_none(struct fl_arena *a)
{
	static const char *const prose[] = {
		"The amount due is payable by the end of the month", "to the account below, and questions go to the office",
		"in time. A deposit of three months of rent is kept", "by the landlord on a separate account until the end.", NULL,
	};
	static const char *const columns[] = {
		"The harbour was built in the year of the flood    and ever since its ships have brought the grain",
		"that feeds the city and the villages beyond the    river where the mills have stood as long as the",
		"oldest of us remember them turning in the wind    that comes from the sea in the morning of most",
		"days of the summer and the autumn of the years    before the war took the millers and their sons", NULL,
	};
	static const char *const pairs[] = { "Invoice    2291", "Date    2026-11-21", NULL };
	struct table_word *w = FL_NEW_ARRAY(a, 200, struct table_word);
	struct table *t = NULL;

	ok(table_find(a, w, words_of(a, prose, 100, w), &t) == 0, "running text is no table");
	ok(table_find(a, w, words_of(a, columns, 100, w), &t) == 0, "nor in two columns");
	ok(table_find(a, w, words_of(a, pairs, 100, w), &t) == 0, "two lines are too few");
	ok(table_find(a, w, 0, &t) == 0, "a page without words has none");
}

static void test_hostile(struct fl_arena *a)
{
	struct table_word *w = FL_NEW_ARRAY(a, TABLE_WORDS + 10, struct table_word);
	struct table *t = NULL;
	int n;

	for (int i = 0; i < TABLE_WORDS + 10; i++)
		w[i] = (struct table_word){ i % 97 * 50 - 1000, i / 97 * 3, i % 5 * 100, i % 7, FL_STR("x") };
	n = table_find(a, w, TABLE_WORDS + 10, &t);
	ok(n >= 0 && n <= TABLES_MAX && !fl_arena_over(a), "thousands of words over each other end");
}

/* Thousands of long words close to each other are a part of one line: its text is made once, if at all. */
static void test_long_line(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct table_word *w = FL_NEW_ARRAY(a, TABLE_WORDS, struct table_word);
	struct table *t = NULL;
	char *text = fl_alloc_raw(a, 200);

	memset(text, 'x', 200);
	for (int i = 0; i < TABLE_WORDS; i++)
		w[i] = (struct table_word){ i * 100, 300, 98, LETTER, { text, 200 }, 0 };
	ok(table_find(a, w, TABLE_WORDS, &t) == 0 && !fl_arena_over(a), "a line of %d words is no table", TABLE_WORDS);
	fl_arena_free(a);
}

/* Pages whose tables do not fit any more are left out, and what came before them is kept. */
static void test_too_many(void)
{
	enum { TEXT = 500000, PAGES = 4 };

	static const struct fl_col cols[] = { { "page", FL_T_INT }, { "words", FL_T_JSON } };
	static const char number[PAGES][8] = { { [7] = 1 }, { [7] = 2 }, { [7] = 3 }, { [7] = 4 } };
	struct fl_cx cx;
	struct fl_cell cells[PAGES * 2];
	struct fl_rows pages = { .cols = cols, .ncols = 2, .nrows = PAGES, .cells = cells };
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_buf b = fl_buf(a, 8 << 20);
	char *text = fl_alloc_raw(a, TEXT);
	struct json_object *all = NULL;

	memset(text, 'x', TEXT);
	for (int i = 0; i < 6; i++) {
		fl_buf_printf(&b, "%s[%d,%d,90,20,99,\"", i ? "," : "[", i % 2 * 300, 100 + i / 2 * LINE);
		fl_buf_add(&b, text, TEXT);
		fl_buf_puts(&b, "\"]");
	}
	fl_buf_putc(&b, ']');
	for (int i = 0; i < PAGES; i++) {
		cells[2 * i] = (struct fl_cell){ number[i], 8 };
		cells[2 * i + 1] = (struct fl_cell){ b.p, (uint32_t)b.n };
	}
	fl_cx_init(&cx, a, NULL, "t", 60);
	ok(fl_json_parse(a, document_tables(&cx, &pages), &(struct fl_json_limits){ .bytes = 16 << 20, .depth = 8, .keys = 1000 }, &all, NULL) == FL_OK && json_object_array_length(all) == 2, "the tables of two pages fit, of four");
	ok(all && fl_json_int(json_object_array_get_idx(all, 1), "page", 0) == 2, "they are the first two");
	fl_arena_free(a);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);

	test_invoice(a);
	test_none(a);
	test_hostile(a);
	test_long_line();
	test_too_many();
	fl_arena_free(a);
	return done();
}
