#include "view/inside.h"

#define NAME_FAIL(b, ...) fl_fail_((b)->cx, FL_INVALID, NULL, (b)->file, (b)->line, __VA_ARGS__)

static const char *const format_names[] = {
	[F_AGO] = "ago", [F_CLOCK] = "clock", [F_DATE] = "date", [F_DATETIME] = "datetime", [F_ISO] = "iso", [F_DUE] = "due",
	[F_NUM] = "num", [F_PCT] = "pct", [F_BYTES] = "bytes", [F_MS] = "ms", [F_SPAN] = "span", [F_MONEY] = "money", [F_SURE] = "sure",
	[F_INITIALS] = "initials", [F_URL] = "url", [F_SHORT] = "short", [F_MARKS] = "marks", [F_REPEAT] = "repeat",
};

/* Types a format takes, as bits. */
#define T(type) (1u << (type))
static const unsigned format_types[] = {
	[F_AGO] = T(FL_T_TIME) | T(FL_T_DATE),
	[F_CLOCK] = T(FL_T_TIME),
	[F_DATE] = T(FL_T_TIME) | T(FL_T_DATE),
	[F_DATETIME] = T(FL_T_TIME),
	[F_ISO] = T(FL_T_TIME) | T(FL_T_DATE),
	[F_DUE] = T(FL_T_TIME) | T(FL_T_DATE),
	[F_NUM] = T(FL_T_INT) | T(FL_T_FLOAT) | T(FL_T_MONEY),
	[F_PCT] = T(FL_T_INT) | T(FL_T_FLOAT),
	[F_BYTES] = T(FL_T_INT),
	[F_MS] = T(FL_T_INT) | T(FL_T_FLOAT),
	[F_SPAN] = T(FL_T_INT),
	[F_MONEY] = T(FL_T_INT) | T(FL_T_MONEY),
	[F_SURE] = T(FL_T_FLOAT),
	[F_INITIALS] = T(FL_T_TEXT),
	[F_URL] = ~0u,
	[F_SHORT] = T(FL_T_UUID) | T(FL_T_TEXT),
	[F_MARKS] = T(FL_T_TEXT),
	[F_REPEAT] = T(FL_T_TEXT),
	[F_MESSAGE] = T(FL_T_TEXT) | T(FL_T_INT) | T(FL_T_BOOL),
};

/* Its number, -1 when unknown. */
static int format_named(struct fl_str s)
{
	for (size_t i = 0; i < FL_COUNT(format_names); i++)
		if (format_names[i] && fl_str_eq(fl_str(format_names[i]), s))
			return (int)i;
	return -1;
}

static int set_named(const struct bind *b, struct fl_str name)
{
	for (int i = 0; i < b->shape->n; i++)
		if (fl_str_is(name, b->shape->set[i].name))
			return i;
	return -1;
}

int name_set(const struct bind *b, struct fl_str name)
{
	int set = set_named(b, name);

	return set < 0 && fl_str_eq(name, FL_STR("errors")) ? SET_ERRORS : set;
}

static int col_named(const struct bind *b, int set, struct fl_str name)
{
	for (int i = 0; i < b->shape->set[set].ncols; i++)
		if (fl_str_is(name, b->shape->set[set].cols[i].name))
			return i;
	return -1;
}

static bool is_open(const struct bind *b, int set)
{
	for (int i = 0; i < b->nopen; i++)
		if (b->open[i] == set)
			return true;
	return false;
}

static bool use_cell(const struct bind *b, int set, struct fl_str name, struct value *out)
{
	int col = col_named(b, set, name);

	if (col < 0)
		return false;
	out->kind = V_CELL;
	out->set = (short)set;
	out->col = (short)col;
	out->type = b->shape->set[set].cols[col].type;
	return true;
}

static bool find_open(const struct bind *b, struct fl_str name, struct value *out)
{
	for (int i = b->nopen - 1; i >= 0; i--) {
		if (b->open[i] != SET_ERRORS) {
			if (use_cell(b, b->open[i], name, out))
				return true;
		} else if (fl_str_eq(name, FL_STR("field")) || fl_str_eq(name, FL_STR("message"))) {
			out->kind = name.p[0] == 'f' ? V_ERROR_FIELD : V_ERROR_MESSAGE;
			return true;
		}
	}
	return false;
}

/* "set.column", split at the last dot. */
static bool find_dotted(const struct bind *b, struct fl_str name, struct value *out)
{
	size_t dot = name.n;
	int set;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	if (dot <= 1)
		return false;
	set = set_named(b, (struct fl_str){ name.p, dot - 1 });
	return set >= 0 && (b->shape->set[set].one || is_open(b, set)) &&
	       use_cell(b, set, (struct fl_str){ name.p + dot, name.n - dot }, out);
}

/* The page's own columns come last, so that a set may have a "title" of its own. */
static bool find_single(const struct bind *b, struct fl_str name, bool page, struct value *out)
{
	for (int i = 1; i < b->shape->n; i++)
		if (b->shape->set[i].one && use_cell(b, i, name, out))
			return true;
	return page && b->shape->n > 0 && b->shape->set[0].one && use_cell(b, 0, name, out);
}

