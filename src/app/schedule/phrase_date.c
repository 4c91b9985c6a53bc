/* Dates written out: 2026-03-04, 3/4, March 4th, el 4 de marzo, the 15th. */
#include "app/schedule/phrase_inside.h"

static bool set_date(struct bit *b, int64_t year, int64_t month, int64_t day)
{
	*b = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .days = 1};
	if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	if (day > phrase_month_days(year, (int)month)) {
		b->doubt = PHRASE_IMPOSSIBLE;
		day = phrase_month_days(year, (int)month);
	}
	b->day = phrase_day_number(year, (int)month, (int)day);
	return true;
}

/* A month and day without a year: the next one, today included. */
static bool set_next(const struct reading *r, struct bit *b, int64_t month, int64_t day)
{
	int64_t year;
	int m, d;
	phrase_civil(r->today, &year, &m, &d);
	if (month < 1 || month > 12)
		return false;
	if (month == 2 && day == 29)
		while (phrase_month_days(year, 2) < 29 || phrase_day_number(year, 2, 29) < r->today)
			year++;
	if (month < m || (month == m && day < d))
		year++;
	bool good = set_date(b, year, month, day);
	b->no_year = true;
	return good;
}

/* Behind 1/2: hour, an hour. */
static bool half_of(const struct reading *r, int i)
{
	return phrase_is(r, i + phrase_is(r, i, W_A, NULL), W_UNIT, NULL);
}

/* 9/10 people, 1/2 cup: so many of something. */
static bool is_share(const struct reading *r, int i)
{
	int64_t part = r->t[i].value, of = r->t[i + 2].value;
	return !phrase_is(r, i - 1, W_FILL, NULL) && part < of && (phrase_are_things(r, i + 3) || (part == 1 && of <= 4 && phrase_is_thing(r, i + 3)));
}

/* 24/7. */
static bool is_always(const struct reading *r, int i)
{
	return r->t[i].value == 24 && phrase_mark(r, i + 1, '/') && r->t[i + 2].value == 7 && !phrase_mark(r, i + 3, '/');
}

int phrase_numeric_day(const struct reading *r, int i, struct bit *b)
{
	const struct token *t = &r->t[i];
	if (phrase_digits(r, i, 8) && t->digits == 8 && t->value / 10000 >= 1900 && t->value % 100 >= 1 && t->value % 100 <= 31) /* 20151225 */
		return set_date(b, t->value / 10000, t->value / 100 % 100, t->value % 100) ? 1 : 0;
	if (!phrase_digits(r, i, 4) || !phrase_digits(r, i + 2, 4) || !r->t[i + 1].glued || !r->t[i + 2].glued || is_always(r, i))
		return 0;
	char c = r->t[i + 1].text[0];
	bool three = i + 4 < r->count && phrase_mark(r, i + 3, c) && r->t[i + 3].glued && phrase_digits(r, i + 4, 4) && r->t[i + 4].glued;
	if (c != '/' && c != '-' && c != '.')
		return 0;
	if (t[0].digits == 4 && three)
		return set_date(b, t[0].value, t[2].value, t[4].value) ? 5 : 0;
	if (t[0].digits > 2 || t[2].digits > 2 || (!three && c != '/') || (three && (t[4].digits == 3 || (t[4].digits == 1 && c != '/'))))
		return 0;
	bool month_first = r->who->month_first && c == '/';
	int64_t month = month_first ? t[0].value : t[2].value, day = month_first ? t[2].value : t[0].value;
	if (month > 12 && c == '.' && !(three && t[4].digits == 4))
		return 0; /* 4.17.21: with points the day comes first */
	if (month > 12 && day <= 12) { /* only one reading is possible */
		int64_t swap = month;
		month = day;
		day = swap;
	}
	if (three)
		return set_date(b, phrase_full_year(&t[4]), month, day) ? 5 : 0;
	return !half_of(r, i + 3) && !is_share(r, i) && set_next(r, b, month, day) ? 3 : 0;
}

/* $12, 12 behind the sign of euros or pounds: an amount, whose sign ends before the number. */
static bool is_money(const struct reading *r, int i)
{
	return phrase_mark(r, i - 1, '$') || (r->t[i].glued && (phrase_mark(r, i - 1, '\xAC') || phrase_mark(r, i - 1, '\xA3')));
}

