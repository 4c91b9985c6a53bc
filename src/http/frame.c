/* The sets that every page has: what it and its frame say of itself, of who reads, and where one can go. */
#include <sys/resource.h>

#include "app/identity/keys.h"
#include "app/identity/look.h"
#include "base/conf.h"
#include "http/web.h"

const struct fl_col web_page_cols[] = {
	{ "title", FL_T_TEXT },      { "path", FL_T_TEXT },     { "url", FL_T_TEXT },      { "nav", FL_T_TEXT },      { "token", FL_T_TEXT },
	{ "user_name", FL_T_TEXT },  { "user_id", FL_T_TEXT },  { "org_name", FL_T_TEXT }, { "org_id", FL_T_TEXT },   { "role", FL_T_TEXT },
	{ "locale", FL_T_TEXT },     { "zone", FL_T_TEXT },     { "request_id", FL_T_TEXT }, { "done", FL_T_TEXT },   { "env", FL_T_TEXT },
	{ "next", FL_T_TEXT },       { "ms", FL_T_FLOAT },      { "queries", FL_T_INT },   { "rss_kb", FL_T_INT },    { "signed_in", FL_T_BOOL },
	{ "json_url", FL_T_TEXT },   { "query", FL_T_TEXT },    { "version", FL_T_TEXT },  { "unread", FL_T_INT },    { "theme", FL_T_TEXT },
	{ "single_keys", FL_T_BOOL }, { "admin", FL_T_BOOL },   { "now", FL_T_TIME },
	{ "wrong", FL_T_BOOL },      { "visit", FL_T_TIME },    { "logo", FL_T_TEXT },
	{ "google", FL_T_BOOL },     { "avatar", FL_T_TEXT },   { "paused", FL_T_BOOL },     { "sms", FL_T_BOOL },
	{ "did", FL_T_TEXT },        { "of", FL_T_TEXT },       { "slim", FL_T_BOOL },   { "dense", FL_T_BOOL },
	{ "first", FL_T_TEXT },      { "paged", FL_T_BOOL },  { "upload_mb", FL_T_INT }, { "here", FL_T_TEXT },     { "keys", FL_T_TEXT },
};
const int web_page_ncols = FL_COUNT(web_page_cols);

enum { P_TITLE, P_PATH, P_URL, P_NAV, P_TOKEN, P_USER_NAME, P_USER_ID, P_ORG_NAME, P_ORG_ID, P_ROLE, P_LOCALE, P_ZONE, P_REQUEST_ID, P_DONE,
       P_ENV, P_NEXT, P_MS, P_QUERIES, P_RSS_KB, P_SIGNED_IN, P_JSON_URL, P_QUERY, P_VERSION, P_UNREAD, P_THEME, P_SINGLE_KEYS, P_ADMIN, P_NOW,
       P_WRONG, P_VISIT, P_LOGO, P_GOOGLE, P_AVATAR, P_PAUSED, P_SMS, P_DID, P_OF, P_SLIM, P_DENSE, P_FIRST, P_PAGED, P_UPLOAD_MB, P_HERE, P_KEYS };

const struct fl_col web_nav_cols[] = {
	{ "key", FL_T_TEXT },     { "path", FL_T_TEXT },  { "icon", FL_T_TEXT }, { "label", FL_T_TEXT },
	{ "current", FL_T_BOOL }, { "admin", FL_T_BOOL }, { "count", FL_T_INT },  { "platform", FL_T_BOOL },
};
const int web_nav_ncols = FL_COUNT(web_nav_cols);

enum { N_KEY, N_PATH, N_ICON, N_LABEL, N_CURRENT, N_ADMIN, N_COUNT, N_PLATFORM };

static void text(struct fl_rows *s, int col, const char *v)
{
	if (v)
		fl_rows_set_str(s, 0, col, fl_str(v));
}

static int64_t peak_kb(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : 0;
}

/* A word of the address made of nothing but `of`; NULL when it is not there or holds something else. */
static const char *query_word(struct request *r, const char *key, const char *of)
{
	struct fl_str rest = fl_str(r->query);

	while (rest.p) {
		struct fl_str pair = fl_str_cut(&rest, '&'), name = fl_str_cut(&pair, '=');

		if (!fl_str_eq(name, fl_str(key)) || pair.n == 0 || pair.n > 40)
			continue;
		for (size_t i = 0; i < pair.n; i++)
			if (!strchr(of, pair.p[i]))
				return NULL;
		return fl_strndup(r->cx.a, pair);
	}
	return NULL;
}

