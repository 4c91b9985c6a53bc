/* Times and lengths of iCalendar (RFC 5545, 3.3.4 to 3.3.6). */
#ifndef FL_READER_ICAL_TIME_H
#define FL_READER_ICAL_TIME_H

#include "base/arena.h"
#include "base/str.h"

/* 20261124T100000, with or without Z, or 20261124, as 2026-11-24T10:00:00, owned by a; {NULL, 0} for what is none, and for days and times that do not exist or
 * lie outside the years 1900 to 2199. */
struct fl_str ical_at(struct fl_arena *a, struct fl_str v);

bool ical_is_utc(struct fl_str v);

/* PT1H30M, P1D, P2W in seconds, at most ten years; 0 for what is none. */
int64_t ical_duration_s(struct fl_str v);

#endif
