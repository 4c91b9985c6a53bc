/* Job sync.google: as sync.dav, a run looks there first and what is sent counts on the ETag that is known. The id of what is made there comes from ours, so that
 * a run that was cut off makes nothing twice. */
#include "app/sync/google.h"
#include "app/sync/sync.h"

#include "base/hash.h"
#include "base/keyring.h"

enum { CHANGED_MAX = 4000, RUN_BYTES = 24 << 20, PATH_BYTES = 4096 };

/* What came of asking for a channel. */
struct watched {
	bool asked;
	const char *id, *error; /* error NULL: there is one */
	struct fl_str resource;
	int64_t until_ms;
};

struct run {
	struct google g;
	struct fl_str secret;      /* sealed anew, to be kept */
	struct fl_str choices;     /* of a run that looks for calendars */
	struct fl_str kept;        /* of a run that syncs: JSON for sync_google_keep */
	struct watched watch;
	const char *state, *error; /* state NULL: all went well */
	const char *calendar;      /* "/calendars/ID/events" */
	bool full;
	struct fl_str token, changed[CHANGED_MAX], uids[CHANGED_MAX];
	int nchanged;
	struct fl_buf *items, *listed, *put, *deleted;
	struct fl_jw wi, wl, wp, wd;
};

enum fl_rc sync_google_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no link_id");
	fl_batch_add(b, q_google_load(id), NULL);
	fl_batch_add(b, q_dav_copies(id), NULL);
	fl_batch_add(b, q_google_outgoing(id), NULL);
	return FL_OK;
}

static void end_by_status(struct run *r)
{
	int s = r->g.status;

	r->error = r->g.error ? r->g.error : "";
	r->state = s == 401 || s == 403 ? "denied" : s == 404 || s == 410 ? "gone" : "failed";
}

/* --- the calendars one may write to --- */

static enum fl_rc discover(struct run *r)
{
	struct fl_buf *b = FL_NEW(r->g.cx->a, struct fl_buf);
	struct json_object *list;
	struct fl_jw w;

	FL_TRY(google_call(&r->g, "GET", "/users/me/calendarList?minAccessRole=writer&maxResults=100", (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }));
	if (r->g.error) {
		end_by_status(r);
		return FL_OK;
	}
	*b = fl_buf(r->g.cx->a, 256 * 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	list = fl_json_get(r->g.answer, "items");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct fl_str name = fl_json_str(o, "summaryOverride");

		fl_jw_open(&w, NULL, '{');
		fl_jw_str(&w, "href", fl_json_str(o, "id"));
		fl_jw_str(&w, "name", name.n ? name : fl_json_str(o, "summary"));
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	r->choices = fl_buf_get(b);
	return FL_OK;
}

/* --- what changed there --- */

static const char *events_path(struct run *r, struct fl_str token, struct fl_str since, struct fl_str page)
{
	struct fl_buf b = fl_buf(r->g.cx->a, PATH_BYTES);

	fl_buf_puts(&b, r->calendar);
	fl_buf_puts(&b, token.n ? "?maxResults=250&syncToken=" : "?maxResults=250&timeMin=");
	fl_buf_url(&b, token.n ? token : since);
	if (page.n) {
		fl_buf_puts(&b, "&pageToken=");
		fl_buf_url(&b, page);
	}
	return fl_buf_cstr(&b);
}

static bool is_known(const struct fl_rows *copies, struct fl_str id, struct fl_str etag)
{
	for (int i = 0; i < copies->nrows; i++)
		if (fl_str_eq(fl_rows_str(copies, i, DAV_COPIES_HREF), id))
			return fl_str_eq(fl_rows_str(copies, i, DAV_COPIES_ETAG), etag);
	return false;
}

static void keep_changed(struct run *r, struct json_object *o)
{
	struct fl_str series = fl_json_str(o, "recurringEventId");

	r->uids[r->nchanged] = fl_json_str(o, "iCalUID");
	r->changed[r->nchanged++] = series.n ? series : fl_json_str(o, "id");
	fl_jw_raw(&r->wi, NULL, fl_str(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN)));
}

static enum fl_rc take_page(struct run *r, const struct fl_rows *copies)
{
	struct json_object *list = fl_json_get(r->g.answer, "items");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		fl_jw_str(&r->wl, NULL, fl_json_str(o, "id"));
		if (is_known(copies, fl_json_str(o, "id"), fl_json_str(o, "etag")))
			continue;
		if (r->nchanged == CHANGED_MAX)
			return FL_FAIL(r->g.cx, FL_INVALID, "more than %d events changed there", CHANGED_MAX);
		keep_changed(r, o);
	}
	return FL_OK;
}

