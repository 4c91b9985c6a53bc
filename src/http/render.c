/* From row sets to bytes: the model of a page, HTML through its template or JSON from the same sets. */
#include <sys/resource.h>

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
	{ "did", FL_T_TEXT },        { "of", FL_T_TEXT },
};
const int web_page_ncols = FL_COUNT(web_page_cols);

enum { P_TITLE, P_PATH, P_URL, P_NAV, P_TOKEN, P_USER_NAME, P_USER_ID, P_ORG_NAME, P_ORG_ID, P_ROLE, P_LOCALE, P_ZONE, P_REQUEST_ID, P_DONE,
       P_ENV, P_NEXT, P_MS, P_QUERIES, P_RSS_KB, P_SIGNED_IN, P_JSON_URL, P_QUERY, P_VERSION, P_UNREAD, P_THEME, P_SINGLE_KEYS, P_ADMIN, P_NOW,
       P_WRONG, P_VISIT, P_LOGO, P_GOOGLE, P_AVATAR, P_PAUSED, P_SMS, P_DID, P_OF };

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

/* The set that is paged: the first of many rows with a column "cursor"; NULL when there is none or it is not full. */
static const struct fl_rows *paged_set(struct request *r, int *col)
{
	const struct web_route *t = r->route;
	int64_t limit;

	for (int i = 0; i < t->nsets; i++) {
		const struct fl_rows *rows = r->set[i];

		*col = rows && t->page->sets[i].many == FL_MANY ? fl_rows_col(rows, "cursor") : -1;
		if (*col < 0)
			continue;
		if (fl_str_int(r->values[t->limit_value].s, 1, 1000, &limit) != FL_OK || rows->nrows < limit)
			return NULL;
		return rows;
	}
	return NULL;
}

/* The address of this page with `after` set to the last cursor; NULL on the last page. */
static const char *next_url(struct request *r)
{
	const struct web_route *t = r->route;
	struct fl_buf b = fl_buf(r->cx.a, 8192);
	const struct fl_rows *rows;
	int col;

	if (!t || t->limit_value < 0 || !(rows = paged_set(r, &col)))
		return NULL;
	fl_buf_puts(&b, r->path);
	for (int k = 0; k < t->nbody; k++) {
		bool cursor = strcmp(t->fields[k].name, "after") == 0;

		if (!cursor && (!r->values[k].s.p || !r->values[k].raw.p))
			continue;
		fl_buf_putc(&b, memchr(b.p, '?', b.n) ? '&' : '?');
		fl_buf_url(&b, fl_str(t->fields[k].name));
		fl_buf_putc(&b, '=');
		fl_buf_url(&b, cursor ? fl_rows_str(rows, rows->nrows - 1, col) : r->values[k].s);
	}
	return fl_buf_cstr(&b);
}

static int64_t frame_count(const struct request *r, const char *key)
{
	int col = r->frame && r->frame->nrows ? fl_rows_col(r->frame, key) : -1;

	return col < 0 ? 0 : fl_rows_int(r->frame, 0, col);
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
	if (r->frame && r->frame->nrows && !fl_rows_null(r->frame, 0, FRAME_VISIT_UNTIL))
		fl_rows_set_int(r->cx.a, s, 0, P_VISIT, fl_rows_time_us(r->frame, 0, FRAME_VISIT_UNTIL));
}

struct fl_rows *web_page_set(struct request *r, const char *title)
{
	struct fl_rows *s = fl_rows_new(r->cx.a, web_page_cols, web_page_ncols, 1);
	const struct fl_page *p = r->route ? r->route->page : NULL;
	const char *path = r->path ? r->path : "/";

	if (!title)
		title = p && p->title ? fl_view_message(r->web->view, r->cx.a, r->cx.who.locale, p->title, NULL) : "Fairlead";
	set_reader(r, s);
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
	fl_rows_set_int(r->cx.a, s, 0, P_SMS, r->web->conf->twilio_account[0] != '\0');
	text(s, P_NEXT, next_url(r));
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

static const char *rights(const struct request *r)
{
	return r->who && r->who->nrows > 0 ? fl_strndup(r->cx.a, fl_rows_str(r->who, 0, ENTER_RIGHTS)) : "";
}

struct fl_rows *web_nav_set(struct request *r)
{
	const char *have = rights(r), *current = r->route && r->route->page->nav ? r->route->page->nav : "";
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

void web_posted(struct request *r, struct fl_model *m)
{
	struct fl_posted *list;

	if (!r->route)
		return;
	list = FL_NEW_ARRAY(r->cx.a, (size_t)r->route->nbody + WEB_WRONGS_MAX, struct fl_posted);
	for (int i = 0; i < r->route->nbody; i++) {
		const struct fl_value *v = &r->values[i];
		bool secret = v->field->kind == FL_K_SECRET;

		if (!v->raw.p && !v->wrong && !v->s.p)
			continue;
		list[m->nposted++] = (struct fl_posted){ .name = v->field->name, .value = secret ? (struct fl_str){ "", 0 } : v->raw.p ? v->raw : v->s,
			                                 .wrong = v->wrong };
	}
	m->nposted += web_wrongs(r, list + m->nposted, WEB_WRONGS_MAX);
	m->posted = list;
}

static struct fl_model model_of(struct request *r)
{
	struct fl_model m = { .locale = r->cx.who.locale, .zone = r->cx.who.zone, .dates = r->cx.who.dates, .currency = r->cx.who.currency,
		              .now_us = r->cx.now_us, .rights = rights(r) };

