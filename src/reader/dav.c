#include "reader/dav.h"

#include <expat.h>

#include "reader/html.h"
#include "reader/ical.h"

enum { DEPTH_MAX = 32, TEXT_BYTES = 1 << 20, HREF_BYTES = 1000, NAME_BYTES = 120 };

struct reading {
	struct fl_arena *a;
	struct fl_jw *w;
	struct fl_buf text; /* of the element that is open */
	const char *open[DEPTH_MAX]; /* names without their namespace */
	int depth, responses;
	bool is_calendar, too_many;
	struct fl_str href, etag, name, principal, home, status, calendar, token;
};

/* "DAV:href" as expat writes it with a separator; the namespaces of the elements we know do not clash. */
static const char *local(const char *name)
{
	const char *at = strrchr(name, '\n');

	return at ? at + 1 : name;
}

static bool inside(const struct reading *r, const char *name)
{
	for (int i = 0; i < r->depth && i < DEPTH_MAX; i++)
		if (strcmp(r->open[i], name) == 0)
			return true;
	return false;
}

static void XMLCALL on_open(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = user;

	(void)attributes;
	if (r->depth < DEPTH_MAX)
		r->open[r->depth] = fl_strdup(r->a, local(name));
	r->depth++;
	r->text.n = 0;
	if (strcmp(local(name), "response") == 0) {
		r->href = r->etag = r->name = r->principal = r->home = r->status = r->calendar = (struct fl_str){ NULL, 0 };
		r->is_calendar = false;
	} else if (strcmp(local(name), "calendar") == 0 && inside(r, "resourcetype")) {
		r->is_calendar = true;
	}
}

static struct fl_str kept(struct reading *r, size_t max)
{
	struct fl_str s = fl_str_trim(fl_str_clip(fl_buf_get(&r->text), max));
	struct fl_buf *b = FL_NEW(r->a, struct fl_buf);

	*b = fl_buf(r->a, 3 * s.n + 8);
	fl_text_clean(b, s);
	return fl_buf_get(b);
}

/* "HTTP/1.1 404 Not Found" */
static int64_t code_of(struct fl_str status)
{
	struct fl_str rest = status;
	int64_t code = 0;

	(void)fl_str_cut(&rest, ' ');
	return fl_str_int(fl_str_cut(&rest, ' '), 100, 599, &code) == FL_OK ? code : 0;
}

static void put_response(struct reading *r)
{
	struct fl_jw *w = r->w;

	if (r->responses++ >= FL_DAV_RESPONSES) {
		r->too_many = true;
		return;
	}
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "href", r->href.p ? r->href : FL_STR(""));
	fl_jw_int(w, "status", code_of(r->status));
	fl_jw_str(w, "etag", r->etag.p ? r->etag : FL_STR(""));
	fl_jw_str(w, "name", r->name.p ? r->name : FL_STR(""));
	fl_jw_str(w, "principal", r->principal.p ? r->principal : FL_STR(""));
	fl_jw_str(w, "home", r->home.p ? r->home : FL_STR(""));
	fl_jw_bool(w, "is_calendar", r->is_calendar);
	if (r->calendar.n)
		fl_ical_read(r->calendar, w, "calendar");
	fl_jw_close(w, '}');
}

/* Of the hrefs of a response only its own is not inside of a property. */
static void take_href(struct reading *r)
{
	if (inside(r, "current-user-principal"))
		r->principal = kept(r, HREF_BYTES);
	else if (inside(r, "calendar-home-set"))
		r->home = kept(r, HREF_BYTES);
	else if (!inside(r, "prop"))
		r->href = kept(r, HREF_BYTES);
}

static void XMLCALL on_close(void *user, const XML_Char *name)
{
	struct reading *r = user;
	const char *n = local(name);

	r->depth--;
	if (strcmp(n, "href") == 0)
		take_href(r);
	else if (strcmp(n, "getetag") == 0)
		r->etag = kept(r, HREF_BYTES);
	else if (strcmp(n, "displayname") == 0)
		r->name = kept(r, NAME_BYTES);
	else if (strcmp(n, "status") == 0 && !inside(r, "propstat"))
		r->status = kept(r, NAME_BYTES);
	else if (strcmp(n, "sync-token") == 0 && !inside(r, "prop"))
		r->token = kept(r, HREF_BYTES);
	else if (strcmp(n, "calendar-data") == 0)
		r->calendar = fl_str(fl_strndup(r->a, fl_buf_get(&r->text)));
	else if (strcmp(n, "response") == 0)
		put_response(r);
	r->text.n = 0;
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n)
{
	struct reading *r = user;

	fl_buf_add(&r->text, s, (size_t)n);
}

/* No answer of WebDAV declares a document type; what does wants its entities expanded. */
static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int has_internal)
{
	struct reading *r = user;

	(void)name, (void)sysid, (void)pubid, (void)has_internal;
	r->too_many = true;
}

static void release(void *p)
{
	XML_ParserFree(p);
}

enum fl_rc fl_dav_read(struct fl_cx *cx, struct fl_str xml, struct fl_jw *w)
{
	struct reading *r = FL_NEW(cx->a, struct reading);
	XML_Parser p = XML_ParserCreateNS("UTF-8", '\n');

	if (!p)
		return FL_FAIL(cx, FL_BUG, "no XML parser can be made");
	fl_defer(cx->a, release, p);
	r->a = cx->a;
	r->w = w;
	r->text = fl_buf(cx->a, TEXT_BYTES);
	XML_SetUserData(p, r);
	XML_SetElementHandler(p, on_open, on_close);
	XML_SetStartDoctypeDeclHandler(p, on_doctype);
	XML_SetCharacterDataHandler(p, on_text);
	fl_jw_open(w, NULL, '{');
	fl_jw_open(w, "responses", '[');
	if (xml.n > INT32_MAX || XML_Parse(p, xml.p, (int)xml.n, XML_TRUE) != XML_STATUS_OK || r->too_many || r->text.over)
		return FL_FAIL(cx, FL_INVALID, "what came is no answer of WebDAV");
	fl_jw_close(w, ']');
	fl_jw_str(w, "token", r->token.p ? r->token : FL_STR(""));
	fl_jw_close(w, '}');
	return FL_OK;
}
