#include "app/sync/google.h"

#include "app/oidc/carry.h"
#include "base/conf.h"
#include "outside/http.h"

enum { ANSWER_BYTES = 8 << 20 };

static const struct fl_json_limits limits = { .bytes = ANSWER_BYTES, .depth = 16, .keys = 10000 };

/* What Google says of an error: {"error": {"message", "errors": [{"reason"}]}}, of OAuth {"error", "error_description"}. */
static const char *reason_of(struct google *g)
{
	struct json_object *list = g->answer ? fl_json_get(g->answer, "error") : NULL;
	struct fl_str s = { NULL, 0 };

	list = list ? fl_json_get(list, "errors") : NULL;
	if (list && json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0)
		s = fl_json_str(json_object_array_get_idx(list, 0), "reason");
	if (!s.n && g->answer)
		s = fl_json_str(g->answer, "error");
	return s.n ? fl_strndup(g->cx->a, s) : "";
}

/* Sends, reads the answer as JSON. Limits of calls come as 403 too (developers.google.com/calendar/api/guides/errors). */
static enum fl_rc send(struct google *g, const struct fl_http_request *req)
{
	struct fl_http_answer answer = { 0 };
	struct fl_cx *cx = g->cx;
	const char *reason;
	enum fl_rc rc = fl_http(cx, g->outside, req, &answer);

	g->status = answer.status;
	g->answer = NULL;
	g->error = NULL;
	if (rc != FL_OK && rc != FL_INVALID && rc != FL_DENIED)
		return rc;
	if (answer.body.n && fl_json_parse(cx->a, answer.body, &limits, &g->answer, NULL) != FL_OK)
		g->answer = NULL;
	if (rc == FL_OK) {
		if (answer.body.n && !g->answer)
			g->error = "the answer is no JSON";
		return FL_OK;
	}
	reason = reason_of(g);
	g->error = fl_fmt(cx->a, "%s%s%s", cx->err.text ? cx->err.text : "", reason[0] ? ": " : "", reason);
	cx->err = (struct fl_error){ 0 };
	if (strcmp(reason, "rateLimitExceeded") == 0 || strcmp(reason, "userRateLimitExceeded") == 0 || strcmp(reason, "quotaExceeded") == 0)
		return FL_FAIL(cx, FL_LATER, "Google takes no more calls for the moment: %s", reason);
	return FL_OK;
}

enum fl_rc google_open(struct fl_job *job, struct fl_str secret, struct google *out)
{
	struct fl_http_header header = { "Content-Type", FL_STR("application/x-www-form-urlencoded") };
	struct fl_str rest = secret, kind = fl_str_cut(&rest, '\n');
	struct fl_cx *cx = job->cx;
	struct fl_buf body = fl_buf(cx->a, 16384);
	struct fl_http_request req = { .method = "POST", .url = google_address(cx, GOOGLE_TOKEN), .headers = &header, .nheaders = 1 };
	struct fl_str access;

	*out = (struct google){ .cx = cx, .outside = job->outside };
	carry_pair(&body, "client_id", fl_str(cx->conf->google_id));
	carry_pair(&body, "client_secret", fl_str(cx->conf->google_secret));
	if (fl_str_eq(kind, FL_STR("code"))) {
		carry_pair(&body, "grant_type", FL_STR("authorization_code"));
		carry_pair(&body, "code_verifier", fl_str_cut(&rest, '\n'));
		carry_pair(&body, "code", rest);
		carry_pair(&body, "redirect_uri", fl_str(google_redirect(cx)));
	} else {
		carry_pair(&body, "grant_type", FL_STR("refresh_token"));
		carry_pair(&body, "refresh_token", rest);
	}
	req.body = fl_buf_get(&body);
	FL_TRY(send(out, &req));
	if (out->error)
		return FL_OK;
	access = fl_json_str(out->answer, "access_token");
	out->refresh = fl_json_str(out->answer, "refresh_token");
	if (!access.n || (fl_str_eq(kind, FL_STR("code")) && !out->refresh.n))
		out->error = "Google gave no token";
	else if (fl_json_str(out->answer, "scope").n && !strstr(fl_strndup(cx->a, fl_json_str(out->answer, "scope")), "calendar.events"))
		out->error = "the right to see and change events was not given";
	out->bearer = fl_str(fl_fmt(cx->a, "Bearer %.*s", (int)access.n, access.p ? access.p : ""));
	return FL_OK;
}

