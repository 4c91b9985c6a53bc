/* The calendar: civil days, proleptic Gregorian. It knows nothing of words. */
#include <stdio.h>

#include "app/schedule/phrase_inside.h"

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years from March, in eras of 400. */
int64_t phrase_day_number(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void phrase_civil(int64_t day, int64_t *year, int *month, int *day_of_month)
{
	day += 719468;
	int64_t era = (day >= 0 ? day : day - 146096) / 146097, of_era = day - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100), m = (5 * of_year + 2) / 153;
	*day_of_month = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = years + era * 400 + (*month <= 2);
}

int phrase_month_days(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

int phrase_weekday(int64_t day)
{
	int64_t w = (day + 3) % 7; /* 1970-01-01 was a Thursday */
	return (int)(w < 0 ? w + 7 : w);
}

int64_t phrase_monday(int64_t day)
{
	return day - phrase_weekday(day);
}

int64_t phrase_add_months(int64_t day, int64_t months)
{
	int64_t year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	int64_t at = year * 12 + month - 1 + months;
	year = at >= 0 ? at / 12 : (at - 11) / 12;
	month = (int)(at - year * 12) + 1;
	int last = phrase_month_days(year, month);
	return phrase_day_number(year, month, d < last ? d : last);
}

void phrase_print(int64_t wall_s, char out[PHRASE_TIME_SIZE])
{
	int64_t day = wall_s >= 0 ? wall_s / DAY_S : (wall_s - DAY_S + 1) / DAY_S, clock = wall_s - day * DAY_S, year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	snprintf(out, PHRASE_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, month, d, (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));
}

/* Meeus, Astronomical Algorithms, chapter 8 (the Gregorian Easter). */
int64_t phrase_easter(int64_t year)
{
	int64_t a = year % 19, b = year / 100, c = year % 100, d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int64_t e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7, f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
	return phrase_day_number(year, (int)(f / 31), (int)(f % 31) + 1);
}
