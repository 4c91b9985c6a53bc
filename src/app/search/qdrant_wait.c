/* The store in Qdrant, over its REST interface (api.qdrant.tech): a collection an organisation and model, points by the ids of passages, their document as payload.
 * A page waits for it as it waits for the database, but with no transaction open and at most a second. */
#include "app/search/store.h"

#include "base/conf.h"
#include "base/hash.h"
#include "base/json.h"
#include "outside/http.h"

enum { CONNECT_MS = 500, NEAR_MS = 1000, PUT_MS = 30000, SAID_BYTES = 1 << 20, NUMBER_BYTES = 16, POINT_BYTES = 200, NAME_BYTES = 12, PUT_MOST = 500 };

static const struct fl_json_limits limits = { .bytes = SAID_BYTES, .depth = 12, .keys = 20000 };

/* workspace_ORGANISATION_ and the beginning of a hash of what may not be compared with others. */
static const char *path_of(const struct vector_at *at, const struct fl_vector_key *key, const char *rest)
{
	const char *hash = fl_sha256_hex(at->cx->a, fl_str(fl_fmt(at->cx->a, "%s %d %lld", key->model, key->dims, (long long)key->generation)));

	return fl_fmt(at->cx->a, "/collections/workspace_%s_%.*s%s", key->org, NAME_BYTES, hash, rest);
}

/* *status: what was answered, 0 when nothing was. *said may be NULL. */
static enum fl_rc call(struct fl_cx *cx, const char *method, const char *path, struct fl_str body, int most_ms, int *status, struct json_object **said)
{
	const struct fl_http_header headers[] = { { "Content-Type", FL_STR("application/json") }, { "api-key", fl_str(cx->conf->qdrant_key) } };
	const struct fl_http_request req = { .method = method, .url = fl_fmt(cx->a, "%s%s", cx->conf->qdrant_url, path), .headers = headers,
		                             .nheaders = cx->conf->qdrant_key[0] ? 2 : 1, .body = body, .content_type = "application/json", .connect_ms = CONNECT_MS,
		                             .total_ms = most_ms, .max_bytes = SAID_BYTES };
	struct fl_http_answer http;
	enum fl_rc rc = fl_http(cx, fl_outside_new(cx->a, cx->conf), &req, &http);

	*status = http.status;
	FL_TRY(rc);
	if (said && fl_json_parse(cx->a, http.body, &limits, said, NULL) != FL_OK)
		return FL_FAIL(cx, FL_LATER, "Qdrant's answer is no JSON");
	return FL_OK;
}

static void write_vector(struct fl_jw *w, const char *name, const float *v, int dims)
{
	fl_jw_open(w, name, '[');
	for (int i = 0; i < dims; i++)
		fl_jw_double(w, NULL, (double)v[i]);
	fl_jw_close(w, ']');
}

static void write_id(struct fl_jw *w, const char *name, struct fl_uuid id)
{
	char text[FL_UUID_TEXT];

	fl_uuid_text(id, text);
	fl_jw_cstr(w, name, text);
}

static enum fl_rc drop(const struct vector_at *at, const struct fl_vector_key *key)
{
	int status;
	enum fl_rc rc = call(at->cx, "DELETE", path_of(at, key, ""), (struct fl_str){ NULL, 0 }, PUT_MS, &status, NULL);

	return status == 404 ? FL_OK : rc;
}

/* The collection, with an index over the documents. One that is there already is as good (409). */
static enum fl_rc make(const struct vector_at *at, const struct fl_vector_key *key)
{
	struct fl_cx *cx = at->cx;
	enum fl_rc rc;
	int status;

	rc = call(cx, "PUT", path_of(at, key, ""), fl_str(fl_fmt(cx->a, "{\"vectors\":{\"size\":%d,\"distance\":\"Cosine\"}}", key->dims)), PUT_MS, &status, NULL);
	if (rc != FL_OK && status != 409)
		return rc;
	return call(cx, "PUT", path_of(at, key, "/index?wait=true"), FL_STR("{\"field_name\":\"document_id\",\"field_schema\":\"keyword\"}"), PUT_MS, &status, NULL);
}

static enum fl_rc forget(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n)
{
	struct fl_buf b = fl_buf(at->cx->a, (size_t)(n + 1) * POINT_BYTES);
	struct fl_jw w = fl_jw(&b);
	int gone = 0, status;

	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&w, "points", '[');
	for (int i = 0; i < n; i++)
		if (!puts[i].values) {
			write_id(&w, NULL, puts[i].id);
			gone++;
		}
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	return gone ? call(at->cx, "POST", path_of(at, key, "/points/delete?wait=true"), fl_buf_get(&b), PUT_MS, &status, NULL) : FL_OK;
}

