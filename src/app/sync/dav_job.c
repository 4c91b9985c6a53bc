/* Job sync.dav: a run looks there first, so that what changed on both sides is seen before anything is sent; what is sent counts on the ETag that is known
 * (If-Match), so that nothing there is overwritten unseen. A run that is cut off is found out by the next: an event has the same UID on both sides. */
#include "app/sync/dav.h"
#include "app/sync/sync.h"

#include "base/keyring.h"

enum { CHANGED_MAX = 500, ONE_GET = 100, RUN_BYTES = 24 << 20 };

struct run {
	struct dav d;
	struct fl_str choices; /* of a run that discovers */
	struct fl_str kept;    /* of a run that syncs: JSON for sync_dav_keep */
	const char *state, *error; /* state NULL: all went well */
	bool full;
	struct fl_str token, changed[CHANGED_MAX], removed[CHANGED_MAX];
	struct json_object *listing;
	int nchanged, nremoved;
};

enum fl_rc sync_dav_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no link_id");
	fl_batch_add(b, q_dav_load(id), NULL);
	fl_batch_add(b, q_dav_copies(id), NULL);
	fl_batch_add(b, q_dav_outgoing(id), NULL);
	return FL_OK;
}

static void end_by_status(struct run *r)
{
	int s = r->d.status;

	r->error = r->d.error ? r->d.error : "";
	r->state = r->d.refused ? "refused" : s == 401 || s == 403 ? "denied" : s == 404 || s == 410 ? "gone" : "failed";
}

/* Only what a token that is no longer known looks like: a fresh start lists everything. */
static bool is_token_refused(const struct dav *d)
{
	return d->status == 403 || d->status == 409 || d->status == 410 || d->status == 412 || d->status == 400 || d->status == 507;
}

static enum fl_rc report(struct run *r, struct fl_str collection, struct fl_str token)
{
	struct fl_buf *b = FL_NEW(r->d.cx->a, struct fl_buf);

	*b = fl_buf(r->d.cx->a, 8192);
	fl_buf_puts(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?><sync-collection xmlns=\"DAV:\"><sync-token>");
	fl_buf_html(b, token);
	fl_buf_puts(b, "</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>");
	return dav_ask(&r->d, &(struct dav_request){ .method = "REPORT", .href = collection, .depth = 0, .body = fl_buf_get(b) }, &r->listing);
}

/* What changed there since the token, or everything there is: for servers without RFC 6578, and when the token is refused. */
static enum fl_rc look(struct run *r, struct fl_str collection, struct fl_str token)
{
	static const char etags[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\"><prop><getetag/></prop></propfind>";

	r->full = token.n == 0;
	FL_TRY(report(r, collection, token));
	if (!r->listing && token.n && is_token_refused(&r->d)) {
		r->full = true;
		FL_TRY(report(r, collection, (struct fl_str){ NULL, 0 }));
	}
	if (!r->listing && r->d.status != 401 && r->d.status != 404 && !r->d.refused) {
		r->full = true;
		FL_TRY(dav_ask(&r->d, &(struct dav_request){ .method = "PROPFIND", .href = collection, .depth = 1, .body = FL_STR(etags) }, &r->listing));
	}
	if (!r->listing)
		end_by_status(r);
	else
		r->token = fl_json_str(r->listing, "token");
	return FL_OK;
}

static struct fl_str known_etag(const struct fl_rows *copies, struct fl_str href)
{
	for (int i = 0; i < copies->nrows; i++)
		if (fl_str_eq(fl_rows_str(copies, i, DAV_COPIES_HREF), href))
			return fl_rows_str(copies, i, DAV_COPIES_ETAG);
	return (struct fl_str){ NULL, 0 };
}

static void compare(struct run *r, const struct fl_rows *copies)
{
	struct json_object *list = fl_json_get(r->listing, "responses");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct fl_str href = fl_json_str(o, "href"), etag = fl_json_str(o, "etag");

		if (fl_json_int(o, "status", 0) == 404 && r->nremoved < CHANGED_MAX)
			r->removed[r->nremoved++] = href;
		else if (etag.n && !fl_str_eq(etag, known_etag(copies, href)) && r->nchanged < CHANGED_MAX)
			r->changed[r->nchanged++] = href;
		else if (etag.n && r->nchanged == CHANGED_MAX)
			r->token = (struct fl_str){ NULL, 0 }; /* the rest comes with the next run */
	}
}

