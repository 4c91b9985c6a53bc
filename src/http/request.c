/* The life of a request, top to bottom. */
#include "http/edge.h"

#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "http/metrics.h"

enum { REQUEST_TIMEOUT_S = 5, SLOW_US = FL_SECOND_US, LOGGED_PATH_BYTES = 1000 };

static const char *req_header(const struct fl_req *req, const char *name)
{
	return web_param(req->edge, name);
}

static enum fl_rc too_many(struct request *r)
{
	enum fl_rc rc = FL_FAIL(&r->cx, FL_LATER, "error.too_many");

	r->cx.err.retry_after_s = r->limit.reset_s;
	return rc;
}

/* The people and keys of an organisation share one too; administration stays open beside it, and a flooded form takes nothing from them. */
static enum fl_rc limit_organization(struct request *r)
{
	struct fl_limit l;

	if (!r->token.n || r->auth == WEB_PATH || r->route->page->flags & (FL_PUBLIC | FL_ADMIN) || r->route->app == &web_edge_app)
		return FL_OK;
	l = web_budget_use(r->web->budget, &r->token_hash, r->cx.now_us);
	if (r->api || !l.allowed)
		r->limit = l;
	return l.allowed ? FL_OK : too_many(r);
}

/* Strangers share a budget an address; nginx has limits of its own in front. */
static enum fl_rc limit_address(struct request *r)
{
	if (r->web->conf->rate_limit_max >= 1000000)
		return FL_OK;
	r->limit = fl_redis_limit(r->redis, fl_fmt(r->cx.a, "ip:%s", r->req.address), r->web->conf->rate_limit_max, 60);
	return r->limit.allowed ? FL_OK : too_many(r);
}

/* A cookie or key sent to a public page makes nobody known: it is not looked at there. */
static enum fl_rc step_limit(struct request *r)
{
	const struct fl_page *p = r->route->page;

	FL_TRY(limit_organization(r));
	/* A signed webhook proves itself; nginx alone limits those. */
	if (p->flags & (FL_PUBLIC | FL_TOKEN_IN_PATH) && !(p->flags & FL_RAW_BODY))
		FL_TRY(limit_address(r));
	if (p->flags & FL_PUBLIC && r->route->app != &web_edge_app)
		FL_TRY(fl_db_run(&r->cx, r->db, q_address_check(fl_str(r->req.address)), NULL));
	return FL_OK;
}

/* Below these nobody learns what there is without a session (requirements ROL-10). */
static bool is_protected(const char *path)
{
	static const char *const prefixes[] = { "/dashboard", "/engagements", "/api/protected" };

	for (size_t i = 0; i < FL_COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(path, prefixes[i], n) == 0 && (path[n] == '/' || !path[n]))
			return true;
	}
	return false;
}

/* What a form lists stands in the database, which no stranger asks beyond his budget. rc is what the route said of the method. */
static enum fl_rc preflight(struct request *r, enum fl_rc rc)
{
	struct fl_error kept = r->cx.err;

	if (web_cors_is_form(r))
		FL_TRY(limit_address(r));
	r->preflight = web_cors_preflight(r);
	r->cx.err = r->preflight ? (struct fl_error){ 0 } : kept;
	return r->preflight ? FL_OK : rc;
}

static enum fl_rc step_parse(struct request *r)
{
	return web_parse(r);
}

static enum fl_rc step_route(struct request *r)
{
	enum fl_rc rc = web_route_match(r);

	if (rc == FL_NOT_FOUND && r->auth == WEB_NOBODY && is_protected(r->path))
		return FL_FAIL(&r->cx, FL_DENIED, "nobody");

	if (web_cors_asks(r))
		return preflight(r, rc);
	FL_TRY(rc);
	r->req.page = r->route->page;
	if (r->route->page->flags & FL_JSON_ONLY || (!r->unsafe && !r->route->page->view && !r->route->page->run))
		r->json = true;
	if (r->route->page->flags & FL_HTML_ONLY && r->api)
		return FL_FAIL(&r->cx, FL_NOT_FOUND, "no such page");
	return FL_OK;
}

