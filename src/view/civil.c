#include "view/inside.h"

/* Years are counted from March, so that the leap day is the last of its year; 400 years are 146,097 days. */
enum { ERA_DAYS = 146097, EPOCH_DAYS = 719468 /* from 0000-03-01 to 1970-01-01 */ };

int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400, in_era = y - era * 400;
	int64_t from_march = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + from_march - EPOCH_DAYS;
}

struct civil civil_of(int64_t local_s)
{
	int64_t days = (local_s >= 0 ? local_s : local_s - 86399) / 86400, s = local_s - days * 86400;
	int64_t z = days + EPOCH_DAYS, era = (z >= 0 ? z : z - ERA_DAYS + 1) / ERA_DAYS, in_era = z - era * ERA_DAYS;
	int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100), m = (5 * in_year + 2) / 153;
	struct civil c = { .days = days, .hour = (int)(s / 3600), .minute = (int)(s / 60 % 60), .second = (int)(s % 60) };

	c.day = (int)(in_year - (153 * m + 2) / 5 + 1);
	c.month = (int)(m < 10 ? m + 3 : m - 9);
	c.year = (int)(year + era * 400 + (c.month <= 2));
	c.weekday = (int)((days % 7 + 11) % 7);
	return c;
}