/* All pages since the token, or all there is from a month ago on. A token Google no longer takes is answered by 410: then everything anew. */
static enum fl_rc look(struct run *r, const struct fl_rows *row, const struct fl_rows *copies)
{
	struct fl_str token = fl_rows_str(row, 0, GOOGLE_LOAD_TOKEN), since = fl_rows_str(row, 0, GOOGLE_LOAD_SINCE), page = { NULL, 0 };

	do {
		FL_TRY(google_call(&r->g, "GET", events_path(r, token, since, page), (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }));
		if (r->g.status == 410 && token.n) {
			token = page = (struct fl_str){ NULL, 0 };
			continue;
		}
		if (r->g.error) {
			end_by_status(r);
			return FL_OK;
		}
		FL_TRY(take_page(r, copies));
		page = fl_json_str(r->g.answer, "nextPageToken");
		r->token = fl_json_str(r->g.answer, "nextSyncToken");
	} while (page.n || r->g.status == 410);
	r->full = token.n == 0;
	return FL_OK;
}

/* --- what goes there --- */

/* By its id there; what has none yet by its UID, for it may have come from there before the calendar was connected anew. */
static bool is_changed_there(const struct run *r, const struct fl_rows *out, int i)
{
	struct fl_str href = fl_rows_str(out, i, GOOGLE_OUTGOING_HREF), own = fl_rows_str(out, i, GOOGLE_OUTGOING_OWN), uid = fl_rows_str(out, i, GOOGLE_OUTGOING_UID);

	for (int k = 0; k < r->nchanged; k++)
		if (fl_str_eq(r->changed[k], href.n ? href : own) || (!href.n && fl_str_eq(r->uids[k], uid)))
			return true;
	return false;
}

static const char *event_path(struct run *r, struct fl_str id, const char *rest)
{
	struct fl_buf b = fl_buf(r->g.cx->a, PATH_BYTES);

	fl_buf_puts(&b, r->calendar);
	fl_buf_putc(&b, '/');
	fl_buf_url(&b, id);
	fl_buf_puts(&b, rest);
	return fl_buf_cstr(&b);
}

/* The dates of a series that were moved: each is an event of its own there, found by when it would have been. */
static enum fl_rc send_moved(struct run *r, struct fl_str id, struct fl_str moved)
{
	struct json_object *list, *found;
	struct fl_buf b = fl_buf(r->g.cx->a, PATH_BYTES);

	if (fl_json_parse(r->g.cx->a, moved, &fl_json_limits_api, &list, NULL) != FL_OK)
		return FL_FAIL(r->g.cx, FL_BUG, "moved dates are no JSON");
	for (size_t i = 0; i < json_object_array_length(list) && !r->state; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		b.n = 0;
		fl_buf_puts(&b, "/instances?maxResults=1&originalStart=");
		fl_buf_url(&b, fl_json_str(o, "original"));
		FL_TRY(google_call(&r->g, "GET", event_path(r, id, fl_buf_cstr(&b)), (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }));
		found = r->g.error ? NULL : fl_json_get(r->g.answer, "items");
		if (!found || json_object_array_length(found) == 0)
			continue; /* no such date there, which the other side may have decided */
		FL_TRY(google_call(&r->g, "PATCH", event_path(r, fl_json_str(json_object_array_get_idx(found, 0), "id"), "?sendUpdates=none"), (struct fl_str){ NULL, 0 },
		                   fl_str(json_object_to_json_string_ext(fl_json_get(o, "body"), JSON_C_TO_STRING_PLAIN))));
	}
	return FL_OK;
}

/* One event made or changed there; what is known there already by its id was made by a run that was cut off. */
static enum fl_rc send_one(struct run *r, const struct fl_rows *out, int i)
{
	struct fl_str href = fl_rows_str(out, i, GOOGLE_OUTGOING_HREF), own = fl_rows_str(out, i, GOOGLE_OUTGOING_OWN), etag = fl_rows_str(out, i, GOOGLE_OUTGOING_ETAG);
	struct fl_str body = fl_rows_str(out, i, GOOGLE_OUTGOING_BODY);
	char id[FL_UUID_TEXT];

