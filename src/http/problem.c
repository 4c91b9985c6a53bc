/* Answers that are no page of their own: problems for programs (RFC 9457) and for people. */
#include "base/conf.h"
#include "http/web.h"

const struct fl_col web_error_cols[] = {
	{ "status", FL_T_INT }, { "title", FL_T_TEXT }, { "what", FL_T_TEXT }, { "next", FL_T_TEXT }, { "detail", FL_T_TEXT }, { "again", FL_T_TEXT }, { "retry_after", FL_T_INT },
	{ "kept", FL_T_TEXT },
};
const int web_error_ncols = FL_COUNT(web_error_cols);

enum { E_STATUS, E_TITLE, E_WHAT, E_NEXT, E_DETAIL, E_AGAIN, E_RETRY_AFTER, E_KEPT };

static bool says(const struct request *r, const char *key)
{
	return r->cx.err.text && strcmp(r->cx.err.text, key) == 0;
}

/* Nobody is 401, somebody of no organisation where one is needed 400, somebody who may not is 403; an address whose secret is in its path and unknown is no door at all. */
static int denied_status(const struct request *r, const char *state)
{
	bool unknown = strcmp(state, "FL401") == 0;

	if (unknown)
		return r->auth == WEB_PATH ? 404 : 401;
	if (says(r, "error.no_org"))
		return 400;
	return !r->entered && strcmp(state, "FL403") != 0 && r->auth == WEB_NOBODY ? 401 : 403;
}

static int status_of(const struct request *r, enum fl_rc rc)
{
	const char *state = r->cx.err.sqlstate ? r->cx.err.sqlstate : "";

	if (r->status >= 400)
		return r->status;
	if (r->req.status >= 400)
		return r->req.status;
	switch (rc) {
	case FL_OK:
		return 200;
	case FL_NOT_FOUND:
		return 404;
	case FL_DENIED:
		return denied_status(r, state);
	case FL_INVALID:
		return r->allow && !r->route ? 405 : 422;
	case FL_CONFLICT:
		return 409;
	case FL_LATER:
		return strcmp(state, "FL429") == 0 || (r->limit.limit && !r->limit.allowed) ? 429 : 503;
	case FL_BUG:
		break;
	}
	return 500;
}

static const char *say(struct request *r, const char *key)
{
	return fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, key, "about", r->cx.err.about ? r->cx.err.about : "", NULL);
}

static bool is_form_refused(const struct request *r)
{
	return says(r, "error.form_token") || says(r, "error.form_old");
}

/* Refused for another reason than the role: the reason is told, and no right would help. */
static bool is_no_matter_of_rights(const struct request *r)
{
	return r->status == 403 && r->cx.err.text && strncmp(r->cx.err.text, "error.", 6) == 0 && !says(r, "error.not_allowed") && !says(r, "error.action_not_allowed") &&
	       !says(r, "error.owner_only");
}

/* What happened and what to do about it. A stranger's link that leads nowhere, an address with a wrong filter and a form without its key have words of their own; so has a disk
 * without room, which does not get better by trying again. */
static const char *say_error(struct request *r, const char *part)
{
	const char *of = r->status == 404 && r->auth == WEB_PATH ? "link" : r->status == 422 && !r->unsafe ? "address" : is_form_refused(r) ? "form" : is_no_matter_of_rights(r) ? "refused" :
	                 r->status == 503 && r->cx.err.full ? "full" : NULL;

	return say(r, of ? fl_fmt(r->cx.a, "error.%s.%s", of, part) : fl_fmt(r->cx.a, "error.%d.%s", r->status, part));
}

/* Where a person goes on from an error: the page itself, without the filters it did not understand; after a form the page it stood on. NULL when there is none to name. */
static const char *again(struct request *r)
{
	const char *from = web_param(r, "HTTP_REFERER"), *site = r->web->conf->url;
	size_t n = strlen(site);

	if (!r->unsafe && r->status == 403)
		return NULL;
	if (!r->unsafe && r->path)
		return r->status == 422 || !r->query || !r->query[0] ? r->path : fl_fmt(r->cx.a, "%s?%s", r->path, r->query);
	return strncmp(from, site, n) == 0 && from[n] == '/' && from[n + 1] != '/' ? from + n : NULL;
}

