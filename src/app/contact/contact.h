/* Contacts and leads from a table. */
#ifndef FL_APP_CONTACT_CONTACT_H
#define FL_APP_CONTACT_CONTACT_H

#include "app/app.h"

enum { CSV_CELLS_MAX = 64 };

/* A text of rows as spreadsheets write them (RFC 4180; also with semicolons or tabs), read from its beginning. */
struct csv {
	char *text;         /* its copy, in which quoted cells lose their quotes */
	struct fl_str rest; /* of it; NULL when all is read */
	char separator;
	int line;           /* the next row begins on, from 1 */
};

/* Begins at a copy of `text` in `a`, without a byte order mark; the separator is the one of , ; and tab that its first line has most of. */
struct csv csv_begin(struct fl_arena *a, struct fl_str text);
/* The next row that is not blank: its cells, trimmed, in that copy, and how many, those beyond CSV_CELLS_MAX left out; 0 at the end, -1 when a quote is never closed or something
 * stands behind one. `line` is where the row began. */
int csv_row(struct csv *c, struct fl_str cells[CSV_CELLS_MAX], int *line);

/* POST /contacts/import: a file or its text becomes contacts, each with a lead in state New. */
enum fl_rc contact_import(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
