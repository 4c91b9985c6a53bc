/* chat.find: which passages lie near the question in meaning, for chat.answer, which looks for its words as well. A model or a store that is away leaves the words. */
#include "app/chat/chat.h"
#include "app/search/passages.h"
#include "app/search/search.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"

enum { NEWS_ENTRIES = 20 };

struct found {
	struct fl_str near;   /* JSON for passage_ask.near */
	struct fl_str vector; /* of the question, when it was made now */
	int dims;
	struct fl_vector_key key; /* what the save looks in, for a store that only it can ask; dims 0: nothing */
	struct fl_near_ask ask;
};

static struct fl_vectors *files_of(struct fl_job *job)
{
	return fl_vectors_new(job->cx->a, fl_fmt(job->cx->a, "%s/vectors", job->cx->conf->data_dir));
}

static struct fl_str hash_of(struct fl_job *job)
{
	struct fl_digest *d = FL_NEW(job->cx->a, struct fl_digest);

	*d = fl_sha256(fl_json_str(job->payload, "question"));
	return fl_digest_str(d);
}

enum fl_rc chat_find_load(struct fl_job *job, struct fl_batch *b)
{
	struct json_object *documents = fl_json_get(job->payload, "documents");
	struct passage_ask ask = { .k = 1 };

	if (!fl_json_str(job->payload, "turn_id").n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no turn_id");
	if (documents)
		ask.documents = fl_str(json_object_to_json_string_ext(documents, JSON_C_TO_STRING_PLAIN));
	fl_batch_add(b, q_chat_narrow(), NULL);
	vectors_ask(job->cx, files_of(job), NEWS_ENTRIES, b, NULL);
	fl_batch_add(b, q_embedding_known(fl_str(vectors_model(job->cx->conf)), hash_of(job)), NULL);
	fl_batch_add(b, q_passage_documents(passage_filter(job->cx->a, &ask), PASSAGES_DOCUMENTS_MAX), NULL);
	return FL_OK;
}

/* The question as a vector: as it was made before, or made now. */
static enum fl_rc vector_of(struct fl_job *job, int dims, struct found *out, const float **vector)
{
	struct fl_str known = job->set[2]->nrows ? fl_rows_str(job->set[2], 0, EMBEDDING_KNOWN_VECTOR) : FL_STR("");
	float *v;

	if (known.n == (size_t)dims * sizeof(*v)) { /* copied: a cell of a result need not be aligned */
		*vector = memcpy(fl_alloc_raw(job->cx->a, known.n), known.p, known.n);
		return FL_OK;
	}
	FL_TRY(question_embed(job->cx, job->outside, fl_json_str(job->payload, "question"), fl_rows_str(job->set[0], 0, CHAT_NARROW_HIDE), &v, &out->dims));
	out->vector = (struct fl_str){ (const char *)v, (size_t)out->dims * sizeof(*v) };
	*vector = out->dims == dims ? v : NULL;
	return FL_OK;
}

static enum fl_rc find_near(struct fl_job *job, struct found *out)
{
	const struct vector_at at = { .cx = job->cx, .files = files_of(job) };
	struct vectors_news news;
	const float *v;

	FL_TRY(vectors_take(&at, job->set[1], &news));
	if (!news.key.dims)
		return FL_OK;
	FL_TRY(vector_of(job, news.key.dims, out, &v));
	if (!v)
		return FL_OK;
	if (!vector_store(job->cx->conf)->hand_on)
		return passages_near(&at, &news, v, job->set[3], &out->near);
	if (passages_ask(job->cx, &news, v, job->set[3], &out->ask))
		out->key = news.key;
	return FL_OK;
}

enum fl_rc chat_find_call(struct fl_job *job)
{
	struct found *out = FL_NEW(job->cx->a, struct found);

	job->state = out;
	if (find_near(job, out) != FL_OK) {
		fl_log(job->cx, FL_WARN, "a question is answered from words alone: %s", job->cx->err.text);
		job->cx->err.rc = FL_OK;
	}
	return FL_OK;
}

enum fl_rc chat_find_save(struct fl_job *job, struct fl_batch *b)
{
	const struct found *out = job->state;

	if (out->vector.n)
		fl_batch_add(b, q_embedding_keep(fl_str(vectors_model(job->cx->conf)), hash_of(job), out->dims, out->vector), NULL);
	if (out->key.dims)
		fl_batch_add(b, vector_store(job->cx->conf)->hand_on(job->cx, &out->key, &out->ask, fl_json_str(job->payload, "turn_id")), NULL);
	else
		fl_batch_add(b, q_chat_found(fl_json_str(job->payload, "turn_id"), out->near), NULL);
	return FL_OK;
}
