/* Lists of days in what recurs: Monday, Wednesday and Friday, Monday to Thursday, the 1st and 15th, except Sundays. */
#include "app/schedule/phrase_inside.h"

/* A gap between two of a list: a comma, a slash, "and", an article. */
int phrase_list_gap(const struct reading *r, int i)
{
	int gap = phrase_mark(r, i, ',') || phrase_mark(r, i, '/');
	gap += phrase_is(r, i + gap, W_AND, NULL) || phrase_mark(r, i + gap, '&');
	return gap == 0 ? 0 : gap + phrase_is(r, i + gap, W_THE, NULL);
}

/* to Friday behind a weekday of a list: the days up to it. Tokens taken. */
static int days_to(const struct reading *r, int i, int from, int *mask)
{
	int last, n = phrase_mark(r, i, '-') || phrase_is(r, i, W_TO, NULL);
	if (n == 0 || !phrase_is(r, i + n, W_WEEKDAY, &last))
		return 0;
	for (int w = from; w != last; w = (w + 1) % 7)
		*mask |= 1 << w;
	*mask |= 1 << last;
	return n + 1;
}

/* Monday, Wednesday and Friday, Monday to Thursday: a mask. */
int phrase_weekday_list(const struct reading *r, int i, bool ranges, int *mask)
{
	int n = 0, w;
	*mask = 0;
	while (phrase_is(r, i + n, W_WEEKDAY, &w)) {
		*mask |= 1 << w;
		n++;
		n += ranges ? days_to(r, i + n, w, mask) : 0;
		int gap = phrase_list_gap(r, i + n);
		if (!phrase_is(r, i + n + gap, W_WEEKDAY, NULL))
			break;
		n += gap; /* none: mon wed fri */
	}
	return n;
}

/* 1st and 15th, 1, 10 y 20: a mask of days of the month; how many there are. */
int phrase_day_list(const struct reading *r, int i, unsigned *mask, int *count)
{
	int n = 0, day, m;
	*mask = 0;
	*count = 0;
	for (;;) {
		int64_t whole;
		m = phrase_ordinal(r, i + n, &day);
		if (m == 0 && i + n < r->count && r->t[i + n].number && (m = phrase_whole(r, i + n, &whole)) > 0)
			day = whole > 31 ? 32 : (int)whole;
		if (m == 0 || day < 1 || day > 31)
			return 0;
		*mask |= 1u << day;
		++*count;
		n += m;
		int gap = phrase_list_gap(r, i + n);
		if (gap == 0 || i + n + gap >= r->count || (!r->t[i + n + gap].number && !phrase_is(r, i + n + gap, W_ORDINAL, NULL)))
			return n;
		n += gap;
	}
}

/* Fridays, weekends: a mask. */
static int days_but(const struct reading *r, int i, int *mask)
{
	int unit, m = phrase_weekday_list(r, i, true, mask);
	if (m > 0 || !phrase_is(r, i, W_UNIT, &unit) || unit != U_WEEKEND)
		return m;
	*mask = 96;
	return 1;
}

/* every day except Sunday, every day but weekends: the days that are left. Tokens taken. */
int phrase_but_days(const struct reading *r, int i, struct bit *b)
{
	int mask, n = 1 + phrase_is(r, i + 1, W_FILL, NULL), m;
	bool but = phrase_is(r, i, W_EXCEPT, NULL) || (r->who->language == PHRASE_EN && phrase_word(r, i, "but"));
	n += phrase_is(r, i + n, W_THE, NULL);
	if (!but || b->interval != 1 || (b->every != U_DAY && b->every != U_WORKDAY) || (m = days_but(r, i + n, &mask)) == 0)
		return 0;
	b->weekdays = (b->every == U_DAY ? 127 : 31) & ~mask;
	b->every = U_WEEK;
	return n + m;
}
