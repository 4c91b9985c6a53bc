/* How long a page takes to render: a board of 500 cards with ten names each, a list of 50 rows. Prints the median of many runs. */
#include <stdio.h>
#include <stdlib.h>

#include "view/inside.h"

enum { STAGES = 8, CARDS = 500, ROWS = 50, RUNS = 400 };

static const struct fl_col stage_cols[] = { { "id", FL_T_UUID }, { "name", FL_T_TEXT }, { "n", FL_T_INT } };
static const struct fl_col card_cols[] = {
	{ "stage_id", FL_T_UUID }, { "id", FL_T_UUID }, { "number", FL_T_INT }, { "title", FL_T_TEXT }, { "owner", FL_T_TEXT },
	{ "due_at", FL_T_TIME }, { "late", FL_T_BOOL }, { "amount", FL_T_INT }, { "version", FL_T_INT }, { "status", FL_T_TEXT },
};

static const char board[] =
	"{{#stages}}<section id=\"s-{{id}}\"><h2>{{name}} <span>{{n}}</span></h2><ol>\n{{#cards}}<li class=\"card{{#late}} "
		"late{{/late}}\">"
	"<a href=\"/cards/{{id}}\">REQ-{{number}} {{title}}</a> <span>{{owner:initials}}</span> <span>{{due_at:due}}</span> "
	"<b>{{amount:num}}</b> {{#status=NEW}}<i>new</i>{{/status=NEW}}<small>{{status}} {{owner}} {{version}}</small></li>"
		"\n{{/cards}}</ol></section>\n{{/stages}}";
static const char list[] = "<table>{{#cards}}<tr><td><a href=\"/x/{{id}}\">{{title}}</a><td>{{owner}}<td>{{due_at}}<td>"
	"{{amount:num}}<td>{{status}}</tr>\n{{/cards}}</table>";

static struct fl_rows *stages_new(struct fl_arena *a)
{
	struct fl_rows *r = fl_rows_new(a, stage_cols, 3, STAGES);

	for (int i = 0; i < STAGES; i++) {
		fl_rows_set_str(r, i, 0, (struct fl_str){ fl_fmt(a, "stage-id-------%d", i % 10), 16 });
		fl_rows_set_str(r, i, 1, FL_STR("Stage & more"));
		fl_rows_set_int(a, r, i, 2, i);
	}
	return r;
}

static struct fl_rows *cards_new(struct fl_arena *a, int n, int64_t now_us)
{
	struct fl_rows *r = fl_rows_new(a, card_cols, 10, n);

	for (int i = 0; i < n; i++) {
		fl_rows_set_str(r, i, 0, (struct fl_str){ fl_fmt(a, "stage-id-------%d", i * STAGES / n), 16 });
		fl_rows_set_str(r, i, 1, (struct fl_str){ fl_fmt(a, "card-id----%05d", i), 16 });
		fl_rows_set_int(a, r, i, 2, 4000 + i);
		fl_rows_set_str(r, i, 3, FL_STR("The invoice of October was charged twice"));
		fl_rows_set_str(r, i, 4, FL_STR("Ada Lovelace"));
		fl_rows_set_int(a, r, i, 5, now_us + (i - 100) * 600 * FL_SECOND_US);
		fl_rows_set_int(a, r, i, 6, i % 5 == 0);
		fl_rows_set_int(a, r, i, 7, i * 1234);
		fl_rows_set_int(a, r, i, 8, i);
		fl_rows_set_str(r, i, 9, i % 3 ? FL_STR("OPEN") : FL_STR("NEW"));
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, const struct fl_template *t, const struct fl_model *m)
{
	struct fl_arena *a = fl_arena_new(32 << 20);
	int64_t took_us[RUNS];
	size_t bytes = 0;

	for (int i = 0; i < RUNS; i++) {
		struct fl_buf out = fl_buf(a, 8 << 20);
		int64_t from_us;

		fl_buf_room(&out, 512 * 1024);
		from_us = fl_tick_us();
		fl_view_html(t, m, &out);
		took_us[i] = fl_tick_us() - from_us;
		bytes = out.n;
		fl_arena_reset(a);
	}
	qsort(took_us, RUNS, sizeof(took_us[0]), compare);
	printf("%s: %lld us (p95 %lld), %zu bytes\n", name, (long long)took_us[RUNS / 2], (long long)took_us[RUNS * 95 / 100], bytes);
	fl_arena_free(a);
}

static enum fl_rc bench(struct fl_cx *cx)
{
	struct fl_shape shape = { .n = 3, .set = { { "page", NULL, 0, .one = true }, { "stages", stage_cols, 3 },
	                                           { "cards", card_cols, 10, .under = "stages", .by = "stage_id" } } };
	struct fl_model m = { .locale = "en", .zone = "Europe/Madrid", .now_us = fl_now_us() };
	struct fl_view *v = view_new(cx);
	const struct fl_template *t;

	FL_TRY(view_add(cx, v, "board", "board", fl_str(board), 0));
	FL_TRY(view_add(cx, v, "list", "list", fl_str(list), 0));
	m.set[1] = stages_new(cx->a);
	m.set[2] = cards_new(cx->a, CARDS, m.now_us);
	FL_TRY(fl_view_bind(cx, v, "board", &shape, &t));
	measure("board of 500 cards", t, &m);
	m.set[2] = cards_new(cx->a, ROWS, m.now_us);
	FL_TRY(fl_view_bind(cx, v, "list", &shape, &t));
	measure("list of 50 rows", t, &m);
	return FL_OK;
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_cx cx;
	enum fl_rc rc;

	fl_cx_init(&cx, a, NULL, "bench", 60);
	rc = bench(&cx);
	if (rc != FL_OK)
		fprintf(stderr, "%s\n", cx.err.text);
	fl_arena_free(a);
	return rc == FL_OK ? 0 : 1;
}
