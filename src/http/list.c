/* The route table as JSON, for the walker, the benches and whoever wants to know what a build answers. */
#include "base/json.h"
#include "http/openapi.h"

static void flags(struct fl_jw *w, unsigned set)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ FL_PUBLIC, "public" },       { FL_SLOW, "slow" },       { FL_NO_FRAME, "no_frame" }, { FL_JSON_ONLY, "json_only" },
		{ FL_HTML_ONLY, "html_only" }, { FL_RAW_BODY, "raw_body" }, { FL_NO_CSRF, "no_csrf" },  { FL_ADMIN, "admin" },
		{ FL_ACCEPTED, "accepted" },   { FL_TOKEN_IN_PATH, "token_in_path" }, { FL_CREATED, "created" }, { FL_FRAMED, "framed" },
	};

	fl_jw_open(w, "flags", '[');
	for (size_t i = 0; i < FL_COUNT(names); i++)
		if (set & names[i].flag)
			fl_jw_cstr(w, NULL, names[i].name);
	fl_jw_close(w, ']');
}

static void fields(struct fl_jw *w, const struct web_route *t)
{
	static const char *const kinds[] = {
		[FL_K_END] = "",      [FL_K_TEXT] = "text",   [FL_K_LONG] = "long",   [FL_K_SECRET] = "secret", [FL_K_INT] = "int",   [FL_K_NUMBER] = "number",
		[FL_K_BOOL] = "bool", [FL_K_CHOICE] = "choice", [FL_K_EMAIL] = "email", [FL_K_PHONE] = "phone",   [FL_K_DATE] = "date", [FL_K_UUID] = "uuid",
		[FL_K_LIST] = "list", [FL_K_OBJECT] = "object",
	};

	fl_jw_open(w, "fields", '[');
	for (int i = 0; i < t->nfields; i++) {
		const struct fl_field *f = &t->fields[i];

		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "name", f->name);
		fl_jw_cstr(w, "kind", kinds[f->kind]);
		fl_jw_cstr(w, "in", i >= t->nbody ? "path" : strcmp(t->page->method, "GET") == 0 ? "query" : "body");
		fl_jw_bool(w, "required", f->required);
		fl_jw_int(w, "min", f->min);
		fl_jw_int(w, "max", f->max);
		fl_jw_cstr(w, "choices", f->choices);
		fl_jw_cstr(w, "default", f->deflt);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
}

struct fl_str web_list(struct fl_arena *a, const struct web *web)
{
	struct fl_buf b = fl_buf(a, (size_t)4 << 20);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < web->nroutes; i++) {
		const struct web_route *t = &web->routes[i];

		fl_jw_open(&w, NULL, '{');
		fl_jw_cstr(&w, "app", t->app->name);
		fl_jw_cstr(&w, "method", t->page->method);
		fl_jw_cstr(&w, "path", t->page->path);
		fl_jw_cstr(&w, "permission", t->page->permission);
		fl_jw_cstr(&w, "view", t->page->view);
		fl_jw_bool(&w, "run", t->page->run != NULL);
		fl_jw_cstr(&w, "does", t->page->does ? fl_queries[t->page->does].name : NULL);
		flags(&w, t->page->flags);
		fields(&w, t);
		fl_jw_open(&w, "sets", '[');
		for (int k = 0; k < t->nsets; k++)
			fl_jw_cstr(&w, NULL, fl_queries[t->page->sets[k].q].name);
		fl_jw_close(&w, ']');
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	return fl_buf_get(&b);
}
