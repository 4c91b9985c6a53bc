/* The route table, built at start from the cards: paths cut, fields listed, arguments of statements found by name, templates bound. */
#include <assert.h>

#include "http/edge.h"

static const struct {
	const char *name;
	enum web_source source;
} sources[] = {
	{ "_address", WEB_ADDRESS },       { "_user_agent", WEB_USER_AGENT }, { "_request_id", WEB_REQUEST_ID },
	{ "_locale", WEB_LOCALE },         { "_token_hash", WEB_TOKEN_HASH },
	{ "_url", WEB_URL },               { "_form_age", WEB_FORM_AGE },
};

static int find_field(const struct web_route *t, struct fl_str name)
{
	for (int i = 0; i < t->nfields; i++)
		if (fl_str_eq(fl_str(t->fields[i].name), name))
			return i;
	return -1;
}

static void add_field(struct web_route *t, struct fl_field f)
{
	assert(t->nfields < WEB_VALUES_MAX);
	t->fields[t->nfields++] = f;
}

static bool uses(const struct fl_page *p, const char *name)
{
	for (int i = 0; i < FL_SETS_MAX && p->sets[i].name; i++) {
		const struct fl_query *q = &fl_queries[p->sets[i].q];

		for (int k = 0; k < q->nin; k++)
			if (strcmp(q->in[k].name, name) == 0)
				return true;
	}
	return false;
}

/* Lists page by keyset; their two fields need not be declared. */
static void list_fields(struct web_route *t)
{
	if (strcmp(t->page->method, "GET") != 0)
		return;
	if (uses(t->page, "after") && find_field(t, FL_STR("after")) < 0)
		add_field(t, (struct fl_field){ "after", FL_K_TEXT, .max = 300, .help = "cursor of the last row seen" });
	if (uses(t->page, "limit") && find_field(t, FL_STR("limit")) < 0)
		add_field(t, (struct fl_field){ "limit", FL_K_INT, .min = 1, .max = 500, .deflt = "50", .help = "rows wanted" });
}

static void cut_path(struct fl_arena *a, struct web_route *t)
{
	struct fl_str rest = fl_str(t->page->path + 1);

	while (rest.p && (rest.n > 0 || t->nsegments == 0)) {
		struct fl_str seg = fl_str_cut(&rest, '/');
		int i = t->nsegments++;

		assert(i < WEB_SEGMENTS_MAX);
		t->segment[i] = seg;
		t->param[i] = -1;
		if (seg.n > 2 && seg.p[0] == '{') {
			struct fl_str name = { seg.p + 1, seg.n - 2 };

			t->param[i] = find_field(t, name);
			if (t->param[i] < 0) {
				bool token = fl_str_eq(name, FL_STR("token"));

				t->param[i] = t->nfields;
				add_field(t, (struct fl_field){ fl_strndup(a, name), token ? FL_K_SECRET : FL_K_UUID, .required = true, .max = 200 });
			}
		}
	}
}

static enum fl_rc bind_args(struct fl_cx *cx, const struct web_route *t, enum fl_q q, struct web_arg *args)
{
	const struct fl_query *query = &fl_queries[q];

	for (int i = 0; i < query->nin; i++) {
		const char *name = query->in[i].name;
		bool found = false;

		args[i] = (struct web_arg){ .source = WEB_VALUE, .value = find_field(t, fl_str(name)), .type = query->in[i].type };
		for (size_t k = 0; k < FL_COUNT(sources); k++)
			if (strcmp(sources[k].name, name) == 0) {
				args[i].source = sources[k].source;
				found = true;
			}
		if (!found && args[i].value < 0)
			return FL_FAIL(cx, FL_INVALID, "%s %s: statement %s wants %s, which is no field of the page", t->page->method, t->page->path,
			               query->name, name);
	}
	return FL_OK;
}