static bool take_prefix(struct fl_str *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n <= n || memcmp(s->p, prefix, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static enum fl_rc find_right(struct bind *b, struct fl_str name, struct value *out)
{
	struct bound *all = b->v->bound;
	const char *spaced = fl_fmt(b->v->scratch, " %.*s ", (int)name.n, name.p);

	out->kind = V_CAN;
	while (out->bit < all->nrights && strcmp(all->right[(int)out->bit], spaced) != 0)
		out->bit++;
	if (out->bit == RIGHTS_MAX)
		return NAME_FAIL(b, "%s:%d: templates ask for more than %d rights", b->file, b->line, RIGHTS_MAX);
	if (out->bit == all->nrights)
		all->right[all->nrights++] = fl_strdup(b->cx->a, spaced);
	b->t->rights |= UINT64_C(1) << out->bit;
	return FL_OK;
}

static enum fl_rc find_asset(struct bind *b, struct fl_str name, struct value *out)
{
	for (const struct asset *as = b->v->assets; as; as = as->next)
		if (fl_str_eq(fl_str(as->name), name)) {
			out->kind = V_CONST;
			out->arg = fl_str(as->address);
			return FL_OK;
		}
	return NAME_FAIL(b, "%s:%d: there is no file static/%.*s", b->file, b->line, (int)name.n, name.p);
}

static enum fl_rc find_name(struct bind *b, struct fl_str name, struct value *out)
{
	struct fl_str rest = name;

	*out = (struct value){ .kind = V_EMPTY, .set = -1, .col2 = -1 };
	if (find_open(b, name, out) || find_dotted(b, name, out))
		return FL_OK;
	/* For all pages it would be another one where a set of theirs has the name. */
	if (!b->for_all && find_single(b, name, true, out))
		return FL_OK;
	if (b->flags & PARSE_LENIENT)
		return FL_OK;
	if (take_prefix(&rest, "t."))
		return name_message(b, rest, out);
	if (take_prefix(&rest, "can."))
		return find_right(b, rest, out);
	if (take_prefix(&rest, "a."))
		return find_asset(b, rest, out);
	if (!b->for_all && take_prefix(&rest, "form.")) {
		find_single(b, rest, false, out);
		out->kind = V_FORM;
		out->arg = rest;
		return FL_OK;
	}
	if (take_prefix(&rest, "wrong.")) {
		out->kind = V_WRONG;
		out->arg = rest;
		return FL_OK;
	}
	return NAME_FAIL(b, "%s:%d: there is no '%.*s' here", b->file, b->line, (int)name.n, name.p);
}

static const char *default_format(enum fl_type type)
{
	switch (type) {
	case FL_T_TIME:
		return "datetime";
	case FL_T_DATE:
		return "date";
	case FL_T_MONEY:
		return "money";
	default:
		return "";
	}
}

/* A format's second column beside the first: NAME_currency, NAME_marks. */
static enum fl_rc find_beside(struct bind *b, struct value *v, const char *suffix)
{
	const char *name = b->shape->set[v->set].cols[v->col].name;

	v->col2 = (short)col_named(b, v->set, fl_str(fl_fmt(b->cx->a, "%s_%s", name, suffix)));
	if (v->col2 < 0)
		return NAME_FAIL(b, "%s:%d: there is no column %s_%s", b->file, b->line, name, suffix);
	return FL_OK;
}

static enum fl_rc set_format(struct bind *b, struct fl_str name, struct fl_str format, struct value *v)
{
	int f;

	if (v->kind != V_CELL && v->kind != V_FORM)
		return NAME_FAIL(b, "%s:%d: '%.*s' takes no format", b->file, b->line, (int)name.n, name.p);
	if (take_prefix(&format, "t.")) {
		v->arg = fl_str(fl_fmt(b->cx->a, "%.*s.", (int)format.n, format.p));
		f = F_MESSAGE;
	} else if ((f = format_named(format)) < 0) {
		return NAME_FAIL(b, "%s:%d: there is no format '%.*s'", b->file, b->line, (int)format.n, format.p);
	}
	if (v->kind == V_FORM ? f != F_URL : !(format_types[f] & T(v->type)))
		return NAME_FAIL(b, "%s:%d: '%.*s' is of another type than its format takes", b->file, b->line, (int)name.n, name.p);
	v->format = (enum format)f;
	if (f == F_MONEY)
		return find_beside(b, v, "currency");
	return f == F_MARKS ? find_beside(b, v, "marks") : FL_OK;
}

enum fl_rc name_value(struct bind *b, struct fl_str name, struct value *out)
{
	struct fl_str format = name, plain = fl_str_cut(&format, ':');

	FL_TRY(find_name(b, plain, out));
	if (!format.n && out->kind == V_CELL)
		format = fl_str(default_format(out->type));
	return format.n && out->kind != V_EMPTY ? set_format(b, name, format, out) : FL_OK;
}
