/* The template compiler over any bytes: parse, then bind against a small shape, then render. */
#include <stdint.h>

#include "view/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fl_col cols[] = { { "id", FL_T_TEXT }, { "name", FL_T_TEXT }, { "at", FL_T_TIME }, { "n", FL_T_INT }, { "f",
	FL_T_FLOAT } };
static const struct fl_col kid_cols[] = { { "by", FL_T_TEXT }, { "name", FL_T_TEXT } };

static struct fl_rows *rows_new(struct fl_arena *a)
{
	struct fl_rows *r = fl_rows_new(a, cols, 5, 2);

	for (int i = 0; i < 2; i++) {
		fl_rows_set_str(r, i, 0, i ? FL_STR("1") : FL_STR("0"));
		fl_rows_set_str(r, i, 1, FL_STR("<name>"));
		fl_rows_set_int(a, r, i, 2, INT64_C(1763000000000000));
		fl_rows_set_int(a, r, i, 3, i);
		fl_rows_set_float(a, r, i, 4, 0.5);
	}
	return r;
}

static void show(struct fl_cx *cx, struct fl_str src, unsigned flags)
{
	struct fl_shape shape = { .n = 3, .set = { { "page", NULL, 0, .one = true }, { "items", cols, 5 }, { "kids", kid_cols, 2,
		.under = "items", .by = "by" } } };
	struct fl_model m = { .locale = "es", .zone = "Europe/Madrid", .now_us = INT64_C(1763000000000000) };
	struct fl_buf out = fl_buf(cx->a, 1 << 20);
	struct fl_view *v = view_new(cx);
	const struct fl_template *t;

	m.set[1] = rows_new(cx->a);
	if (view_add(cx, v, "main", "main", src, flags) == FL_OK && fl_view_bind(cx, v, "main", &shape, &t) == FL_OK && t->n < 200)
		fl_view_html(t, &m, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_arena *a = fl_arena_new(16 << 20);
	struct fl_str src = { (const char *)data, size };
	struct fl_cx cx;

	if (size < 4096) {
		fl_cx_init(&cx, a, NULL, "fuzz", 10);
		show(&cx, src, 0);
		show(&cx, src, PARSE_RAW | PARSE_LENIENT);
	}
	fl_arena_free(a);
	return 0;
}