/* A message key of ours is said in the reader's language; anything else is for the log only. */
static const char *detail_of(struct request *r)
{
	const char *key = r->status == 404 && r->auth == WEB_PATH ? NULL : r->cx.err.text;

	for (const char *p = key; key && *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || *p == '.' || *p == '_' || (*p >= '0' && *p <= '9')))
			return NULL;
	return key && strchr(key, '.') ? say(r, key) : NULL;
}

int web_wrongs(struct request *r, struct fl_posted *out, int max)
{
	const char *field = r->cx.err.field;
	struct json_object *all;
	int n = 0;

	if (!field || (r->cx.err.rc != FL_INVALID && r->cx.err.rc != FL_CONFLICT))
		return 0;
	if (field[0] != '{') {
		out[0] = (struct fl_posted){ .name = field, .value = { "", 0 }, .wrong = r->cx.err.about ? say(r, r->cx.err.text) : r->cx.err.text };
		return 1;
	}
	if (fl_json_parse(r->cx.a, fl_str(field), &fl_json_limits_api, &all, NULL) != FL_OK)
		return 0;
	json_object_object_foreach(all, name, message)
	{
		if (n < max)
			out[n++] = (struct fl_posted){ .name = name, .value = { "", 0 }, .wrong = json_object_get_string(message) };
	}
	return n;
}

/* A JSON pointer (RFC 6901) to a field named with dots. */
static const char *pointer(struct request *r, const char *name)
{
	char *p = fl_fmt(r->cx.a, "/%s", name);

	for (char *dot = p; (dot = strchr(dot, '.')) != NULL;)
		*dot = '/';
	return p;
}

static void problem_errors(struct request *r, struct fl_jw *w)
{
	struct fl_posted wrong[WEB_WRONGS_MAX];
	int n = web_wrongs(r, wrong, WEB_WRONGS_MAX);

	fl_jw_open(w, "errors", '[');
	for (int i = 0; r->route && i < r->route->nbody; i++) {
		if (!r->values[i].wrong)
			continue;
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "pointer", fl_fmt(r->cx.a, "/%s", r->route->fields[i].name));
		fl_jw_cstr(w, "detail", say(r, r->values[i].wrong));
		fl_jw_close(w, '}');
	}
	for (int i = 0; i < n; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "pointer", pointer(r, wrong[i].name));
		fl_jw_cstr(w, "detail", say(r, wrong[i].wrong));
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
}

static const struct kind {
	int status;
	const char *text;
	const char *problem; /* what /problems/ calls it (RFC 9457) */
} kinds[] = {
	{ 200, "OK", NULL },
	{ 201, "Created", NULL },
	{ 202, "Accepted", NULL },
	{ 204, "No Content", NULL },
	{ 303, "See Other", NULL },
	{ 304, "Not Modified", NULL },
	{ 400, "Bad Request", "malformed" },
	{ 401, "Unauthorized", "unauthenticated" },
	{ 403, "Forbidden", "forbidden" },
	{ 404, "Not Found", "not-found" },
	{ 405, "Method Not Allowed", "method-not-allowed" },
	{ 409, "Conflict", "conflict" },
	{ 413, "Content Too Large", "too-large" },
	{ 415, "Unsupported Media Type", "unsupported-media-type" },
	{ 422, "Unprocessable Content", "invalid-fields" },
	{ 429, "Too Many Requests", "rate-limited" },
	{ 500, "Internal Server Error", "internal-error" },
	{ 503, "Service Unavailable", "unavailable" },
};

/* The last, 503, stands for what is not in the table. */
static const struct kind *kind_of(int status)
{
	size_t i = 0;

	while (i < FL_COUNT(kinds) - 1 && kinds[i].status != status)
		i++;
	return &kinds[i];
}

