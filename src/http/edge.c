/* Pages of the edge itself: health, metrics, the API's description, live updates. */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/conf.h"
#include "base/log.h"
#include "http/edge.h"
#include "http/machine.h"
#include "http/metrics.h"
#include "http/openapi.h"

#define STATUS_SETS                                                                                                                          \
	{ { "total", Q_OBSERVE_TOTAL, FL_ONE }, { "dependencies", Q_OBSERVE_DEPENDENCIES }, { "queues", Q_OBSERVE_QUEUE_LIST },              \
	  { "sweeps", Q_OBSERVE_SWEEPS }, { "processes", Q_OBSERVE_PROCESSES }, { "settings", Q_OBSERVE_SETTINGS } }

#define PROBLEM_SETS { { "items", Q_PROBLEM_KINDS } }

static const struct fl_field live_fields[] = {
	{ "topics", FL_K_TEXT, .max = 200, .help = "what the page shows; hints for other topics are not heard" },
	{ 0 },
};

/* All is well. */
static void say_ok(struct fl_cx *cx, struct fl_req *req)
{
	req->effect = fl_query_rows(cx->a, Q_HEALTH, 1);
	fl_rows_set_str(req->effect, 0, HEALTH_STATUS, FL_STR("ok"));
}

static enum fl_rc health(struct fl_cx *cx, struct fl_req *req)
{
	say_ok(cx, req);
	return FL_OK;
}

/* nginx asks this before each request to administration; any no is 401 to it. */
static enum fl_rc gate(struct fl_cx *cx, struct fl_req *req)
{
	enum fl_rc rc = fl_req_enter(cx, req);

	if (rc == FL_DENIED)
		req->status = 401;
	if (rc == FL_OK)
		say_ok(cx, req);
	return rc;
}

static enum fl_rc ready(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;
	bool database = fl_db_run(cx, req->db, q_ping(), NULL) == FL_OK;

	req->effect = fl_query_rows(cx->a, Q_READY, 1);
	fl_rows_set_str(req->effect, 0, READY_STATUS, fl_str(database ? "ok" : "away"));
	fl_rows_set_str(req->effect, 0, READY_DATABASE, fl_str(database ? "ok" : "away"));
	/* Redis only makes things fast: without it the program is ready. */
	fl_rows_set_str(req->effect, 0, READY_REDIS, fl_str(fl_redis_ping(r->redis, NULL) ? "ok" : "away"));
	cx->err = (struct fl_error){ 0 };
	if (!database) {
		cx->err.retry_after_s = 2;
		req->status = 503;
	}
	return FL_OK;
}

/* Reports of browsers (CSP level 2, section 7): what a page of ours was kept from doing. Foreign text: one masked line in the log. */
static enum fl_rc csp_report(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str said = fl_str_clip(req->body, 1000);

	fl_log(cx, FL_WARN, "csp: %.*s", (int)said.n, said.p);
	say_ok(cx, req);
	return FL_OK;
}

static enum fl_rc openapi(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;

	(void)cx;
	web_openapi(&r->out, r->web);
	return FL_OK;
}

static enum fl_rc problems(struct fl_cx *cx, struct fl_req *req)
{
	req->set[0] = web_problem_kinds(req->edge, fl_req_get(req, "name"));
	return req->set[0]->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such problem");
}

