/* Scripts of other sites at the API (SEC-14, Fetch standard, "CORS protocol"): the origins of ALLOWED_ORIGINS, as they are written there, without credentials. */
#include "base/conf.h"
#include "http/web.h"

static bool is_listed(const char *list, struct fl_str origin)
{
	struct fl_str rest = fl_str(list);

	while (origin.n && rest.p)
		if (fl_str_eq(fl_str_trim(fl_str_cut(&rest, ',')), origin))
			return true;
	return false;
}

static bool is_admin(const struct request *r)
{
	return r->route ? (r->route->page->flags & FL_ADMIN) != 0 : strncmp(r->path, "/admin", 6) == 0;
}

bool web_cors_on(const struct request *r)
{
	return r->api && r->web->conf->allowed_origins[0] && !is_admin(r);
}

bool web_cors_listed(const struct request *r)
{
	return web_cors_on(r) && is_listed(r->web->conf->allowed_origins, fl_str(web_param(r, "HTTP_ORIGIN")));
}

bool web_cors_preflight(const struct request *r)
{
	return strcmp(r->method, "OPTIONS") == 0 && r->allow && web_param(r, "HTTP_ACCESS_CONTROL_REQUEST_METHOD")[0] && web_cors_listed(r);
}
