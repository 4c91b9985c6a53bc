/* The store in files of each machine, and the one in PostgreSQL. */
#include "app/search/store.h"

#include "base/conf.h"
#include "base/json.h"

enum { NUMBER_BYTES = 16, PUT_BYTES = 160 };

const struct vector_store *vector_store(const struct fl_conf *conf)
{
	const struct vector_store *const all[] = { &vector_store_file, &vector_store_pgvector, &vector_store_qdrant };

	for (size_t i = 0; i < FL_COUNT(all); i++)
		if (strcmp(conf->vector_store, all[i]->name) == 0)
			return all[i];
	return &vector_store_file;
}

static enum fl_rc file_put(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first, int64_t last)
{
	if (first == 0 && fl_vectors_state(at->cx, at->files, key).last > 0)
		fl_vectors_drop(at->cx, at->files, key);
	return fl_vectors_append(at->cx, at->files, key, puts, n, first, last);
}

static enum fl_rc file_near(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	return fl_vectors_near(at->cx, at->files, key, ask, out, n);
}

static enum fl_rc file_tend(const struct vector_at *at, const struct fl_vector_key *key, int64_t held)
{
	enum fl_rc rc = fl_vectors_tend(at->cx, at->files, key);

	(void)held; /* what it lacks it takes with the next search, also when it was damaged and is gone now */
	return rc == FL_CONFLICT || rc == FL_NOT_FOUND ? FL_OK : rc;
}

const struct vector_store vector_store_file = { .name = "file", .put = file_put, .near = file_near, .tend = file_tend };

/* A vector as the text of a real[]. */
static struct fl_str text_of(struct fl_arena *a, const float *v, int dims)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);

	*b = fl_buf(a, (size_t)dims * NUMBER_BYTES + NUMBER_BYTES);
	for (int i = 0; i < dims; i++)
		fl_buf_printf(b, "%c%.9g", i ? ',' : '{', (double)v[i]);
	fl_buf_putc(b, '}');
	return fl_buf_get(b);
}

static struct fl_call pg_keep(struct fl_cx *cx, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first)
{
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(cx->a, ((size_t)key->dims * NUMBER_BYTES + PUT_BYTES) * (size_t)(n + 1));
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n; i++) {
		char id[FL_UUID_TEXT];

		fl_jw_open(&w, NULL, '{');
		fl_uuid_text(puts[i].id, id);
		fl_jw_cstr(&w, "id", id);
		fl_uuid_text(puts[i].group, id);
		fl_jw_cstr(&w, "document", id);
		fl_jw_str(&w, "vector", puts[i].values ? text_of(cx->a, puts[i].values, key->dims) : (struct fl_str){ NULL, 0 });
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	return q_pgvector_put(fl_str(key->model), key->generation, first, fl_buf_get(b));
}

/* The documents a search is narrowed to; {NULL, 0}: all. */
static struct fl_str documents_of(struct fl_arena *a, const struct fl_near_ask *ask)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	if (!ask->groups)
		return (struct fl_str){ NULL, 0 };
	*b = fl_buf(a, (size_t)(ask->ngroups + 1) * (FL_UUID_TEXT + 4));
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < ask->ngroups; i++) {
		char id[FL_UUID_TEXT];

		fl_uuid_text(ask->groups[i], id);
		fl_jw_cstr(&w, NULL, id);
	}
	fl_jw_close(&w, ']');
	return fl_buf_get(b);
}

static struct fl_call pg_hand_on(struct fl_cx *cx, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_str turn)
{
	return q_chat_found_near(turn, fl_str(key->model), key->dims, key->generation, text_of(cx->a, ask->values, key->dims), documents_of(cx->a, ask), ask->k, (double)ask->least);
}

static enum fl_rc pg_near(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	struct fl_rows *rows;

	FL_TRY(fl_db_run(at->cx, at->db,
	                 q_pgvector_near(fl_str(key->model), key->dims, key->generation, text_of(at->cx->a, ask->values, key->dims), documents_of(at->cx->a, ask), ask->k,
	                                 (double)ask->least),
	                 &rows));
	*n = rows->nrows < ask->k ? rows->nrows : ask->k;
	for (int i = 0; i < *n; i++) {
		memcpy(out[i].id.b, fl_rows_cell(rows, i, PGVECTOR_NEAR_ID)->p, sizeof(out[i].id));
		out[i].score = (float)fl_rows_float(rows, i, PGVECTOR_NEAR_SCORE);
	}
	return FL_OK;
}

const struct vector_store vector_store_pgvector = { .name = "pgvector", .shared = true, .keep = pg_keep, .near = pg_near, .hand_on = pg_hand_on };
