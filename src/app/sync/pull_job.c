#include "app/sync/sync.h"

#include "app/calendar/recur.h"
#include "base/keyring.h"
#include "outside/http.h"
#include "reader/ical.h"
#include "reader/spawn.h"

enum { READ_MS = 15000 };

struct pulled {
	const char *state, *error; /* state NULL: something new came */
	struct fl_str etag, cal, dates;
};

enum fl_rc sync_pull_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no link_id");
	fl_batch_add(b, q_sync_load(id), NULL);
	return FL_OK;
}

static const char *state_of(int status)
{
	switch (status) {
	case 304: return "ok";
	case 401: case 403: case 407: return "denied";
	case 404: case 410: return "gone";
	default: return "failed";
	}
}

/* FL_OK also when the other side said no for good: p->state tells. */
static enum fl_rc fetch(struct fl_job *job, const char *url, struct fl_str etag, struct pulled *p, struct fl_str *body)
{
	const struct fl_http_header headers[] = { { "Accept", FL_STR("text/calendar") }, { "If-None-Match", etag } };
	const struct fl_http_request req = { .method = "GET", .url = url, .headers = headers, .nheaders = etag.n ? 2 : 1, .want = { "ETag" }, .max_bytes = FL_ICAL_BYTES,
	                                     .tenant = true };
	struct fl_http_answer answer = { 0 };
	struct fl_cx *cx = job->cx;
	enum fl_rc rc = fl_http(cx, job->outside, &req, &answer);

	*body = answer.body;
	p->etag = answer.want[0];
	if (rc != FL_INVALID && rc != FL_DENIED)
		return rc;
	p->state = rc == FL_DENIED ? "refused" : state_of(answer.status);
	p->error = fl_strdup(cx->a, cx->err.text);
	cx->err.rc = FL_OK;
	return FL_OK;
}

static enum fl_rc read_it(struct fl_job *job, struct fl_str body, struct pulled *p)
{
	struct fl_cx *cx = job->cx;
	struct json_object *cal = NULL;
	const char *why = NULL;
	enum fl_rc rc;

	if (!fl_str_ieq((struct fl_str){ body.p, body.n < 15 ? body.n : 15 }, FL_STR("BEGIN:VCALENDAR"))) {
		p->state = "failed";
		p->error = "what came is no calendar";
		return FL_OK;
	}
	rc = fl_reader_calendar(cx, fl_reader_path(cx->a), body, READ_MS, &p->cal);
	if (rc == FL_INVALID) {
		p->state = "failed";
		p->error = fl_strdup(cx->a, cx->err.text);
		cx->err.rc = FL_OK;
		return FL_OK;
	}
	FL_TRY(rc);
	if (fl_json_parse(cx->a, p->cal, &(struct fl_json_limits){ .bytes = 16 << 20, .depth = 8, .keys = 10000 }, &cal, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer: %s", why);
	recur_all(cx, cal, fl_rows_str(job->set[0], 0, SYNC_LOAD_SINCE), &p->dates);
	return FL_OK;
}

enum fl_rc sync_pull_call(struct fl_job *job)
{
	const struct fl_rows *row = job->set[0];
	struct pulled *p = FL_NEW(job->cx->a, struct pulled);
	struct fl_str url, body;

	if (!row->nrows)
		return FL_OK; /* disconnected meanwhile */
	job->state = p;
	if (fl_keyring_unseal(job->cx, SYNC_SEAL, fl_rows_str(row, 0, SYNC_LOAD_SECRET), &url) != FL_OK)
		return FL_FAIL(job->cx, FL_INVALID, "the address was sealed with another FAIRLEAD_SECRET; connect it again");
	FL_TRY(fetch(job, fl_strndup(job->cx->a, url), fl_rows_str(row, 0, SYNC_LOAD_ETAG), p, &body));
	return p->state ? FL_OK : read_it(job, body, p);
}

enum fl_rc sync_pull_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "link_id");
	struct pulled *p = job->state;

	if (!p)
		return FL_OK;
	if (!p->state)
		fl_batch_add(b, q_sync_busy_keep(id, p->etag, p->cal, p->dates), NULL);
	else if (strcmp(p->state, "ok") == 0)
		fl_batch_add(b, q_sync_unchanged(id), NULL);
	else
		fl_batch_add(b, q_sync_failed(id, fl_str(p->state), fl_str(p->error)), NULL);
	return FL_OK;
}

enum fl_rc sync_pull_dead(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = job->payload ? fl_json_str(job->payload, "link_id") : (struct fl_str){ NULL, 0 };

	if (fl_uuid_valid(id))
		fl_batch_add(b, q_sync_failed(id, FL_STR("waiting"), fl_str(job->cx->err.text ? job->cx->err.text : "its job ended")), NULL);
	return FL_OK;
}
