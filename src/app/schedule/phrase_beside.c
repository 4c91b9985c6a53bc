/* Days by another day: the Monday after Easter, the day before 5 May, two Sundays before Christmas, three Fridays from now, de hoy en ocho. */
#include "app/schedule/phrase_inside.h"

/* How many such weekdays on (or back) from a day that does not count itself. */
static int64_t steps(int64_t from, int weekday, int64_t count, bool back)
{
	int to = back ? (phrase_weekday(from) - weekday + 6) % 7 + 1 : (weekday - phrase_weekday(from) + 6) % 7 + 1;
	return back ? from - to - 7 * (count - 1) : from + to + 7 * (count - 1);
}

static struct bit a_day(int64_t day)
{
	return (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = day, .days = 1};
}

/* A holiday or date. Tokens taken. */
static int dated(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_holiday(r, i, b);
	if (n == 0)
		n = phrase_numeric_day(r, i, b);
	return n > 0 ? n : phrase_calendar_day(r, i, b);
}

/* after, before, despues de, siguiente a: tokens taken. */
static int side(const struct reading *r, int i, bool *back)
{
	static const char *const after[] = {"siguiente", "posterior", NULL}, *const before[] = {"anterior", "previo", NULL};
	bool to = phrase_word(r, i + 1, "a") || phrase_word(r, i + 1, "al");
	*back = phrase_is(r, i, W_BEFORE, NULL) || (to && phrase_one_of(r, i, before));
	if (to && (phrase_one_of(r, i, after) || phrase_one_of(r, i, before)))
		return 2;
	return *back || phrase_is(r, i, W_AFTER, NULL) ? 1 + (r->who->language == PHRASE_ES && phrase_is(r, i + 1, W_OF, NULL)) : 0;
}

/* The day behind "after" or "before": a holiday or a date. Tokens taken with the word itself. */
static int anchor(const struct reading *r, int i, bool *back, int64_t *day)
{
	struct bit b;
	int n = side(r, i, back), the = phrase_is(r, i + n, W_THE, NULL);
	int m = n > 0 ? dated(r, i + n + the, &b) : 0;
	if (m == 0)
		return 0;
	*day = *back ? b.day : b.day + b.days - 1;
	return n + the + m;
}

#define A_DAY -1
#define A_WEEK -2
#define A_WEEKEND -3

/* [the] [first | two] Monday(s), or the day, week or weekend: tokens taken; weekday A_... for those. */
static int counted(const struct reading *r, int i, int64_t *count, int *weekday)
{
	int n = phrase_is(r, i, W_THE, NULL), nth = 1, unit, m = phrase_ordinal(r, i + n, &nth);
	*count = nth;
	if (m == 0 && !phrase_is(r, i + n, W_A, NULL))
		m = phrase_whole(r, i + n, count);
	n += m;
	if (*count == -1)
		*count = 1; /* the last Friday before */
	*weekday = A_DAY;
	if (*count < 1 || *count > 53)
		return 0;
	if (phrase_is(r, i + n, W_WEEKDAY, weekday))
		return n + 1;
	if (m > 0 || !phrase_is(r, i + n, W_UNIT, &unit) || (unit != U_DAY && unit != U_WEEK && unit != U_WEEKEND))
		return 0;
	*weekday = unit == U_DAY ? A_DAY : unit == U_WEEK ? A_WEEK : A_WEEKEND;
	return n + 1;
}

static int by_day(const struct reading *r, int i, struct bit *b)
{
	int64_t count, day;
	int weekday, n = counted(r, i, &count, &weekday);
	bool back;
	int m = n > 0 ? anchor(r, i + n, &back, &day) : 0;
	if (m == 0)
		return 0;
	int64_t week = phrase_monday(day) + (back ? -7 : 7);
	if (weekday == A_WEEK)
		*b = phrase_stretch(week, week + 7, PHRASE_WEEK);
	else if (weekday == A_WEEKEND)
		*b = phrase_stretch(steps(day, 5, 1, back), steps(day, 5, 1, back) + 2, PHRASE_DAY);
	else
		*b = a_day(weekday >= 0 ? steps(day, weekday, count, back) : day + (back ? -1 : 1));
	return n + m;
}

