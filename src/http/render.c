/* From row sets to bytes: the model of a page, HTML through its template or JSON from the same sets. */
#include "http/web.h"

/* The set that is paged: the first of many rows with a column "cursor"; NULL when there is none or it is not full. */
static const struct fl_rows *paged_set(struct request *r, int *col)
{
	const struct web_route *t = r->route;
	int64_t limit;

	for (int i = 0; i < t->nsets; i++) {
		const struct fl_rows *rows = r->set[i];

		*col = rows && t->page->sets[i].many == FL_MANY ? fl_rows_col(rows, "cursor") : -1;
		if (*col < 0)
			continue;
		if (fl_str_int(r->values[t->limit_value].s, 1, 1000, &limit) != FL_OK || rows->nrows < limit)
			return NULL;
		return rows;
	}
	return NULL;
}

/* The address of this page as it was asked for, with another `after`; {NULL, 0}: none, which is its beginning. */
static const char *url_after(struct request *r, struct fl_str after)
{
	const struct web_route *t = r->route;
	struct fl_buf b = fl_buf(r->cx.a, 8192);

	fl_buf_puts(&b, r->path);
	for (int k = 0; k < t->nbody; k++) {
		bool cursor = strcmp(t->fields[k].name, "after") == 0;
		struct fl_str v = cursor ? after : r->values[k].raw.p ? r->values[k].s : (struct fl_str){ NULL, 0 };

		if (!v.p)
			continue;
		fl_buf_putc(&b, memchr(b.p, '?', b.n) ? '&' : '?');
		fl_buf_url(&b, fl_str(t->fields[k].name));
		fl_buf_putc(&b, '=');
		fl_buf_url(&b, v);
	}
	return fl_buf_cstr(&b);
}

const char *web_next_url(struct request *r)
{
	const struct fl_rows *rows;
	int col;

	/* a form shown again has no address to go on from */
	if (!r->route || r->unsafe || r->route->limit_value < 0 || !(rows = paged_set(r, &col)))
		return NULL;
	return url_after(r, fl_str(fl_rows_dup(r->cx.a, rows, rows->nrows - 1, col)));
}

const char *web_first_url(struct request *r)
{
	const struct web_route *t = r->route;

	for (int k = 0; t && !r->unsafe && t->limit_value >= 0 && k < t->nbody; k++)
		if (strcmp(t->fields[k].name, "after") == 0 && r->values[k].raw.n)
			return url_after(r, (struct fl_str){ NULL, 0 });
	return NULL;
}

void web_posted(struct request *r, struct fl_model *m)
{
	struct fl_posted *list;

	if (!r->route)
		return;
	list = FL_NEW_ARRAY(r->cx.a, (size_t)r->route->nbody + WEB_WRONGS_MAX, struct fl_posted);
	for (int i = 0; i < r->route->nbody; i++) {
		const struct fl_value *v = &r->values[i];
		bool secret = v->field->kind == FL_K_SECRET;

		if (!v->raw.p && !v->wrong && !v->s.p)
			continue;
		list[m->nposted++] = (struct fl_posted){ .name = v->field->name, .value = secret ? (struct fl_str){ "", 0 } : v->raw.p ? v->raw : v->s,
			                                 .wrong = v->wrong };
	}
	m->nposted += web_wrongs(r, list + m->nposted, WEB_WRONGS_MAX);
	m->posted = list;
}

static struct fl_model model_of(struct request *r)
{
	struct fl_model m = { .locale = r->cx.who.locale, .zone = r->cx.who.zone, .dates = r->cx.who.dates, .currency = r->cx.who.currency,
		              .now_us = r->cx.now_us, .rights = web_rights(r) };

	m.set[0] = web_page_set(r, NULL);
	m.set[1] = web_nav_set(r);
	for (int i = 0; r->route && i < r->route->nsets; i++)
		m.set[WEB_FIXED_SETS + i] = r->set[i];
	web_posted(r, &m);
	return m;
}

static void render_sets_json(struct request *r)
{
	struct fl_model m = { .locale = "en", .zone = "UTC", .now_us = r->cx.now_us, .rights = "" };
	const char *next = web_next_url(r);

	for (int i = 0; i < r->route->nsets; i++)
		m.set[WEB_FIXED_SETS + i] = r->set[i];
	fl_view_json(&r->route->shape, &m, WEB_FIXED_SETS, &r->out);
	if (next && r->out.n > 1) {
		/* Inside the object that was just closed. */
		r->out.n--;
		fl_buf_puts(&r->out, r->out.n > 1 ? ",\"next\":" : "\"next\":");
		fl_buf_json(&r->out, fl_str(fl_fmt(r->cx.a, "/api/v1%s", next)));
		fl_buf_putc(&r->out, '}');
	}
}

