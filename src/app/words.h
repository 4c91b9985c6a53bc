/* Templates and catalogues for jobs that write to people: read once a worker process, when the first of them runs. */
#ifndef FL_APP_WORDS_H
#define FL_APP_WORDS_H

#include "app/app.h"

struct fl_view;

struct fl_words {
	struct fl_arena *process;
	const struct fl_view *view; /* NULL before fl_words_open */
	void *bound;                /* templates of mails; app/mail/render_job.c */
};

/* A struct fl_words in the process's arena. For fl_job_kind.cache_new. */
void *fl_words_new(struct fl_arena *process);

/* Reads them unless that was done. FL_BUG: they do not compile. */
enum fl_rc fl_words_open(struct fl_cx *cx, struct fl_words *w) FL_USE;

#endif