/* Fields are looked at before anybody asks the database; but what is wrong with them is told only to who may send them (API-08), and counts for his limits. */
static enum fl_rc told_to_whom(struct request *r)
{
	struct fl_error kept = r->cx.err;

	FL_TRY(step_limit(r));
	FL_TRY(web_may_enter(r));
	r->cx.err = kept;
	return FL_INVALID;
}

/* A token in the path takes the place of a cookie. */
static enum fl_rc step_fields(struct request *r)
{
	enum fl_rc rc = web_fields(r);

	r->req.nvalues = r->route->nfields;
	if (r->route->page->flags & FL_TOKEN_IN_PATH)
		for (int i = r->route->nbody; i < r->route->nfields; i++)
			if (strcmp(r->route->fields[i].name, "token") == 0) {
				r->token = r->values[i].s;
				r->token_hash = fl_sha256(r->token);
				r->auth = WEB_PATH;
			}
	r->req.token = r->token;
	if (r->token.n)
		r->req.token_hash = fl_digest_str(&r->token_hash);
	return rc == FL_INVALID && !r->status ? told_to_whom(r) : rc;
}

/* A public form's token proves nothing, but tells how long the form was open. */
static void note_form_age(struct request *r)
{
	r->form_age_s = -1;
	if (r->key.n && web_token_check(r, r->key, &r->form_age_s) != FL_OK) {
		r->form_age_s = -2;
		r->cx.err = (struct fl_error){ 0 };
	}
}

/* Whether an Origin header, when there is one, is ours; or a listed one that brings no cookie. */
static bool welcome_origin(const struct request *r)
{
	const char *origin = web_param(r, "HTTP_ORIGIN"), *site = web_param(r, "HTTP_SEC_FETCH_SITE");

	if (r->auth == WEB_NOBODY && web_cors_listed(r))
		return true;
	if (origin[0] && strcmp(origin, r->web->conf->url) != 0)
		return false;
	return strcmp(site, "cross-site") != 0;
}

static enum fl_rc step_csrf(struct request *r)
{
	int64_t age_s;

	if (r->unsafe && r->auth == WEB_PATH)
		note_form_age(r);
	if (!r->unsafe || r->auth == WEB_BEARER || r->auth == WEB_PATH)
		return FL_OK;
	if (!welcome_origin(r)) {
		r->status = 403;
		return FL_FAIL(&r->cx, FL_DENIED, "error.other_site");
	}
	if (r->route->page->flags & FL_NO_CSRF)
		return FL_OK;
	if (r->json && !(r->route->page->flags & FL_PUBLIC) && r->auth == WEB_COOKIE && strcmp(web_param(r, "HTTP_X_FORM_TOKEN"), "") != 0)
		return web_token_check(r, fl_str(web_param(r, "HTTP_X_FORM_TOKEN")), &age_s);
	if (r->auth == WEB_NOBODY && !(r->route->page->flags & FL_PUBLIC))
		return FL_OK; /* enter says 401 */
	return web_token_check(r, r->key, &age_s);
}

static enum fl_rc step_run(struct request *r)
{
	return web_enter_and_run(r);
}

static void ring(struct request *r, enum fl_rc rc)
{
	const char *bells = r->req.rings ? r->req.rings : r->route && r->unsafe ? r->route->page->rings : NULL;

	if (rc == FL_OK && bells && !r->replay)
		fl_redis_ring(r->redis, r->cx.who.org_id, bells);
	if (rc == FL_OK && r->req.nfiles && !r->replay)
		fl_redis_ring(r->redis, r->cx.who.org_id, FL_FILE_BELLS);
}

/* Sign-in takes its time on purpose. */
static bool is_slow(const struct request *r)
{
	return fl_tick_us() - r->cx.start_tick_us > SLOW_US && !(r->route && r->route->page->flags & FL_SLOW);
}