enum fl_rc google_call(struct google *g, const char *method, const char *path, struct fl_str if_match, struct fl_str body)
{
	struct fl_http_header headers[3] = { { "Authorization", g->bearer } };
	struct fl_http_request req = { .method = method, .url = fl_fmt(g->cx->a, "%s%s", google_address(g->cx, GOOGLE_API), path), .headers = headers, .nheaders = 1,
		                       .body = body, .max_bytes = ANSWER_BYTES };

	if (body.n)
		headers[req.nheaders++] = (struct fl_http_header){ "Content-Type", FL_STR("application/json") };
	if (if_match.n)
		headers[req.nheaders++] = (struct fl_http_header){ "If-Match", if_match };
	return send(g, &req);
}

enum fl_rc google_watch(struct google *g, const char *path, const char **id, struct fl_str *resource, int64_t *until_ms)
{
	struct fl_cx *cx = g->cx;
	struct fl_buf body = fl_buf(cx->a, 2048);
	struct fl_jw w = fl_jw(&body);
	struct fl_str ends;

	*id = fl_uuid_new_text(cx->a);
	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "id", *id);
	fl_jw_cstr(&w, "type", "web_hook");
	fl_jw_cstr(&w, "address", fl_fmt(cx->a, "%s/webhooks/google-calendar", cx->conf->url));
	fl_jw_cstr(&w, "token", google_channel_token(cx, fl_str(*id), cx->conf->secret_id));
	fl_jw_close(&w, '}');
	FL_TRY(google_call(g, "POST", fl_fmt(cx->a, "%s/watch", path), (struct fl_str){ NULL, 0 }, fl_buf_get(&body)));
	if (g->error)
		return FL_OK;
	*resource = fl_json_str(g->answer, "resourceId");
	ends = fl_json_str(g->answer, "expiration"); /* milliseconds, as text */
	if (!resource->n || fl_str_int(ends, 0, INT64_MAX, until_ms) != FL_OK)
		g->error = "Google made no channel";
	return FL_OK;
}

enum fl_rc google_unwatch(struct google *g, struct fl_str id, struct fl_str resource)
{
	struct fl_buf body = fl_buf(g->cx->a, 2048);
	struct fl_jw w = fl_jw(&body);

	fl_jw_open(&w, NULL, '{');
	fl_jw_str(&w, "id", id);
	fl_jw_str(&w, "resourceId", resource);
	fl_jw_close(&w, '}');
	return google_call(g, "POST", "/channels/stop", (struct fl_str){ NULL, 0 }, fl_buf_get(&body));
}

enum fl_rc google_revoke(struct fl_job *job, struct fl_str secret, struct fl_str channel, struct fl_str resource)
{
	struct fl_http_header header = { "Content-Type", FL_STR("application/x-www-form-urlencoded") };
	struct fl_str rest = secret, kind = fl_str_cut(&rest, '\n');
	struct fl_buf body = fl_buf(job->cx->a, 8192);
	struct google g = { .cx = job->cx, .outside = job->outside };

	if (!fl_str_eq(kind, FL_STR("refresh")))
		return FL_OK;
	if (channel.n && resource.n) {
		FL_TRY(google_open(job, secret, &g));
		if (!g.error)
			FL_TRY(google_unwatch(&g, channel, resource));
	}
	carry_pair(&body, "token", rest);
	return send(&g, &(struct fl_http_request){ .method = "POST", .url = google_address(job->cx, GOOGLE_REVOKE), .headers = &header, .nheaders = 1, .body = fl_buf_get(&body) });
}