/* ago, from now: tokens taken. */
static int behind(const struct reading *r, int i, bool *back)
{
	*back = phrase_is(r, i, W_AGO, NULL);
	return *back ? 1 : phrase_word(r, i, "from") && (phrase_is(r, i + 1, W_NOW, NULL) || phrase_word(r, i + 1, "today")) ? 2 : 0;
}

/* Friday, weekend: tokens taken. */
static int counted_noun(const struct reading *r, int i, int *weekday, int *days)
{
	int unit;
	*days = 1;
	if (phrase_is(r, i, W_WEEKDAY, weekday))
		return 1;
	*weekday = 5;
	*days = 2;
	return phrase_is(r, i, W_UNIT, &unit) && unit == U_WEEKEND;
}

/* three Fridays from now, in two Mondays, two weekends ago, hace dos lunes. */
static int by_now(const struct reading *r, int i, struct bit *b)
{
	int within = 0, weekday, days, before = phrase_is(r, i, W_IN, &within) || (r->who->language == PHRASE_ES && phrase_is(r, i, W_AGO, NULL));
	bool back = before && phrase_is(r, i, W_AGO, NULL);
	int64_t count;
	int n = before + (before && phrase_is(r, i + 1, W_OF, NULL)), m = phrase_whole(r, i + n, &count);
	if (m == 0 || within || count < 1 || count > 53 || counted_noun(r, i + n + m, &weekday, &days) == 0)
		return 0;
	n += m + 1;
	m = before ? 0 : behind(r, i + n, &back);
	*b = a_day(steps(r->today, weekday, count, back));
	b->days = days;
	return before || m > 0 ? n + m : 0;
}

/* de hoy en ocho, mañana en quince: both days are counted. */
static int in_eight(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_word(r, i, "de"), offset, unit = U_DAY;
	int64_t count;
	if (r->who->language != PHRASE_ES || !phrase_is(r, i + n, W_REL, &offset) || !phrase_word(r, i + n + 1, "en"))
		return 0;
	n += 2;
	int m = phrase_whole(r, i + n, &count);
	if (m == 0 || (count != 8 && count != 15))
		return 0;
	n += m;
	bool days = phrase_is(r, i + n, W_UNIT, &unit);
	if (unit != U_DAY)
		return 0;
	*b = a_day(r->today + offset + count - 1);
	return n + days;
}

/* la vispera de Navidad, the eve of May 1st. */
static int eve(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL);
	if ((!phrase_word(r, i + n, "vispera") && !phrase_word(r, i + n, "eve")) || !phrase_is(r, i + n + 1, W_OF, NULL))
		return 0;
	n += 2 + phrase_is(r, i + n + 2, W_THE, NULL);
	int m = dated(r, i + n, b);
	*b = a_day(b->day - 1);
	return m > 0 ? n + m : 0;
}

/* the Monday closest to 5 October, the nearest Friday to Christmas. */
static int closest(const struct reading *r, int i, struct bit *b)
{
	int weekday, n = phrase_is(r, i, W_THE, NULL), near = phrase_word(r, i + n, "closest") || phrase_word(r, i + n, "nearest");
	if (!phrase_is(r, i + n + near, W_WEEKDAY, &weekday))
		return 0;
	n += near + 1;
	bool behind = !near && (phrase_word(r, i + n, "closest") || phrase_word(r, i + n, "nearest"));
	n += behind;
	if ((!near && !behind) || !phrase_is(r, i + n, W_TO, NULL))
		return 0;
	n += 1 + phrase_is(r, i + n + 1, W_THE, NULL);
	int m = dated(r, i + n, b);
	*b = a_day(b->day - 3 + (weekday - phrase_weekday(b->day - 3) + 7) % 7);
	return m > 0 ? n + m : 0;
}

int phrase_beside(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {by_day, by_now, in_eight, eve, closest};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	return 0;
}
