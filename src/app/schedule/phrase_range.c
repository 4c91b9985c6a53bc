/* Ends: what follows "to", "until" or a dash, and two hours beside each other: from 2 to 4, from Friday at 5pm until Sunday at noon. */
#include "app/schedule/phrase_inside.h"

/* The hour behind the last day: from Friday at 5pm until Sunday at noon. */
static int range_clock(const struct reading *r, int i, struct when *w)
{
	struct bit b;
	int gap = phrase_mark(r, i, ','), n = w->has_time ? phrase_time(r, i + gap, &b) : 0;
	if (n == 0)
		return 0;
	w->until_s = (w->until_day - 1) * DAY_S + b.from_s + (b.hour_said > 0 && b.hour_said <= 6 ? DAY_S / 2 : 0);
	return gap + n;
}

/* from 9am Monday to 5pm Tuesday: the day behind the hour of the end. Tokens taken. */
static int last_clock(const struct reading *r, int i, const struct bit *clock, struct when *w)
{
	struct bit b;
	int on = phrase_is(r, i, W_FILL, NULL) || phrase_is(r, i, W_OF, NULL) || phrase_mark(r, i, ','), m = w->has_day && w->day.days == 1 ? phrase_day(r, i + on, &b) : 0;
	if (m == 0 || b.days != 1 || b.day <= w->day.day)
		return 0;
	w->until_day = b.day + 1;
	w->until_s = b.day * DAY_S + clock->from_s + (clock->hour_said > 0 && clock->hour_said <= 6 ? DAY_S / 2 : 0);
	return on + m;
}

/* the 17th behind Sunday: the date counts. Tokens taken. */
static int date_behind(const struct reading *r, int i, struct bit *b)
{
	struct bit date;
	int the = phrase_is(r, i, W_THE, NULL), n = b->weekday && the ? phrase_calendar_day(r, i + the, &date) : 0;
	if (n == 0 || phrase_weekday(date.day) != phrase_weekday(b->day))
		return 0;
	*b = date;
	return the + n;
}

/* every Monday until June 13, through March, hasta junio: what recurs ends with that day, "until June" before June. Tokens taken. */
static int series_end(const struct reading *r, int i, int n, struct when *w)
{
	bool through = phrase_word(r, i, "through") || phrase_word(r, i, "thru");
	if (!through && !phrase_word(r, i, "until") && !phrase_word(r, i, "till") && !phrase_word(r, i, "til") && !phrase_word(r, i, "hasta"))
		return 0;
	struct bit b;
	int the = phrase_is(r, i + n, W_THE, NULL), m = phrase_day(r, i + n + the, &b);
	if (m == 0)
		return 0;
	m += date_behind(r, i + n + the + m, &b);
	w->until_day = b.grain >= PHRASE_MONTH && !through ? b.day : b.day + b.days;
	return n + the + m;
}

/* June 3 - Jul 4 2014: the last such day before the end. */
static int64_t year_of_end(int64_t from, int64_t end)
{
	int64_t year = (end - from) / 366 - (end < from ? 1 : 0);
	int64_t day = phrase_add_months(from, 12 * year);
	while (phrase_add_months(day, 12) <= end)
		day = phrase_add_months(day, 12);
	return day;
}

/* to, until, a dash: then a time or a day that ends what began. Tokens taken. */
int phrase_range_end(const struct reading *r, int i, struct when *w)
{
	struct bit b;
	int n = 0, m;
	bool and = phrase_is(r, i, W_AND, NULL) && w->between;
	int but = w->has_time && (phrase_word(r, i, "but") || phrase_is(r, i, W_AND, NULL)) && phrase_is(r, i + 1, W_BEFORE, NULL) ? 1 + phrase_is(r, i + 2, W_OF, NULL) : 0;
	if (but == 0 && !phrase_mark(r, i, '-') && !phrase_is(r, i, W_TO, NULL) && !and)
		return 0;
	n = but + 1 + (r->who->language == PHRASE_EN && phrase_is(r, i + but + 1, W_AT, NULL));
	if (w->has_time && w->to_s == -1) {
		m = phrase_time(r, i + n, &b);
		if (m == 0)
			m = phrase_bare_hour(r, i + n, &b);
		if (m > 0 && b.kind == B_TIME) {
			int last = last_clock(r, i + n + m, &b, w);
			if (last > 0)
				return n + m + last;
			w->to_s = b.from_s;
			w->to_said = b.hour_said;
			phrase_doubt(w, b.doubt);
			return n + m;
		}
	}
	if (w->has_every && (m = series_end(r, i, n, w)) > 0)
		return m;
	if (w->has_day || w->has_instant) {
		int the = phrase_is(r, i + n, W_THE, NULL);
		m = phrase_day(r, i + n + the, &b);
		if (m == 0 && the > 0)
			m = phrase_day(r, i + n, &b), the = 0;
		m += m > 0 ? date_behind(r, i + n + the + m, &b) : 0;
		int64_t from = w->has_day ? w->day.day : r->today;
		if (m > 0 && b.weekday && w->has_day && w->day.grain == PHRASE_WEEK && phrase_mark(r, i, '-'))
			return phrase_take(w, &b) ? n + the + m : 0; /* next week - Tuesday */
		if (m > 0 && b.day < from && b.weekday)
			b.day += 7; /* from Monday to Wednesday */
		if (m > 0 && b.day < from && b.no_year && w->day.no_year)
			from = w->day.day = phrase_add_months(from, -12); /* from 1 December to 4 February, said in January */
		if (m > 0 && w->has_day && w->day.no_year && !b.no_year && !b.weekday && b.grain == PHRASE_DAY)
			from = w->day.day = year_of_end(w->day.day, b.day);
		if (m > 0 && b.day + b.days > from) {
			w->until_day = b.day + b.days;
			return n + the + m + range_clock(r, i + n + the + m, w);
		}
	}
	return 0;
}

