/* The fields step over any body: form pairs and JSON (first byte '{'), against a table with a field of every kind. */
#include <stdint.h>
#include <stdlib.h>

#include "http/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fl_field fields[] = {
	{ "t", FL_K_TEXT, .required = true }, { "l", FL_K_LONG, .max = 500 },        { "s", FL_K_SECRET },  { "i", FL_K_INT, .min = -5, .max = 5 },
	{ "n", FL_K_NUMBER },                 { "b", FL_K_BOOL },                    { "c", FL_K_CHOICE, .choices = "one|two" }, { "e", FL_K_EMAIL },
	{ "p", FL_K_PHONE },                  { "d", FL_K_DATE },                    { "u", FL_K_UUID },    { "x", FL_K_LIST },
	{ "field", FL_K_OBJECT },
};

/* What passed is what the statements behind rely on. */
static void judge(const struct request *r)
{
	for (int i = 0; i < r->route->nfields; i++) {
		const struct fl_value *v = &r->values[i];

		if (v->wrong || !v->s.p || r->nwrong)
			continue;
		if (!fl_str_utf8(v->s))
			abort();
		if (v->field->kind == FL_K_OBJECT || v->field->kind == FL_K_LIST) {
			struct json_object *parsed;
			struct fl_json_limits limits = fl_json_limits_api;

			limits.depth++;
			if (fl_json_parse(r->cx.a, v->s, &limits, &parsed, NULL) != FL_OK)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char form[] = "CONTENT_TYPE=application/x-www-form-urlencoded", json[] = "CONTENT_TYPE=application/json";
	struct fl_arena *a = fl_arena_new(64 << 20);
	char *env[] = { size && data[0] == '{' ? json : form, NULL };
	FCGX_Request fcgi = { .envp = env };
	struct fl_page page = { .method = "POST", .path = "/fuzz" };
	struct web_route *route = FL_NEW(a, struct web_route);
	struct request *r = FL_NEW(a, struct request);

	route->page = &page;
	route->nfields = route->nbody = (int)FL_COUNT(fields);
	memcpy(route->fields, fields, sizeof(fields));
	r->route = route;
	r->fcgi = &fcgi;
	r->unsafe = true;
	r->query = "";
	r->body = (struct fl_str){ fl_strndup(a, (struct fl_str){ (const char *)data, size }), size };
	fl_cx_init(&r->cx, a, NULL, "fuzz", 10);
	if (size <= 65536 && web_fields(r) == FL_OK)
		judge(r);
	fl_arena_free(a);
	return 0;
}
