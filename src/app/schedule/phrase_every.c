/* What recurs: every other Tuesday, Mon/Wed/Fri, cada 1 y 15, weekdays, the last Friday of every month, every 4th of July. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

/* What makes a number before it no day of a month: 3 hours, 3:15, 1/5. */
static bool counts_other(const struct reading *r, int i)
{
	return phrase_is(r, i, W_UNIT, NULL) || phrase_is(r, i, W_WEEKDAY, NULL) || phrase_mark(r, i, ':') || phrase_mark(r, i, '/');
}

/* 15th, and not a number of something. */
static bool is_marked(const struct reading *r, int i)
{
	return r->who->language == PHRASE_EN && i < r->count && r->t[i].number && phrase_is(r, i + 1, W_ORDINAL_MARK, NULL);
}

static bool of_named(const struct reading *r, int i)
{
	return phrase_is(r, i, W_OF, NULL) || phrase_is(r, i, W_MONTH, NULL);
}

/* every 1st and 15th, the 1st and 15th of each month, cada 1 y 15, los dias 1 y 15 de cada mes, todos los 15 de mes. */
static int month_days(const struct reading *r, int i, bool every, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), count, unit = -1;
	bool each = false, days = phrase_is(r, i + n, W_UNIT, &unit) && unit == U_DAY && r->who->language == PHRASE_ES;
	n += days;
	bool mark = is_marked(r, i + n);
	int m = phrase_day_list(r, i + n, &b->month_days, &count);
	n += m;
	if (m == 0 || counts_other(r, i + n))
		return 0;
	m = phrase_of_month(r, i + n, &each);
	every = every || (each && count > 1);
	if (!every || (m == 0 && (of_named(r, i + n) || (count == 1 && !mark && !days && !(phrase_word(r, i - 1, "los") && !phrase_is_thing(r, i + n))))))
		return 0;
	b->every = U_MONTH;
	return n + m;
}

/* weekdays, on business days, entre semana, los dias laborables, weekends. */
static int workdays(const struct reading *r, int i, struct bit *b)
{
	static const struct {
		const char *words[6];
		enum unit unit;
		int interval, weekdays;
	} ways[] = {
		{{"weekdays"}, U_WORKDAY, 1, 0}, {{"on", "business", "days"}, U_WORKDAY, 1, 0}, {{"on", "working", "days"}, U_WORKDAY, 1, 0}, {{"weekends"}, U_WEEKEND, 1, 0},
		{{"mwf"}, U_WEEK, 1, 21}, {{"tth"}, U_WEEK, 1, 10}, {{"tuth"}, U_WEEK, 1, 10}, {{"t", "/", "th"}, U_WEEK, 1, 10}, {{"m", "/", "w", "/", "f"}, U_WEEK, 1, 21}, {{"m", "/", "w"}, U_WEEK, 1, 5}, {{"entre", "semana"}, U_WORKDAY, 1, 0}, {{"los", "dias", "laborables"}, U_WORKDAY, 1, 0},
		{{"los", "dias", "habiles"}, U_WORKDAY, 1, 0}, {{"los", "fines", "de", "semana"}, U_WEEKEND, 1, 0}, {{"un", "dia", "si", "y", "otro", "no"}, U_DAY, 2, 0},
		{{"dia", "por", "medio"}, U_DAY, 2, 0}, {{"dia", "de", "por", "medio"}, U_DAY, 2, 0}, {{"semana", "por", "medio"}, U_WEEK, 2, 0}, {{"a", "diario"}, U_DAY, 1, 0},
	};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = phrase_row(r, i, ways[k].words, 6);
		if (n > 0) {
			b->every = ways[k].unit;
			b->interval = ways[k].interval;
			b->weekdays = ways[k].weekdays;
			return n;
		}
	}
	return 0;
}

static bool is_alternate(const struct reading *r, int i)
{
	return phrase_word(r, i, "alternos") || phrase_word(r, i, "alterno");
}