	m.set[0] = web_page_set(r, NULL);
	m.set[1] = web_nav_set(r);
	for (int i = 0; r->route && i < r->route->nsets; i++)
		m.set[WEB_FIXED_SETS + i] = r->set[i];
	web_posted(r, &m);
	return m;
}

static void render_sets_json(struct request *r)
{
	struct fl_model m = { .locale = "en", .zone = "UTC", .now_us = r->cx.now_us, .rights = "" };
	const char *next = next_url(r);

	for (int i = 0; i < r->route->nsets; i++)
		m.set[WEB_FIXED_SETS + i] = r->set[i];
	fl_view_json(&r->route->shape, &m, WEB_FIXED_SETS, &r->out);
	if (next && r->out.n > 1) {
		/* Inside the object that was just closed. */
		r->out.n--;
		fl_buf_puts(&r->out, r->out.n > 1 ? ",\"next\":" : "\"next\":");
		fl_buf_json(&r->out, fl_str(fl_fmt(r->cx.a, "/api/v1%s", next)));
		fl_buf_putc(&r->out, '}');
	}
}

static void render_effect_json(struct request *r)
{
	struct fl_shape shape = { .n = 1 };
	struct fl_model m = { .locale = "en", .zone = "UTC", .now_us = r->cx.now_us, .rights = "" };
	struct fl_buf b = fl_buf(r->cx.a, WEB_PAGE_MAX_BYTES);

	if (r->replay) {
		fl_buf_puts(&r->out, json_object_to_json_string_ext(r->replay, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		return;
	}
	if (!r->effect || r->effect->nrows == 0) {
		fl_buf_puts(&r->out, "{}");
		return;
	}
	shape.set[0] = (struct fl_shape_set){ .name = "r", .cols = r->effect->cols, .ncols = r->effect->ncols, .one = true };
	m.set[0] = r->effect;
	fl_view_json(&shape, &m, 0, &b);
	/* {"r":{...}} without its wrapping. */
	if (b.n > 6)
		fl_buf_add(&r->out, b.p + 5, b.n - 6);
}

/* One {name} of `then`: a column of the effect, a member of the replay, or a value. */
static struct fl_str then_value(struct request *r, struct fl_str name)
{
	const char *key = fl_strndup(r->cx.a, name);
	struct json_object *member = r->replay ? fl_json_get(r->replay, key) : NULL;
	int col = r->effect && r->effect->nrows ? fl_rows_col(r->effect, key) : -1;

	if (member)
		return fl_str(json_object_get_string(member));
	if (col >= 0 && r->effect->cols[col].type == FL_T_INT)
		return fl_str(fl_fmt(r->cx.a, "%lld", (long long)fl_rows_int(r->effect, 0, col)));
	if (col >= 0)
		return fl_str(fl_rows_dup(r->cx.a, r->effect, 0, col));
	for (int i = 0; i < r->route->nfields; i++)
		if (fl_str_eq(fl_str(r->route->fields[i].name), name))
			return r->values[i].s;
	return (struct fl_str){ NULL, 0 };
}

static const char *then_url(struct request *r)
{
	struct fl_buf b = fl_buf(r->cx.a, 8192);
	struct fl_str rest = fl_str(r->route->page->then);

	while (rest.p) {
		fl_buf_str(&b, fl_str_cut(&rest, '{'));
		if (rest.p)
			fl_buf_url(&b, then_value(r, fl_str_cut(&rest, '}')));
	}
	return fl_buf_cstr(&b);
}

static int success_status(const struct request *r)
{
	const struct fl_page *p = r->route->page;

	if (r->req.status)
		return r->req.status;
	if (!r->unsafe)
		return 200;
	if (p->flags & FL_ACCEPTED)
		return 202;
	return r->json && strcmp(r->method, "POST") == 0 && p->does && !strchr(p->path, '{') ? 201 : 200;
}

static void render_success(struct request *r)
{
	if (r->unsafe && !r->location && r->route->page->then)
		r->location = then_url(r);
	r->status = success_status(r);
	if (r->json && r->unsafe) {
		render_effect_json(r);
	} else if (r->json) {
		render_sets_json(r);
	} else if (r->location) {
		r->status = 303;
	} else if (r->route->view) {
		struct fl_model m = model_of(r);

		fl_view_html(r->route->view, &m, &r->out);
	} else if (!r->req.status) {
		r->status = 204;
	}
}

/* A form with mistakes is shown again: what was typed is kept, each mistake stands at its field. So is one that somebody overtook (a
 * conflict over a field): in the new state, with what this person wanted. */
static bool render_form_again(struct request *r)
{
	struct fl_error kept = r->cx.err;
	bool overtaken = kept.rc == FL_CONFLICT && kept.field && kept.field[0];
	struct fl_model m;

	if (!(kept.rc == FL_INVALID || overtaken))
		return false;
	if (!r->unsafe || r->json || !r->route || !r->route->view || r->status || web_show_again(r) != FL_OK)
		return false;
	r->cx.err = kept;
	m = model_of(r);
	r->status = overtaken ? 409 : r->req.status >= 400 ? r->req.status : 422;
	fl_view_html(r->route->view, &m, &r->out);
	return true;
}

void web_render(struct request *r, enum fl_rc rc)
{
	if (r->preflight) {
		r->status = 204;
		return;
	}
	if (!r->content_type)
		r->content_type = r->json ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
	if (rc == FL_OK && r->req.file.p) {
		r->content_type = r->req.file_type;
		fl_buf_str(&r->out, r->req.file);
	}
	if (r->req.location)
		r->location = r->req.location;
	if (rc == FL_OK && r->req.type)
		r->content_type = r->req.type;
	if (rc == FL_OK && (r->out.n || r->req.accel))
		r->status = r->req.status ? r->req.status : 200;
	else if (rc == FL_OK)
		render_success(r);
	else if (!render_form_again(r))
		web_problem(r, rc);
}
