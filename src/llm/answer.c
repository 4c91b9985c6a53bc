#include "llm/answer.h"

#include <stdio.h>

enum { LEVELS = 4, TEXT_BYTES = 4000, ITEM_BYTES = 1000, ITEMS = 20 };

static const struct fl_json_limits limits = { .bytes = 256 * 1024, .depth = 12, .keys = 1000 };

static enum fl_rc check_object(struct fl_cx *cx, const struct fl_answer_field *fields, struct json_object *obj, int level);

static enum fl_rc wrong(struct fl_cx *cx, const struct fl_answer_field *f, const char *what)
{
	return FL_FAIL(cx, FL_INVALID, "unparsable: %s %s", f->name, what);
}

static enum fl_rc check_text(struct fl_cx *cx, const struct fl_answer_field *f, struct json_object *v, double min, double max)
{
	int n;

	if (!json_object_is_type(v, json_type_string))
		return wrong(cx, f, "is not a text");
	n = json_object_get_string_len(v);
	if (n < min || n > max)
		return wrong(cx, f, "is too short or too long");
	return FL_OK;
}

static enum fl_rc check_label(struct fl_cx *cx, const struct fl_answer_field *f, struct json_object *v)
{
	FL_TRY(check_text(cx, f, v, 0, TEXT_BYTES));
	for (int i = 0; f->labels[i]; i++)
		if (strcmp(f->labels[i], json_object_get_string(v)) == 0)
			return FL_OK;
	return wrong(cx, f, "is not one of the labels");
}

static enum fl_rc check_number(struct fl_cx *cx, const struct fl_answer_field *f, struct json_object *v)
{
	bool is_int = json_object_is_type(v, json_type_int);
	double d = json_object_get_double(v);

	if (!is_int && (f->kind == FL_ANSWER_INT || !json_object_is_type(v, json_type_double)))
		return wrong(cx, f, f->kind == FL_ANSWER_INT ? "is not a whole number" : "is not a number");
	if (!(d >= f->min && d <= f->max))
		return wrong(cx, f, "is out of range");
	return FL_OK;
}

static enum fl_rc check_array(struct fl_cx *cx, const struct fl_answer_field *f, struct json_object *v, int level)
{
	size_t n;

	if (!json_object_is_type(v, json_type_array))
		return wrong(cx, f, "is not an array");
	n = json_object_array_length(v);
	if ((double)n > (f->max > 0 ? f->max : ITEMS) || (double)n < f->min)
		return wrong(cx, f, "has too many or too few elements");
	for (size_t i = 0; i < n; i++) {
		struct json_object *e = json_object_array_get_idx(v, i);

		if (f->kind == FL_ANSWER_TEXTS)
			FL_TRY(check_text(cx, f, e, 0, ITEM_BYTES));
		else if (f->kind == FL_ANSWER_LABELS)
			FL_TRY(check_label(cx, f, e));
		else
			FL_TRY(check_object(cx, f->sub, e, level + 1));
	}
	return FL_OK;
}

static enum fl_rc check_field(struct fl_cx *cx, const struct fl_answer_field *f, struct json_object *v, int level)
{
	switch (f->kind) {
	case FL_ANSWER_TEXT:
		return check_text(cx, f, v, f->min, f->max > 0 ? f->max : TEXT_BYTES);
	case FL_ANSWER_LABEL:
		return check_label(cx, f, v);
	case FL_ANSWER_NUMBER:
	case FL_ANSWER_INT:
		return check_number(cx, f, v);
	case FL_ANSWER_BOOL:
		return json_object_is_type(v, json_type_boolean) ? FL_OK : wrong(cx, f, "is not true or false");
	case FL_ANSWER_TEXTS:
	case FL_ANSWER_LABELS:
	case FL_ANSWER_OBJECTS:
		return check_array(cx, f, v, level);
	case FL_ANSWER_OBJECT:
		return check_object(cx, f->sub, v, level + 1);
	case FL_ANSWER_END:
		break;
	}
	return FL_FAIL(cx, FL_BUG, "the table of the answer has an unknown kind");
}

static enum fl_rc check_object(struct fl_cx *cx, const struct fl_answer_field *fields, struct json_object *obj, int level)
{
	int known = 0;

