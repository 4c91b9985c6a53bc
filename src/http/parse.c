/* From FastCGI parameters and body to a request: method, path, who claims to ask, what was sent. */
#include "http/web.h"

#include "app/identity/session.h"
#include "app/token/jwt.h"
#include "base/conf.h"

const char *web_param(const struct request *r, const char *name)
{
	const char *v = FCGX_GetParam(name, r->fcgi->envp);

	return v ? v : "";
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum fl_rc web_decode(struct fl_arena *a, struct fl_str s, struct fl_str *out)
{
	char *p = fl_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1, low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return FL_INVALID;
			c = (char)(high << 4 | low);
			i += 2;
		}
		p[n++] = c;
	}
	*out = (struct fl_str){ p, n };
	return fl_str_utf8(*out) ? FL_OK : FL_INVALID;
}

struct fl_str web_cookie(const struct request *r, const char *name)
{
	struct fl_str all = fl_str(web_param(r, "HTTP_COOKIE"));

	while (all.p) {
		struct fl_str pair = fl_str_cut(&all, ';'), key;

		pair = fl_str_trim(pair);
		key = fl_str_cut(&pair, '=');
		if (pair.p && fl_str_eq(key, fl_str(name)))
			return pair;
	}
	return (struct fl_str){ NULL, 0 };
}

static void find_token(struct request *r)
{
	struct fl_str bearer = fl_str(web_param(r, "HTTP_AUTHORIZATION"));
	bool local = strcmp(r->web->conf->env, "local") == 0;
	struct token_claims claims;

	if (bearer.n > 7 && fl_str_ieq((struct fl_str){ bearer.p, 7 }, FL_STR("Bearer "))) {
		r->auth = WEB_BEARER;
		r->token = fl_str_trim((struct fl_str){ bearer.p + 7, bearer.n - 7 });
	} else {
		r->token = web_cookie(r, local ? "fairlead" : "__Host-fairlead");
		r->auth = r->token.n ? WEB_COOKIE : WEB_NOBODY;
	}
	if (r->auth == WEB_BEARER && token_is_jwt(r->token) && token_verify(&r->cx, r->token, &claims) == FL_OK) {
		r->token_hash = token_principal(claims.jti);
		if (strlen(claims.trace_id) == 32)
			memcpy(r->cx.trace_id, claims.trace_id, sizeof(r->cx.trace_id));
	} else if (r->auth == WEB_COOKIE)
		r->token_hash = identity_session_hash(r->req.user_agent, r->token);
	else if (r->token.n)
		r->token_hash = fl_sha256(r->token);
}

static bool wants_json(struct request *r)
{
	const char *accept = web_param(r, "HTTP_ACCEPT");

	return r->api || (strstr(accept, "application/json") && !strstr(accept, "text/html"));
}

static enum fl_rc read_body(struct request *r)
{
	struct fl_str length = fl_str(web_param(r, "CONTENT_LENGTH"));
	int most = strncmp(r->req.content_type, "multipart/form-data", 19) == 0 ? r->web->conf->upload_max_mb << 20 : WEB_BODY_MAX_BYTES;
	int64_t n = 0;
	char *p;

	if (length.n && fl_str_int(length, 0, INT64_MAX, &n) != FL_OK)
		return FL_FAIL(&r->cx, FL_INVALID, "bad Content-Length");
	if (n > most) {
		r->status = 413;
		return FL_FAIL(&r->cx, FL_INVALID, "the body has more than %d bytes", most);
	}
	if (n > WEB_BODY_MAX_BYTES)
		return web_spool(r, (size_t)n);
	p = fl_alloc(r->cx.a, (size_t)n + 1);
	if (n && FCGX_GetStr(p, (int)n, r->fcgi->in) != (int)n) {
		r->status = 400;
		return FL_FAIL(&r->cx, FL_INVALID, "the body ended early");
	}
	r->body = (struct fl_str){ p, (size_t)n };
	return FL_OK;
}

static enum fl_rc check_path(struct request *r, struct fl_str uri)
{
	struct fl_str raw = fl_str_cut(&uri, '?'), path;

	r->query = uri.p ? fl_strndup(r->cx.a, uri) : "";
	r->status = 400;
	/* A plus is a plus in a path. */
	if (memchr(raw.p, '+', raw.n) || web_decode(r->cx.a, raw, &path) != FL_OK || path.n == 0 || path.p[0] != '/')
		return FL_FAIL(&r->cx, FL_INVALID, "the address is not well formed");
	r->status = 0;
	r->path = fl_strndup(r->cx.a, path);
	r->api = strncmp(r->path, "/api/v1/", 8) == 0;
	if (r->api)
		r->path += 7;
	return FL_OK;
}

enum fl_rc web_parse(struct request *r)
{
	const char *uri = web_param(r, "REQUEST_URI");

	r->method = web_param(r, "REQUEST_METHOD");
	r->org_header = web_param(r, "HTTP_X_ORG_ID");
	if (!r->org_header[0])
		r->org_header = web_param(r, "HTTP_X_WORKSPACE_ID");
	r->cx.who.locale = fl_view_locale(r->web->view, web_param(r, "HTTP_ACCEPT_LANGUAGE"), "en");
	/* also of an address that cannot be read */
	r->api = strncmp(uri, "/api/v1/", 8) == 0;
	r->json = wants_json(r);
	FL_TRY(check_path(r, fl_str(uri)));
	r->json = wants_json(r);
	if (r->org_header[0] && !fl_uuid_valid(fl_str(r->org_header))) {
		r->status = 400;
		return FL_FAIL(&r->cx, FL_INVALID, "X-Org-Id is not a uuid");
	}
	r->unsafe = strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0;
	find_token(r);
	return r->unsafe ? read_body(r) : FL_OK;
}
