/* iCalendar (RFC 5545) as JSON, for what strangers send: invitations, calendars of others. */
#ifndef FL_READER_ICAL_H
#define FL_READER_ICAL_H

#include "base/buf.h"
#include "base/cx.h"
#include "base/json.h"

enum {
	FL_ICAL_BYTES = 4 << 20,   /* of the text; more is not looked at */
	FL_ICAL_EVENTS = 5000,     /* kept; the rest is left out and "truncated" is true */
	FL_ICAL_PEOPLE = 100,      /* attendees kept of an event */
	FL_ICAL_DATES = 1000,      /* EXDATE and RDATE values kept of an event */
	FL_ICAL_VALUE_BYTES = 5000 /* of one text value */
};

/* Writes, under `key` of an open object (NULL inside an array),
 *   {"method": "REQUEST" or null, "events": [{"uid", "sequence": int, "stamp", "recurrence": T, "start": T, "end": T, "duration_s": int, "all_day": bool, "summary",
 *     "location", "description", "status", "free": bool, "organizer", "rule", "except": [T], "also": [T], "people": [{"email", "answer"}]}],
 *    "busy": [{"start": T, "end": T}], "truncated": bool}
 * T is {"at": "2026-11-24T10:00:00", "zone": "UTC", a TZID, or "" for floating}; what an event does not say is left out. One or more VCALENDAR, of VEVENT and of
 * the periods of VFREEBUSY that are not FREE. Texts are UTF-8 without control characters but newlines; addresses are lower case without mailto:. Whatever is
 * damaged is left out; a text without a VCALENDAR has no events. */
void fl_ical_read(struct fl_str text, struct fl_jw *w, const char *key);

#endif
