/* Answers of WebDAV servers are foreign XML: no document type, no entity, no depth or number without end. */
#include "reader/dav.h"

#include "base/conf.h"

#include "../tap.h"

static enum fl_rc read_it(struct fl_cx *cx, const char *xml, struct json_object **out)
{
	struct fl_buf b = fl_buf(cx->a, 4 << 20);
	struct fl_jw w = fl_jw(&b);
	const char *why = NULL;
	enum fl_rc rc = fl_dav_read(cx, fl_str(xml), &w);

	*out = NULL;
	if (rc == FL_OK)
		ok(fl_json_parse(cx->a, fl_buf_get(&b), &(struct fl_json_limits){ .bytes = 4 << 20, .depth = 8, .keys = 100000 }, out, &why) == FL_OK, "JSON: %s", why ? why : "strict");
	return rc;
}

#define BODY                                                                                                                                   \
	"<d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>/cal/%s</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop><d:getetag>\"1\"</d:getetag></d:prop>" \
	"</d:propstat></d:response></d:multistatus>"

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_conf *conf = FL_NEW(a, struct fl_conf);
	struct json_object *o, *list;
	struct fl_buf many = fl_buf(a, 2 << 20);
	struct fl_cx cx;

	fl_cx_init(&cx, a, conf, "", 10);
	ok(read_it(&cx, fl_fmt(a, BODY, "a.ics"), &o) == FL_OK, "an answer is read");
	list = fl_json_get(o, "responses");
	ok(list && json_object_array_length(list) == 1 && strcmp(fl_json_str(json_object_array_get_idx(list, 0), "href").p, "/cal/a.ics") == 0, "with its address");
	ok(read_it(&cx, fl_fmt(a, "<!DOCTYPE x [<!ENTITY e \"boom\">]>" BODY, "&e;"), &o) == FL_INVALID, "an entity of its own is refused");
	ok(read_it(&cx, fl_fmt(a, "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" BODY, "&e;"), &o) == FL_INVALID, "one that reads a file too");
	ok(read_it(&cx, fl_fmt(a, "<!DOCTYPE x SYSTEM \"http://127.0.0.1/x.dtd\">" BODY, "a.ics"), &o) == FL_INVALID, "and a document type elsewhere");
	ok(read_it(&cx, fl_fmt(a, "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>" BODY, "&c;&c;&c;&c;"), &o) == FL_INVALID,
	   "and entities that grow");
	ok(read_it(&cx, "<d:multistatus xmlns:d=\"DAV:\"><d:response>", &o) == FL_INVALID, "half an answer");
	ok(read_it(&cx, "", &o) == FL_INVALID && read_it(&cx, "OK", &o) == FL_INVALID, "and none");
	fl_buf_puts(&many, "<d:multistatus xmlns:d=\"DAV:\">");
	for (int i = 0; i <= FL_DAV_RESPONSES; i++)
		fl_buf_puts(&many, "<d:response><d:href>/a</d:href></d:response>");
	fl_buf_puts(&many, "</d:multistatus>");
	ok(read_it(&cx, fl_buf_cstr(&many), &o) == FL_INVALID, "more than %d responses", FL_DAV_RESPONSES);
	many.n = 0;
	fl_buf_puts(&many, "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">");
	for (int i = 0; i < FL_DAV_RESPONSES; i++)
		fl_buf_puts(&many, "<d:response><c:calendar-data>BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20261124\nEND:VEVENT\nEND:VCALENDAR\n</c:calendar-data></d:response>");
	fl_buf_puts(&many, "</d:multistatus>");
	ok(!many.over && read_it(&cx, fl_buf_cstr(&many), &o) == FL_OK && json_object_array_length(fl_json_get(o, "responses")) == FL_DAV_RESPONSES,
	   "as many with an event each are read, in memory for few");
	fl_arena_free(a);
	return done();
}
