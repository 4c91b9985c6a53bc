#include "app/words.h"

#include "base/conf.h"
#include "view/view.h"

void *fl_words_new(struct fl_arena *process)
{
	struct fl_words *w = FL_NEW(process, struct fl_words);

	w->process = process;
	return w;
}

enum fl_rc fl_words_open(struct fl_cx *cx, struct fl_words *w)
{
	struct fl_cx own;

	if (w->view)
		return FL_OK;
	fl_cx_init(&own, w->process, cx->conf, "", 30);
	if (fl_view_open(&own, cx->conf->share_dir, "mail", &w->view) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "%s", own.err.text);
	return FL_OK;
}
