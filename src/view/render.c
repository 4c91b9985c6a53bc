#include <stdio.h>

#include "view/inside.h"

struct fl_str render_message(const struct render *r, struct fl_str key)
{
	struct fl_str s = catalogue_get(&r->t->view->cat[r->locale], key);

	if (!s.p)
		s = catalogue_get(&r->t->view->cat[EN], key);
	return s.p ? s : key;
}

static void put_digits(char *to, int n, int v)
{
	while (n-- > 0) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* ISO 8601, of years 0 to 9999; how many bytes. By hand: a list for programs has hundreds. */
static size_t iso_text(const struct civil *c, bool date, char out[40])
{
	memcpy(out, "yyyy-mm-ddThh:mm:ssZ", 20);
	put_digits(out, 4, c->year);
	put_digits(out + 5, 2, c->month);
	put_digits(out + 8, 2, c->day);
	put_digits(out + 11, 2, c->hour);
	put_digits(out + 14, 2, c->minute);
	put_digits(out + 17, 2, c->second);
	return date ? 10 : 20;
}

struct fl_str cell_text(const struct fl_rows *rows, int row, int col, char scratch[40])
{
	int n = 0;

	if (fl_rows_null(rows, row, col))
		return (struct fl_str){ 0 };
	switch (rows->cols[col].type) {
	case FL_T_INT:
	case FL_T_MONEY:
		n = snprintf(scratch, 40, "%lld", (long long)fl_rows_int(rows, row, col));
		break;
	case FL_T_FLOAT:
		n = snprintf(scratch, 40, "%g", fl_rows_float(rows, row, col));
		break;
	case FL_T_BOOL:
		return fl_rows_bool(rows, row, col) ? FL_STR("true") : FL_STR("false");
	case FL_T_TIME:
	case FL_T_DATE: {
		bool date = rows->cols[col].type == FL_T_DATE;
		int64_t s = date ? fl_rows_int(rows, row, col) * 86400 : fl_rows_time_us(rows, row, col) / FL_SECOND_US;
		struct civil c = civil_of(s);

		n = (int)iso_text(&c, date, scratch);
		break;
	}
	case FL_T_UUID:
		fl_rows_uuid(rows, row, col, scratch);
		n = (int)strlen(scratch);
		break;
	case FL_T_TEXT:
	case FL_T_JSON:
	case FL_T_BYTES:
		return fl_rows_str(rows, row, col);
	}
	return (struct fl_str){ scratch, (size_t)n };
}

static const struct fl_posted *posted(const struct render *r, struct fl_str name)
{
	for (int i = 0; i < r->m->nposted; i++)
		if (fl_str_eq(fl_str(r->m->posted[i].name), name))
			return &r->m->posted[i];
	return NULL;
}

/* What is wrong with a field, told by its check or by the database: then it is a second entry behind the value. */
static const char *wrong_with(const struct render *r, struct fl_str name)
{
	for (int i = 0; i < r->m->nposted; i++)
		if (r->m->posted[i].wrong && fl_str_eq(fl_str(r->m->posted[i].name), name))
			return r->m->posted[i].wrong;
	return NULL;
}

/* The rows a cell value reads; NULL when there is no such row. */
static const struct fl_rows *rows_of(const struct render *r, const struct value *v)
{
	const struct fl_rows *rows = v->set >= 0 ? r->m->set[v->set] : NULL;

	return rows && r->row[v->set] < rows->nrows ? rows : NULL;
}

/* Of values that are text as they are; format and message are done elsewhere. */
static struct fl_str plain_text(const struct render *r, const struct value *v, char scratch[40])
{
	const struct fl_posted *p;
	const struct fl_rows *rows;
	const char *why;

	switch (v->kind) {
	case V_FORM:
		if ((p = posted(r, v->arg)) != NULL)
			return p->value;
		/* fall through */
	case V_CELL:
		rows = rows_of(r, v);
		return rows ? cell_text(rows, r->row[v->set], v->col, scratch) : (struct fl_str){ 0 };
	case V_WRONG:
		why = wrong_with(r, v->arg);
		return why ? render_message(r, fl_str(why)) : (struct fl_str){ 0 };
	case V_ERROR_FIELD:
		return fl_str(r->m->posted[r->row[SET_ERRORS]].name);
	case V_ERROR_MESSAGE:
		return render_message(r, fl_str(r->m->posted[r->row[SET_ERRORS]].wrong));
	case V_CAN:
		return r->rights >> v->bit & 1 ? FL_STR("true") : (struct fl_str){ 0 };
	case V_CONST:
		return v->arg;
	case V_MESSAGE:
	case V_EMPTY:
		break;
	}
	return (struct fl_str){ 0 };
}

static void put(struct render *r, struct fl_str s, bool raw)
{
	if (raw)
		fl_buf_str(r->out, s);
	else
		fl_buf_html(r->out, s);
}

static void put_message(struct render *r, const struct text_of_message *m, bool raw);

/* A cell without a format, not null. Only text can hold what must be escaped. */
static void put_plain_cell(struct render *r, const struct value *v, const struct fl_rows *rows, bool raw)
{
	int row = r->row[v->set];
	char scratch[40];

	switch (v->type) {
	case FL_T_INT:
		fl_buf_int(r->out, fl_rows_int(rows, row, v->col));
		break;
	case FL_T_FLOAT:
		format_fixed(r->locale, fl_rows_float(rows, row, v->col), 2, r->out);
		break;
	case FL_T_UUID:
		fl_buf_str(r->out, cell_text(rows, row, v->col, scratch));
		break;
	default:
		put(r, cell_text(rows, row, v->col, scratch), raw);
	}
}

static void put_cell(struct render *r, const struct value *v, bool raw)
{
	const struct fl_rows *rows = rows_of(r, v);
	bool null = !rows || fl_rows_null(rows, r->row[v->set], v->col);

	if (rows && v->format != F_NONE && (!null || v->format == F_SURE))
		format_value(r, v, raw);
	else if (!null)
		put_plain_cell(r, v, rows, raw);
}

static void put_value(struct render *r, const struct value *v, bool raw)
{
	char scratch[40];

	if (v->kind == V_CELL)
		put_cell(r, v, raw);
	else if (v->kind == V_MESSAGE)
		put_message(r, v->message[r->locale], raw);
	else if (v->format == F_URL)
		fl_buf_url(r->out, plain_text(r, v, scratch));
	else
		put(r, plain_text(r, v, scratch), raw);
}

static void put_message(struct render *r, const struct text_of_message *m, bool raw)
{
	const struct message_form *f = &m->other;

	if (m->count) {
		const struct fl_rows *rows = rows_of(r, m->count);
		int64_t n = rows ? fl_rows_int(rows, r->row[m->count->set], m->count->col) : 0;

		if (plural_of(n)[0] == 'o' && plural_of(n)[1] == 'n')
			f = &m->one;
	}
	for (int i = 0; i < f->n; i++) {
		fl_buf_str(r->out, f->part[i].text);
		if (f->part[i].value)
			put_value(r, f->part[i].value, raw);
	}
}

static bool cell_truth(const struct fl_rows *rows, int row, int col)
{
	if (fl_rows_null(rows, row, col))
		return false;
	switch (rows->cols[col].type) {
	case FL_T_BOOL:
		return fl_rows_bool(rows, row, col);
	case FL_T_INT:
	case FL_T_MONEY:
		return fl_rows_int(rows, row, col) != 0;
	case FL_T_TEXT:
	case FL_T_JSON:
	case FL_T_BYTES:
		return fl_rows_str(rows, row, col).n > 0;
	case FL_T_FLOAT:
	case FL_T_TIME:
	case FL_T_DATE:
	case FL_T_UUID:
		break;
	}
	return true;
}

static bool holds(const struct render *r, const struct step *s)
{
	const struct fl_rows *rows;
	char scratch[40];

	if (s->equal || s->differ)
		return fl_str_eq(plain_text(r, &s->value, scratch), s->text) == s->equal;
	if (s->value.kind == V_CELL) {
		rows = rows_of(r, &s->value);
		return rows && cell_truth(rows, r->row[s->value.set], s->value.col);
	}
	return plain_text(r, &s->value, scratch).n > 0;
}

static void run(struct render *r, const struct step *from, const struct step *to);

/* The first row a section on a set goes through; -1: none. */
static int first_row(const struct render *r, const struct step *s)
{
	const struct fl_rows *rows = r->m->set[s->set];

	if (!rows || rows->nrows == 0)
		return -1;
	if (s->parent < 0 || !r->first[s->set])
		return 0;
	return r->first[s->set][r->row[s->parent]];
}

static void each_row(struct render *r, const struct step *s)
{
	const struct fl_rows *rows = r->m->set[s->set];
	int outer = r->row[s->set], i = first_row(r, s);
	bool linked = s->parent >= 0 && r->first[s->set];

	while (i >= 0 && i < rows->nrows) {
		r->row[s->set] = i;
		run(r, s + 1, s + s->span);
		i = linked ? r->after[s->set][i] : i + 1;
	}
	r->row[s->set] = outer;
}

static int next_error(const struct render *r, int from)
{
	while (from < r->m->nposted && !r->m->posted[from].wrong)
		from++;
	return from < r->m->nposted ? from : -1;
}

static void each_error(struct render *r, const struct step *s)
{
	int outer = r->row[SET_ERRORS];

	for (int i = next_error(r, 0); i >= 0; i = next_error(r, i + 1)) {
		r->row[SET_ERRORS] = i;
		run(r, s + 1, s + s->span);
	}
	r->row[SET_ERRORS] = outer;
}

/* Whether a step's section is gone through once; loops do so themselves. */
static bool enters(struct render *r, const struct step *s)
{
	switch (s->kind) {
	case S_EACH:
		each_row(r, s);
		return false;
	case S_EACH_ERROR:
		each_error(r, s);
		return false;
	case S_NONE:
		return first_row(r, s) < 0;
	case S_NO_ERROR:
		return next_error(r, 0) < 0;
	case S_UNLESS:
		return !holds(r, s);
	default:
		return holds(r, s);
	}
}

static void run(struct render *r, const struct step *from, const struct step *to)
{
	for (const struct step *s = from; s < to; s++) {
		if (s->kind == S_TEXT)
			fl_buf_str(r->out, s->text);
		else if (s->kind == S_VALUE)
			put_value(r, &s->value, s->raw);
		else if (s->kind == S_PART)
			run(r, s->part->step, s->part->step + s->part->n);
		else if (!enters(r, s))
			s += s->span - 1;
	}
}

void fl_view_html(const struct fl_template *t, const struct fl_model *m, struct fl_buf *out)
{
	struct render r = { .t = t, .m = m, .out = out, .locale = locale_index(m->locale) };

	for (int i = 0; m->rights && i < t->view->bound->nrights; i++)
		if (t->rights >> i & 1 && strstr(m->rights, t->view->bound->right[i]))
			r.rights |= UINT64_C(1) << i;
	link_children(out->a, t->shape, m, r.first, r.after);
	run(&r, t->step, t->step + t->n);
}
