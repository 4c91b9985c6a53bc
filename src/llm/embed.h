/* Embeddings by an OpenAI-compatible endpoint (LLM-11): POST BASE/v1/embeddings, https://platform.openai.com/docs/api-reference/embeddings. */
#ifndef FL_LLM_EMBED_H
#define FL_LLM_EMBED_H

#include "outside/outside.h"

enum { FL_EMBED_BATCH = 100, FL_EMBED_DIMS_MAX = 4096 };

/* The vectors of n texts (1 to FL_EMBED_BATCH), one after the other, owned by cx's arena; *dims how long each is. FL_LATER when the provider is busy, away or out of
 * breath (its Retry-After in cx->err), FL_INVALID when it refuses or answers otherwise than documented, or no key is set. */
enum fl_rc fl_llm_embed(struct fl_cx *cx, struct fl_outside *o, const char *model, const struct fl_str *texts, int n, struct fl_str hide, float **vectors, int *dims) FL_USE;

#endif
