#include "app/search/vectors.h"

#include <math.h>

#include "base/conf.h"
#include "vector/embed.h"

enum { FEW = 1000 }; /* among fewer passages words still share beginnings by chance */

const char *vectors_model(const struct fl_conf *conf)
{
	return strcmp(conf->embedding, "builtin") == 0 ? FL_EMBED_BUILTIN : conf->embedding;
}

float vectors_least(const struct fl_conf *conf, int64_t passages, int near_pct)
{
	if (near_pct)
		return (float)near_pct / 100;
	if (conf->embedding_least_pct)
		return (float)conf->embedding_least_pct / 100;
	if (strcmp(vectors_model(conf), FL_EMBED_BUILTIN) == 0)
		return sqrtf(2 * logf((float)(passages > FEW ? passages : FEW)) / FL_EMBED_DIMS);
	/* cosines of the older model lie close together */
	return strcmp(conf->embedding, "openai:text-embedding-ada-002") == 0 ? 0.75f : 0.25f;
}

void vectors_ask(struct fl_cx *cx, struct fl_vectors *files, int most, struct fl_batch *b, struct fl_rows **news)
{
	const struct vector_store *store = vector_store(cx->conf);
	struct fl_vector_key key = { .org = cx->who.org_id, .model = vectors_model(cx->conf) };
	int64_t last = 0;

	if (!store->shared)
		fl_vectors_peek(cx, files, &key, &last);
	fl_batch_add(b, q_vector_news(fl_str(key.model), fl_str(store->name), key.generation, last, most), news);
}

static struct fl_uuid uuid_of(const struct fl_rows *rows, int row, int col)
{
	struct fl_uuid u = { { 0 } };
	const struct fl_cell *c = fl_rows_cell(rows, row, col);

	if (c->n == sizeof(u))
		memcpy(&u, c->p, sizeof(u));
	return u;
}

static int puts_of(struct fl_cx *cx, const struct fl_rows *news, int dims, struct fl_vector_put *puts)
{
	int n = 0;

	for (int i = 0; i < news->nrows; i++) {
		struct fl_str v = fl_rows_str(news, i, VECTOR_NEWS_VECTOR);
		bool whole = v.n == (size_t)dims * sizeof(float);

		if (fl_rows_null(news, i, VECTOR_NEWS_CHUNK_ID))
			continue;
		puts[n] = (struct fl_vector_put){ .id = uuid_of(news, i, VECTOR_NEWS_CHUNK_ID), .group = uuid_of(news, i, VECTOR_NEWS_DOCUMENT_ID) };
		if (whole) /* copied: a cell of a result need not be aligned */
			puts[n].values = memcpy(fl_alloc_raw(cx->a, v.n), v.p, v.n);
		n++;
	}
	return n;
}

enum fl_rc vectors_take(const struct vector_at *at, const struct fl_rows *rows, struct vectors_news *news)
{
	const struct vector_store *store = vector_store(at->cx->conf);
	enum fl_rc rc;

	*news = (struct vectors_news){ .key = { .org = at->cx->who.org_id, .model = vectors_model(at->cx->conf) } };
	if (!rows->nrows)
		return FL_OK;
	news->key.dims = (int)fl_rows_int(rows, 0, VECTOR_NEWS_DIMS);
	news->key.generation = fl_rows_int(rows, 0, VECTOR_NEWS_GENERATION);
	news->base = fl_rows_int(rows, 0, VECTOR_NEWS_BASE);
	news->upto = fl_rows_int(rows, 0, VECTOR_NEWS_UPTO);
	news->behind = fl_rows_int(rows, 0, VECTOR_NEWS_BEHIND);
	news->passages = fl_rows_int(rows, 0, VECTOR_NEWS_PASSAGES);
	news->near_pct = (int)fl_rows_int(rows, 0, VECTOR_NEWS_NEAR);
	if (news->base == news->upto)
		return FL_OK;
	news->puts = FL_NEW_ARRAY(at->cx->a, rows->nrows, struct fl_vector_put);
	news->n = puts_of(at->cx, rows, news->key.dims, news->puts);
	if (!store->put)
		return FL_OK;
	rc = store->put(at, &news->key, news->puts, news->n, news->base, news->upto);
	return rc == FL_CONFLICT ? FL_OK : rc;
}