/* Whether what stands here makes the numbers before it days or amounts, no hours. */
static bool of_month(const struct reading *r, int i)
{
	int move, of = phrase_is(r, i, W_OF, NULL);
	return phrase_is(r, i + of, W_MONTH, NULL) || phrase_is(r, i, W_UNIT, NULL) || phrase_month_meant(r, i + of, &move) > 0;
}

/* So many of something and no hours; 9-10 London time is no ten Londons. */
static bool counts(const struct reading *r, int i, bool beside)
{
	struct bit zone;
	return phrase_zone(r, i, &zone) == 0 && (of_month(r, i) || (beside && phrase_is_thing(r, i)));
}

/* 9 to 5 on weekdays: a day behind two numbers makes them hours. */
bool phrase_hours_follow(const struct reading *r, int i)
{
	struct bit day, part;
	int on = phrase_is(r, i, W_FILL, NULL), the = phrase_is(r, i + on, W_THE, NULL);
	if (r->who->language == PHRASE_EN && phrase_part(r, i, &part) > 0 && part.part != P_LUNCH)
		return true; /* 10 - 11 in the morning */
	if (on && the && phrase_calendar_day(r, i + 2, &day) > 0)
		return true; /* on the 20th */
	i += on;
	return phrase_is(r, i, W_WEEKDAY, NULL) || phrase_is(r, i, W_REL, NULL) || phrase_is(r, i, W_EVERY, NULL) || phrase_word(r, i, "weekdays");
}

/* Two bare hours with "from" or "between" before them: from 2 to 4, entre las 9 y las 11, 2-4pm. */
int phrase_hours_range(const struct reading *r, int i, struct when *w)
{
	struct bit a, b;
	bool from = phrase_is(r, i, W_FROM, NULL), and;
	int n = from, m;
	if (w->has_time || w->has_instant)
		return 0;
	m = phrase_time(r, i + n, &a);
	bool clear = m > 0;
	if (m == 0)
		m = phrase_bare_hour(r, i + n, &a);
	if (m == 0 || (!from && i + n < r->count && r->t[i + n].number && r->t[i + n].digits > 2 && !clear))
		return 0;
	bool bare = !from && !clear && r->who->language == PHRASE_ES;
	if (bare && !(phrase_mark(r, i + n + m, '-') && r->t[i + n + m].glued))
		return 0; /* el sabado 16 a mediodia, but 14-16h */
	n += m;
	and = from && (phrase_is(r, i + n, W_AND, NULL) || phrase_mark(r, i + n, '&'));
	struct bit zone;
	if (phrase_zone(r, i + n, &zone) > 0)
		return 0; /* 08:15:30-05:30 */
	if (!and && !phrase_mark(r, i + n, '-') && !phrase_is(r, i + n, W_TO, NULL))
		return 0;
	n++;
	m = phrase_time(r, i + n, &b);
	clear = clear || m > 0;
	if (bare && m == 0)
		return 0;
	if (m == 0 && (from || clear || r->t[i].value <= 12))
		m = phrase_bare_hour(r, i + n, &b);
	bool beside = (w->has_day && w->day.grain == PHRASE_DAY && w->day.days == 1) || w->has_every || w->until_day >= 0;
	if (m == 0 || (!from && !clear && !beside && !phrase_hours_follow(r, i + n + m)) || (!clear && phrase_are_things(r, i + n + m)) || counts(r, i + n + m, beside))
		return 0;
	w->time = a;
	w->has_time = true;
	w->to_s = b.from_s;
	w->to_said = b.hour_said;
	phrase_doubt(w, a.doubt);
	phrase_doubt(w, b.doubt);
	return n + m;
}
