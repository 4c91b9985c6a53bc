/* Tables of a page by where its words stand: lines whose parts lie under each other (DOC-09). */
#ifndef FL_APP_DOCUMENT_TABLE_H
#define FL_APP_DOCUMENT_TABLE_H

#include "base/arena.h"

struct table_word {
	int x, y, w, h; /* pixels */
	struct fl_str text;
	int n; /* set by table_find */
};

enum { TABLE_COLUMNS = 12, TABLE_ROWS = 200, TABLES_MAX = 10, TABLE_WORDS = 8000 };

/* Empty where nothing stands. Its words are [from, to], counted from 1 as table_find was given them, or 0 when they do not follow each other. */
struct table_cell {
	struct fl_str text;
	int from, to, x, y, w, h;
};

struct table {
	int nrows, ncolumns;
	struct table_cell (*cell)[TABLE_COLUMNS]; /* [row] */
	bool has_head; /* row 0 is one: it holds no digit, and others do */
	int x, y, w, h;
};

/* The tables of words (the first TABLE_WORDS count), from top to bottom, each of three rows and two columns or more. Columns of running text are none. How many; *out is
 * owned by a. */
int table_find(struct fl_arena *a, const struct table_word *words, int nwords, struct table **out);

#endif