	if (level > LEVELS)
		return FL_FAIL(cx, FL_BUG, "the table of the answer is deeper than %d levels", LEVELS);
	if (!json_object_is_type(obj, json_type_object))
		return FL_FAIL(cx, FL_INVALID, "unparsable: not an object");
	for (const struct fl_answer_field *f = fields; f->kind != FL_ANSWER_END; f++) {
		struct json_object *v = NULL;
		bool there = json_object_object_get_ex(obj, f->name, &v);

		known += there;
		if (v)
			FL_TRY(check_field(cx, f, v, level));
		else if (!f->optional)
			return wrong(cx, f, "is missing");
	}
	if (json_object_object_length(obj) != known)
		return FL_FAIL(cx, FL_INVALID, "unparsable: members nobody asked for");
	return FL_OK;
}

enum fl_rc fl_answer_check(struct fl_cx *cx, const struct fl_answer_field *fields, struct json_object *obj)
{
	return check_object(cx, fields, obj, 1);
}

enum fl_rc fl_answer_parse(struct fl_cx *cx, const struct fl_answer_field *fields, struct fl_str text, struct json_object **out)
{
	const char *why = NULL;

	if (fl_json_parse(cx->a, text, &limits, out, &why) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "unparsable: %s", why ? why : "not JSON");
	return fl_answer_check(cx, fields, *out);
}

static void type_of(struct fl_jw *w, const struct fl_answer_field *f, const char *name)
{
	if (!f->optional) {
		fl_jw_cstr(w, "type", name);
		return;
	}
	fl_jw_open(w, "type", '[');
	fl_jw_cstr(w, NULL, name);
	fl_jw_cstr(w, NULL, "null");
	fl_jw_close(w, ']');
}

static void labels_of(struct fl_jw *w, const struct fl_answer_field *f)
{
	fl_jw_open(w, "enum", '[');
	for (int i = 0; f->labels[i]; i++)
		fl_jw_cstr(w, NULL, f->labels[i]);
	if (f->optional && f->kind == FL_ANSWER_LABEL)
		fl_jw_null(w, NULL);
	fl_jw_close(w, ']');
}

static void describe(struct fl_jw *w, const struct fl_answer_field *f)
{
	char text[400];

	if (f->kind == FL_ANSWER_NUMBER || f->kind == FL_ANSWER_INT)
		snprintf(text, sizeof(text), "%s (from %g to %g)", f->help ? f->help : f->name, f->min, f->max);
	else
		snprintf(text, sizeof(text), "%s", f->help ? f->help : f->name);
	fl_jw_cstr(w, "description", text);
}

static void members(struct fl_jw *w, const struct fl_answer_field *fields);

static void items(struct fl_jw *w, const struct fl_answer_field *f)
{
	type_of(w, f, "array");
	fl_jw_open(w, "items", '{');
	if (f->kind == FL_ANSWER_OBJECTS) {
		fl_jw_cstr(w, "type", "object");
		members(w, f->sub);
	} else {
		fl_jw_cstr(w, "type", "string");
		if (f->kind == FL_ANSWER_LABELS)
			labels_of(w, f);
	}
	fl_jw_close(w, '}');
}

static void member(struct fl_jw *w, const struct fl_answer_field *f)
{
	static const char *const scalars[] = { [FL_ANSWER_TEXT] = "string", [FL_ANSWER_LABEL] = "string", [FL_ANSWER_NUMBER] = "number",
		                               [FL_ANSWER_INT] = "integer", [FL_ANSWER_BOOL] = "boolean" };

	fl_jw_open(w, f->name, '{');
	if (f->kind == FL_ANSWER_OBJECT) {
		type_of(w, f, "object");
		members(w, f->sub);
	} else if (f->kind <= FL_ANSWER_BOOL) {
		type_of(w, f, scalars[f->kind]);
		if (f->kind == FL_ANSWER_LABEL)
			labels_of(w, f);
	} else {
		items(w, f);
	}
	describe(w, f);
	fl_jw_close(w, '}');
}

static void members(struct fl_jw *w, const struct fl_answer_field *fields)
{
	fl_jw_open(w, "properties", '{');
	for (const struct fl_answer_field *f = fields; f->kind != FL_ANSWER_END; f++)
		member(w, f);
	fl_jw_close(w, '}');
	fl_jw_open(w, "required", '[');
	for (const struct fl_answer_field *f = fields; f->kind != FL_ANSWER_END; f++)
		fl_jw_cstr(w, NULL, f->name);
	fl_jw_close(w, ']');
	fl_jw_bool(w, "additionalProperties", false);
}

void fl_answer_schema(struct fl_jw *w, const char *key, const struct fl_answer_field *fields)
{
	fl_jw_open(w, key, '{');
	fl_jw_cstr(w, "type", "object");
	members(w, fields);
	fl_jw_close(w, '}');
}
