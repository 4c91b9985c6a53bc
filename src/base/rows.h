/* Row sets: the one shape of data between the database, the pages and the jobs.
 *
 * A set is what one statement answered: named, typed columns over cells that still lie in the database library's
 * result, in its binary form. Nothing is copied; accessors decode. db fills sets, view walks them, app reads them. */
#ifndef FL_BASE_ROWS_H
#define FL_BASE_ROWS_H

#include "base/arena.h"

enum fl_type {
	FL_T_TEXT,  /* text, varchar, name: UTF-8 */
	FL_T_INT,   /* smallint, integer, bigint */
	FL_T_FLOAT, /* real, double precision */
	FL_T_BOOL,
	FL_T_TIME, /* timestamptz: microseconds UTC */
	FL_T_DATE, /* date: days since 1970-01-01 */
	FL_T_UUID,
	FL_T_JSON,  /* jsonb: its text */
	FL_T_BYTES, /* bytea */
	FL_T_MONEY, /* bigint of minor units, named by a column "<name>_currency" beside it */
};

struct fl_col {
	const char *name;
	enum fl_type type;
};

struct fl_cell {
	const char *p; /* NULL: SQL null */
	uint32_t n;
};

struct fl_rows {
	const struct fl_col *cols; /* static: from the statement's `out:` */
	int ncols;
	int nrows;
	int64_t touched;             /* rows an INSERT, UPDATE or DELETE without RETURNING touched */
	const struct fl_cell *cells; /* nrows * ncols, row by row */
};

/* The number of the column of that name, -1 when there is none. */
int fl_rows_col(const struct fl_rows *r, const char *name);

static inline const struct fl_cell *fl_rows_cell(const struct fl_rows *r, int row, int col)
{
	return &r->cells[(size_t)row * (size_t)r->ncols + (size_t)col];
}

static inline bool fl_rows_null(const struct fl_rows *r, int row, int col)
{
	return fl_rows_cell(r, row, col)->p == NULL;
}

/* One row of r as a set of its own; borrows r. */
static inline struct fl_rows fl_rows_one(const struct fl_rows *r, int row)
{
	return (struct fl_rows){ .cols = r->cols, .ncols = r->ncols, .nrows = 1, .cells = fl_rows_cell(r, row, 0) };
}

/* Readers. Null gives "", 0, false. The column must have the type named. */
struct fl_str fl_rows_str(const struct fl_rows *r, int row, int col);   /* TEXT, JSON, BYTES; borrows the set */
int64_t fl_rows_int(const struct fl_rows *r, int row, int col);         /* INT, MONEY, DATE */
int64_t fl_rows_time_us(const struct fl_rows *r, int row, int col);     /* TIME; INT64_MAX for infinity */
double fl_rows_float(const struct fl_rows *r, int row, int col);        /* FLOAT */
bool fl_rows_bool(const struct fl_rows *r, int row, int col);           /* BOOL */
void fl_rows_uuid(const struct fl_rows *r, int row, int col, char out[37]); /* UUID as text; "" for null */

/* Copies that end in NUL, owned by the arena; NULL for null. UUIDs become text. */
char *fl_rows_dup(struct fl_arena *a, const struct fl_rows *r, int row, int col);

/* Sets made by hand (tests, and the few values of a page that come from no table). */
struct fl_rows *fl_rows_new(struct fl_arena *a, const struct fl_col *cols, int ncols, int nrows);
void fl_rows_set_str(struct fl_rows *r, int row, int col, struct fl_str v); /* TEXT, JSON, BYTES; borrows v */
void fl_rows_set_int(struct fl_arena *a, struct fl_rows *r, int row, int col, int64_t v); /* INT, MONEY, DATE, TIME (us), BOOL */
void fl_rows_set_float(struct fl_arena *a, struct fl_rows *r, int row, int col, double v);

#endif