const char *web_status_text(int status)
{
	return kind_of(status)->text;
}

const char *web_problem_name(int i, int *status)
{
	for (size_t k = 0; k < FL_COUNT(kinds); k++)
		if (kinds[k].problem && i-- == 0) {
			*status = kinds[k].status;
			return kinds[k].problem;
		}
	return NULL;
}

struct fl_rows *web_problem_kinds(struct request *r, struct fl_str name)
{
	struct fl_rows *rows = fl_query_rows(r->cx.a, Q_PROBLEM_KINDS, FL_COUNT(kinds));
	int n = 0, status;
	const char *kind;

	for (int i = 0; (kind = web_problem_name(i, &status)) != NULL; i++) {
		if (name.p && !fl_str_eq(name, fl_str(kind)))
			continue;
		fl_rows_set_str(rows, n, PROBLEM_KINDS_TYPE, fl_str(fl_fmt(r->cx.a, "%s/problems/%s", r->web->conf->url, kind)));
		fl_rows_set_int(r->cx.a, rows, n, PROBLEM_KINDS_STATUS, status);
		fl_rows_set_str(rows, n, PROBLEM_KINDS_TITLE, fl_str(say(r, fl_fmt(r->cx.a, "error.%d.title", status))));
		fl_rows_set_str(rows, n, PROBLEM_KINDS_DETAIL, fl_str(say(r, fl_fmt(r->cx.a, "error.%d.what", status))));
		fl_rows_set_str(rows, n++, PROBLEM_KINDS_REMEDY, fl_str(say(r, fl_fmt(r->cx.a, "problem.%d", status))));
	}
	rows->nrows = n;
	return rows;
}

/* When a refusal of ours (FL503) ends, as its detail says; NULL when it is none. Retry-After follows. */
static const char *next_available(struct request *r)
{
	struct json_object *when;

	if (!r->cx.err.sqlstate || strcmp(r->cx.err.sqlstate, "FL503") != 0 || !r->cx.err.field ||
	    fl_json_parse(r->cx.a, fl_str(r->cx.err.field), &fl_json_limits_api, &when, NULL) != FL_OK)
		return NULL;
	r->cx.err.retry_after_s = (int)fl_json_int(when, "retry_after", 2);
	return fl_strndup(r->cx.a, fl_json_str(when, "next_available"));
}

static void problem_json(struct request *r)
{
	const char *next = next_available(r);
	struct fl_jw w = fl_jw(&r->out);
	const char *title = say_error(r, "title"), *detail = detail_of(r);

	r->content_type = "application/problem+json; charset=utf-8";
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "type", fl_fmt(r->cx.a, "%s/problems/%s", r->web->conf->url, kind_of(r->status)->problem));
	fl_jw_cstr(&w, "title", title);
	fl_jw_cstr(&w, "error", title);
	fl_jw_int(&w, "status", r->status);
	fl_jw_cstr(&w, "detail", detail ? detail : say_error(r, "what"));
	fl_jw_cstr(&w, "instance", r->cx.request_id);
	fl_jw_cstr(&w, "trace_id", r->cx.trace_id);
	/* What a program's author has to mend is said in the words of the formats, which are English. */
	if ((r->status == 400 || r->status == 413 || r->status == 415) && r->cx.err.text && !detail)
		fl_jw_cstr(&w, "reason", r->cx.err.text);
	if (r->status == 422)
		problem_errors(r, &w);
	if (next)
		fl_jw_cstr(&w, "next_available", next);
	if (r->status == 429) {
		fl_jw_int(&w, "retry_after", r->cx.err.retry_after_s);
		fl_jw_int(&w, "limit", r->limit.limit);
		fl_jw_int(&w, "remaining", r->limit.remaining);
		fl_jw_int(&w, "reset", r->limit.reset_s);
	}
	fl_jw_close(&w, '}');
}

