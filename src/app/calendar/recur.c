#include "app/calendar/recur.h"

#include <libical/ical.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"

enum {
	RULE_MAX = 300,
	TEXT_MAX = 32,
	TRIED_MAX = 100000,    /* dates of one rule looked at */
	TRIED_ALL_MAX = 400000, /* of all rules of a calendar */
	RULES_MAX = 500,
	DAY_TIMES_MAX = 24, /* times a rule may have in a day */
	LEFT_MS = 25000,    /* no other rule is begun with less time left: libical may look for seconds for a date that never comes */
	DATES_BYTES = 8 << 20,
};

static void iterator_free(void *p)
{
	icalrecur_iterator_free(p);
}

static bool read_part(struct fl_str s, size_t from, size_t n, int *out)
{
	int64_t v;

	if (fl_str_int((struct fl_str){ s.p + from, n }, 0, 9999, &v) != FL_OK)
		return false;
	*out = (int)v;
	return true;
}

/* 2027-03-22T10:00 */
static bool read_local(struct fl_str s, struct icaltimetype *out)
{
	*out = icaltime_null_time();
	return s.n >= 16 && s.p[4] == '-' && s.p[7] == '-' && s.p[10] == 'T' && s.p[13] == ':' && read_part(s, 0, 4, &out->year) &&
		read_part(s, 5, 2, &out->month) && read_part(s, 8, 2, &out->day) && read_part(s, 11, 2, &out->hour) && read_part(s, 14, 2, &out->minute);
}

/* UNTIL with a time is in UTC by the RFC; within a day of it the date decides, which is what people mean by it. */
static bool is_past(struct icaltimetype t, struct icaltimetype until)
{
	if (icaltime_is_null_time(until))
		return false;
	return until.is_date ? icaltime_compare_date_only(t, until) > 0 : icaltime_compare(t, until) > 0;
}

static int count_of(const short *by, int max)
{
	int n = 0;

	while (n < max && by[n] != ICAL_RECURRENCE_ARRAY_MAX)
		n++;
	return n > 0 ? n : 1;
}

static bool has_sane_times(const struct icalrecurrencetype *r)
{
	return count_of(r->by_hour, ICAL_BY_HOUR_SIZE) * count_of(r->by_minute, ICAL_BY_MINUTE_SIZE) * count_of(r->by_second, ICAL_BY_SECOND_SIZE) <= DAY_TIMES_MAX;
}

/* The rule with its UNTIL apart: libical compares it as UTC, people mean the date. FL_INVALID for field "rrule". */
static enum fl_rc read_rule(struct fl_cx *cx, struct fl_str rule, struct icalrecurrencetype *out, struct icaltimetype *until)
{
	*out = icalrecurrencetype_from_string(rule.n > RULE_MAX ? "" : fl_strndup(cx->a, rule));
	if (out->freq < ICAL_DAILY_RECURRENCE || out->freq > ICAL_YEARLY_RECURRENCE || !has_sane_times(out))
		return FL_FAIL_FIELD(cx, FL_INVALID, "rrule", "wrong.rrule");
	*until = out->until;
	out->until = icaltime_null_time();
	return FL_OK;
}

/* recur_dates; *all grows by the dates looked at. */
static enum fl_rc dates_of(struct fl_cx *cx, struct fl_str start, struct fl_str from, struct fl_str rule, int *all, struct fl_str *out)
{
	struct fl_buf b = fl_buf(cx->a, RECUR_DATES_MAX * TEXT_MAX);
	struct fl_jw w = fl_jw(&b);
	struct icalrecurrencetype r;
	struct icaltimetype first, t, until, after = icaltime_null_time();
	icalrecur_iterator *it;
	int last_year, tried = 0;

	if (!read_local(start, &first) || (from.n && !read_local(from, &after)))
		return FL_FAIL_FIELD(cx, FL_INVALID, "from", "wrong.clock");
	FL_TRY(read_rule(cx, rule, &r, &until));
	t = icaltime_from_timet_with_zone((time_t)(cx->now_us / 1000000), 0, NULL);
	last_year = (t.year > first.year ? t.year : first.year) + RECUR_YEARS;
	r.until = icaltime_null_date(); /* libical itself looks no further, also where no date comes */
	r.until.year = last_year + 1;
	r.until.month = r.until.day = 1;
	it = icalrecur_iterator_new(r, first);
	if (!it)
		return FL_FAIL_FIELD(cx, FL_INVALID, "rrule", "wrong.rrule");
	fl_defer(cx->a, iterator_free, it);
	fl_jw_open(&w, NULL, '[');
	t = icalrecur_iterator_next(it);
	for (int n = 0; n < RECUR_DATES_MAX && tried < TRIED_MAX && !icaltime_is_null_time(t) && t.year <= last_year && !is_past(t, until); tried++) {
		if (!from.n || icaltime_compare(t, after) >= 0) {
			fl_jw_cstr(&w, NULL, fl_fmt(cx->a, "%04d-%02d-%02dT%02d:%02d:00", t.year, t.month, t.day, t.hour, t.minute));
			n++;
		}
		t = icalrecur_iterator_next(it);
	}
	fl_jw_close(&w, ']');
	*all += tried;
	*out = fl_buf_get(&b);
	return FL_OK;
}

enum fl_rc recur_dates(struct fl_cx *cx, struct fl_str start, struct fl_str from, struct fl_str rule, struct fl_str *out)
{
	int tried = 0;

	return dates_of(cx, start, from, rule, &tried, out);
}

void recur_all(struct fl_cx *cx, struct json_object *cal, struct fl_str since, struct fl_str *out)
{
	struct json_object *events = fl_json_get(cal, "events");
	struct fl_buf *b = FL_NEW(cx->a, struct fl_buf), bad = fl_buf(cx->a, RULES_MAX * TEXT_MAX);
	struct fl_jw w, wrong = fl_jw(&bad);
	int rules = 0, tried = 0;

	*b = fl_buf(cx->a, DATES_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&wrong, NULL, '[');
	for (size_t i = 0; events && i < json_object_array_length(events) && rules < RULES_MAX; i++) {
		struct json_object *e = json_object_array_get_idx(events, i);
		struct fl_str rule = fl_json_str(e, "rule"), start = fl_json_str(e, "start.at"), dates = { NULL, 0 };

		if (!rule.n || !start.n)
			continue;
		if (tried >= TRIED_ALL_MAX || fl_cx_left_ms(cx) < LEFT_MS)
			break;
		rules++;
		if (dates_of(cx, start, since, rule, &tried, &dates) == FL_OK)
			fl_jw_raw(&w, fl_fmt(cx->a, "%zu", i), dates);
		else
			fl_jw_int(&wrong, NULL, (int64_t)i);
		cx->err.rc = FL_OK;
	}
	fl_jw_close(&wrong, ']');
	fl_jw_raw(&w, "wrong", fl_buf_get(&bad));
	fl_jw_close(&w, '}');
	*out = fl_buf_get(b);
}
