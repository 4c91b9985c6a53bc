/* The vectors of passages: which model makes them, the store they are searched in, brought up to date from PostgreSQL. */
#ifndef FL_APP_SEARCH_VECTORS_H
#define FL_APP_SEARCH_VECTORS_H

#include "app/search/store.h"

/* The model that makes vectors now, as embeddings name it: "builtin-1", or "openai:MODEL". */
const char *vectors_model(const struct fl_conf *conf);
/* The least cosine at which one of so many passages counts as near, as the organisation (near_pct) or the site says or by the model (RAG-06): of the built-in, what the best of as many passages that have
 * nothing to do with the question reaches by chance. */
float vectors_least(const struct fl_conf *conf, int64_t passages, int near_pct);

/* Adds the statement that asks for what the store of cx's organisation lacks, in at most `most` entries of the log (about a hundred vectors each). A page asks a shared
 * store for 0: jobs bring it up to date. */
void vectors_ask(struct fl_cx *cx, struct fl_vectors *files, int most, struct fl_batch *b, struct fl_rows **news);

/* What it answered. */
struct vectors_news {
	struct fl_vector_key key; /* what to search; dims is 0 when the organisation has no vectors */
	struct fl_vector_put *puts;
	int n;
	int64_t base, upto; /* where the store must stand for them, and where it stands then */
	int64_t behind;     /* entries still lacking */
	int64_t passages;   /* the organisation has */
	int near_pct;       /* least cosine it wants, in percent; 0: said nothing */
};

/* Reads it and brings the store up to date. That another process writes the store at this moment is no failure. */
enum fl_rc vectors_take(const struct vector_at *at, const struct fl_rows *rows, struct vectors_news *news) FL_USE;

#endif
