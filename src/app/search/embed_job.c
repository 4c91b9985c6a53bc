/* Jobs document.embed (vectors of the passages of a document) and question.embed (of a question asked on the page). */
#include "app/search/search.h"
#include "app/search/vectors.h"
#include "base/conf.h"
#include "base/json.h"
#include "llm/embed.h"
#include "vector/embed.h"

enum { HASHES_BYTES = 64 << 10 };

/* What the model made. */
struct made {
	struct fl_str hashes; /* JSON, of the new texts */
	struct fl_str chunks; /* JSON, ids of all passages that were asked for */
	struct fl_str vectors;
	int dims;
};

enum fl_rc embed_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "document_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no document_id");
	fl_batch_add(b, q_embed_wanted(id, fl_str(vectors_model(job->cx->conf)), fl_json_str(job->payload, "after"), FL_EMBED_BATCH), NULL);
	return FL_OK;
}

static bool is_new(const struct fl_rows *rows, int row)
{
	for (int i = 0; i < row; i++)
		if (fl_str_eq(fl_rows_str(rows, i, EMBED_WANTED_HASH), fl_rows_str(rows, row, EMBED_WANTED_HASH)))
			return false;
	return !fl_rows_null(rows, row, EMBED_WANTED_BODY);
}

static int texts_of(struct fl_job *job, struct fl_str *texts, struct fl_buf *hashes)
{
	const struct fl_rows *rows = job->set[0];
	struct fl_jw w = fl_jw(hashes);
	int n = 0;

	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < rows->nrows; i++)
		if (is_new(rows, i)) {
			texts[n++] = fl_rows_str(rows, i, EMBED_WANTED_BODY);
			fl_jw_cstr(&w, NULL, fl_hex(job->cx->a, fl_rows_str(rows, i, EMBED_WANTED_HASH)));
		}
	fl_jw_close(&w, ']');
	return n;
}

static enum fl_rc embed_texts(struct fl_cx *cx, struct fl_outside *o, const struct fl_str *texts, int n, struct fl_str hide, float **vectors, int *dims)
{
	const char *openai = "openai:";

	if (strncmp(cx->conf->embedding, openai, strlen(openai)) == 0)
		return fl_llm_embed(cx, o, cx->conf->embedding + strlen(openai), texts, n, hide, vectors, dims);
	if (strcmp(cx->conf->embedding, "builtin") != 0)
		return FL_FAIL(cx, FL_INVALID, "LLM_EMBEDDING is neither builtin nor openai:MODEL");
	*dims = FL_EMBED_DIMS;
	*vectors = FL_NEW_ARRAY(cx->a, (size_t)n * FL_EMBED_DIMS, float);
	for (int i = 0; i < n; i++)
		fl_embed(cx->a, texts[i], *vectors + (size_t)i * FL_EMBED_DIMS);
	return FL_OK;
}

static struct fl_str chunks_of(struct fl_job *job)
{
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(job->cx->a, HASHES_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < job->set[0]->nrows; i++)
		fl_jw_cstr(&w, NULL, fl_rows_dup(job->cx->a, job->set[0], i, EMBED_WANTED_ID));
	fl_jw_close(&w, ']');
	return fl_buf_get(b);
}

enum fl_rc embed_call(struct fl_job *job)
{
	struct fl_arena *a = job->cx->a;
	struct made *m = FL_NEW(a, struct made);
	struct fl_str *texts = FL_NEW_ARRAY(a, job->set[0]->nrows + 1, struct fl_str);
	struct fl_buf *hashes = FL_NEW(a, struct fl_buf);
	float *vectors = NULL;
	int n;

	*hashes = fl_buf(a, HASHES_BYTES);
	n = texts_of(job, texts, hashes);
	if (n)
		FL_TRY(embed_texts(job->cx, job->outside, texts, n, fl_rows_str(job->set[0], 0, EMBED_WANTED_HIDE), &vectors, &m->dims));
	m->hashes = fl_buf_get(hashes);
	m->chunks = chunks_of(job);
	m->vectors = n ? (struct fl_str){ (const char *)vectors, (size_t)n * (size_t)m->dims * sizeof(float) } : FL_STR("");
	job->state = m;
	return FL_OK;
}

enum fl_rc embed_save(struct fl_job *job, struct fl_batch *b)
{
	const struct made *m = job->state;

	fl_batch_add(b, q_embed_save(fl_json_str(job->payload, "document_id"), fl_str(vectors_model(job->cx->conf)), m->dims, m->hashes, m->vectors,
	                             m->chunks), NULL);
	return FL_OK;
}

enum fl_rc question_embed(struct fl_cx *cx, struct fl_outside *o, struct fl_str q, struct fl_str hide, float **vector, int *dims)
{
	return embed_texts(cx, o, &q, 1, hide, vector, dims);
}

static struct fl_str question_hash(struct fl_job *job)
{
	struct fl_digest *d = FL_NEW(job->cx->a, struct fl_digest);

	*d = fl_sha256(fl_json_str(job->payload, "q"));
	return fl_digest_str(d);
}

enum fl_rc question_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_llm_hide(), NULL);
	fl_batch_add(b, q_embedding_known(fl_str(vectors_model(job->cx->conf)), question_hash(job)), NULL);
	return FL_OK;
}

enum fl_rc question_call(struct fl_job *job)
{
	struct made *m = FL_NEW(job->cx->a, struct made);
	struct fl_str q = fl_json_str(job->payload, "q");
	float *v;

	if (!q.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no q");
	/* Asked again while it was made, it is there now: nobody pays twice. */
	if (job->set[1]->nrows)
		return FL_OK;
	FL_TRY(question_embed(job->cx, job->outside, q, fl_rows_str(job->set[0], 0, LLM_HIDE_HIDE), &v, &m->dims));
	m->vectors = (struct fl_str){ (const char *)v, (size_t)m->dims * sizeof(*v) };
	job->state = m;
	return FL_OK;
}

enum fl_rc question_save(struct fl_job *job, struct fl_batch *b)
{
	const struct made *m = job->state;

	if (m)
		fl_batch_add(b, q_embedding_keep(fl_str(vectors_model(job->cx->conf)), question_hash(job), m->dims, m->vectors), NULL);
	return FL_OK;
}
