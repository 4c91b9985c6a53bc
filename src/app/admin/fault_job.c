#include "app/admin/admin.h"
#include "base/conf.h"
#include "outside/http.h"

enum { WAIT_MS = 10000, ENVELOPE_MAX = 64 << 10 };

enum fl_rc fault_load(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_fault_event(fl_json_str(job->payload, "fingerprint")), NULL);
	return FL_OK;
}

/* Of "https://KEY@HOST/PREFIX/PROJECT", whose form is checked at start, the key, and where envelopes go: "https://HOST/PREFIX/api/PROJECT/envelope/". */
static const char *address_of(struct fl_cx *cx, struct fl_str dsn, struct fl_str *key)
{
	const char *begin = strstr(dsn.p, "://") + 3, *at = strchr(begin, '@'), *project = strrchr(dsn.p, '/');

	*key = (struct fl_str){ begin, (size_t)(at - begin) };
	return fl_fmt(cx->a, "%.*s%.*s/api%s/envelope/", (int)(begin - dsn.p), dsn.p, (int)(project - at - 1), at + 1, project);
}

static struct fl_str envelope(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_str event = fl_rows_str(row, 0, FAULT_EVENT_EVENT);
	struct fl_buf b = fl_buf(cx->a, ENVELOPE_MAX);

	fl_buf_printf(&b, "{\"event_id\":\"%s\"}\n{\"type\":\"event\",\"length\":%zu}\n", fl_rows_dup(cx->a, row, 0, FAULT_EVENT_ID), event.n);
	fl_buf_str(&b, event);
	fl_buf_putc(&b, '\n');
	return fl_buf_get(&b);
}

enum fl_rc fault_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_str key;
	struct fl_http_header headers[2] = { { "Content-Type", FL_STR("application/x-sentry-envelope") } };
	struct fl_http_request req = { .method = "POST", .headers = headers, .nheaders = 2, .total_ms = WAIT_MS };
	struct fl_http_answer answer;

	if (!cx->conf->sentry_dsn[0] || !job->set[0]->nrows)
		return FL_OK;
	req.url = address_of(cx, fl_str(cx->conf->sentry_dsn), &key);
	req.body = envelope(cx, job->set[0]);
	headers[1] = (struct fl_http_header){ "X-Sentry-Auth", fl_str(fl_fmt(cx->a, "Sentry sentry_version=7, sentry_client=fairlead/1, sentry_key=%.*s", (int)key.n, key.p)) };
	return fl_http(cx, job->outside, &req, &answer);
}
