#include "base/rows.h"

#include <assert.h>
#include <endian.h>

#include "base/hash.h"

/* PostgreSQL counts from 2000-01-01. */
static const int64_t epoch_us = INT64_C(946684800000000);
static const int64_t epoch_days = 10957;

int fl_rows_col(const struct fl_rows *r, const char *name)
{
	for (int i = 0; i < r->ncols; i++)
		if (strcmp(r->cols[i].name, name) == 0)
			return i;
	return -1;
}

struct fl_str fl_rows_str(const struct fl_rows *r, int row, int col)
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);

	/* The wire form of jsonb starts with its version. */
	if (r->cols[col].type == FL_T_JSON && c->n > 0 && c->p[0] == 1)
		return (struct fl_str){ c->p + 1, c->n - 1 };
	return (struct fl_str){ c->p ? c->p : "", c->n };
}

static uint64_t big_endian(const struct fl_cell *c)
{
	uint64_t v = 0;

	/* Nearly all are eight bytes wide. */
	if (c->n == sizeof(v)) {
		memcpy(&v, c->p, sizeof(v));
		return be64toh(v);
	}
	for (uint32_t i = 0; i < c->n; i++)
		v = v << 8 | (unsigned char)c->p[i];
	return v;
}

static int64_t signed_cell(const struct fl_cell *c)
{
	uint64_t v;

	if (!c->p)
		return 0;
	v = big_endian(c);
	switch (c->n) {
	case 1:
		return (int64_t)v;
	case 2:
		return (int16_t)v;
	case 4:
		return (int32_t)v;
	default:
		return (int64_t)v;
	}
}

int64_t fl_rows_int(const struct fl_rows *r, int row, int col)
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);

	return signed_cell(c) + (r->cols[col].type == FL_T_DATE && c->p ? epoch_days : 0);
}

int64_t fl_rows_time_us(const struct fl_rows *r, int row, int col)
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);
	int64_t at;

	if (!c->p)
		return 0;
	/* "infinity" is the largest number there is. */
	return __builtin_add_overflow(signed_cell(c), epoch_us, &at) ? INT64_MAX : at;
}

double fl_rows_float(const struct fl_rows *r, int row, int col)
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);
	uint64_t v;
	double d;
	float f;

	if (!c->p)
		return 0;
	v = big_endian(c);
	if (c->n == 4) {
		uint32_t v4 = (uint32_t)v;

		memcpy(&f, &v4, sizeof(f));
		return (double)f;
	}
	memcpy(&d, &v, sizeof(d));
	return d;
}

bool fl_rows_bool(const struct fl_rows *r, int row, int col)
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);

	return c->p && signed_cell(c) != 0;
}

void fl_rows_uuid(const struct fl_rows *r, int row, int col, char out[37])
{
	const struct fl_cell *c = fl_rows_cell(r, row, col);
	struct fl_uuid u;

	out[0] = '\0';
	if (c->p && c->n == sizeof(u.b)) {
		memcpy(u.b, c->p, sizeof(u.b));
		fl_uuid_text(u, out);
	}
}

char *fl_rows_dup(struct fl_arena *a, const struct fl_rows *r, int row, int col)
{
	if (fl_rows_null(r, row, col))
		return NULL;
	if (r->cols[col].type == FL_T_UUID) {
		char *out = fl_alloc(a, FL_UUID_TEXT);

		fl_rows_uuid(r, row, col, out);
		return out;
	}
	return fl_strndup(a, fl_rows_str(r, row, col));
}

struct fl_rows *fl_rows_new(struct fl_arena *a, const struct fl_col *cols, int ncols, int nrows)
{
	struct fl_rows *r = FL_NEW(a, struct fl_rows);

	r->cols = cols;
	r->ncols = ncols;
	r->nrows = nrows;
	r->cells = FL_NEW_ARRAY(a, (size_t)ncols * (size_t)nrows, struct fl_cell);
	return r;
}

static struct fl_cell *own_cell(struct fl_rows *r, int row, int col)
{
	assert(row < r->nrows && col < r->ncols);
	return (struct fl_cell *)&r->cells[(size_t)row * (size_t)r->ncols + (size_t)col];
}

void fl_rows_set_str(struct fl_rows *r, int row, int col, struct fl_str v)
{
	*own_cell(r, row, col) = (struct fl_cell){ .p = v.p, .n = (uint32_t)v.n };
}

static void set_wire(struct fl_arena *a, struct fl_rows *r, int row, int col, uint64_t v)
{
	char *p = fl_alloc(a, 8);

	for (int i = 0; i < 8; i++)
		p[i] = (char)(v >> (56 - 8 * i));
	*own_cell(r, row, col) = (struct fl_cell){ .p = p, .n = 8 };
}

void fl_rows_set_int(struct fl_arena *a, struct fl_rows *r, int row, int col, int64_t v)
{
	if (r->cols[col].type == FL_T_TIME)
		v -= epoch_us;
	else if (r->cols[col].type == FL_T_DATE)
		v -= epoch_days;
	set_wire(a, r, row, col, (uint64_t)v);
}

void fl_rows_set_float(struct fl_arena *a, struct fl_rows *r, int row, int col, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	set_wire(a, r, row, col, bits);
}
