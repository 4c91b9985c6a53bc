/* A view made of texts, for tests. */
#ifndef FL_TESTS_VIEW_WORLD_H
#define FL_TESTS_VIEW_WORLD_H

#include "tap.h"
#include "view/inside.h"

struct world {
	struct fl_cx cx;
	struct fl_view *view;
	struct fl_shape shape;
	struct fl_model model;
};

static inline void world_open(struct world *w, const char *en, const char *es)
{
	*w = (struct world){ .model = { .locale = "en", .zone = "UTC" } };
	fl_cx_init(&w->cx, fl_arena_new(16 << 20), NULL, "test", 10);
	w->view = view_new(&w->cx);
	ok(catalogue_read(&w->cx, &w->view->cat[EN], "en.lang", fl_str(en)) == FL_OK, "English is read");
	ok(catalogue_read(&w->cx, &w->view->cat[ES], "es.lang", fl_str(es)) == FL_OK, "Spanish is read");
}

static inline void world_close(struct world *w)
{
	fl_arena_free(w->cx.a);
}

/* What the template gives; the error when it cannot be parsed or bound. */
static inline const char *world_show(struct world *w, const char *template, unsigned flags)
{
	struct fl_buf out = fl_buf(w->cx.a, 1 << 20);
	const struct fl_template *t;
	const char *name = fl_uuid_new_text(w->cx.a);

	if (view_add(&w->cx, w->view, name, "x.html", fl_str(fl_strdup(w->cx.a, template)), flags) != FL_OK ||
	    fl_view_bind(&w->cx, w->view, name, &w->shape, &t) != FL_OK)
		return w->cx.err.text;
	fl_view_html(t, &w->model, &out);
	return fl_buf_cstr(&out);
}

#endif
