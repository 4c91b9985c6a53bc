/* OpenAPI 3.1 out of the route table: the same rows that validate describe themselves. Made once at start. */
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

static void body(struct fl_jw *w, const struct web_route *t)
{
	bool any = false;

	fl_jw_open(w, "requestBody", '{');
	fl_jw_open(w, "content", '{');
	fl_jw_open(w, "application/json", '{');
	fl_jw_open(w, "schema", '{');
	fl_jw_cstr(w, "type", "object");
	fl_jw_open(w, "properties", '{');
	for (int i = 0; i < t->nbody; i++) {
		schema(w, t->fields[i].name, &t->fields[i]);
		any |= t->fields[i].required;
	}
	fl_jw_close(w, '}');
	if (any) {
		fl_jw_open(w, "required", '[');
		for (int i = 0; i < t->nbody; i++)
			if (t->fields[i].required)
				fl_jw_cstr(w, NULL, t->fields[i].name);
		fl_jw_close(w, ']');
	}
	fl_jw_bool(w, "additionalProperties", false);
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

/* done: the route when this is its answer, NULL for a problem. */
static void answer(struct fl_jw *w, const char *status, const char *description, const char *type, const struct web_route *done)
{
	fl_jw_open(w, status, '{');
	fl_jw_cstr(w, "description", description);
	if (type) {
		fl_jw_open(w, "content", '{');
		fl_jw_open(w, type, '{');
		fl_jw_open(w, "schema", '{');
		if (strstr(type, "problem"))
			fl_jw_cstr(w, "$ref", "#/components/schemas/Problem");
		else
			web_openapi_answer(w, done);
		fl_jw_close(w, '}');
		fl_jw_close(w, '}');
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, '}');
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
	static const char problem[] = "application/problem+json";
	bool creates = strcmp(t->page->method, "POST") == 0 && t->page->does && !strchr(t->page->path, '{');

	fl_jw_open(w, "responses", '{');
	answer(w, unsafe && t->page->flags & FL_ACCEPTED ? "202" : creates ? "201" : "200", "Done", "application/json", t);
	if (!(t->page->flags & FL_PUBLIC)) {
		answer(w, "401", "Nobody is signed in", problem, NULL);
		answer(w, "403", "Who is signed in may not", problem, NULL);
	}
	if (strchr(t->page->path, '{') || has_one(t) || t->page->run)
		answer(w, "404", "No such thing", problem, NULL);
	if (unsafe)
		answer(w, "409", "It has changed meanwhile, or the key is in flight", problem, NULL);
	answer(w, "422", "A field is wrong, or the key was used with another body", problem, NULL);
	answer(w, "429", "Too many requests", problem, NULL);
	answer(w, "503", "Try again later", problem, NULL);
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
	if (unsafe && t->nbody > 0)
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

static void components(struct fl_jw *w)
{
	static const char problem[] =
		"{\"type\":\"object\",\"required\":[\"type\",\"title\",\"error\",\"status\",\"detail\",\"trace_id\"],\"properties\":{\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
		"\"title\":{\"type\":\"string\"},\"error\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
		"\"reason\":{\"type\":\"string\"},\"instance\":{\"type\":\"string\"},\"trace_id\":{\"type\":\"string\"},"
		"\"retry_after\":{\"type\":\"integer\"},\"limit\":{\"type\":\"integer\"},\"remaining\":{\"type\":\"integer\"},\"reset\":{\"type\":\"integer\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
		"\"properties\":{\"pointer\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}}";

	fl_jw_open(w, "components", '{');
	fl_jw_open(w, "schemas", '{');
	fl_jw_raw(w, "Problem", FL_STR(problem));
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
	components(&w);
	fl_jw_close(&w, '}');
}