static void shape_sets(struct web_route *t)
{
	struct fl_shape *s = &t->shape;

	s->set[0] = (struct fl_shape_set){ .name = "page", .cols = web_page_cols, .ncols = web_page_ncols, .one = true };
	s->set[1] = (struct fl_shape_set){ .name = "nav", .cols = web_nav_cols, .ncols = web_nav_ncols };
	s->n = WEB_FIXED_SETS;
	for (int i = 0; i < t->nsets; i++) {
		const struct fl_set *set = &t->page->sets[i];
		const struct fl_query *q = &fl_queries[set->q];

		s->set[s->n++] = (struct fl_shape_set){
			.name = set->name, .cols = q->out, .ncols = q->nout, .one = set->many == FL_ONE, .under = set->under, .by = set->by,
		};
	}
}

static enum fl_rc build_one(struct fl_cx *cx, const struct web *web, const struct fl_app *app, const struct fl_page *page, struct web_route *t)
{
	t->page = page;
	t->app = app;
	t->limit_value = -1;
	for (const struct fl_field *f = page->fields; f && f->kind != FL_K_END; f++)
		add_field(t, *f);
	list_fields(t);
	t->nbody = t->nfields;
	cut_path(cx->a, t);
	t->limit_value = find_field(t, FL_STR("limit"));
	while (t->nsets < FL_SETS_MAX && page->sets[t->nsets].name) {
		/* A page of reading code fetches its sets itself. */
		if (!page->run || strcmp(page->method, "GET") != 0)
			FL_TRY(bind_args(cx, t, page->sets[t->nsets].q, t->set_args[t->nsets]));
		t->nsets++;
	}
	if (page->does)
		FL_TRY(bind_args(cx, t, page->does, t->does_args));
	t->wants_frame = page->view && !(page->flags & (FL_NO_FRAME | FL_FRAMED | FL_PUBLIC | FL_JSON_ONLY));
	shape_sets(t);
	return page->view ? fl_view_bind(cx, web->view, page->view, &t->shape, &t->view) : FL_OK;
}

static void sort_nav(struct web *web)
{
	for (int i = 1; i < web->nnav; i++)
		for (int k = i; k > 0 && web->nav[k]->order < web->nav[k - 1]->order; k--) {
			const struct fl_nav *swap = web->nav[k];

			web->nav[k] = web->nav[k - 1];
			web->nav[k - 1] = swap;
		}
}

static enum fl_rc bind_errors(struct fl_cx *cx, struct web *web)
{
	struct fl_shape *s = &web->error_shape;

	s->n = 3;
	s->set[0] = (struct fl_shape_set){ .name = "page", .cols = web_page_cols, .ncols = web_page_ncols, .one = true };
	s->set[1] = (struct fl_shape_set){ .name = "nav", .cols = web_nav_cols, .ncols = web_nav_ncols };
	s->set[2] = (struct fl_shape_set){ .name = "error", .cols = web_error_cols, .ncols = web_error_ncols, .one = true };
	FL_TRY(fl_view_bind(cx, web->view, "error", s, &web->error_view));
	return fl_view_bind(cx, web->view, "error-bare", s, &web->error_bare);
}

static int count_pages(const struct fl_app *app)
{
	int n = 0;

	for (const struct fl_page *p = app->pages; p && p->method; p++)
		n++;
	return n;
}

static enum fl_rc build_app(struct fl_cx *cx, struct web *web, const struct fl_app *app, struct web_route *routes)
{
	for (const struct fl_nav *nav = app->nav; nav && nav->key; nav++) {
		assert(web->nnav < (int)FL_COUNT(web->nav));
		web->nav[web->nnav++] = nav;
	}
	for (const struct fl_page *p = app->pages; p && p->method; p++) {
		struct web_route *t = &routes[web->nroutes];

		t->number = web->nroutes++;
		FL_TRY(build_one(cx, web, app, p, t));
	}
	return FL_OK;
}