/* "done=assigned" in the address becomes the banner "done.assigned"; "of" is what it was done to, which its Undo needs. */
static void set_done(struct request *r, struct fl_rows *s)
{
	const char *did = query_word(r, "done", "abcdefghijklmnopqrstuvwxyz_");

	if (!did)
		return;
	text(s, P_DID, did);
	text(s, P_OF, query_word(r, "of", "0123456789abcdef-"));
	text(s, P_DONE, fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, fl_fmt(r->cx.a, "done.%s", did), NULL));
}

static int64_t frame_count(const struct request *r, const char *key)
{
	int col = r->frame && r->frame->nrows ? fl_rows_col(r->frame, key) : -1;

	return col < 0 ? 0 : fl_rows_int(r->frame, 0, col);
}

/* How this browser wants its pages, and where it comes back to after saying otherwise. */
static void set_look(struct request *r, struct fl_rows *s, const char *path)
{
	struct fl_str look = web_cookie(r, IDENTITY_LOOK_COOKIE), keys = web_cookie(r, IDENTITY_KEYS_COOKIE);

	fl_rows_set_int(r->cx.a, s, 0, P_SLIM, look.n && memchr(look.p, 's', look.n));
	fl_rows_set_int(r->cx.a, s, 0, P_DENSE, look.n && memchr(look.p, 'd', look.n));
	if (identity_keys_fit(keys))
		text(s, P_KEYS, fl_strndup(r->cx.a, keys));
	if (!r->unsafe) /* a form shown again has no address to come back to */
		text(s, P_HERE, r->query && r->query[0] ? fl_fmt(r->cx.a, "%s?%s", path, r->query) : path);
}

/* What the frame shows of who reads. */
static void set_reader(struct request *r, struct fl_rows *s)
{
	const struct fl_rows *who = r->who && r->who->nrows > 0 ? r->who : NULL;

	text(s, P_USER_NAME, r->cx.who.name);
	text(s, P_USER_ID, r->cx.who.user_id);
	text(s, P_ORG_NAME, r->cx.who.org_name);
	text(s, P_ORG_ID, r->cx.who.org_id);
	text(s, P_ROLE, r->cx.who.role);
	text(s, P_LOCALE, r->cx.who.locale);
	text(s, P_ZONE, r->cx.who.zone);
	text(s, P_AVATAR, who && fl_rows_str(who, 0, ENTER_AVATAR).n ? fl_rows_dup(r->cx.a, who, 0, ENTER_AVATAR) : NULL);
	text(s, P_LOGO, who && fl_rows_str(who, 0, ENTER_LOGO).n ? fl_rows_dup(r->cx.a, who, 0, ENTER_LOGO) : NULL);
	text(s, P_THEME, who ? fl_rows_dup(r->cx.a, who, 0, ENTER_THEME) : "auto");
	fl_rows_set_int(r->cx.a, s, 0, P_SIGNED_IN, r->cx.who.user_id[0] != '\0');
	fl_rows_set_int(r->cx.a, s, 0, P_SINGLE_KEYS, who ? fl_rows_bool(who, 0, ENTER_SINGLE_KEYS) : 1);
	fl_rows_set_int(r->cx.a, s, 0, P_ADMIN, who && fl_rows_bool(who, 0, ENTER_ADMIN));
	fl_rows_set_int(r->cx.a, s, 0, P_PAUSED, r->cx.who.user_id[0] != '\0' && fl_redis_is_away(r->redis));
	fl_rows_set_int(r->cx.a, s, 0, P_UNREAD, frame_count(r, "unread"));
	/* an administrator of the platform looks in for half an hour */
	if (who && strcmp(r->cx.who.kind, "support") == 0 && !fl_rows_null(who, 0, ENTER_EXPIRES_AT))
		fl_rows_set_int(r->cx.a, s, 0, P_VISIT, fl_rows_time_us(who, 0, ENTER_EXPIRES_AT));
}

