/* What recurs, as a rule of RFC 5545, 3.3.10, and the first time it happens. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/schedule/phrase_inside.h"

/* How many days of the mask there are from this day to that end of its month, itself counted. */
static int in_month(int mask, int64_t day, int step, int days)
{
	int count = 0;
	for (int k = 0; k < days; k++)
		count += mask >> phrase_weekday(day + step * k) & 1;
	return count;
}

enum { EVERY_DAY = 127 }; /* as a mask of weekdays */

static bool falls(const struct bit *every, int mask, int64_t day)
{
	int64_t year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	if (every->month_days != 0)
		return (every->month_days >> d & 1) || ((every->month_days & 1) && d == phrase_month_days(year, month));
	if (!(mask & 1 << phrase_weekday(day)))
		return false;
	if (every->nths == 0)
		return true;
	int nth = in_month(mask, day, -1, d), left = in_month(mask, day, 1, phrase_month_days(year, month) - d + 1);
	return (nth <= 5 && (every->nths >> nth & 1)) || (left == 1 && (every->nths & 1)) || (left == 2 && (every->nths >> 6 & 1));
}

static int weekdays(const struct bit *every, int weekday)
{
	if (every->every == U_WORKDAY)
		return 31;
	if (every->every == U_WEEKEND)
		return 96;
	if (every->weekdays == 0 && (every->every == U_WEEK || every->every == U_FORTNIGHT) && weekday >= 0)
		return 1 << weekday;
	return every->weekdays;
}

static const char *const day_names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

/* Adds to the rule, which is long enough for all of its parts. */
__attribute__((format(printf, 2, 3))) static void say(struct phrase *p, const char *form, ...)
{
	size_t n = strlen(p->rule);
	va_list args;
	va_start(args, form);
	vsnprintf(p->rule + n, sizeof p->rule - n, form, args);
	va_end(args);
}

/* 1 to 5, then the last but one, then the last: calls for each number of the mask, as RFC 5545 writes it. */
static const int nth_order[] = {1, 2, 3, 4, 5, 6, 0};

static int nth_number(int bit)
{
	return bit == 0 ? -1 : bit == 6 ? -2 : bit;
}

static void say_nths(const struct bit *every, const char *before, const char *behind, struct phrase *p)
{
	for (size_t k = 0; k < sizeof nth_order / sizeof *nth_order; k++)
		if (every->nths >> nth_order[k] & 1) {
			say(p, "%s%d%s", before, nth_number(nth_order[k]), behind);
			before = ",";
		}
}

static void say_weekdays(const struct bit *every, int mask, struct phrase *p)
{
	const char *before = ";BYDAY=";
	bool several = (mask & (mask - 1)) != 0;
	for (int d = 0; d < 7; d++)
		if (mask & 1 << d) {
			if (every->nths != 0 && !several)
				say_nths(every, before, day_names[d], p);
			else
				say(p, "%s%s", before, day_names[d]);
			before = ",";
		}
	if (several && every->nths != 0)
		say_nths(every, ";BYSETPOS=", "", p);
}

static void say_month_days(const struct bit *every, struct phrase *p)
{
	const char *before = ";BYMONTHDAY=";
	for (int d = 1; d <= 32 && strlen(p->rule) < sizeof p->rule - 40; d++)
		if (every->month_days >> d % 32 & 1) {
			say(p, "%s%d", before, d == 32 ? -1 : d);
			before = ",";
		}
}

/* The last day on which it may happen, as the value of the first time: a date, or a time of day (RFC 5545, 3.3.10). */
static void say_end(const struct when *w, int64_t last, struct phrase *p)
{
	int64_t year;
	int month, day;
	if (w->count > 0)
		say(p, ";COUNT=%d", w->count);
	if (last < 0)
		return;
	phrase_civil(last, &year, &month, &day);
	say(p, ";UNTIL=%04d%02d%02d%s", (int)year, month, day, w->has_time || w->has_part ? "T235959" : "");
}