static enum fl_rc get(struct run *r, struct fl_str collection, int from, struct json_object **out)
{
	struct fl_buf *b = FL_NEW(r->d.cx->a, struct fl_buf);

	*b = fl_buf(r->d.cx->a, 512 * 1024);
	fl_buf_puts(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?><C:calendar-multiget xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><prop><getetag/><C:calendar-data/></prop>");
	for (int i = from; i < r->nchanged && i < from + ONE_GET; i++) {
		fl_buf_puts(b, "<href>");
		fl_buf_html(b, r->changed[i]);
		fl_buf_puts(b, "</href>");
	}
	fl_buf_puts(b, "</C:calendar-multiget>");
	return dav_ask(&r->d, &(struct dav_request){ .method = "REPORT", .href = collection, .depth = 1, .body = fl_buf_get(b) }, out);
}

static enum fl_rc put_changed(struct run *r, struct fl_str collection, struct fl_jw *w)
{
	fl_jw_open(w, "changed", '[');
	for (int i = 0; i < r->nchanged && !r->state; i += ONE_GET) {
		struct json_object *answer, *list;

		FL_TRY(get(r, collection, i, &answer));
		if (!answer)
			end_by_status(r);
		list = answer ? fl_json_get(answer, "responses") : NULL;
		for (size_t k = 0; list && k < json_object_array_length(list); k++) {
			struct json_object *o = json_object_array_get_idx(list, k);

			if (fl_json_get(o, "calendar"))
				fl_jw_raw(w, NULL, fl_str(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN)));
		}
	}
	fl_jw_close(w, ']');
	return FL_OK;
}

static void put_hrefs(struct run *r, struct fl_jw *w)
{
	struct json_object *list = fl_json_get(r->listing, "responses");

	fl_jw_open(w, "removed", '[');
	for (int i = 0; i < r->nremoved; i++)
		fl_jw_str(w, NULL, r->removed[i]);
	fl_jw_close(w, ']');
	fl_jw_open(w, "listed", '[');
	for (size_t i = 0; r->full && i < json_object_array_length(list); i++)
		fl_jw_str(w, NULL, fl_json_str(json_object_array_get_idx(list, i), "href"));
	fl_jw_close(w, ']');
}

static bool is_changed_there(const struct run *r, struct fl_str href)
{
	for (int i = 0; i < r->nchanged; i++)
		if (fl_str_eq(r->changed[i], href))
			return true;
	for (int i = 0; i < r->nremoved; i++)
		if (fl_str_eq(r->removed[i], href))
			return true;
	return false;
}

/* Sends one event, or takes it away there. A 412 means that it changed there since we looked: the next run sees it first. */
static enum fl_rc send_one(struct run *r, struct fl_str collection, const struct fl_rows *out, int i, struct fl_jw *put, struct fl_jw *deleted)
{
	struct fl_cx *cx = r->d.cx;
	bool gone = fl_str_eq(fl_rows_str(out, i, DAV_OUTGOING_ACT), FL_STR("delete"));
	struct fl_str href = fl_rows_str(out, i, DAV_OUTGOING_HREF), body;
	char id[FL_UUID_TEXT];