/* un martes si y otro no; semana si, semana no. */
static int every_other(const struct reading *r, int i, struct bit *b)
{
	int w, comma = phrase_mark(r, i + 2, ',');
	b->interval = 2;
	if (phrase_word(r, i, "semana") && phrase_word(r, i + 1, "si") && phrase_word(r, i + 2 + comma, "semana") && phrase_word(r, i + 3 + comma, "no"))
		return 4 + comma;
	int the = phrase_is(r, i, W_THE, NULL);
	if ((phrase_word(r, i, "alternate") || phrase_word(r, i, "alternating")) && phrase_is(r, i + 1, W_WEEKDAY, &w)) {
		b->weekdays = 1 << w;
		return 2;
	}
	if (phrase_is(r, i + the, W_WEEKDAY, &w) && is_alternate(r, i + the + 1)) {
		b->weekdays = 1 << w;
		return the + 2;
	}
	if (phrase_word(r, i, "un") && phrase_is(r, i + 1, W_WEEKDAY, &w) && phrase_word(r, i + 2, "si") && phrase_word(r, i + 4, "otro") && phrase_word(r, i + 5, "no")) {
		b->weekdays = 1 << w;
		return 6;
	}
	b->interval = 1;
	return 0;
}

/* once, twice, three times, dos veces: tokens taken. */
static int how_often(const struct reading *r, int i, int64_t *count)
{
	static const char *const words[] = {"once", "twice", "thrice", NULL};
	for (int k = 0; words[k] != NULL; k++)
		if (r->who->language == PHRASE_EN && phrase_word(r, i, words[k])) {
			*count = k + 1;
			return 1;
		}
	int n = phrase_whole(r, i, count);
	return n > 0 && (phrase_word(r, i + n, "times") || phrase_word(r, i + n, "veces") || phrase_word(r, i + n, "vez")) ? n + 1 : 0;
}

/* once a week, twice a month, una vez al mes, dos veces por semana: which days is not said when it is more than one. */
static int once(const struct reading *r, int i, struct bit *b)
{
	int64_t count;
	int unit, n = how_often(r, i, &count), each = 0;
	if (n == 0 || count < 1)
		return 0;
	if (phrase_is(r, i + n, W_A, NULL) || (phrase_is(r, i + n, W_EVERY, &each) && each == 0) || phrase_word(r, i + n, "per") || phrase_word(r, i + n, "por") || phrase_word(r, i + n, "al"))
		n++;
	else if (phrase_word(r, i + n, "a") && phrase_word(r, i + n + 1, "la"))
		n += 2;
	else
		return 0;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	b->every = (enum unit)unit;
	b->doubt = count > 1 && unit > U_DAY ? PHRASE_WHICH_DAY : PHRASE_CLEAR;
	return n + 1;
}

/* every week, de cada semana behind days: tokens taken. */
static int every_week(const struct reading *r, int i)
{
	int unit, n = phrase_is(r, i, W_OF, NULL), each = phrase_is(r, i + n, W_EVERY, &unit) && unit == 0;
	n += each + (each && phrase_is(r, i + n + each, W_THE, NULL));
	return each && phrase_is(r, i + n, W_UNIT, &unit) && unit == U_WEEK ? n + 1 : 0;
}

/* Monday mornings: what is plural recurs. */
static bool plural_part(const struct reading *r, int i)
{
	int part;
	return r->who->language == PHRASE_EN && phrase_is(r, i, W_PART, &part) && r->t[i].text[strlen(r->t[i].text) - 1] == 's';
}

/* next Monday, Tuesday and Friday; Monday, Tuesday and Friday of next week: the days from i to end. */
static bool of_one_week(const struct reading *r, int i, int end)
{
	end += phrase_is(r, end, W_OF, NULL);
	end += phrase_is(r, end, W_THE, NULL);
	return phrase_is(r, end, W_NEXT, NULL) || phrase_is(r, end, W_THIS, NULL) || phrase_is(r, end, W_UNIT, NULL) || phrase_is(r, i - 1, W_NEXT, NULL) || phrase_is(r, i - 1, W_THIS, NULL);
}

/* Two days beside each other: Sat/Sun is a choice or a weekend, Tue/Thu recurs. */
static bool are_neighbours(int mask)
{
	return (mask & mask << 1) != 0 || (mask & 65) == 65;
}

/* Mondays, los lunes; Mon/Wed/Fri, lunes, miercoles y viernes: three of a list recur, two may be a choice. Not when they are those of one week. */
static int named_weekdays(const struct reading *r, int i, struct bit *b)
{
	int n = r->who->language == PHRASE_ES && phrase_word(r, i, "los"), m = phrase_weekday_list(r, i + n, false, &b->weekdays);
	if (m == 0)
		return 0;
	int week = every_week(r, i + n + m);
	if (week > 0)
		return n + m + week;
	size_t length = r->t[i].to - r->t[i].from;
	bool plural = r->who->language == PHRASE_ES ? n == 1 : length > 5 && r->t[i].text[length - 1] == 's';
	bool list = __builtin_popcount((unsigned)b->weekdays) > (phrase_mark(r, i + n + 1, '/') && !are_neighbours(b->weekdays) ? 1 : 2) && !phrase_list_gap(r, i + n + m);
	if (plural || (list && !of_one_week(r, i, i + n + m)) || plural_part(r, i + n + m))
		return n + m;
	return 0;
}

