/* GET /search/passages: the question as a vector, the store of this machine brought up to date, both lists fused in one statement. */
#include "app/search/passages.h"
#include "app/search/search.h"
#include "app/search/vectors.h"
#include "base/conf.h"
#include "base/log.h"
#include "vector/embed.h"

enum { NEWS_ENTRIES = 5 };

/* What the page asks of the database before it can search. */
struct before {
	struct vectors_news news;
	struct fl_rows *known, *documents;
	struct fl_digest hash;
};

static struct passage_ask ask_of(struct fl_arena *a, const struct fl_req *req)
{
	struct fl_str document = fl_req_get(req, "document");
	struct passage_ask ask = { .q = fl_req_get(req, "q"), .kind = fl_req_get(req, "kind"), .since = fl_req_get(req, "since"), .until = fl_req_get(req, "until"),
		                   .pipeline = fl_req_get(req, "pipeline"), .contact = fl_req_get(req, "contact") };

	if (document.n)
		ask.documents = fl_str(fl_fmt(a, "[\"%.*s\"]", (int)document.n, document.p));
	return ask;
}

static enum fl_rc look(struct fl_cx *cx, struct fl_req *req, const struct passage_ask *ask, struct before *out)
{
	const struct vector_at at = { cx, req->vectors, req->db };
	struct fl_batch *b = fl_batch_new(cx->a);
	struct fl_rows *news;

	out->hash = fl_sha256(ask->q);
	vectors_ask(cx, req->vectors, vector_store(cx->conf)->shared ? 0 : NEWS_ENTRIES, b, &news);
	fl_batch_add(b, q_embedding_known(fl_str(vectors_model(cx->conf)), fl_digest_str(&out->hash)), &out->known);
	fl_batch_add(b, q_passage_documents(passage_filter(cx->a, ask), PASSAGES_DOCUMENTS_MAX), &out->documents);
	FL_TRY(fl_batch_run(cx, req->db, b));
	return vectors_take(&at, news, &out->news);
}

/* The question as a vector; NULL when only a provider elsewhere could make it and has not yet. */
static const float *vector_of(struct fl_cx *cx, const struct passage_ask *ask, const struct before *seen, int dims)
{
	struct fl_str known = seen->known->nrows ? fl_rows_str(seen->known, 0, EMBEDDING_KNOWN_VECTOR) : FL_STR("");
	float *v = FL_NEW_ARRAY(cx->a, dims > FL_EMBED_DIMS ? dims : FL_EMBED_DIMS, float);

	if (known.n && known.n == (size_t)dims * sizeof(*v))
		return memcpy(v, known.p, known.n);
	if (strcmp(vectors_model(cx->conf), FL_EMBED_BUILTIN) != 0)
		return NULL;
	fl_embed(cx->a, ask->q, v);
	return v;
}

/* The nearest passages. The transaction is closed while a store elsewhere is asked; one that is away leaves the words. */
static enum fl_rc look_near(struct fl_cx *cx, struct fl_req *req, const struct before *seen, struct passage_ask *ask, const float *v, bool *away)
{
	const struct vector_at at = { cx, req->vectors, req->db };
	bool waits = vector_store(cx->conf)->waits;
	enum fl_rc rc;

	*away = false;
	if (!v)
		return FL_OK;
	if (waits)
		FL_TRY(fl_tx_commit(cx, req->db));
	rc = passages_near(&at, &seen->news, v, seen->documents, &ask->near);
	if (!waits)
		return rc;
	*away = rc != FL_OK;
	if (*away)
		fl_log(cx, FL_WARN, "the store of vectors: %s", cx->err.text);
	return fl_req_enter(cx, req);
}

enum fl_rc search_passages_page(struct fl_cx *cx, struct fl_req *req)
{
	struct passage_ask ask = ask_of(cx->a, req);
	struct fl_batch *b = fl_batch_new(cx->a);
	struct before seen;
	const float *v;
	int64_t limit;
	bool away;

	FL_TRY(fl_str_int(fl_req_get(req, "limit"), 1, PASSAGES_MAX, &limit));
	ask.k = (int)limit;
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(look(cx, req, &ask, &seen));
	v = seen.news.key.dims && ask.q.n ? vector_of(cx, &ask, &seen, seen.news.key.dims) : NULL;
	FL_TRY(look_near(cx, req, &seen, &ask, v, &away));
	fl_batch_add(b, q_passages_asked(ask.q, ask.kind, ask.since, ask.until, fl_req_get(req, "document"), ask.pipeline, ask.contact, seen.news.key.dims == 0 || v, away),
	             &req->set[0]);
	fl_batch_add(b, passage_call(cx->a, &ask), &req->set[1]);
	fl_batch_add(b, q_passages_pipelines(), &req->set[2]);
	return fl_batch_run(cx, req->db, b);
}