	fl_rows_uuid(out, i, DAV_OUTGOING_EVENT_ID, id);
	if (!href.n)
		href = fl_str(fl_fmt(cx->a, "%.*s%s%s.ics", (int)collection.n, collection.p, collection.p[collection.n - 1] == '/' ? "" : "/", id));
	if (is_changed_there(r, href))
		return FL_OK;
	FL_TRY(dav_send(&r->d, &(struct dav_request){ .method = gone ? "DELETE" : "PUT", .href = href, .if_match = fl_rows_str(out, i, DAV_OUTGOING_ETAG),
	                                              .body = gone ? (struct fl_str){ NULL, 0 } : fl_rows_str(out, i, DAV_OUTGOING_ICS) }, &body));
	if (gone && (dav_ok(&r->d) || r->d.status == 404)) {
		fl_jw_str(deleted, NULL, href);
	} else if (!gone && dav_ok(&r->d)) {
		fl_jw_open(put, NULL, '{');
		fl_jw_cstr(put, "event_id", id);
		fl_jw_str(put, "href", href);
		fl_jw_str(put, "etag", r->d.etag.p ? r->d.etag : FL_STR(""));
		fl_jw_int(put, "version", fl_rows_int(out, i, DAV_OUTGOING_VERSION));
		fl_jw_close(put, '}');
	} else if (r->d.status == 401 || r->d.status == 403) {
		end_by_status(r);
	}
	return FL_OK;
}

static enum fl_rc send_all(struct run *r, struct fl_str collection, const struct fl_rows *out, struct fl_jw *w)
{
	struct fl_buf put = fl_buf(r->d.cx->a, 256 * 1024), deleted = fl_buf(r->d.cx->a, 256 * 1024);
	struct fl_jw p = fl_jw(&put), g = fl_jw(&deleted);

	fl_jw_open(&p, NULL, '[');
	fl_jw_open(&g, NULL, '[');
	for (int i = 0; i < out->nrows && !r->state; i++)
		FL_TRY(send_one(r, collection, out, i, &p, &g));
	fl_jw_close(&p, ']');
	fl_jw_close(&g, ']');
	fl_jw_raw(w, "put", fl_buf_get(&put));
	fl_jw_raw(w, "deleted", fl_buf_get(&deleted));
	return FL_OK;
}

static enum fl_rc sync_all(struct fl_job *job, struct run *r)
{
	struct fl_str collection = fl_rows_str(job->set[0], 0, DAV_LOAD_COLLECTION);
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;

	FL_TRY(look(r, collection, fl_rows_str(job->set[0], 0, DAV_LOAD_TOKEN)));
	if (r->state)
		return FL_OK;
	compare(r, job->set[1]);
	*b = fl_buf(job->cx->a, RUN_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	FL_TRY(put_changed(r, collection, &w));
	put_hrefs(r, &w);
	FL_TRY(send_all(r, collection, job->set[2], &w));
	fl_jw_str(&w, "token", r->token.p ? r->token : FL_STR(""));
	fl_jw_bool(&w, "full", r->full);
	fl_jw_close(&w, '}');
	r->kept = fl_buf_get(b);
	return b->over ? FL_FAIL(job->cx, FL_INVALID, "more changed there than one run takes") : FL_OK;
}

enum fl_rc sync_dav_call(struct fl_job *job)
{
	const struct fl_rows *row = job->set[0];
	struct run *r = FL_NEW(job->cx->a, struct run);
	struct fl_str secret;

	if (!row->nrows)
		return FL_OK; /* disconnected meanwhile */
	job->state = r;
	if (fl_keyring_unseal(job->cx, SYNC_SEAL, fl_rows_str(row, 0, DAV_LOAD_SECRET), &secret) != FL_OK)
		return FL_FAIL(job->cx, FL_INVALID, "the password was sealed with another FAIRLEAD_SECRET; connect it again");
	FL_TRY(dav_open(job, secret, &r->d));
	if (!fl_rows_null(row, 0, DAV_LOAD_COLLECTION))
		return sync_all(job, r);
	FL_TRY(dav_discover(&r->d, &r->choices));
	if (!r->choices.n)
		end_by_status(r);
	return FL_OK;
}

/* What was sent is kept also when the run ended badly after it. */
enum fl_rc sync_dav_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");
	struct run *r = job->state;

	if (!r)
		return FL_OK;
	if (r->choices.n)
		fl_batch_add(b, q_dav_found(id, r->choices), NULL);
	if (r->kept.n)
		fl_batch_add(b, q_dav_keep(id, r->kept), NULL);
	if (r->state)
		fl_batch_add(b, q_sync_failed(id, fl_str(r->state), fl_str(r->error)), NULL);
	return FL_OK;
}