/* weekdays except Friday: with what is left out. */
static int but_days_of(const struct reading *r, int i, int n, struct bit *b)
{
	return n > 0 ? n + phrase_but_days(r, i + n, b) : 0;
}

/* What recurs without the word "every". */
static int recurs(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_in_a_row(r, i, b);
	if (n > 0)
		return n;
	n = but_days_of(r, i, workdays(r, i, b), b);
	int the = phrase_is(r, i, W_THE, NULL), m;
	if (n == 0)
		n = every_other(r, i, b);
	if (n == 0)
		n = once(r, i, b);
	if (n == 0 && (n = month_days(r, i, false, b)) == 0)
		b->month_days = 0;
	if (n == 0 && (m = phrase_monthly(r, i + the, false, b)) > 0)
		n = the + m;
	return n > 0 ? n : named_weekdays(r, i, b);
}

/* other, two, second behind "every". Tokens taken. */
static int interval_at(const struct reading *r, int i, int64_t *interval)
{
	int v, unit, n = phrase_ordinal(r, i, &v);
	bool day = phrase_is(r, i + n, W_UNIT, &unit) && unit >= U_MINUTE;
	if (n > 0 && v > 1 && (day || phrase_is(r, i + n, W_WEEKDAY, NULL)) && !phrase_is(r, i + n + 1, W_OF, NULL)) {
		*interval = v; /* every second Tuesday, every third day */
		return n;
	}
	if (!phrase_is(r, i, W_OTHER, &v))
		return phrase_whole(r, i, interval);
	*interval = v;
	return 1;
}

/* every 20/5: a date, where both are not days of a month. */
static bool is_date(const struct reading *r, int i)
{
	int month = r->who->month_first ? i : i + 2;
	return phrase_digits(r, i, 2) && phrase_mark(r, i + 1, '/') && phrase_digits(r, i + 2, 2) && r->t[i + 2].glued && r->t[month].value <= 12 && !phrase_mark(r, i + 3, '/');
}

/* every 4th of July, cada 3 de junio, every Christmas, every December: the day is read by itself. */
static bool yearly(const struct reading *r, int i)
{
	struct bit day;
	int n = phrase_calendar_day(r, i, &day), month;
	bool named = phrase_holiday(r, i, &day) > 0;
	for (int k = 0; k < n; k++)
		named = named || phrase_is(r, i + k, W_MONTH, &month);
	return named || is_date(r, i) || phrase_is(r, i, W_MONTH, &month);
}

/* bi-, semi- before an adverb. */
static bool halves(const struct reading *r, int i)
{
	return phrase_mark(r, i + 1, '-') && (phrase_word(r, i, "bi") || phrase_word(r, i, "semi"));
}

/* weekly, quincenal, bi-weekly; semi-monthly is the 1st and 15th; "bi-monthly" and "semi-annual" are said of both, twice and every other. Tokens taken, -1 for what is not clear. */
static int adverb(const struct reading *r, int i, struct bit *b)
{
	int unit = 0, bi = halves(r, i) ? 2 : 0;
	if (!phrase_is(r, i + bi, W_EVERY, &unit) || unit == 0)
		return 0;
	if (bi == 0 && (halves(r, i - 2) || (phrase_mark(r, i - 1, '-') && phrase_word(r, i - 2, "half"))))
		return -1;
	bool semi = phrase_word(r, i, "semi") || phrase_word(r, i, "semimonthly");
	if (bi > 0 && unit != (semi ? U_MONTH : U_WEEK))
		return -1;
	b->every = bi > 0 && !semi ? U_FORTNIGHT : (enum unit)unit;
	b->month_days = semi ? 1u << 1 | 1u << 15 : 0;
	return bi + 1;
}

/* Monday and Friday, lunes alternos behind "every": tokens taken. */
static int weekdays(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_weekday_list(r, i, true, &b->weekdays), alternate = n > 0 && is_alternate(r, i + n);
	b->interval = alternate ? 2 : b->interval;
	return n + alternate;
}

