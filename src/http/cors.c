/* Scripts of other sites at the API (SEC-14, Fetch standard, "CORS protocol"): the origins of ALLOWED_ORIGINS, as they are written there, without credentials;
 * at a public form also those it lists itself, which alone may show it in a frame then (X-52; CSP level 3, section 6.4.2). */
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
	return r->route ? (r->route->page->flags & FL_ADMIN) != 0 : !r->path || strncmp(r->path, "/admin", 6) == 0;
}

bool web_cors_on(const struct request *r)
{
	return r->api && (r->embed || r->web->conf->allowed_origins[0]) && !is_admin(r);
}

bool web_cors_listed(const struct request *r)
{
	if (!web_cors_on(r))
		return false;
	if (r->sites && r->sites->nrows && fl_rows_bool(r->sites, 0, FORM_SITES_LISTED))
		return true;
	return is_listed(r->web->conf->allowed_origins, fl_str(web_param(r, "HTTP_ORIGIN")));
}

bool web_cors_asks(const struct request *r)
{
	return strcmp(r->method, "OPTIONS") == 0 && r->allow && web_param(r, "HTTP_ACCESS_CONTROL_REQUEST_METHOD")[0] && web_cors_on(r);
}

bool web_cors_is_form(const struct request *r)
{
	return r->embed && web_foreign_origin(r)[0];
}

bool web_cors_preflight(struct request *r)
{
	return (!web_cors_is_form(r) || web_ask_sites(r) == FL_OK) && web_cors_listed(r);
}

const char *web_foreign_origin(const struct request *r)
{
	const char *origin = web_param(r, "HTTP_ORIGIN");

	return strcmp(origin, r->web->conf->url) == 0 || is_listed(r->web->conf->allowed_origins, fl_str(origin)) ? "" : origin;
}

const char *web_framed_by(const struct request *r)
{
	struct fl_str rest = fl_str(r->web->conf->allowed_origins);
	struct fl_buf b;

	if (!r->sites || r->sites->nrows == 0)
		return NULL;
	if (fl_rows_str(r->sites, 0, FORM_SITES_SITES).n == 0)
		return "*";
	b = fl_buf(r->cx.a, 8192);
	fl_buf_puts(&b, "'self' ");
	fl_buf_str(&b, fl_rows_str(r->sites, 0, FORM_SITES_SITES));
	while (rest.n) {
		fl_buf_putc(&b, ' ');
		fl_buf_str(&b, fl_str_trim(fl_str_cut(&rest, ',')));
	}
	return fl_buf_cstr(&b);
}