	fl_rows_uuid(out, i, GOOGLE_OUTGOING_EVENT_ID, id);
	if (!href.n) {
		FL_TRY(google_call(&r->g, "POST", fl_fmt(r->g.cx->a, "%s?sendUpdates=none", r->calendar), (struct fl_str){ NULL, 0 }, body));
		href = own;
		etag = (struct fl_str){ NULL, 0 };
	}
	if (etag.n || r->g.status == 409)
		FL_TRY(google_call(&r->g, "PATCH", event_path(r, href, "?sendUpdates=none"), etag, body));
	if (r->g.error) {
		if (r->g.status == 401 || r->g.status == 403)
			end_by_status(r);
		return FL_OK; /* a 412 changed there since we looked: the next run sees it first */
	}
	fl_jw_open(&r->wp, NULL, '{');
	fl_jw_cstr(&r->wp, "event_id", id);
	fl_jw_str(&r->wp, "href", href);
	fl_jw_str(&r->wp, "etag", fl_json_str(r->g.answer, "etag"));
	fl_jw_int(&r->wp, "version", fl_rows_int(out, i, GOOGLE_OUTGOING_VERSION));
	fl_jw_close(&r->wp, '}');
	return send_moved(r, href, fl_rows_str(out, i, GOOGLE_OUTGOING_MOVED));
}

static enum fl_rc take_away(struct run *r, struct fl_str href, struct fl_str etag)
{
	FL_TRY(google_call(&r->g, "DELETE", event_path(r, href, "?sendUpdates=none"), etag, (struct fl_str){ NULL, 0 }));
	if (!r->g.error || r->g.status == 404 || r->g.status == 410)
		fl_jw_str(&r->wd, NULL, href);
	else if (r->g.status == 401 || r->g.status == 403)
		end_by_status(r);
	return FL_OK;
}

static enum fl_rc send_all(struct run *r, const struct fl_rows *out)
{
	for (int i = 0; i < out->nrows && !r->state; i++) {
		if (is_changed_there(r, out, i))
			continue;
		if (fl_str_eq(fl_rows_str(out, i, GOOGLE_OUTGOING_ACT), FL_STR("delete")))
			FL_TRY(take_away(r, fl_rows_str(out, i, GOOGLE_OUTGOING_HREF), fl_rows_str(out, i, GOOGLE_OUTGOING_ETAG)));
		else
			FL_TRY(send_one(r, out, i));
	}
	return FL_OK;
}

/* --- the run --- */

static struct fl_buf *list_new(struct fl_arena *a, struct fl_jw *w)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);

	*b = fl_buf(a, RUN_BYTES);
	*w = fl_jw(b);
	fl_jw_open(w, NULL, '[');
	return b;
}

static enum fl_rc sync_all(struct fl_job *job, struct run *r)
{
	struct fl_arena *a = job->cx->a;
	struct fl_buf path = fl_buf(a, PATH_BYTES), kept = fl_buf(a, RUN_BYTES);
	struct fl_jw w = fl_jw(&kept);

	fl_buf_puts(&path, "/calendars/");
	fl_buf_url(&path, fl_rows_str(job->set[0], 0, GOOGLE_LOAD_COLLECTION));
	fl_buf_puts(&path, "/events");
	r->calendar = fl_buf_cstr(&path);
	r->items = list_new(a, &r->wi);
	r->listed = list_new(a, &r->wl);
	r->put = list_new(a, &r->wp);
	r->deleted = list_new(a, &r->wd);
	FL_TRY(look(r, job->set[0], job->set[1]));
	if (r->state)
		return FL_OK;
	FL_TRY(send_all(r, job->set[2]));
	fl_jw_close(&r->wi, ']');
	fl_jw_close(&r->wl, ']');
	fl_jw_close(&r->wp, ']');
	fl_jw_close(&r->wd, ']');
	fl_jw_open(&w, NULL, '{');
	fl_jw_raw(&w, "changed", fl_buf_get(r->items));
	fl_jw_raw(&w, "listed", fl_buf_get(r->listed));
	fl_jw_raw(&w, "put", fl_buf_get(r->put));
	fl_jw_raw(&w, "deleted", fl_buf_get(r->deleted));
	fl_jw_str(&w, "token", r->token.p ? r->token : FL_STR(""));
	fl_jw_bool(&w, "full", r->full);
	fl_jw_close(&w, '}');
	r->kept = fl_buf_get(&kept);
	return kept.over ? FL_FAIL(job->cx, FL_INVALID, "more changed there than one run takes") : FL_OK;
}