static void render_effect_json(struct request *r)
{
	struct fl_shape shape = { .n = 1 };
	struct fl_model m = { .locale = "en", .zone = "UTC", .now_us = r->cx.now_us, .rights = "" };
	struct fl_buf b = fl_buf(r->cx.a, WEB_PAGE_MAX_BYTES);

	if (r->replay) {
		fl_buf_puts(&r->out, json_object_to_json_string_ext(r->replay, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		return;
	}
	if (!r->effect || r->effect->nrows == 0) {
		fl_buf_puts(&r->out, "{}");
		return;
	}
	shape.set[0] = (struct fl_shape_set){ .name = "r", .cols = r->effect->cols, .ncols = r->effect->ncols, .one = true };
	m.set[0] = r->effect;
	fl_view_json(&shape, &m, 0, &b);
	/* {"r":{...}} without its wrapping. */
	if (b.n > 6)
		fl_buf_add(&r->out, b.p + 5, b.n - 6);
}

/* One {name} of `then`: a column of the effect, a member of the replay, or a value. */
static struct fl_str then_value(struct request *r, struct fl_str name)
{
	const char *key = fl_strndup(r->cx.a, name);
	struct json_object *member = r->replay ? fl_json_get(r->replay, key) : NULL;
	int col = r->effect && r->effect->nrows ? fl_rows_col(r->effect, key) : -1;

	if (member)
		return fl_str(json_object_get_string(member));
	if (col >= 0 && r->effect->cols[col].type == FL_T_INT)
		return fl_str(fl_fmt(r->cx.a, "%lld", (long long)fl_rows_int(r->effect, 0, col)));
	if (col >= 0)
		return fl_str(fl_rows_dup(r->cx.a, r->effect, 0, col));
	for (int i = 0; i < r->route->nfields; i++)
		if (fl_str_eq(fl_str(r->route->fields[i].name), name))
			return r->values[i].s;
	return (struct fl_str){ NULL, 0 };
}

static const char *then_url(struct request *r)
{
	struct fl_buf b = fl_buf(r->cx.a, 8192);
	struct fl_str rest = fl_str(r->route->page->then);

	while (rest.p) {
		fl_buf_str(&b, fl_str_cut(&rest, '{'));
		if (rest.p)
			fl_buf_url(&b, then_value(r, fl_str_cut(&rest, '}')));
	}
	return fl_buf_cstr(&b);
}

int web_success_status(const struct fl_page *page, bool json)
{
	if (strcmp(page->method, "GET") == 0)
		return 200;
	if (page->flags & FL_ACCEPTED)
		return 202;
	return json && page->flags & FL_CREATED ? 201 : 200;
}

static void render_success(struct request *r)
{
	const struct fl_page *p = r->route->page;

	if (r->unsafe && !r->location && p->then)
		r->location = then_url(r);
	r->status = r->req.status ? r->req.status : web_success_status(p, r->json);
	if (r->json && (r->unsafe || p->gives)) {
		render_effect_json(r);
	} else if (r->location) {
		r->status = 303;
	} else if (r->json) {
		render_sets_json(r);
	} else if (r->route->view) {
		struct fl_model m = model_of(r);

		fl_view_html(r->route->view, &m, &r->out);
	} else if (!r->req.status) {
		r->status = 204;
	}
}

/* A form with mistakes is shown again: what was typed is kept, each mistake stands at its field. So is one that somebody overtook (a
 * conflict over a field): in the new state, with what this person wanted. */
static bool render_form_again(struct request *r)
{
	struct fl_error kept = r->cx.err;
	bool overtaken = kept.rc == FL_CONFLICT && kept.field && kept.field[0];
	struct fl_model m;

	if (!(kept.rc == FL_INVALID || overtaken))
		return false;
	if (!r->unsafe || r->json || !r->route || !r->route->view || r->status || web_show_again(r) != FL_OK)
		return false;
	r->cx.err = kept;
	m = model_of(r);
	r->status = overtaken ? 409 : r->req.status >= 400 ? r->req.status : 422;
	fl_view_html(r->route->view, &m, &r->out);
	return true;
}

void web_render(struct request *r, enum fl_rc rc)
{
	if (r->preflight) {
		r->status = 204;
		return;
	}
	if (!r->content_type)
		r->content_type = r->json ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
	if (rc == FL_OK && r->req.file.p) {
		r->content_type = r->req.file_type;
		fl_buf_str(&r->out, r->req.file);
	}
	if (r->req.location)
		r->location = r->req.location;
	if (rc == FL_OK && r->req.type)
		r->content_type = r->req.type;
	if (rc == FL_OK && (r->out.n || r->req.accel))
		r->status = r->req.status ? r->req.status : 200;
	else if (rc == FL_OK)
		render_success(r);
	else if (!render_form_again(r))
		web_problem(r, rc);
}
