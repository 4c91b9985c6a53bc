/* What routes answer, for the API's description: the sets of the table as fl_view_json writes them. */
#include "http/openapi.h"

static const char *type_of(enum fl_type type)
{
	switch (type) {
	case FL_T_INT:
	case FL_T_MONEY:
		return "integer";
	case FL_T_FLOAT:
		return "number";
	case FL_T_BOOL:
		return "boolean";
	default:
		return "string";
	}
}

static const char *format_of(enum fl_type type)
{
	switch (type) {
	case FL_T_TIME:
		return "date-time";
	case FL_T_DATE:
		return "date";
	case FL_T_UUID:
		return "uuid";
	default:
		return NULL;
	}
}

/* Any value may be null: statements do not say which of theirs may. */
static void column(struct fl_jw *w, const struct fl_query *q, const struct fl_col *c)
{
	const char *shape = c->type == FL_T_JSON ? web_openapi_shape(q, c->name) : NULL;

	if (shape) {
		fl_jw_raw(w, c->name, fl_str(shape));
		return;
	}
	fl_jw_open(w, c->name, '{');
	if (c->type != FL_T_JSON) {
		fl_jw_open(w, "type", '[');
		fl_jw_cstr(w, NULL, type_of(c->type));
		fl_jw_cstr(w, NULL, "null");
		fl_jw_close(w, ']');
	}
	if (format_of(c->type))
		fl_jw_cstr(w, "format", format_of(c->type));
	fl_jw_close(w, '}');
}

static void required(struct fl_jw *w, const struct fl_query *q)
{
	fl_jw_open(w, "required", '[');
	for (int i = 0; i < q->nout; i++)
		if (q->out[i].name[0] != '_')
			fl_jw_cstr(w, NULL, q->out[i].name);
	fl_jw_close(w, ']');
}

static void columns(struct fl_jw *w, const struct fl_query *q)
{
	for (int i = 0; i < q->nout; i++)
		if (q->out[i].name[0] != '_')
			column(w, q, &q->out[i]);
}

static bool is_under(const struct fl_shape *shape, int n, const struct fl_shape_set *parent)
{
	return shape->set[n].under && strcmp(shape->set[n].under, parent->name) == 0;
}

static void set(struct fl_jw *w, const struct web_route *t, int n);

static void row(struct fl_jw *w, const struct web_route *t, int n)
{
	const struct fl_query *q = &fl_queries[t->page->sets[n - WEB_FIXED_SETS].q];

	fl_jw_open(w, "properties", '{');
	columns(w, q);
	for (int i = WEB_FIXED_SETS; i < t->shape.n; i++)
		if (is_under(&t->shape, i, &t->shape.set[n]))
			set(w, t, i);
	fl_jw_close(w, '}');
	required(w, q);
}

static void set(struct fl_jw *w, const struct web_route *t, int n)
{
	fl_jw_open(w, t->shape.set[n].name, '{');
	if (t->shape.set[n].one) {
		fl_jw_raw(w, "type", FL_STR("[\"object\",\"null\"]"));
		row(w, t, n);
	} else {
		fl_jw_cstr(w, "type", "array");
		fl_jw_open(w, "items", '{');
		fl_jw_cstr(w, "type", "object");
		row(w, t, n);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, '}');
}

static void sets(struct fl_jw *w, const struct web_route *t)
{
	fl_jw_open(w, "properties", '{');
	for (int i = WEB_FIXED_SETS; i < t->shape.n; i++)
		if (!t->shape.set[i].under)
			set(w, t, i);
	if (t->limit_value >= 0)
		fl_jw_raw(w, "next", FL_STR("{\"type\":\"string\",\"description\":\"address of the next page; left out at the end\"}"));
	fl_jw_close(w, '}');
	fl_jw_open(w, "required", '[');
	for (int i = WEB_FIXED_SETS; i < t->shape.n; i++)
		if (!t->shape.set[i].under)
			fl_jw_cstr(w, NULL, t->shape.set[i].name);
	fl_jw_close(w, ']');
}

static void json(struct fl_jw *w, const struct web_route *t)
{
	const struct fl_page *page = t->page;
	const struct fl_query *q = &fl_queries[page->does ? page->does : page->gives];

	fl_jw_open(w, "schema", '{');
	fl_jw_cstr(w, "type", "object");
	if (page->does || page->gives) {
		fl_jw_open(w, "properties", '{');
		columns(w, q);
		fl_jw_close(w, '}');
		/* code may stop half-way, when a second step is wanted, and has nothing to tell then */
		if (page->does)
			required(w, q);
	} else if (strcmp(page->method, "GET") == 0) {
		sets(w, t);
	} else {
		fl_jw_int(w, "maxProperties", 0);
	}
	fl_jw_close(w, '}');
}

void web_openapi_answer(struct fl_jw *w, const struct web_route *t)
{
	struct fl_str rest = fl_str(t->page->file ? t->page->file : ""), type;

	fl_jw_open(w, "content", '{');
	while (rest.n) {
		type = fl_str_cut(&rest, ' ');
		/* bytes, of which there is no schema to tell (OpenAPI 3.1, section 4.8.14.1) */
		fl_jw_open(w, fl_str_eq(type, FL_STR("*")) ? "*/*" : fl_strndup(w->b->a, type), '{');
		fl_jw_close(w, '}');
	}
	if (!t->page->file) {
		fl_jw_open(w, "application/json", '{');
		json(w, t);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, '}');
}
