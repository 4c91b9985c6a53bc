#include "base/json.h"

#include <assert.h>
#include <json-c/json_tokener.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

static void put(void *p)
{
	json_object_put(p);
}

static void free_tokener(void *p)
{
	json_tokener_free(p);
}

enum fl_rc fl_json_parse(struct fl_arena *a, struct fl_str text, const struct fl_json_limits *limits, struct json_object **out,
                         const char **why)
{
	struct json_tokener *tok;
	char *copy;

	FL_TRY(fl_json_check(a, text, limits, why, NULL));
	tok = json_tokener_new_ex(limits->depth + 1);
	assert(tok);
	fl_defer(a, free_tokener, tok);
	/* A bare number ends only at the NUL, which therefore is part of the length. */
	copy = fl_strndup(a, text);
	*out = json_tokener_parse_ex(tok, copy, (int)text.n + 1);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		if (why)
			*why = json_tokener_error_desc(json_tokener_get_error(tok));
		return FL_INVALID;
	}
	if (*out)
		fl_defer(a, put, *out);
	return FL_OK;
}

struct json_object *fl_json_get(struct json_object *obj, const char *path)
{
	struct fl_str rest = fl_str(path);

	while (rest.p && obj) {
		struct fl_str name = fl_str_cut(&rest, '.');
		char key[128];

		assert(name.n < sizeof(key));
		memcpy(key, name.p, name.n);
		key[name.n] = '\0';
		if (!json_object_is_type(obj, json_type_object) || !json_object_object_get_ex(obj, key, &obj))
			return NULL;
	}
	return obj;
}

struct fl_str fl_json_str(struct json_object *obj, const char *path)
{
	struct json_object *v = fl_json_get(obj, path);

	if (!v || !json_object_is_type(v, json_type_string))
		return (struct fl_str){ NULL, 0 };
	return (struct fl_str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) };
}

int64_t fl_json_int(struct json_object *obj, const char *path, int64_t absent)
{
	struct json_object *v = fl_json_get(obj, path);

	return v && json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : absent;
}

double fl_json_double(struct json_object *obj, const char *path, double absent)
{
	struct json_object *v = fl_json_get(obj, path);
	bool is_number = v && (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double));

	return is_number ? json_object_get_double(v) : absent;
}

bool fl_json_bool(struct json_object *obj, const char *path, bool absent)
{
	struct json_object *v = fl_json_get(obj, path);

	return v && json_object_is_type(v, json_type_boolean) ? json_object_get_boolean(v) : absent;
}

struct fl_jw fl_jw(struct fl_buf *b)
{
	return (struct fl_jw){ .b = b };
}

static void lead(struct fl_jw *w, const char *key)
{
	if (w->more & (UINT32_C(1) << w->depth))
		fl_buf_putc(w->b, ',');
	w->more |= UINT32_C(1) << w->depth;
	if (key) {
		fl_buf_json(w->b, fl_str(key));
		fl_buf_putc(w->b, ':');
	}
}

void fl_jw_open(struct fl_jw *w, const char *key, char bracket)
{
	lead(w, key);
	fl_buf_putc(w->b, bracket);
	assert(w->depth < 31);
	w->depth++;
	w->more &= ~(UINT32_C(1) << w->depth);
}

void fl_jw_close(struct fl_jw *w, char bracket)
{
	assert(w->depth > 0);
	w->depth--;
	fl_buf_putc(w->b, bracket);
}

void fl_jw_str(struct fl_jw *w, const char *key, struct fl_str v)
{
	if (!v.p) {
		fl_jw_null(w, key);
		return;
	}
	lead(w, key);
	fl_buf_json(w->b, v);
}

void fl_jw_cstr(struct fl_jw *w, const char *key, const char *v)
{
	fl_jw_str(w, key, fl_str(v));
}

void fl_jw_int(struct fl_jw *w, const char *key, int64_t v)
{
	lead(w, key);
	fl_buf_int(w->b, v);
}

void fl_jw_double(struct fl_jw *w, const char *key, double v)
{
	if (!isfinite(v)) {
		fl_jw_null(w, key);
		return;
	}
	lead(w, key);
	fl_buf_printf(w->b, "%.10g", v);
}

void fl_jw_bool(struct fl_jw *w, const char *key, bool v)
{
	lead(w, key);
	fl_buf_puts(w->b, v ? "true" : "false");
}

void fl_jw_null(struct fl_jw *w, const char *key)
{
	lead(w, key);
	fl_buf_puts(w->b, "null");
}

void fl_jw_raw(struct fl_jw *w, const char *key, struct fl_str json)
{
	lead(w, key);
	fl_buf_str(w->b, json);
}
