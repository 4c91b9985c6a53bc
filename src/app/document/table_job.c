/* The tables of a document by rules, a part of the job document.field. */
#include "app/document/document.h"
#include "app/document/table.h"

enum { TABLES_BYTES = 8 << 20, PAGE_BYTES = 64 << 20 };

static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 8, .keys = 100000 };

static int words_of(struct fl_arena *a, struct fl_str json, struct table_word **out)
{
	struct json_object *list = NULL;
	const char *why;
	int n;

	if (fl_json_parse(a, json, &limits, &list, &why) != FL_OK || !json_object_is_type(list, json_type_array))
		return 0;
	n = (int)json_object_array_length(list);
	*out = FL_NEW_ARRAY(a, n + 1, struct table_word);
	for (int i = 0; i < n; i++) {
		struct json_object *w = json_object_array_get_idx(list, (size_t)i), *text = json_object_array_get_idx(w, 5);

		(*out)[i] = (struct table_word){ json_object_get_int(json_object_array_get_idx(w, 0)), json_object_get_int(json_object_array_get_idx(w, 1)),
			                         json_object_get_int(json_object_array_get_idx(w, 2)), json_object_get_int(json_object_array_get_idx(w, 3)),
			                         { json_object_get_string(text), (size_t)json_object_get_string_len(text) }, 0 };
	}
	return n;
}

static void write_row(struct fl_jw *w, const char *key, const struct table *t, int row)
{
	fl_jw_open(w, key, '[');
	for (int k = 0; k < t->ncolumns; k++)
		fl_jw_str(w, NULL, t->cell[row][k].text.p ? t->cell[row][k].text : FL_STR(""));
	fl_jw_close(w, ']');
}

static void write_place(struct fl_jw *w, const struct table_cell *c)
{
	if (!c->text.p) {
		fl_jw_null(w, NULL);
		return;
	}
	fl_jw_open(w, NULL, '[');
	for (int i = 0; i < 2; i++)
		if (c->from)
			fl_jw_int(w, NULL, i ? c->to : c->from);
		else
			fl_jw_null(w, NULL);
	fl_jw_int(w, NULL, c->x);
	fl_jw_int(w, NULL, c->y);
	fl_jw_int(w, NULL, c->w);
	fl_jw_int(w, NULL, c->h);
	fl_jw_close(w, ']');
}

/* As document_tables keeps them: the heads first, [] when there are none. */
static void write_places(struct fl_jw *w, const struct table *t)
{
	fl_jw_open(w, "places", '[');
	for (int i = t->has_head ? 0 : -1; i < t->nrows; i++) {
		fl_jw_open(w, NULL, '[');
		for (int k = 0; i >= 0 && k < t->ncolumns; k++)
			write_place(w, &t->cell[i][k]);
		fl_jw_close(w, ']');
	}
	fl_jw_close(w, ']');
}

static void write_table(struct fl_jw *w, const struct table *t)
{
	fl_jw_open(w, NULL, '{');
	if (t->has_head) {
		write_row(w, "columns", t, 0);
	} else {
		fl_jw_open(w, "columns", '[');
		fl_jw_close(w, ']');
	}
	fl_jw_open(w, "rows", '[');
	for (int i = t->has_head; i < t->nrows; i++)
		write_row(w, NULL, t, i);
	fl_jw_close(w, ']');
	write_places(w, t);
	fl_jw_double(w, "sure", 0.8);
	fl_jw_close(w, '}');
}

/* False: it does not fit. */
static bool write_page(struct fl_jw *all, int64_t page, struct fl_str json)
{
	struct fl_arena *a = fl_arena_new(PAGE_BYTES);
	struct table_word *words = NULL;
	struct table *t = NULL;
	struct fl_buf b = fl_buf(a, TABLES_BYTES);
	struct fl_jw w = fl_jw(&b);
	int n = words_of(a, json, &words);
	bool fits = true;

	n = n ? table_find(a, words, n, &t) : 0;
	if (n && !fl_arena_over(a)) {
		fl_jw_open(&w, NULL, '{');
		fl_jw_int(&w, "page", page);
		fl_jw_open(&w, "tables", '[');
		for (int i = 0; i < n; i++)
			write_table(&w, &t[i]);
		fl_jw_close(&w, ']');
		fl_jw_close(&w, '}');
		fits = !b.over && all->b->n + b.n + sizeof(",]") < TABLES_BYTES;
		if (fits)
			fl_jw_raw(all, NULL, fl_buf_get(&b));
	}
	fl_arena_free(a);
	return fits;
}

struct fl_str document_tables(struct fl_cx *cx, const struct fl_rows *pages)
{
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(cx->a, TABLES_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < pages->nrows; i++)
		if (!write_page(&w, fl_rows_int(pages, i, DOCUMENT_PAGE_WORDS_PAGE), fl_rows_str(pages, i, DOCUMENT_PAGE_WORDS_WORDS)))
			break;
	fl_jw_close(&w, ']');
	return fl_buf_get(b);
}