/* 4, 4th, fourth, el primero: a day of a month. Tokens taken. */
static int day_of_month(const struct reading *r, int i, int64_t *day, bool *ordinal)
{
	int v, n;
	*ordinal = false;
	if (is_money(r, i))
		return 0;
	if (phrase_digits(r, i, 2)) {
		*day = r->t[i].value;
		n = 1;
		int point = phrase_mark(r, i + 1, '.') && r->t[i + 1].glued; /* 1.º */
		if (i + 1 + point < r->count && r->t[i + 1 + point].glued && phrase_is(r, i + 1 + point, W_ORDINAL_MARK, NULL)) {
			*ordinal = true;
			n = 2 + point;
		}
	} else if (phrase_is(r, i, W_ORDINAL, &v) && v > 0 && !phrase_is(r, i, W_EDGE, NULL)) {
		*day = v;
		*ordinal = true;
		n = 1;
	} else {
		n = phrase_whole(r, i, day);
		int one = 0;
		if (n > 0 && *day >= 20 && *day % 10 == 0 && *day <= 30) { /* twenty-first */
			int at = i + n + (phrase_mark(r, i + n, '-'));
			if (phrase_is(r, at, W_ORDINAL, &one) && one > 0 && one < 10) {
				*day += one;
				*ordinal = true;
				n = at + 1 - i;
			}
		}
	}
	return n > 0 && *day >= 1 && *day <= 31 ? n : 0;
}

static int finish(const struct reading *r, int i, struct bit *b, int month, int64_t day, int took)
{
	int64_t year, now;
	int m, d;
	phrase_civil(r->today, &now, &m, &d);
	int n = phrase_short_year(r, i + took, &year);
	if (n == 0)
		n = phrase_year(r, i + took, now, &year);
	bool good = n > 0 ? set_date(b, year, month, day) : set_next(r, b, month, day);
	return good ? took + n : 0;
}

/* next month, of this month at token i behind two days of it: `took` with it. */
static int month_range(const struct reading *r, int i, int64_t first, int64_t last, int took, struct bit *b)
{
	int64_t year;
	int month, d, move = 0, n = phrase_month_meant(r, i, &move);
	bool said = phrase_is(r, i - 1, W_OF, NULL) || phrase_is(r, i, W_NEXT, NULL);
	phrase_civil(phrase_add_months(r->today, move), &year, &month, &d);
	if (n == 0 || !said || !set_date(b, year, month, first))
		return 0;
	b->days = last - first + 1;
	return took + n;
}

/* Whether token `at` joins the day at token i to another: to, a dash, "and" behind "between"; "and" alone only to the next day (*pair). */
static bool joins_days(const struct reading *r, int i, int at, bool *pair)
{
	int between = 0;
	bool and = phrase_is(r, at, W_AND, NULL), said = phrase_is(r, i - 1, W_FROM, &between) || phrase_is(r, i - 2, W_FROM, &between);
	*pair = and && !(said && between == 1);
	if (*pair)
		return r->who->language == PHRASE_EN || phrase_word(r, i - 1, "dias");
	return and || phrase_mark(r, at, '-') || phrase_is(r, at, W_TO, NULL);
}

/* 13-15 July, del 13 al 15 de julio, July 13 to 15, the 18th and 19th of June. */
static int day_range(const struct reading *r, int i, int64_t first, int month, struct bit *b, int took)
{
	bool ordinal, pair;
	int64_t last;
	int n, of;
	if (!joins_days(r, i, i + took, &pair))
		return 0;
	took += 1 + phrase_is(r, i + took + 1, W_THE, NULL);
	n = day_of_month(r, i + took, &last, &ordinal);
	if (n == 0 || last <= first || (pair && last != first + 1))
		return 0;
	took += n;
	if (month == 0) {
		of = phrase_is(r, i + took, W_OF, NULL);
		if (!phrase_is(r, i + took + of, W_MONTH, &month))
			return month_range(r, i + took + of, first, last, took + of, b);
		took += of + 1;
	} else if (phrase_mark(r, i + took, ':') || phrase_is(r, i + took, W_MERIDIEM, NULL)) {
		return 0; /* July 13 to 3:30 */
	}
	took = finish(r, i, b, month, first, took);
	if (took > 0)
		b->days = last - first + 1;
	return took;
}

/* el 15, el dia 15, la tarde del 15. */
static bool has_article(const struct reading *r, int i)
{
	return r->who->language == PHRASE_ES && (phrase_word(r, i - 1, "dia") || phrase_word(r, i - 1, "el") || (phrase_word(r, i - 1, "del") && phrase_is(r, i - 2, W_PART, NULL)));
}

