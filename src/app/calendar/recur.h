/* Recurrence rules (RFC 5545, 3.3.10), by libical. */
#ifndef FL_APP_CALENDAR_RECUR_H
#define FL_APP_CALENDAR_RECUR_H

#include "base/cx.h"
#include "base/json.h"

enum { RECUR_DATES_MAX = 750, RECUR_YEARS = 2 }; /* what is kept ahead of the first date, or of now when that is later */

/* The local dates a rule gives after `start` ("2026-11-23T10:00") and not before `from` (likewise; {NULL, 0}: all), as a JSON array of such texts, at most
 * RECUR_DATES_MAX and up to RECUR_YEARS ahead of the first, or of now when that is later.
 * Frequencies from DAILY to YEARLY, at most 24 times a day. A rule without a date of its own, or that is none: FL_INVALID for field "rrule". Owned by cx's arena. */
enum fl_rc recur_dates(struct fl_cx *cx, struct fl_str start, struct fl_str from, struct fl_str rule, struct fl_str *out) FL_USE;

/* The dates not before `since` of each series of a calendar as reader/ical.h writes it, up to 500 of them and while time is left, the rest being for the job
 * calendar.series: {"index of the event from 0": ["local date", ...], "wrong": [indexes of those whose rule is none]}. Owned by cx's arena. */
void recur_all(struct fl_cx *cx, struct json_object *cal, struct fl_str since, struct fl_str *out);

#endif