struct fl_rows *web_page_set(struct request *r, const char *title)
{
	struct fl_rows *s = fl_rows_new(r->cx.a, web_page_cols, web_page_ncols, 1);
	const struct fl_page *p = r->route ? r->route->page : NULL;
	const char *path = r->path ? r->path : "/";

	if (!title)
		title = p && p->title ? fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, p->title, NULL) : "Fairlead";
	set_reader(r, s);
	set_look(r, s, path);
	text(s, P_TITLE, title);
	text(s, P_PATH, path);
	text(s, P_URL, r->web->conf->url);
	text(s, P_NAV, p && p->nav ? p->nav : "");
	text(s, P_TOKEN, web_token_new(r));
	text(s, P_REQUEST_ID, r->cx.request_id);
	if (r->query && r->query[0])
		set_done(r, s);
	text(s, P_ENV, r->web->conf->env);
	fl_rows_set_int(r->cx.a, s, 0, P_GOOGLE, r->web->conf->google_id[0] != '\0');
	fl_rows_set_int(r->cx.a, s, 0, P_UPLOAD_MB, r->web->conf->upload_max_mb);
	fl_rows_set_int(r->cx.a, s, 0, P_SMS, r->web->conf->twilio_account[0] != '\0');
	text(s, P_NEXT, web_next_url(r));
	text(s, P_FIRST, web_first_url(r));
	fl_rows_set_int(r->cx.a, s, 0, P_PAGED, !fl_rows_null(s, 0, P_NEXT) || !fl_rows_null(s, 0, P_FIRST));
	text(s, P_JSON_URL, fl_fmt(r->cx.a, "/api/v1%s", path));
	text(s, P_QUERY, r->query ? r->query : "");
	text(s, P_VERSION, PACKAGE_VERSION);
	fl_rows_set_float(r->cx.a, s, 0, P_MS, (double)(fl_tick_us() - r->cx.start_tick_us) / 1000.0);
	fl_rows_set_int(r->cx.a, s, 0, P_QUERIES, r->cx.queries);
	fl_rows_set_int(r->cx.a, s, 0, P_RSS_KB, peak_kb());
	fl_rows_set_int(r->cx.a, s, 0, P_NOW, r->cx.now_us);
	fl_rows_set_int(r->cx.a, s, 0, P_WRONG, r->unsafe && (r->nwrong > 0 || r->cx.err.field));
	return s;
}

const char *web_rights(const struct request *r)
{
	return r->who && r->who->nrows > 0 ? fl_strndup(r->cx.a, fl_rows_str(r->who, 0, ENTER_RIGHTS)) : "";
}

struct fl_rows *web_nav_set(struct request *r)
{
	const char *have = web_rights(r), *current = r->route && r->route->page->nav ? r->route->page->nav : "";
	struct fl_rows *s = fl_rows_new(r->cx.a, web_nav_cols, web_nav_ncols, r->web->nnav);
	int n = 0;

	if (!r->cx.who.user_id[0]) {
		s->nrows = 0;
		return s;
	}
	for (int i = 0; i < r->web->nnav; i++) {
		const struct fl_nav *nav = r->web->nav[i];
		int64_t count = frame_count(r, nav->key);

		if (nav->permission && !strstr(have, fl_fmt(r->cx.a, " %s ", nav->permission)))
			continue;
		fl_rows_set_str(s, n, N_KEY, fl_str(nav->key));
		fl_rows_set_str(s, n, N_PATH, fl_str(nav->path));
		fl_rows_set_str(s, n, N_ICON, fl_str(nav->icon));
		fl_rows_set_str(s, n, N_LABEL,
		                fl_str(fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, fl_fmt(r->cx.a, "nav.%s", nav->key), NULL)));
		fl_rows_set_int(r->cx.a, s, n, N_CURRENT, strcmp(nav->key, current) == 0);
		fl_rows_set_int(r->cx.a, s, n, N_ADMIN, nav->order >= FL_NAV_ADMIN && nav->order < FL_NAV_PLATFORM);
		fl_rows_set_int(r->cx.a, s, n, N_PLATFORM, nav->order >= FL_NAV_PLATFORM);
		if (count > 0)
			fl_rows_set_int(r->cx.a, s, n, N_COUNT, count);
		n++;
	}
	s->nrows = n;
	return s;
}
