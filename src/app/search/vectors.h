/* The store of vectors of this machine, brought up to date from PostgreSQL and searched. */
#ifndef FL_APP_SEARCH_VECTORS_H
#define FL_APP_SEARCH_VECTORS_H

#include "app/app.h"
#include "vector/vector.h"

/* The model that makes vectors now, as embeddings name it: "builtin-1", or "openai:MODEL". */
const char *vectors_model(const struct fl_conf *conf);
/* The least cosine at which one of so many passages counts as near, as configured or by the model (RAG-06): of the built-in, what the best of as many passages that have
 * nothing to do with the question reaches by chance. */
float vectors_least(const struct fl_conf *conf, int64_t passages);

/* Adds the statement that asks for what the store of cx's organisation lacks, in at most `most` entries of the log (about a hundred vectors each). */
void vectors_ask(struct fl_cx *cx, struct fl_vectors *v, int most, struct fl_batch *b, struct fl_rows **news);

/* Brings the store up to date with them. *key: what to search; key->dims is 0 when the organisation has no vectors. *behind: entries still lacking. That another
 * process writes the store at this moment is no failure. */
enum fl_rc vectors_take(struct fl_cx *cx, struct fl_vectors *v, const struct fl_rows *news, struct fl_vector_key *key, int64_t *behind) FL_USE;

#endif