/* A channel that is new, or in place of one that ends within a day. Google reaches none but https addresses, and refuses addresses it cannot reach: then the calendar is
 * looked into each quarter of an hour and nothing more. However it fails, what the run found and sent is kept; the old channel ends by itself. */
static void watch(struct run *r, const struct fl_rows *row)
{
	struct fl_str old = fl_rows_str(row, 0, GOOGLE_LOAD_CHANNEL);
	struct fl_cx *cx = r->g.cx;
	bool failed;

	if (r->state || !fl_rows_bool(row, 0, GOOGLE_LOAD_WATCH) || (strncmp(cx->conf->url, "https://", 8) != 0 && !cx->conf->google_url[0]))
		return;
	r->watch.asked = true;
	failed = google_watch(&r->g, r->calendar, &r->watch.id, &r->watch.resource, &r->watch.until_ms) != FL_OK;
	r->watch.error = !failed ? r->g.error : cx->err.text ? cx->err.text : "Google could not be asked";
	if (!r->watch.error && old.n)
		failed = google_unwatch(&r->g, old, fl_rows_str(row, 0, GOOGLE_LOAD_RESOURCE)) != FL_OK;
	if (failed)
		cx->err = (struct fl_error){ 0 };
}

enum fl_rc sync_google_call(struct fl_job *job)
{
	const struct fl_rows *row = job->set[0];
	struct run *r = FL_NEW(job->cx->a, struct run);
	struct fl_str secret;

	if (!row->nrows)
		return FL_OK; /* disconnected meanwhile */
	job->state = r;
	if (fl_keyring_unseal(job->cx, SYNC_SEAL, fl_rows_str(row, 0, GOOGLE_LOAD_SECRET), &secret) != FL_OK)
		return FL_FAIL(job->cx, FL_INVALID, "the token was sealed with another FAIRLEAD_SECRET; connect it again");
	FL_TRY(google_open(job, secret, &r->g));
	if (r->g.refresh.n)
		r->secret = fl_keyring_seal(job->cx, SYNC_SEAL, fl_str(fl_fmt(job->cx->a, "refresh\n%.*s", (int)r->g.refresh.n, r->g.refresh.p)));
	if (r->g.error) {
		r->error = r->g.error;
		r->state = "denied"; /* withdrawn, ended or never given: only the person can give it again */
		return FL_OK;
	}
	if (secret.n > 5 && memcmp(secret.p, "code\n", 5) == 0)
		return FL_OK; /* a code serves once: its token is kept before anything else can fail */
	if (fl_rows_null(row, 0, GOOGLE_LOAD_COLLECTION))
		return discover(r);
	FL_TRY(sync_all(job, r));
	watch(r, row);
	return FL_OK;
}

enum fl_rc sync_google_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");
	struct run *r = job->state;

	if (!r)
		return FL_OK;
	if (r->secret.n)
		fl_batch_add(b, q_google_token(id, r->secret), NULL);
	if (r->choices.n)
		fl_batch_add(b, q_dav_found(id, r->choices), NULL);
	if (r->kept.n)
		fl_batch_add(b, q_google_keep(id, r->kept), NULL);
	if (r->watch.asked && r->watch.error)
		fl_batch_add(b, q_google_channel(id, (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }, 0, fl_str(r->watch.error)), NULL);
	else if (r->watch.asked)
		fl_batch_add(b, q_google_channel(id, fl_str(r->watch.id), r->watch.resource, r->watch.until_ms, (struct fl_str){ NULL, 0 }), NULL);
	if (r->state)
		fl_batch_add(b, q_sync_failed(id, fl_str(r->state), fl_str(r->error)), NULL);
	return FL_OK;
}

/* --- a calendar that was disconnected --- */

enum fl_rc sync_revoke_call(struct fl_job *job)
{
	struct fl_str sealed, secret;

	if (fl_base64_decode(job->cx->a, fl_json_str(job->payload, "secret"), &sealed) != FL_OK || fl_keyring_unseal(job->cx, SYNC_SEAL, sealed, &secret) != FL_OK)
		return FL_FAIL(job->cx, FL_INVALID, "the token was sealed with another FAIRLEAD_SECRET");
	return google_revoke(job, secret, fl_json_str(job->payload, "channel"), fl_json_str(job->payload, "resource"));
}