static enum fl_rc upsert(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n)
{
	struct fl_buf b = fl_buf(at->cx->a, (size_t)(n + 1) * ((size_t)key->dims * NUMBER_BYTES * 2 + POINT_BYTES));
	struct fl_jw w = fl_jw(&b);
	int come = 0, status;

	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&w, "points", '[');
	for (int i = 0; i < n; i++) {
		if (!puts[i].values)
			continue;
		fl_jw_open(&w, NULL, '{');
		write_id(&w, "id", puts[i].id);
		write_vector(&w, "vector", puts[i].values, key->dims);
		fl_jw_open(&w, "payload", '{');
		write_id(&w, "document_id", puts[i].group);
		fl_jw_close(&w, '}');
		fl_jw_close(&w, '}');
		come++;
	}
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	return come ? call(at->cx, "PUT", path_of(at, key, "/points?wait=true"), fl_buf_get(&b), PUT_MS, &status, NULL) : FL_OK;
}

static enum fl_rc put(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_vector_put *puts, int n, int64_t first, int64_t last)
{
	(void)last;
	if (first == 0) {
		FL_TRY(drop(at, key));
		FL_TRY(make(at, key));
	}
	for (int from = 0; from < n; from += PUT_MOST) {
		int many = n - from < PUT_MOST ? n - from : PUT_MOST;

		FL_TRY(upsert(at, key, puts + from, many));
		FL_TRY(forget(at, key, puts + from, many));
	}
	return FL_OK;
}

static struct fl_str question(struct fl_arena *a, const struct fl_near_ask *ask, int dims)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(a, (size_t)dims * NUMBER_BYTES * 2 + (size_t)(ask->ngroups + 4) * POINT_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	write_vector(&w, "query", ask->values, dims);
	fl_jw_int(&w, "limit", ask->k);
	fl_jw_double(&w, "score_threshold", (double)ask->least);
	fl_jw_bool(&w, "with_payload", false);
	if (ask->groups) {
		fl_jw_open(&w, "filter", '{');
		fl_jw_open(&w, "must", '{'); /* one condition need not be a list */
		fl_jw_cstr(&w, "key", "document_id");
		fl_jw_open(&w, "match", '{');
		fl_jw_open(&w, "any", '[');
		for (int i = 0; i < ask->ngroups; i++)
			write_id(&w, NULL, ask->groups[i]);
		fl_jw_close(&w, ']');
		fl_jw_close(&w, '}');
		fl_jw_close(&w, '}');
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, '}');
	return fl_buf_get(b);
}

static bool read_id(struct fl_arena *a, struct fl_str text, struct fl_uuid *id)
{
	char hex[FL_UUID_TEXT];
	struct fl_str bytes;
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < sizeof(hex); i++)
		if (text.p[i] != '-')
			hex[n++] = text.p[i];
	if (fl_hex_decode(a, (struct fl_str){ hex, n }, &bytes) != FL_OK || bytes.n != sizeof(*id))
		return false;
	memcpy(id->b, bytes.p, sizeof(*id));
	return true;
}

static enum fl_rc near(const struct vector_at *at, const struct fl_vector_key *key, const struct fl_near_ask *ask, struct fl_near *out, int *n)
{
	struct json_object *said, *points;
	int status;
	enum fl_rc rc = call(at->cx, "POST", path_of(at, key, "/points/query"), question(at->cx->a, ask, key->dims), NEAR_MS, &status, &said);

	*n = 0;
	if (status == 404) /* not made yet */
		return FL_OK;
	FL_TRY(rc);
	points = fl_json_get(said, "result.points");
	if (!json_object_is_type(points, json_type_array))
		return FL_FAIL(at->cx, FL_LATER, "Qdrant's answer has no result.points");
	for (size_t i = 0; i < json_object_array_length(points) && *n < ask->k; i++) {
		struct json_object *p = json_object_array_get_idx(points, i);

		if (read_id(at->cx->a, fl_json_str(p, "id"), &out[*n].id))
			out[(*n)++].score = (float)fl_json_double(p, "score", 0);
	}
	return FL_OK;
}

static enum fl_rc tend(const struct vector_at *at, const struct fl_vector_key *key, int64_t held)
{
	struct json_object *said = NULL;
	int status;
	enum fl_rc rc = call(at->cx, "POST", path_of(at, key, "/points/count"), FL_STR("{\"exact\":true}"), PUT_MS, &status, &said);

	if (status == 404)
		return held ? FL_FAIL(at->cx, FL_NOT_FOUND, "the collection is not there") : FL_OK;
	FL_TRY(rc);
	if (fl_json_int(said, "result.count", -1) != held)
		return FL_FAIL(at->cx, FL_NOT_FOUND, "the collection holds other than %lld points", (long long)held);
	return FL_OK;
}

const struct vector_store vector_store_qdrant = { .name = "qdrant", .shared = true, .waits = true, .put = put, .near = near, .tend = tend, .drop = drop };
