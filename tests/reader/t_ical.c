#include "reader/ical.h"

#include "../tap.h"

static struct json_object *read_it(struct fl_arena *a, const char *text)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct json_object *o = NULL;
	const char *why = NULL;
	struct fl_jw w;

	*b = fl_buf(a, 16 << 20);
	w = fl_jw(b);
	fl_ical_read(fl_str(text), &w, NULL);
	ok(fl_json_parse(a, fl_buf_get(b), &(struct fl_json_limits){ .bytes = 16 << 20, .depth = 8, .keys = 10000 }, &o, &why) == FL_OK, "JSON: %s", why ? why : "strict");
	return o;
}

static struct json_object *event(struct json_object *o, size_t i)
{
	return json_object_array_get_idx(fl_json_get(o, "events"), i);
}

static const char request[] =
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Madrid\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY\r\n"
	"END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:a1@x.example\r\nSEQUENCE:2\r\nDTSTAMP:20261121T100000Z\r\nDTSTART;TZID=\"Europe/Madrid\":20261124T100000\r\n"
	"DTEND;TZID=Europe/Madrid:20261124T110000\r\nSUMMARY:A long\\, folded\r\n  title\\nin two lines\r\nORGANIZER;CN=\"Bob: the boss\":mailto:Bob@X.example\r\n"
	"ATTENDEE;PARTSTAT=ACCEPTED;CN=Ana:MAILTO:ana@mill.example\r\nATTENDEE:mailto:desk@mill.example\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n"
	"EXDATE;TZID=Europe/Madrid:20261201T100000,20261208T100000\r\nBEGIN:VALARM\r\nDESCRIPTION:not of the event\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/* A zone may be as long as we keep them, and of signs that JSON escapes. */
static void busy_with_long_zones(struct fl_arena *a)
{
	struct fl_buf b = fl_buf(a, 2 << 20);
	struct json_object *o;

	fl_buf_puts(&b, "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n");
	for (int i = 0; i < FL_ICAL_EVENTS; i++) {
		fl_buf_puts(&b, "FREEBUSY;TZID=");
		for (int k = 0; k < 100; k++)
			fl_buf_putc(&b, i ? '<' : 'x');
		fl_buf_puts(&b, ":20261124T100000/20261124T110000\n");
	}
	fl_buf_puts(&b, "END:VFREEBUSY\nEND:VCALENDAR\n");
	o = read_it(a, fl_buf_cstr(&b));
	ok(json_object_array_length(fl_json_get(o, "busy")) > 2000 && fl_json_bool(o, "truncated", false), "busy periods: as many as fit, and that it is not all");
}

static void invitation(struct fl_arena *a)
{
	struct json_object *o = read_it(a, request), *e = event(o, 0);

	is_str(fl_json_str(o, "method").p, "REQUEST", "the method");
	is_str(fl_json_str(e, "uid").p, "a1@x.example", "the uid");
	ok(fl_json_int(e, "sequence", -1) == 2, "the sequence");
	is_str(fl_json_str(e, "start.at").p, "2026-11-24T10:00:00", "the start, not that of the zone");
	is_str(fl_json_str(e, "start.zone").p, "Europe/Madrid", "in its zone, quotes taken off");
	is_str(fl_json_str(e, "summary").p, "A long, folded title\nin two lines", "unfolded and unescaped");
	is_str(fl_json_str(e, "organizer").p, "bob@x.example", "the organizer behind a name with a colon");
	is_str(fl_json_str(e, "rule").p, "FREQ=WEEKLY;COUNT=4", "the rule of the event");
	ok(json_object_array_length(fl_json_get(e, "except")) == 2, "two exceptions");
	is_str(fl_json_str(json_object_array_get_idx(fl_json_get(e, "people"), 0), "answer").p, "ACCEPTED", "an answer");
	ok(!fl_json_get(e, "description"), "nothing of its alarm");
}

static void others(struct fl_arena *a)
{
	struct json_object *o = read_it(a, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:d\nDTSTART;VALUE=DATE:20261224\nTRANSP:TRANSPARENT\nEND:VEVENT\n"
	                                   "BEGIN:VEVENT\nUID:e\nDTSTART:20261224T090000Z\nDURATION:P1DT1H30M\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR\n"
	                                   "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY:20261124T100000Z/PT1H,20261125T100000Z/20261125T110000Z\n"
	                                   "FREEBUSY;FBTYPE=FREE:20261126T100000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n");

	ok(fl_json_bool(event(o, 0), "all_day", false) && fl_json_bool(event(o, 0), "free", false), "a day, free");
	ok(fl_json_int(event(o, 1), "duration_s", 0) == 91800, "a length");
	ok(fl_json_int(event(read_it(a, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:f\nDTSTART:20261224T090000Z\nDURATION:P9999999W9999999WT9999999S\nEND:VEVENT\nEND:VCALENDAR\n"), 0), "duration_s", 0) ==
	           INT64_C(3660) * 86400, "of ten years at most");
	is_str(fl_json_str(event(o, 1), "start.zone").p, "UTC", "UTC");
	ok(json_object_array_length(fl_json_get(o, "busy")) == 2, "busy periods of a VFREEBUSY, not the free ones");
}

static void hostile(struct fl_arena *a)
{
	struct json_object *o = read_it(a, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:\xff\xfe\x01\nSEQUENCE:-5\nDTSTART:99999999T999999\nDTSTART;TZID=\"\xc3\":2026\nSUMMARY:\\\nEND:VEVENT\n"
	                                   "END:VEVENT\nEND:VCALENDAR\nEND:X\nDTSTART:20260101\n:::\n;;;=\n");

	ok(json_object_array_length(fl_json_get(o, "events")) <= 1 && fl_json_int(event(o, 0), "sequence", 0) == 0, "what is damaged is left out");
	ok(json_object_array_length(fl_json_get(read_it(a, ""), "events")) == 0, "nothing is nothing");
	for (size_t n = 0; n < sizeof request; n += 7) {
		struct fl_buf b = fl_buf(a, 1 << 20);
		struct fl_jw w = fl_jw(&b);

		fl_ical_read((struct fl_str){ request, n }, &w, NULL);
		if (fl_json_check(a, fl_buf_get(&b), &(struct fl_json_limits){ .bytes = 1 << 20, .depth = 8, .keys = 10000 }, NULL, NULL) != FL_OK)
			ok(false, "cut after %zu bytes", n);
	}
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);

	busy_with_long_zones(a);
	invitation(a);
	others(a);
	hostile(a);
	fl_arena_free(a);
	return done();
}