/* half hour, working day behind "every": tokens taken. */
static int named_unit(const struct reading *r, int i, struct bit *b)
{
	int unit, day = phrase_workday(r, i), a = phrase_is(r, i + 1, W_A, NULL);
	if (day > 0) {
		b->every = U_WORKDAY;
		return day;
	}
	if (!phrase_is(r, i, W_HALF, NULL) || !phrase_is(r, i + 1 + a, W_UNIT, &unit) || unit != U_HOUR)
		return 0;
	b->every = U_MINUTE;
	b->interval = 30;
	return a + 2;
}

/* todos los dias laborables; cada quince dias, which are two weeks with both ends counted: tokens taken behind the unit. */
static int days_meant(const struct reading *r, int i, int behind, struct bit *b)
{
	int unit;
	if (r->who->language == PHRASE_ES && b->interval == 15 && !r->t[i].number) {
		b->every = U_FORTNIGHT;
		b->interval = 1;
	}
	if (!phrase_is(r, behind, W_UNIT, &unit) || unit != U_WORKDAY)
		return 0;
	b->every = U_WORKDAY;
	return 1;
}

/* Behind "every": a unit, so many of it, days of a week. Tokens taken, 0 when it is none. */
static int units(const struct reading *r, int i, struct bit *b)
{
	int64_t interval = 1;
	int n = interval_at(r, i, &interval), v, m;
	if (interval == 1 && phrase_is(r, i + n, W_PART, NULL) && !phrase_is(r, i + n, W_UNIT, NULL)) {
		b->every = U_DAY; /* every morning: the part is read by itself */
		return n;
	}
	if (n == 0 && (m = named_unit(r, i, b)) > 0)
		return m;
	if (interval < 1 || interval > 99)
		return -1;
	b->interval = (int)interval;
	m = weekdays(r, i + n, b);
	if (m > 0)
		return n + m;
	m = phrase_unit_noun(r, i + n, &v);
	if (m == 0 || v < (n > 0 ? U_SECOND : U_MINUTE))
		return -1;
	b->every = (enum unit)v;
	n += m;
	return v == U_DAY ? n + days_meant(r, i, i + n, b) : n;
}

/* monthly on the second Tuesday, cada mes el primer lunes: which of the month. Tokens taken. */
static int which_of_month(const struct reading *r, int i, struct bit *b)
{
	struct bit nth = *b;
	int n = phrase_is(r, i, W_FILL, NULL), m;
	n += phrase_is(r, i + n, W_THE, NULL);
	m = b->every == U_MONTH && b->month_days == 0 && b->nths == 0 ? phrase_nth(r, i + n, &nth) : 0;
	*b = m > 0 ? nth : *b;
	return m > 0 ? n + m : 0;
}

/* every two weeks on Tuesday and Friday: tokens taken. */
static int on_weekdays(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_FILL, NULL), mask, m;
	n += phrase_is(r, i + n, W_THE, NULL);
	m = n > 0 && b->weekdays == 0 && (b->every == U_WEEK || b->every == U_FORTNIGHT) ? phrase_weekday_list(r, i + n, true, &mask) : 0;
	if (m < 2)
		return 0;
	b->weekdays = mask;
	return n + m;
}

/* weekly on Tuesday and Thursday, monthly on the first Monday: tokens taken with the adverb. */
static int behind_adverb(const struct reading *r, int i, int n, struct bit *b)
{
	n += which_of_month(r, i + n, b);
	return n + on_weekdays(r, i + n, b);
}

int phrase_every(const struct reading *r, int i, struct bit *b)
{
	int n, m;
	*b = (struct bit){.kind = B_EVERY, .every = U_WEEK, .interval = 1};
	n = adverb(r, i, b);
	if (n != 0)
		return n > 0 ? behind_adverb(r, i, n, b) : 0;
	if (!phrase_is(r, i, W_EVERY, NULL)) {
		n = recurs(r, i, b);
		n += n > 0 ? which_of_month(r, i + n, b) : 0;
		return n > 0 ? n + on_weekdays(r, i + n, b) : 0;
	}
	n = 1 + phrase_is(r, i + 1, W_THE, NULL);
	if (yearly(r, i + n)) {
		b->every = U_YEAR;
		return n;
	}
	if ((m = phrase_monthly(r, i + n, true, b)) > 0 || (m = month_days(r, i + n, true, b)) > 0)
		return n + m;
	b->month_days = 0;
	m = units(r, i + n, b);
	if (m < 0)
		return 0;
	n += m;
	n += which_of_month(r, i + n, b);
	n += on_weekdays(r, i + n, b);
	return n + phrase_but_days(r, i + n, b);
}