/* The longest text somebody wrote, which shall not be lost with the page. */
static struct fl_str text_written(const struct request *r)
{
	struct fl_str longest = { NULL, 0 };

	for (int i = 0; r->unsafe && r->route && i < r->route->nbody; i++)
		if (r->values[i].field && r->values[i].field->kind == FL_K_LONG && r->values[i].s.n > longest.n)
			longest = r->values[i].s;
	return longest;
}

static void problem_html(struct request *r)
{
	struct fl_rows *e = fl_rows_new(r->cx.a, web_error_cols, web_error_ncols, 1);
	struct fl_model m = { .now_us = r->cx.now_us };
	const char *title, *detail;

	web_know_reader(r);
	m.rights = web_rights(r);
	m.locale = r->cx.who.locale;
	m.zone = r->cx.who.zone;
	m.dates = r->cx.who.dates;
	title = say_error(r, "title");
	detail = detail_of(r);
	fl_rows_set_int(r->cx.a, e, 0, E_STATUS, r->status);
	fl_rows_set_str(e, 0, E_TITLE, fl_str(title));
	fl_rows_set_str(e, 0, E_WHAT, fl_str(say_error(r, "what")));
	fl_rows_set_str(e, 0, E_NEXT, fl_str(say_error(r, "next")));
	if (detail && !is_form_refused(r) && !says(r, "error.not_allowed") && r->status != 422)
		fl_rows_set_str(e, 0, E_DETAIL, fl_str(detail));
	if (again(r))
		fl_rows_set_str(e, 0, E_AGAIN, fl_str(again(r)));
	if (r->status == 422)
		web_posted(r, &m);
	if (r->cx.err.retry_after_s)
		fl_rows_set_int(r->cx.a, e, 0, E_RETRY_AFTER, r->cx.err.retry_after_s);
	fl_rows_set_str(e, 0, E_KEPT, text_written(r));
	m.set[0] = web_page_set(r, title);
	m.set[1] = web_nav_set(r);
	m.set[2] = e;
	r->content_type = "text/html; charset=utf-8";
	fl_view_html(r->cx.who.user_id[0] ? r->web->error_view : r->web->error_bare, &m, &r->out);
}

/* A refusal of ours (FL503) says itself when it ends, where that is known. */
static void set_retry(struct request *r, enum fl_rc rc)
{
	if (r->cx.err.retry_after_s || (r->cx.err.sqlstate && strcmp(r->cx.err.sqlstate, "FL503") == 0))
		return;
	if (r->status == 409)
		r->cx.err.retry_after_s = 1;
	else if (rc == FL_LATER && (r->status == 503 || r->status == 429))
		r->cx.err.retry_after_s = r->cx.err.full ? 60 : 2;
}

/* To sign-in or a proof, and from there back to the address with its filters; the fields that carry it hold 500 bytes. */
static void ask_first(struct request *r, const char *where)
{
	enum { NEXT_MAX = 500 };
	struct fl_buf to = fl_buf(r->cx.a, 8192);
	const char *back = r->query && r->query[0] ? fl_fmt(r->cx.a, "%s?%s", r->path, r->query) : r->path;

	fl_buf_puts(&to, where);
	fl_buf_puts(&to, "?next=");
	fl_buf_url(&to, fl_str(strlen(back) > NEXT_MAX ? r->path : back));
	r->location = fl_buf_cstr(&to);
	r->status = 303;
}

void web_problem(struct request *r, enum fl_rc rc)
{
	r->status = status_of(r, rc);
	r->out.n = 0;
	r->out.over = false;
	set_retry(r, rc);
	if (r->json) {
		problem_json(r);
	} else if (r->status == 401 && !r->unsafe) {
		ask_first(r, "/signin");
	} else if (!r->unsafe && says(r, "error.no_org")) {
		r->location = "/welcome";
		r->status = 303;
	} else if (!r->unsafe && says(r, "error.prove")) {
		ask_first(r, "/me/confirm");
	} else {
		problem_html(r);
	}
}
