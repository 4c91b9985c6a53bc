/* OpenAPI 3.1 out of the route table: the same rows that validate describe themselves. */
#include "base/conf.h"
#include "http/openapi.h"

static const char *type_of(enum fl_kind kind)
{
	switch (kind) {
	case FL_K_INT:
		return "integer";
	case FL_K_NUMBER:
		return "number";
	case FL_K_BOOL:
		return "boolean";
	case FL_K_LIST:
		return "array";
	case FL_K_OBJECT:
		return "object";
	default:
		return "string";
	}
}

static const char *format_of(enum fl_kind kind)
{
	switch (kind) {
	case FL_K_EMAIL:
		return "email";
	case FL_K_DATE:
		return "date";
	case FL_K_UUID:
		return "uuid";
	case FL_K_SECRET:
		return "password";
	default:
		return NULL;
	}
}

static void choices(struct fl_jw *w, const char *list)
{
	struct fl_str rest = fl_str(list);

	fl_jw_open(w, "enum", '[');
	while (rest.p)
		fl_jw_str(w, NULL, fl_str_cut(&rest, '|'));
	fl_jw_close(w, ']');
}

static void limits(struct fl_jw *w, const struct fl_field *f)
{
	bool text = f->kind == FL_K_TEXT || f->kind == FL_K_LONG || f->kind == FL_K_SECRET;

	if (text) {
		if (f->min)
			fl_jw_int(w, "minLength", f->min);
		fl_jw_int(w, "maxLength", f->max ? f->max : f->kind == FL_K_LONG ? 20000 : f->kind == FL_K_SECRET ? 1024 : 200);
	} else if (f->kind == FL_K_INT || f->kind == FL_K_NUMBER) {
		if (f->min || (f->kind == FL_K_NUMBER && f->max))
			fl_jw_int(w, "minimum", f->min);
		if (f->max)
			fl_jw_int(w, "maximum", f->max);
	}
}

static void schema(struct fl_jw *w, const char *key, const struct fl_field *f)
{
	fl_jw_open(w, key, '{');
	fl_jw_cstr(w, "type", type_of(f->kind));
	if (format_of(f->kind))
		fl_jw_cstr(w, "format", format_of(f->kind));
	if (f->kind == FL_K_CHOICE)
		choices(w, f->choices);
	if (f->kind == FL_K_LIST) {
		fl_jw_open(w, "items", '{');
		fl_jw_cstr(w, "type", "string");
		fl_jw_close(w, '}');
	}
	limits(w, f);
	if (f->help)
		fl_jw_cstr(w, "description", f->help);
	fl_jw_close(w, '}');
}

static void parameter(struct fl_jw *w, const struct fl_field *f, const char *in)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "name", f->name);
	fl_jw_cstr(w, "in", in);
	fl_jw_bool(w, "required", f->required || strcmp(in, "path") == 0);
	schema(w, "schema", f);
	fl_jw_close(w, '}');
}

