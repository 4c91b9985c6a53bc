#include "view/inside.h"

/* The TZ string of POSIX with the longer hours of RFC 8536, 3.3.1: "CET-1CEST,M3.5.0,M10.5.0/3". */

struct change {
	char form; /* 'M', 'J' or 'n' (day of year from 0) */
	int month, week, day;
	int32_t at_s; /* wall clock of that day */
};

static bool take(struct fl_str *s, char c)
{
	if (!s->n || *s->p != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool take_number(struct fl_str *s, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		*out = *out * 10 + (s->p[n++] - '0');
	s->p += n;
	s->n -= n;
	return n > 0;
}

static bool take_name(struct fl_str *s)
{
	size_t n = 0;

	if (take(s, '<')) {
		fl_str_cut(s, '>');
		return true;
	}
	while (n < s->n && ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z')))
		n++;
	s->p += n;
	s->n -= n;
	return n >= 3;
}

/* [+-]h[:mm[:ss]] */
static bool take_time(struct fl_str *s, int32_t *out)
{
	bool minus = take(s, '-');
	int h, m = 0, sec = 0;

	if (!minus)
		take(s, '+');
	if (!take_number(s, &h) || (take(s, ':') && !take_number(s, &m)) || (take(s, ':') && !take_number(s, &sec)) || h > 167)
		return false;
	*out = (minus ? -1 : 1) * (h * 3600 + m * 60 + sec);
	return true;
}

/* m.w.d: the week counts from 1, 5 is the last. */
static bool take_month_day(struct fl_str *s, struct change *c)
{
	c->form = 'M';
	return take_number(s, &c->month) && take(s, '.') && take_number(s, &c->week) && take(s, '.') && take_number(s, &c->day) &&
	       c->month >= 1 && c->month <= 12 && c->week >= 1 && c->week <= 5 && c->day <= 6;
}

static bool take_change(struct fl_str *s, struct change *c)
{
	bool good;

	*c = (struct change){ .form = 'n', .at_s = 7200 };
	if (!take(s, ','))
		return false;
	if (take(s, 'M')) {
		good = take_month_day(s, c);
	} else {
		if (take(s, 'J'))
			c->form = 'J';
		good = take_number(s, &c->day);
	}
	return good && (!take(s, '/') || take_time(s, &c->at_s));
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local seconds at which the change happens in that year. */
static int64_t change_at(const struct change *c, int year)
{
	int64_t day = days_of(year, 1, 1);

	if (c->form == 'J') {
		day += c->day - 1 + (leap(year) && c->day >= 60);
	} else if (c->form == 'n') {
		day += c->day;
	} else {
		int64_t first = days_of(year, c->month, 1);
		int64_t next = c->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, c->month + 1, 1);
		int weekday = (int)((first % 7 + 11) % 7); /* 1970-01-01 was a Thursday */

		day = first + (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
		while (day >= next)
			day -= 7;
	}
	return day * 86400 + c->at_s;
}

int32_t zone_rule_offset(struct fl_str rule, int64_t at_s)
{
	int32_t west, summer_west;
	struct change start, end;
	int64_t from, until;
	bool summer;
	int year;

	if (!take_name(&rule) || !take_time(&rule, &west))
		return 0;
	if (!rule.n || !take_name(&rule))
		return -west;
	summer_west = west - 3600;
	if (rule.n && *rule.p != ',' && !take_time(&rule, &summer_west))
		return -west;
	if (!take_change(&rule, &start) || !take_change(&rule, &end))
		return -west;
	year = civil_of(at_s - west).year;
	from = change_at(&start, year) + west;
	until = change_at(&end, year) + summer_west;
	summer = from < until ? at_s >= from && at_s < until : at_s >= from || at_s < until;
	return summer ? -summer_west : -west;
}
