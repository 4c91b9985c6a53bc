/* Jobs vector.sync (the store of vectors follows the log), vector.tend (once a day all is looked after) and vector.drop (an organisation went: its copy elsewhere too). */
#include <dirent.h>

#include "app/search/search.h"
#include "app/search/vectors.h"
#include "base/conf.h"
#include "base/json.h"

enum { SYNC_ENTRIES = 20, ORGS_MAX = 5000 };

static struct vector_at at_of(struct fl_job *job)
{
	return (struct vector_at){ .cx = job->cx, .files = fl_vectors_new(job->cx->a, fl_fmt(job->cx->a, "%s/vectors", job->cx->conf->data_dir)) };
}

enum fl_rc vector_load(struct fl_job *job, struct fl_batch *b)
{
	vectors_ask(job->cx, at_of(job).files, SYNC_ENTRIES, b, NULL);
	return FL_OK;
}

enum fl_rc vector_sync_call(struct fl_job *job)
{
	const struct vector_at at = at_of(job);
	struct vectors_news *news = FL_NEW(job->cx->a, struct vectors_news);

	job->state = news;
	return vectors_take(&at, job->set[0], news);
}

static enum fl_rc save_news(const struct vector_store *store, struct fl_cx *cx, const struct vectors_news *news, struct fl_batch *b)
{
	if (!store->shared || news->base == news->upto)
		return FL_OK;
	if (store->keep)
		fl_batch_add(b, store->keep(cx, &news->key, news->puts, news->n, news->base), NULL);
	fl_batch_add(b, q_vector_copied(fl_str(news->key.model), fl_str(store->name), news->key.dims, news->key.generation, news->base, news->upto), NULL);
	return FL_OK;
}

enum fl_rc vector_sync_save(struct fl_job *job, struct fl_batch *b)
{
	const struct vector_store *store = vector_store(job->cx->conf);
	const struct vectors_news *news = job->state;

	if (!store->shared && news->behind > 0)
		fl_batch_add(b, q_vector_sync_later(), NULL);
	return save_news(store, job->cx, news, b);
}

/* The organisations that have files here, as a JSON array. */
static struct fl_str orgs_here(struct fl_job *job)
{
	DIR *d = opendir(fl_fmt(job->cx->a, "%s/vectors", job->cx->conf->data_dir));
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;
	int n = 0;

	*b = fl_buf(job->cx->a, (size_t)ORGS_MAX * (FL_UUID_TEXT + 4));
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (const struct dirent *e; d && n < ORGS_MAX && (e = readdir(d));)
		if (strlen(e->d_name) == FL_UUID_TEXT - 1) {
			fl_jw_cstr(&w, NULL, e->d_name);
			n++;
		}
	if (d)
		(void)closedir(d);
	fl_jw_close(&w, ']');
	return fl_buf_get(b);
}

enum fl_rc vector_tend_load(struct fl_job *job, struct fl_batch *b)
{
	FL_TRY(vector_load(job, b));
	fl_batch_add(b, q_vector_held(fl_str(vectors_model(job->cx->conf))), NULL);
	fl_batch_add(b, q_vector_orgs_gone(orgs_here(job)), NULL);
	fl_batch_add(b, q_vector_models(), NULL);
	return FL_OK;
}

/* Files of models that made nothing that is kept, and all where the store is not in files, take room for nothing. */
static void keep_files(struct fl_job *job, const struct vector_at *at, const struct vector_store *store)
{
	const struct fl_rows *rows = job->set[3];
	int n = store->shared ? 0 : rows->nrows;
	const char **models = FL_NEW_ARRAY(job->cx->a, n + 1, const char *);

	for (int i = 0; i < n; i++)
		models[i] = fl_rows_dup(job->cx->a, rows, i, VECTOR_MODELS_MODEL);
	fl_vectors_keep(job->cx, at->files, job->org_id, models, n);
}

/* What tend found out. */
struct tended {
	struct vectors_news news;
	bool anew;
};

enum fl_rc vector_tend_call(struct fl_job *job)
{
	const struct vector_store *store = vector_store(job->cx->conf);
	struct tended *t = FL_NEW(job->cx->a, struct tended);
	const struct vector_at at = at_of(job);
	enum fl_rc rc;

	job->state = t;
	for (int i = 0; i < job->set[2]->nrows; i++)
		fl_vectors_forget(job->cx, at.files, fl_rows_dup(job->cx->a, job->set[2], i, VECTOR_ORGS_GONE_ORG));
	keep_files(job, &at, store);
	FL_TRY(vectors_take(&at, job->set[0], &t->news));
	/* a shared copy that is behind follows first; where only more documents are wanted all was looked after already */
	if (fl_json_bool(job->payload, "more", false) || !t->news.key.dims || !store->tend || (store->shared && t->news.upto != t->news.base))
		return FL_OK;
	rc = store->tend(&at, &t->news.key, fl_rows_int(job->set[1], 0, VECTOR_HELD_VECTORS));
	t->anew = rc == FL_NOT_FOUND;
	return t->anew ? FL_OK : rc;
}

enum fl_rc vector_tend_save(struct fl_job *job, struct fl_batch *b)
{
	const struct vector_store *store = vector_store(job->cx->conf);
	const struct tended *t = job->state;

	fl_batch_add(b, q_vector_tend(fl_str(vectors_model(job->cx->conf))), NULL);
	if (!store->shared)
		fl_batch_add(b, q_vector_sync_later(), NULL);
	if (t->anew)
		fl_batch_add(b, q_vector_anew(fl_str(t->news.key.model), fl_str(store->name)), NULL);
	return save_news(store, job->cx, &t->news, b);
}

enum fl_rc vector_drop_call(struct fl_job *job)
{
	const struct vector_store *store = vector_store(job->cx->conf);
	const struct vector_at at = at_of(job);
	const struct fl_vector_key key = { .org = fl_strndup(job->cx->a, fl_json_str(job->payload, "org")), .model = fl_strndup(job->cx->a, fl_json_str(job->payload, "model")),
		                           .dims = (int)fl_json_int(job->payload, "dims", 0), .generation = fl_json_int(job->payload, "generation", 0) };

	if (!store->drop || !fl_str_eq(fl_json_str(job->payload, "store"), fl_str(store->name)))
		return FL_OK;
	return store->drop(&at, &key);
}
