/* What recurs, as a rule of RFC 5545, 3.3.10, and the first time it happens. */
#include <stdio.h>

#include "app/schedule/phrase_inside.h"

/* How many days of the mask there are from this day to that end of its month, itself counted. */
static int in_month(int mask, int64_t day, int step, int days)
{
	int count = 0;
	for (int k = 0; k < days; k++)
		count += mask >> phrase_weekday(day + step * k) & 1;
	return count;
}

static bool falls(const struct bit *every, int mask, int64_t day)
{
	int64_t year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	if (every->month_days != 0)
		return every->month_days >> d & 1;
	if (!(mask & 1 << phrase_weekday(day)))
		return false;
	if (every->nth == 0)
		return true;
	return in_month(mask, day, every->nth > 0 ? -1 : 1, every->nth > 0 ? d : phrase_month_days(year, month) - d + 1) == (every->nth > 0 ? every->nth : 1);
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

static void put(const struct bit *every, int mask, struct phrase *p)
{
	static const char *const days[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	static const char *const names[] = {
		[U_SECOND] = "SECONDLY", [U_MINUTE] = "MINUTELY", [U_HOUR] = "HOURLY", [U_DAY] = "DAILY", [U_WORKDAY] = "WEEKLY", [U_WEEKEND] = "WEEKLY",
		[U_WEEK] = "WEEKLY", [U_FORTNIGHT] = "WEEKLY", [U_MONTH] = "MONTHLY", [U_QUARTER] = "MONTHLY", [U_YEAR] = "YEARLY",
	};
	int interval = every->interval * (every->every == U_FORTNIGHT ? 2 : every->every == U_QUARTER ? 3 : 1);
	size_t n = (size_t)snprintf(p->rule, sizeof p->rule, "FREQ=%s", names[every->every]);
	if (interval > 1)
		n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, ";INTERVAL=%d", interval);
	const char *before = ";BYDAY=";
	bool several = (mask & (mask - 1)) != 0;
	for (int d = 0; d < 7; d++)
		if (mask & 1 << d) {
			n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, "%s", before);
			if (every->nth != 0 && !several)
				n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, "%d", every->nth);
			n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, "%s", days[d]);
			before = ",";
		}
	if (several && every->nth != 0)
		n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, ";BYSETPOS=%d", every->nth);
	before = ";BYMONTHDAY=";
	for (int d = 1; d <= 31 && n < sizeof p->rule - 20; d++)
		if (every->month_days >> d & 1) {
			n += (size_t)snprintf(p->rule + n, sizeof p->rule - n, "%s%d", before, d);
			before = ",";
		}
}

void phrase_rule(const struct reading *r, const struct bit *every, int weekday, bool has_day, struct phrase *p)
{
	int mask = weekdays(every, weekday);
	put(every, mask, p);
	if (has_day || (mask == 0 && every->month_days == 0))
		return;
	int64_t day = r->today, clock = p->start_s % DAY_S, length = p->end_s - p->start_s;
	bool over = !p->has_time || day * DAY_S + clock <= r->who->now_s; /* today counts when its hour is still to come */
	day += over;
	while (!falls(every, mask, day))
		day++;
	p->start_s = day * DAY_S + clock;
	p->end_s = p->start_s + length;
}