/* on the first, but not of something else. */
static bool is_on_the(const struct reading *r, int i, int took)
{
	bool on = phrase_is(r, i - 1, W_THE, NULL) && phrase_word(r, i - 2, "on");
	return on && !phrase_is_thing(r, i + took) && !phrase_is(r, i + took, W_WEEKDAY, NULL) && !phrase_is(r, i + took, W_UNIT, NULL);
}

/* Whether a number is a day by itself: the 15th, el 15, el dia 15; with a month that is meant also the first, el tres. */
static bool stands_alone(const struct reading *r, int i, int took, bool ordinal, bool month)
{
	bool the = has_article(r, i), digits = r->t[i].number;
	static const char *const things[] = {"century", "class", "hand", "time", "attempt", "step", "level", "page", "item", "floor", "street", "avenue", "anniversary", "birthday", "edition", "grade", "place", "party", "person", "option", "version", "draft", "row", "planta", "piso", NULL};
	if (phrase_one_of(r, i + took, things) || phrase_mark(r, i + took, '%') || (phrase_word(r, i + took, "por") && phrase_word(r, i + took + 1, "ciento")))
		return false;
	if (the && digits)
		return !phrase_is(r, i + took, W_UNIT, NULL) && !phrase_mark(r, i + took, ':');
	if (ordinal && !digits && !month)
		return is_on_the(r, i, took);
	return ordinal || (month && (the || digits));
}

/* the 15th, el 15, the first of every month, the 2nd of next month. Tokens taken, of which the day took `took`. */
static int day_alone(const struct reading *r, int i, int64_t day, int took, bool ordinal, struct bit *b)
{
	int move = 0, now_month, now_day, m = phrase_is(r, i + took, W_OF, NULL) ? phrase_month_meant(r, i + took + 1, &move) : 0;
	int64_t year;
	if (!stands_alone(r, i, took, ordinal, m > 0))
		return 0;
	phrase_civil(phrase_add_months(r->today, move), &year, &now_month, &now_day);
	while (move == 0 && !phrase_is(r, i + took + 1, W_THIS, NULL) && (day < now_day || day > phrase_month_days(year, now_month))) {
		now_day = 1;
		now_month = now_month % 12 + 1;
		year += now_month == 1;
	}
	if (!set_date(b, year, now_month, day))
		return 0;
	b->of_month = m == 0;
	b->day_of_month = (int)day;
	return m > 0 && !phrase_is(r, i + took + 1, W_EVERY, NULL) ? took + 1 + m : took; /* "every month" is read as what recurs */
}

/* Between a day and its month: 4 de marzo, 4-Mar, 4/Mar. Tokens. */
static int before_month(const struct reading *r, int i)
{
	int of = phrase_is(r, i, W_OF, NULL) || phrase_mark(r, i, '-') || (phrase_mark(r, i, '/') && r->t[i].glued);
	return of + phrase_mark(r, i + of, '.');
}

int phrase_calendar_day(const struct reading *r, int i, struct bit *b)
{
	bool ordinal;
	int64_t day;
	int month, n, m;
	if (phrase_is_year(r, i) && phrase_is(r, i + 1, W_MONTH, &month) && (n = day_of_month(r, i + 2, &day, &ordinal)) > 0) /* 2014 March 4 */
		return set_date(b, r->t[i].value, month, day) ? n + 2 : 0;
	if (phrase_is(r, i, W_MONTH, &month)) { /* March 4 */
		n = 1 + (phrase_mark(r, i + 1, '.') || phrase_mark(r, i + 1, '-'));
		n += phrase_is(r, i + n, W_THE, NULL);
		m = phrase_year_words(r, i + n, &day) > 0 ? 0 : day_of_month(r, i + n, &day, &ordinal);
		if (m == 0 || phrase_mark(r, i + n + m, ':'))
			return 0;
		n += m;
		m = day_range(r, i, day, month, b, n);
		return m > 0 ? m : finish(r, i, b, month, day, n);
	}
	n = day_of_month(r, i, &day, &ordinal);
	if (n == 0)
		return 0;
	m = day_range(r, i, day, 0, b, n);
	if (m > 0)
		return m;
	int of = before_month(r, i + n);
	if (phrase_is(r, i + n + of, W_MONTH, &month))
		return finish(r, i, b, month, day, n + of + 1);
	return day_alone(r, i, day, n, ordinal, b);
}