/* "" for the day's traffic, the text for what went wrong on our side. */
static void log_line(struct request *r, enum fl_rc rc)
{
	struct fl_buf b = fl_buf(r->cx.a, 8192);
	struct fl_jw w = fl_jw(&b);
	bool ours = r->status >= 500, slow = is_slow(r);
	enum fl_level level = ours ? FL_ERROR : slow ? FL_WARN : FL_INFO;

	if (!fl_log_on(level))
		return;
	fl_jw_cstr(&w, "method", r->method);
	fl_jw_str(&w, "url", fl_str_clip(fl_str(r->route && !(r->route->page->flags & FL_TOKEN_IN_PATH) ? r->path : r->route ? r->route->page->path : ""), LOGGED_PATH_BYTES));
	fl_jw_cstr(&w, "route", r->route ? r->route->page->path : "");
	fl_jw_int(&w, "statusCode", r->status);
	fl_jw_double(&w, "duration", (double)(fl_tick_us() - r->cx.start_tick_us) / 1000.0);
	fl_jw_int(&w, "queries", r->cx.queries);
	if (slow)
		fl_jw_bool(&w, "slow", true);
	if (rc != FL_OK) {
		fl_jw_cstr(&w, "rc", fl_rc_name(rc));
		fl_jw_cstr(&w, "at", r->cx.err.file ? fl_fmt(r->cx.a, "%s:%d", r->cx.err.file, r->cx.err.line) : "");
	}
	fl_log_with(&r->cx, level, fl_buf_get(&b), rc == FL_OK || !r->cx.err.text ? "request" : r->cx.err.text);
}

/* Faults of ours are kept where an administrator sees them (OBS-11): ids and a masked line. That the database is away is told by the log alone. */
static void note_fault(struct request *r, enum fl_rc rc)
{
	const struct fl_error *e = &r->cx.err;
	const char *place = fl_fmt(r->cx.a, "%s:%d", e->file ? e->file : "", e->line);
	struct fl_call c;

	if (rc != FL_BUG || r->status < 500 || !r->route)
		return;
	c = q_program_error(fl_str(r->route->page->path), fl_str(place), fl_log_masked(r->cx.a, fl_str(e->text ? e->text : "")), r->status, fl_str(r->cx.who.org_id),
	                    fl_str(r->cx.who.user_id), fl_str(r->cx.who.role), fl_str(r->cx.request_id));
	if (fl_db_run(&r->cx, r->db, c, NULL) != FL_OK)
		fl_log(&r->cx, FL_WARN, "a fault could not be noted");
}

void web_request(const struct web *web, struct fl_arena *a, struct fl_db *db, struct fl_redis *redis, struct fl_vectors *vectors, FCGX_Request *fcgi, bool rested)
{
	static enum fl_rc (*const steps[])(struct request *) = { step_parse, step_route, step_fields, step_limit, step_csrf, step_run };
	struct request *r = FL_NEW(a, struct request);
	enum fl_rc rc = FL_OK;

	r->web = web;
	r->db = db;
	r->redis = redis;
	r->fcgi = fcgi;
	r->rested = rested;
	r->out = fl_buf(a, WEB_PAGE_MAX_BYTES);
	fl_cx_init(&r->cx, a, web->conf, "", REQUEST_TIMEOUT_S);
	r->cx.request_id = fl_strndup(a, fl_str_clip(fl_str(web_param(r, "REQUEST_ID")), 64));
	fl_trace_id(web_param(r, "HTTP_TRACEPARENT"), r->cx.request_id, r->cx.trace_id);
	r->req = (struct fl_req){ .db = db, .vectors = vectors, .values = r->values, .header = req_header, .enter = web_enter, .edge = r };
	r->req.address = fl_strdup(a, web_param(r, "REMOTE_ADDR"));
	r->req.user_agent = fl_strndup(a, fl_str_clip(fl_str(web_param(r, "HTTP_USER_AGENT")), 300));
	r->req.content_type = web_param(r, "CONTENT_TYPE");
	for (size_t i = 0; rc == FL_OK && !r->preflight && i < FL_COUNT(steps); i++) {
		rc = steps[i](r);
		r->req.body = r->body;
	}
	ring(r, rc);
	if (rc == FL_OK)
		rc = web_flush(r);
	web_render(r, rc);
	web_send(r);
	log_line(r, rc);
	note_fault(r, rc);
	web_metrics_count(r);
	FCGX_Finish_r(fcgi);
}
