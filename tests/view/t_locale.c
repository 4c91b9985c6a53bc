/* Catalogues, messages in C, Accept-Language; the files shipped. */
#include <stdlib.h>

#include "world.h"

static void accept(struct world *w, const char *header, const char *want)
{
	const char *name = header ? header : "(none)";

	is_str(fl_view_locale(w->view, header, "en"), want, name);
}

static void shipped(struct world *w, const char *top)
{
	static const char *const keys[] = { "wrong.required", "error.503.title", "time.today", "sure.likely" };
	const struct fl_view *v = NULL;

	ok(fl_view_open(&w->cx, top, NULL, &v) == FL_OK, "the templates shipped are read");
	for (size_t i = 0; v && i < FL_COUNT(keys); i++) {
		ok(strcmp(fl_view_message(v, w->cx.a, "en", keys[i], NULL), keys[i]) != 0, "en has key %zu", i);
		ok(catalogue_get(&v->cat[ES], fl_str(keys[i])).p != NULL, "es has key %zu", i);
	}
	ok(fl_view_open(&w->cx, top, "mail", &v) == FL_OK && view_find(v, FL_STR("mail/reply.txt")) && view_find(v, FL_STR("mail/head")), "those of one folder alone");
	ok(!view_find(v, FL_STR("error")) && !view_find(v, FL_STR("intake/list")) && !v->assets, "are no others");
	ok(catalogue_get(&v->cat[ES], fl_str(keys[0])).p != NULL, "with the catalogues");
}

int main(void)
{
	const char *top = getenv("top_srcdir");
	struct world w;

	world_open(&w, "# c\n\na = A {x} {y}\nb[one:n] = {n} thing\nb[other:n] = {n} things\nonly = x = y\n", "a = {x} es\r\n");
	is_str(fl_view_message(w.view, w.cx.a, "en", "a", "x", "1", NULL), "A 1 {y}", "filled; unknown names stay");
	is_str(fl_view_message(w.view, w.cx.a, "es", "a", "x", "1", NULL), "1 es", "Spanish");
	is_str(fl_view_message(w.view, w.cx.a, "es", "only", NULL), "x = y", "English when Spanish lacks it");
	is_str(fl_view_message(w.view, w.cx.a, "fr", "none", NULL), "none", "the key when both lack it");
	is_str(fl_view_message(w.view, w.cx.a, "en", "b", "n", "1", NULL), "1 thing", "one");
	is_str(fl_view_message(w.view, w.cx.a, "en", "b", "n", "7", NULL), "7 things", "other");
	ok(catalogue_read(&w.cx, &w.view->cat[EN], "x.lang", FL_STR("new = 1\nno sign")) == FL_INVALID, "a line without =");
	is_str(w.cx.err.text, "x.lang:2: a line is: key = text", "is told with its line");
	ok(catalogue_read(&w.cx, &w.view->cat[EN], "x.lang", FL_STR("only = 2")) == FL_INVALID, "a key twice");
	is_str(w.cx.err.text, "x.lang:1: only is in en.lang:6 already", "is told with both places");
	accept(&w, NULL, "en");
	accept(&w, "", "en");
	accept(&w, "es", "es");
	accept(&w, "es-MX,es;q=0.9,en;q=0.8", "es");
	accept(&w, "fr, en;q=0.3, es;q=0.5", "es");
	accept(&w, "fr", "en");
	accept(&w, "*", "en");
	accept(&w, "es;q=0, *", "en");
	accept(&w, "ES-es ; Q=0.5", "es");
	accept(&w, "es;q=bad", "en");
	accept(&w, ",,;q=1,;;es", "en");
	shipped(&w, top ? top : ".");
	world_close(&w);
	return done();
}