static enum fl_rc process_metrics(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;
	struct fl_rows *m = fl_query_rows(cx->a, Q_PROCESS_METRICS, 1);
	int64_t requests, uptime_s;
	struct rusage u;
	double load;

	if (!cx->conf->enable_metrics)
		return FL_FAIL(cx, FL_NOT_FOUND, "metrics are off");
	web_metrics_totals(r->web, &requests, &uptime_s);
	fl_rows_set_int(cx->a, m, 0, PROCESS_METRICS_UPTIME, uptime_s);
	fl_rows_set_int(cx->a, m, 0, PROCESS_METRICS_REQUESTS, requests);
	if (getrusage(RUSAGE_SELF, &u) == 0) {
		fl_rows_set_int(cx->a, m, 0, PROCESS_METRICS_MEMORY_KB, u.ru_maxrss);
		fl_rows_set_float(cx->a, m, 0, PROCESS_METRICS_CPU_S, (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	}
	if (getloadavg(&load, 1) == 1)
		fl_rows_set_float(cx->a, m, 0, PROCESS_METRICS_LOAD, load); /* of the machine, over the last minute */
	req->effect = m;
	return FL_OK;
}

static enum fl_rc prometheus(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;

	if (!cx->conf->enable_metrics)
		return FL_FAIL(cx, FL_NOT_FOUND, "metrics are off");
	web_metrics_write(r->web, &r->out);
	machine_metrics(cx, r);
	r->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return FL_OK;
}

/* Who may listen is decided here; nginx then holds the connection. One channel an organisation. */
static enum fl_rc live(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	if (!cx->who.org_id[0])
		return FL_FAIL(cx, FL_NOT_FOUND, "no organisation to listen to");
	req->accel = fl_fmt(cx->a, "/_live/%s", cx->who.org_id);
	return FL_OK;
}

static const struct fl_field problem_fields[] = {
	{ "name", FL_K_TEXT, .max = 60 },
	{ 0 },
};
static const struct fl_field export_fields[] = {
	{ "org", FL_K_TEXT, .required = true, .max = 63, .help = "its short name, or platform" },
	{ "format", FL_K_CHOICE, .choices = "ndjson|csv", .deflt = "ndjson" },
	{ "action", FL_K_TEXT, .max = 80, .help = "only this action (csv)" },
	{ "actor", FL_K_TEXT, .max = 200, .help = "only this person, by address (csv)" },
	{ "from", FL_K_INT, .min = 1, .max = INT64_MAX, .deflt = "1", .help = "first seal (ndjson); 5,000 rows a file" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/health", NULL, .run = health, .gives = Q_HEALTH, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Alive" },
	{ "GET", "/system/health", NULL, .run = health, .gives = Q_HEALTH, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Alive" },
	{ "GET", "/health/ready", NULL, .run = ready, .gives = Q_READY, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Ready to serve: the database answers" },
	{ "GET", "/openapi.json", NULL, .run = openapi, .file = "application/json", .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "This description" },
	{ "GET", "/problems", NULL, .sets = PROBLEM_SETS, .run = problems, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Every kind of refusal, and what a program does about it" },
	{ "GET", "/problems/{name}", NULL, problem_fields, .sets = PROBLEM_SETS, .run = problems, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "One of them, where the type of a refusal leads" },
	{ "GET", "/metrics", NULL, .run = process_metrics, .gives = Q_PROCESS_METRICS, .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Figures of this process" },
	{ "GET", "/observability/metrics", NULL, .run = prometheus, .file = "text/plain", .flags = FL_PUBLIC | FL_JSON_ONLY, .summary = "Prometheus metrics" },
	{ "GET", "/system/status", "platform.admin", .sets = STATUS_SETS, .run = machine_status, .flags = FL_JSON_ONLY,
	  .summary = "Dependencies, queues, sweeps, processes, settings" },
	{ "GET", "/admin", "platform.admin", .view = "observe/status", .sets = STATUS_SETS, .run = machine_status, .title = "observe.status",
	  .nav = "admin", .flags = FL_ADMIN, .summary = "The same as a page" },
	{ "POST", "/csp-report", NULL, .run = csp_report, .gives = Q_HEALTH, .flags = FL_PUBLIC | FL_JSON_ONLY | FL_RAW_BODY | FL_NO_CSRF,
	  .summary = "Takes a browser's report of a broken content security policy" },
	{ "POST", "/admin/audit/export", "platform.admin", export_fields, .run = web_audit_export, .file = "application/x-ndjson text/csv", .flags = FL_ADMIN | FL_HTML_ONLY,
	  .summary = "The audit log of an organisation as NDJSON or CSV" },
	{ "GET", "/gate", "platform.admin", .run = gate, .gives = Q_HEALTH, .flags = FL_JSON_ONLY | FL_ADMIN, .summary = "For nginx: whether this request may administer" },
	{ "GET", "/live", "app.use", live_fields, .run = live, .file = "text/event-stream", .flags = FL_HTML_ONLY, .summary = "Hints of what changed, as server-sent events" },
	{ 0 },
};

const struct fl_app web_edge_app = { .name = "edge", .pages = pages };