static void put(const struct bit *every, int mask, struct phrase *p)
{
	static const char *const names[] = {
		[U_SECOND] = "SECONDLY", [U_MINUTE] = "MINUTELY", [U_HOUR] = "HOURLY", [U_DAY] = "DAILY", [U_WORKDAY] = "WEEKLY", [U_WEEKEND] = "WEEKLY",
		[U_WEEK] = "WEEKLY", [U_FORTNIGHT] = "WEEKLY", [U_MONTH] = "MONTHLY", [U_QUARTER] = "MONTHLY", [U_YEAR] = "YEARLY",
	};
	int interval = every->interval * (every->every == U_FORTNIGHT ? 2 : every->every == U_QUARTER ? 3 : 1);
	say(p, "FREQ=%s", names[every->every]);
	if (interval > 1)
		say(p, ";INTERVAL=%d", interval);
	say_weekdays(every, mask, p);
	say_month_days(every, p);
}

/* The first day from `day` on that it falls on; -1 when a stretch was said and none is in it. */
static int64_t first_day(const struct reading *r, const struct when *w, int mask, int64_t clock, bool timed)
{
	int64_t day = w->has_day ? w->day.day : r->today, end = w->has_day ? day + w->day.days : day + 366 * 5;
	bool now = !w->has_day || day <= r->today;
	day = day < r->today ? r->today : day;
	if (now && (!timed || day * DAY_S + clock <= r->who->now_s))
		day++; /* today counts when its hour is still to come */
	while (day < end && !falls(&w->every, mask, day))
		day++;
	return day < end ? day : -1;
}

/* Moves start and end to the first time of the rule. */
static void begin(const struct reading *r, const struct when *w, int mask, struct phrase *p)
{
	int64_t clock = p->start_s % DAY_S, length = p->has_time ? p->end_s - p->start_s : DAY_S, day = first_day(r, w, mask, clock, p->has_time);
	if (day < 0)
		return;
	p->start_s = day * DAY_S + clock;
	p->end_s = p->start_s + length;
	p->grain = p->grain > PHRASE_DAY ? PHRASE_DAY : p->grain;
}

/* The last day that was said: until Friday, for six weeks, for the next three months; -1 for none. */
static int64_t last_day(const struct when *w, const struct phrase *p)
{
	if (w->until_day >= 0)
		return w->until_day - 1;
	if (w->length_s >= DAY_S)
		return (p->start_s + w->length_s) / DAY_S - 1;
	bool within = w->every.every < (w->day.grain == PHRASE_DAY || w->day.grain == PHRASE_WEEK ? U_QUARTER : w->day.grain == PHRASE_MONTH ? U_MONTH : U_YEAR);
	return w->has_day && w->day.days > 1 && within && !w->onward && w->count == 0 ? w->day.day + w->day.days - 1 : -1;
}

/* The weekdays on which the first time is sought; 0 when the day that was said is the first, or it goes by days of the month. */
static int first_on(const struct when *w, int mask)
{
	if (w->has_day && w->day.days == 1)
		return 0;
	bool daily = w->every.every == U_DAY && w->every.interval == 1 && w->has_day; /* every day this week: those that are left */
	return mask == 0 && daily ? EVERY_DAY : mask;
}

void phrase_rule(const struct reading *r, const struct when *w, struct phrase *p)
{
	int mask = weekdays(&w->every, w->has_day && w->day.weekday ? phrase_weekday(w->day.day) : -1), on = first_on(w, mask);
	struct bit every = w->every;
	if (every.every == U_MONTH && mask == 0 && every.month_days == 0 && w->has_day && w->day.days == 1 && w->day.day_of_month > 0)
		every.month_days = 1u << w->day.day_of_month % 32;
	put(&every, mask, p);
	if (on != 0 || (w->every.month_days != 0 && (!w->has_day || w->day.days > 1)))
		begin(r, w, on, p);
	say_end(w, last_day(w, p), p);
}

unsigned phrase_rule_weekdays(const char *rule)
{
	static const char head[] = "FREQ=WEEKLY;BYDAY=";
	unsigned mask = 0;
	if (strncmp(rule, head, sizeof head - 1) != 0)
		return 0;
	for (const char *at = rule + sizeof head - 1;; at += 3) {
		int k = 0;
		while (k < 7 && strncmp(at, day_names[k], 2) != 0)
			k++;
		mask |= k < 7 ? 1u << k : 0;
		if (k == 7 || at[2] != ',')
			return k < 7 && at[2] == '\0' ? mask : 0;
	}
}
