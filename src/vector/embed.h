/* The built-in embedding: words as directions, without a network and without a model (LLM-12).
 *
 * Each word, its stem-like beginning, its characters in fours and each pair of neighbours is hashed to a few signed places of the vector (sparse random projection:
 * Achlioptas 2003); little words of English and Spanish count nothing, repeated ones by 1 + log. What it can: find words that are inflected, joined, or spelled wrongly.
 * What it cannot: know that two different words mean the same. */
#ifndef FL_VECTOR_EMBED_H
#define FL_VECTOR_EMBED_H

#include "base/arena.h"

#define FL_EMBED_BUILTIN "builtin-1" /* its name as a model; another way of counting gets another name */

enum { FL_EMBED_DIMS = 384 };

/* The vector of a text (UTF-8), of length 1; all zero for a text without words. out: FL_EMBED_DIMS. */
void fl_embed(struct fl_arena *a, struct fl_str text, float *out);

#endif