static void body_fields(struct fl_jw *w, const struct web_route *t, const char *type)
{
	bool any = false, files = strcmp(type, "application/json") != 0;

	fl_jw_open(w, type, '{');
	fl_jw_open(w, "schema", '{');
	fl_jw_cstr(w, "type", "object");
	fl_jw_open(w, "properties", '{');
	for (int i = 0; i < t->nbody; i++) {
		schema(w, t->fields[i].name, &t->fields[i]);
		any |= t->fields[i].required;
	}
	if (files)
		fl_jw_raw(w, "files", FL_STR("{\"type\":\"array\",\"items\":{},\"description\":\"files, under any name\"}"));
	fl_jw_close(w, '}');
	if (any) {
		fl_jw_open(w, "required", '[');
		for (int i = 0; i < t->nbody; i++)
			if (t->fields[i].required)
				fl_jw_cstr(w, NULL, t->fields[i].name);
		fl_jw_close(w, ']');
	}
	if (!files)
		fl_jw_bool(w, "additionalProperties", false);
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

static void body(struct fl_jw *w, const struct web_route *t)
{
	unsigned flags = t->page->flags;

	if (t->nbody == 0 && !(flags & (FL_FILES | FL_RAW_BODY)))
		return;
	fl_jw_open(w, "requestBody", '{');
	fl_jw_open(w, "content", '{');
	if (flags & FL_RAW_BODY)
		fl_jw_raw(w, "*/*", FL_STR("{}"));
	if (t->nbody > 0)
		body_fields(w, t, "application/json");
	if (flags & FL_FILES)
		body_fields(w, t, "multipart/form-data");
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

/* A refusal, by the component of its kind. */
static void refusal(struct fl_jw *w, int status)
{
	const char *name;
	int s;

	for (int i = 0; (name = web_problem_name(i, &s)) != NULL; i++) {
		if (s != status)
			continue;
		fl_jw_open(w, fl_fmt(w->b->a, "%d", status), '{');
		fl_jw_cstr(w, "$ref", fl_fmt(w->b->a, "#/components/responses/%s", name));
		fl_jw_close(w, '}');
	}
}

/* What there is one of there may be none of: a key of the API is no person. */
static bool has_one(const struct web_route *t)
{
	for (int i = 0; i < t->nsets; i++)
		if (t->shape.set[WEB_FIXED_SETS + i].one)
			return true;
	return false;
}

static void answers(struct fl_jw *w, const struct web_route *t, bool unsafe)
{
	fl_jw_open(w, "responses", '{');
	fl_jw_open(w, fl_fmt(w->b->a, "%d", web_success_status(t->page, true)), '{');
	fl_jw_cstr(w, "description", "Done");
	web_openapi_answer(w, t);
	fl_jw_close(w, '}');
	if (t->page->file && !(t->page->flags & FL_JSON_ONLY))
		fl_jw_raw(w, "303", FL_STR("{\"description\":\"It lies in a store: Location leads there\"}"));
	refusal(w, 400);
	if (!(t->page->flags & FL_PUBLIC)) {
		refusal(w, 401);
		refusal(w, 403);
	}
	if (strchr(t->page->path, '{') || has_one(t) || t->page->run)
		refusal(w, 404);
	if (unsafe) {
		refusal(w, 409);
		refusal(w, 413);
		refusal(w, 415);
	}
	refusal(w, 422);
	refusal(w, 429);
	refusal(w, 503);
	fl_jw_raw(w, "default", FL_STR("{\"$ref\":\"#/components/responses/other\"}"));
	fl_jw_close(w, '}');
}

static void operation(struct fl_jw *w, struct fl_arena *a, const struct web_route *t)
{
	bool unsafe = strcmp(t->page->method, "GET") != 0;
	char *method = fl_strdup(a, t->page->method);

	for (char *p = method; *p; p++)
		*p = (char)(*p + 32);
	fl_jw_open(w, method, '{');
	fl_jw_cstr(w, "summary", t->page->summary ? t->page->summary : t->page->path);
	fl_jw_open(w, "tags", '[');
	fl_jw_cstr(w, NULL, t->app->name);
	fl_jw_close(w, ']');
	if (t->page->permission)
		fl_jw_cstr(w, "x-permission", t->page->permission);
	if (t->page->flags & (FL_PUBLIC | FL_TOKEN_IN_PATH)) {
		fl_jw_open(w, "security", '[');
		fl_jw_close(w, ']');
	}
	fl_jw_open(w, "parameters", '[');
	for (int i = unsafe ? t->nbody : 0; i < t->nfields; i++)
		parameter(w, &t->fields[i], i < t->nbody ? "query" : "path");
	if (unsafe) {
		static const struct fl_field key = { "Idempotency-Key", FL_K_TEXT, .max = 255, .help = "the same key and body give the same answer for 24 hours" };

		static const struct fl_field progress = { "X-Progress-Url", FL_K_TEXT, .max = 500, .help = "told how far the jobs of this request are" };

		parameter(w, &key, "header");
		parameter(w, &progress, "header");
	}
	fl_jw_close(w, ']');
	if (unsafe)
		body(w, t);
	answers(w, t, unsafe);
	fl_jw_close(w, '}');
}

/* True for the first row of a path; the others of the same path are written inside it. */
static bool first_of_path(const struct web *web, int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(web->routes[k].page->path, web->routes[i].page->path) == 0 && !(web->routes[k].page->flags & FL_HTML_ONLY))
			return false;
	return !(web->routes[i].page->flags & FL_HTML_ONLY);
}

static void problem(struct fl_jw *w, const char *name, const char *description)
{
	fl_jw_open(w, name, '{');
	fl_jw_cstr(w, "description", description);
	fl_jw_raw(w, "content", FL_STR("{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}"));
	fl_jw_close(w, '}');
}

static void components(struct fl_jw *w, const struct web *web)
{
	static const char schema[] =
		"{\"type\":\"object\",\"required\":[\"type\",\"title\",\"error\",\"status\",\"detail\",\"instance\",\"trace_id\"],\"properties\":{\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
		"\"title\":{\"type\":\"string\"},\"error\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
		"\"reason\":{\"type\":\"string\"},\"instance\":{\"type\":\"string\"},\"trace_id\":{\"type\":\"string\"},\"next_available\":{\"type\":\"string\"},"
		"\"retry_after\":{\"type\":\"integer\"},\"limit\":{\"type\":\"integer\"},\"remaining\":{\"type\":\"integer\"},\"reset\":{\"type\":\"integer\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
		"\"required\":[\"pointer\",\"detail\"],\"properties\":{\"pointer\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}}";
	const char *name;
	int status;

	fl_jw_open(w, "components", '{');
	fl_jw_open(w, "schemas", '{');
	fl_jw_raw(w, "Problem", FL_STR(schema));
	fl_jw_close(w, '}');
	fl_jw_open(w, "responses", '{');
	for (int i = 0; (name = web_problem_name(i, &status)) != NULL; i++)
		problem(w, name, fl_view_message(web->view, w->b->a, "en", fl_fmt(w->b->a, "error.%d.title", status), NULL));
	problem(w, "other", "Any other refusal");
	fl_jw_close(w, '}');
	fl_jw_raw(w, "securitySchemes",
	          FL_STR("{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-fairlead\"}}"));
	fl_jw_close(w, '}');
}

void web_openapi(struct fl_buf *out, const struct web *web)
{
	struct fl_arena *a = out->a;
	struct fl_jw w = fl_jw(out);

	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "openapi", "3.1.0");
	fl_jw_raw(&w, "info", fl_str(fl_fmt(a, "{\"title\":\"Fairlead\",\"version\":\"%s\"}", PACKAGE_VERSION)));
	fl_jw_open(&w, "servers", '[');
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "url", fl_fmt(a, "%s/api/v1", web->conf->url));
	fl_jw_close(&w, '}');
	fl_jw_close(&w, ']');
	fl_jw_raw(&w, "security", FL_STR("[{\"key\":[]},{\"session\":[]}]"));
	fl_jw_open(&w, "paths", '{');
	for (int i = 0; i < web->nroutes; i++) {
		if (!first_of_path(web, i))
			continue;
		fl_jw_open(&w, web->routes[i].page->path, '{');
		for (int k = i; k < web->nroutes; k++)
			if (strcmp(web->routes[k].page->path, web->routes[i].page->path) == 0 && !(web->routes[k].page->flags & FL_HTML_ONLY))
				operation(&w, a, &web->routes[k]);
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, '}');
	components(&w, web);
	fl_jw_close(&w, '}');
}
