#include "base/json.h"
#include "view/inside.h"

struct writer {
	const struct fl_shape *shape;
	const struct fl_model *m;
	struct fl_jw jw;
	struct fl_arena *a;
	const int *first[FL_SHAPE_MAX], *after[FL_SHAPE_MAX];
};

static void write_cell(struct writer *w, const struct fl_rows *rows, int row, int col)
{
	const char *key = rows->cols[col].name;
	char scratch[40];

	if (fl_rows_null(rows, row, col)) {
		fl_jw_null(&w->jw, key);
		return;
	}
	switch (rows->cols[col].type) {
	case FL_T_INT:
	case FL_T_MONEY:
		fl_jw_int(&w->jw, key, fl_rows_int(rows, row, col));
		break;
	case FL_T_FLOAT:
		fl_jw_double(&w->jw, key, fl_rows_float(rows, row, col));
		break;
	case FL_T_BOOL:
		fl_jw_bool(&w->jw, key, fl_rows_bool(rows, row, col));
		break;
	case FL_T_JSON:
		fl_jw_raw(&w->jw, key, fl_rows_str(rows, row, col));
		break;
	case FL_T_BYTES:
		fl_jw_cstr(&w->jw, key, fl_base64(w->a, fl_rows_str(rows, row, col)));
		break;
	case FL_T_TEXT:
	case FL_T_TIME:
	case FL_T_DATE:
	case FL_T_UUID:
		fl_jw_str(&w->jw, key, cell_text(rows, row, col, scratch));
		break;
	}
}

static bool is_child(const struct writer *w, int set, const char *parent)
{
	const struct fl_shape_set *s = &w->shape->set[set];

	return s->under && strcmp(s->under, parent) == 0 && w->first[set];
}

static void write_row(struct writer *w, int set, int row, const char *key);

static void write_children(struct writer *w, int set, int row)
{
	fl_jw_open(&w->jw, w->shape->set[set].name, '[');
	for (int i = w->first[set][row]; i >= 0; i = w->after[set][i])
		write_row(w, set, i, NULL);
	fl_jw_close(&w->jw, ']');
}

static void write_row(struct writer *w, int set, int row, const char *key)
{
	const struct fl_rows *rows = w->m->set[set];

	fl_jw_open(&w->jw, key, '{');
	for (int c = 0; c < rows->ncols; c++)
		if (rows->cols[c].name[0] != '_')
			write_cell(w, rows, row, c);
	for (int s = 1; s < w->shape->n; s++)
		if (is_child(w, s, w->shape->set[set].name))
			write_children(w, s, row);
	fl_jw_close(&w->jw, '}');
}

static void write_set(struct writer *w, int set)
{
	const struct fl_shape_set *s = &w->shape->set[set];
	const struct fl_rows *rows = w->m->set[set];

	if (s->one && rows && rows->nrows > 0) {
		write_row(w, set, 0, s->name);
		return;
	}
	if (s->one) {
		fl_jw_null(&w->jw, s->name);
		return;
	}
	fl_jw_open(&w->jw, s->name, '[');
	for (int i = 0; rows && i < rows->nrows; i++)
		write_row(w, set, i, NULL);
	fl_jw_close(&w->jw, ']');
}

void fl_view_json(const struct fl_shape *shape, const struct fl_model *m, int from, struct fl_buf *out)
{
	struct writer w = { .shape = shape, .m = m, .jw = fl_jw(out), .a = out->a };

	link_children(out->a, shape, m, w.first, w.after);
	fl_jw_open(&w.jw, NULL, '{');
	for (int i = from; i < shape->n; i++)
		if (!shape->set[i].under || !w.first[i])
			write_set(&w, i);
	fl_jw_close(&w.jw, '}');
}
