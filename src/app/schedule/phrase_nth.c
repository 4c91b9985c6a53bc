/* What recurs on the nth day or weekday of a month: first and third Monday, every 2nd and 4th Thursday, the last day of each month. */
#include "app/schedule/phrase_inside.h"

#define NTH_MOST 5

int phrase_of_month(const struct reading *r, int i, bool *each)
{
	int unit = 0, n = phrase_is(r, i, W_OF, NULL);
	*each = phrase_is(r, i + n, W_EVERY, &unit);
	if (*each && unit == U_MONTH)
		return n + 1; /* first Friday monthly */
	n += *each || phrase_is(r, i + n, W_THE, NULL);
	return n > 0 && phrase_is(r, i + n, W_UNIT, &unit) && unit == U_MONTH ? n + 1 : 0;
}

/* first, first and third, 1st, 3rd and last: a mask as in struct bit; tokens taken, *count of them. */
static int nth_list(const struct reading *r, int i, unsigned *mask, int *count)
{
	int n = 0, nth, m;
	*mask = 0;
	*count = 0;
	for (;;) {
		m = phrase_ordinal(r, i + n, &nth);
		if (m == 0 || nth > NTH_MOST || nth < -2 || nth == 0)
			return 0;
		*mask |= nth > 0 ? 1u << nth : nth == -1 ? 1u : 1u << 6;
		++*count;
		n += m;
		int gap = phrase_mark(r, i + n, ',') || phrase_mark(r, i + n, '/'), k;
		gap += phrase_is(r, i + n + gap, W_AND, NULL) || phrase_mark(r, i + n + gap, '&');
		gap += gap > 0 && phrase_is(r, i + n + gap, W_THE, NULL);
		if (gap == 0 || phrase_ordinal(r, i + n + gap, &k) == 0)
			return n;
		n += gap;
	}
}

/* Monday, business day, day behind the numbers: tokens taken; weekdays 0 for any day. */
static int nth_noun(const struct reading *r, int i, int *weekdays)
{
	int weekday, unit, n = phrase_workday(r, i);
	*weekdays = 31;
	if (n > 0)
		return n;
	*weekdays = 0;
	if (phrase_is(r, i, W_WEEKDAY, &weekday)) {
		*weekdays = 1 << weekday;
		return 1;
	}
	return phrase_is(r, i, W_UNIT, &unit) && unit == U_DAY;
}

/* The numbers and what they count: tokens taken. */
static int numbered(const struct reading *r, int i, struct bit *b, int *count)
{
	unsigned nths;
	int weekdays, n = nth_list(r, i, &nths, count), day = n > 0 ? nth_noun(r, i + n, &weekdays) : 0;
	if (day == 0 || (weekdays == 0 && (nths >> 6 & 1)))
		return 0;
	b->every = U_MONTH;
	b->weekdays = weekdays;
	b->nths = weekdays != 0 ? nths : 0;
	b->month_days = weekdays == 0 ? nths : 0;
	return n + day;
}

int phrase_nth(const struct reading *r, int i, struct bit *b)
{
	int count;
	return numbered(r, i, b, &count);
}

int phrase_monthly(const struct reading *r, int i, bool every, struct bit *b)
{
	struct bit days = *b;
	int count, n = numbered(r, i, &days, &count);
	bool each;
	if (n == 0)
		return 0;
	int m = phrase_of_month(r, i + n, &each);
	bool first = every && days.nths == 2, several = count > 1 && days.weekdays != 0 && !phrase_is(r, i + n, W_OF, NULL);
	each = each || phrase_word(r, i, "primeros") || phrase_word(r, i, "terceros") || phrase_word(r, i, "ultimos");
	if (m > 0 ? !every && !each && count == 1 : !first && !several)
		return 0;
	*b = days;
	return n + m;
}