static unsigned bucket_of(struct fl_str first)
{
	unsigned h = 0;

	for (size_t i = 0; i < first.n; i++)
		h = h * 31 + (unsigned char)first.p[i];
	return h % WEB_BUCKETS;
}

/* A path may have a row for people and one for programs (FL_HTML_ONLY, FL_JSON_ONLY). */
static void number_together(const struct web *web, struct web_route *t)
{
	const struct web_route *first = web->bucket[bucket_of(t->segment[0])];

	while (strcmp(first->page->method, t->page->method) != 0 || strcmp(first->page->path, t->page->path) != 0)
		first = first->next;
	t->number = first->number;
}

static void index_routes(struct web *web, struct web_route *routes)
{
	for (int i = web->nroutes - 1; i >= 0; i--) {
		const struct web_route **bucket = &web->bucket[bucket_of(routes[i].segment[0])];

		assert(routes[i].param[0] < 0);
		routes[i].next = *bucket;
		*bucket = &routes[i];
	}
	for (int i = 0; i < web->nroutes; i++)
		number_together(web, &routes[i]);
}

enum fl_rc web_routes_build(struct fl_cx *cx, struct web *web)
{
	struct web_route *routes;
	int n = count_pages(&web_edge_app);

	for (const struct fl_app *const *app = fl_apps; *app; app++)
		n += count_pages(*app);
	routes = FL_NEW_ARRAY(cx->a, (size_t)n, struct web_route);
	web->routes = routes;
	FL_TRY(build_app(cx, web, &web_edge_app, routes));
	for (const struct fl_app *const *app = fl_apps; *app; app++)
		FL_TRY(build_app(cx, web, *app, routes));
	index_routes(web, routes);
	sort_nav(web);
	return bind_errors(cx, web);
}

/* 0: not at all; more for fixed segments than for parameters, and for the row made for this face when there are two. */
static int fits(const struct request *r, const struct web_route *t, const struct fl_str *seg, int nseg)
{
	int score = t->page->flags & (r->json ? FL_HTML_ONLY : FL_JSON_ONLY) ? 3 : 4;

	if (t->nsegments != nseg)
		return 0;
	for (int i = 0; i < nseg; i++) {
		if (t->param[i] >= 0)
			score -= score > 2 ? 2 : 0;
		else if (!fl_str_eq(t->segment[i], seg[i]))
			return 0;
	}
	return score;
}

static const char *effective_method(const char *method)
{
	return strcmp(method, "HEAD") == 0 ? "GET" : method;
}

/* What is at this path, by whatever method. */
static void note_path(struct request *r, const struct web_route *t)
{
	if (!r->allow)
		r->allow = t->page->method;
	else if (!strstr(r->allow, t->page->method))
		r->allow = fl_fmt(r->cx.a, "%s, %s", r->allow, t->page->method);
	if (t->page->flags & FL_EMBED)
		r->embed = t;
}

enum fl_rc web_route_match(struct request *r)
{
	struct fl_str rest = fl_str(r->path + 1), seg[WEB_SEGMENTS_MAX];
	const char *method = effective_method(r->method);
	int nseg = 0, best = 0;

	while (rest.p && (rest.n > 0 || nseg == 0)) {
		if (nseg == WEB_SEGMENTS_MAX)
			return FL_FAIL(&r->cx, FL_NOT_FOUND, "no such page");
		seg[nseg++] = fl_str_cut(&rest, '/');
	}
	for (const struct web_route *t = r->web->bucket[bucket_of(seg[0])]; t; t = t->next) {
		int score = fits(r, t, seg, nseg);

		if (score == 0)
			continue;
		note_path(r, t);
		if (score > best && strcmp(t->page->method, method) == 0) {
			best = score;
			r->route = t;
		}
	}
	for (int i = 0; i < nseg; i++)
		r->path_value[i] = seg[i];
	if (!r->route)
		return FL_FAIL(&r->cx, r->allow ? FL_INVALID : FL_NOT_FOUND, r->allow ? "no such method here" : "no such page");
	return FL_OK;
}
