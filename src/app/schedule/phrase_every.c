/* What recurs: every other Tuesday, Mon/Wed/Fri, cada 1 y 15, weekdays, the last Friday of every month, every 4th of July. */
#include "app/schedule/phrase_inside.h"

/* A gap between two of a list: a comma, a slash, "and", an article. */
static int list_gap(const struct reading *r, int i)
{
	int gap = phrase_mark(r, i, ',') || phrase_mark(r, i, '/');
	gap += phrase_is(r, i + gap, W_AND, NULL) || phrase_mark(r, i + gap, '&');
	return gap == 0 ? 0 : gap + phrase_is(r, i + gap, W_THE, NULL);
}

/* Monday, Wednesday and Friday: a mask. */
static int weekday_list(const struct reading *r, int i, int *mask)
{
	int n = 0, w;
	*mask = 0;
	while (phrase_is(r, i + n, W_WEEKDAY, &w)) {
		*mask |= 1 << w;
		n++;
		int gap = list_gap(r, i + n);
		if (!phrase_is(r, i + n + gap, W_WEEKDAY, NULL))
			break;
		n += gap; /* none: mon wed fri */
	}
	return n;
}

/* 1st and 15th, 1, 10 y 20: a mask of days of the month; how many there are. */
static int day_list(const struct reading *r, int i, unsigned *mask, int *count)
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
		int gap = list_gap(r, i + n);
		if (gap == 0 || i + n + gap >= r->count || (!r->t[i + n + gap].number && !phrase_is(r, i + n + gap, W_ORDINAL, NULL)))
			return n;
		n += gap;
	}
}

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
	int m = day_list(r, i + n, &b->month_days, &count);
	n += m;
	if (m == 0 || counts_other(r, i + n))
		return 0;
	m = phrase_of_month(r, i + n, &each);
	every = every || (each && count > 1);
	if (!every || (m == 0 && (of_named(r, i + n) || (count == 1 && !mark && !days))))
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
		{{"mwf"}, U_WEEK, 1, 21}, {{"tth"}, U_WEEK, 1, 10}, {{"entre", "semana"}, U_WORKDAY, 1, 0}, {{"los", "dias", "laborables"}, U_WORKDAY, 1, 0},
		{{"los", "dias", "habiles"}, U_WORKDAY, 1, 0}, {{"los", "fines", "de", "semana"}, U_WEEKEND, 1, 0}, {{"un", "dia", "si", "y", "otro", "no"}, U_DAY, 2, 0},
	};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = 0;
		while (n < 6 && ways[k].words[n] != NULL && phrase_word(r, i + n, ways[k].words[n]))
			n++;
		if (n == 6 || ways[k].words[n] == NULL) {
			b->every = ways[k].unit;
			b->interval = ways[k].interval;
			b->weekdays = ways[k].weekdays;
			return n;
		}
	}
	return 0;
}

/* un martes si y otro no; semana si, semana no. */
static int every_other(const struct reading *r, int i, struct bit *b)
{
	int w, comma = phrase_mark(r, i + 2, ',');
	b->interval = 2;
	if (phrase_word(r, i, "semana") && phrase_word(r, i + 1, "si") && phrase_word(r, i + 2 + comma, "semana") && phrase_word(r, i + 3 + comma, "no"))
		return 4 + comma;
	if (phrase_word(r, i, "un") && phrase_is(r, i + 1, W_WEEKDAY, &w) && phrase_word(r, i + 2, "si") && phrase_word(r, i + 4, "otro") && phrase_word(r, i + 5, "no")) {
		b->weekdays = 1 << w;
		return 6;
	}
	b->interval = 1;
	return 0;
}

/* once a week, una vez al mes. */
static int once(const struct reading *r, int i, struct bit *b)
{
	int unit, n = phrase_word(r, i, "once") && r->who->language == PHRASE_EN && phrase_is(r, i + 1, W_A, NULL) ? 2 : 0;
	if (phrase_word(r, i, "una") && phrase_word(r, i + 1, "vez"))
		n = 3 + phrase_word(r, i + 3, "la");
	if (n == 0 || !phrase_is(r, i + n, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	b->every = (enum unit)unit;
	return n + 1;
}

/* Mondays, los lunes; Mon/Wed/Fri, lunes, miercoles y viernes: three of a list recur, two may be a choice. Not when they are those of one week. */
static int named_weekdays(const struct reading *r, int i, struct bit *b)
{
	int n = r->who->language == PHRASE_ES && phrase_word(r, i, "los"), m = weekday_list(r, i + n, &b->weekdays), of;
	if (m == 0)
		return 0;
	size_t length = r->t[i].to - r->t[i].from;
	bool plural = r->who->language == PHRASE_ES ? n == 1 : length > 5 && r->t[i].text[length - 1] == 's';
	bool list = __builtin_popcount((unsigned)b->weekdays) > (phrase_mark(r, i + n + 1, '/') ? 1 : 2) && !list_gap(r, i + n + m);
	of = i + n + m + phrase_is(r, i + n + m, W_OF, NULL);
	of += phrase_is(r, of, W_THE, NULL);
	bool of_week = phrase_is(r, of, W_NEXT, NULL) || phrase_is(r, of, W_THIS, NULL) || phrase_is(r, of, W_UNIT, NULL) || phrase_is(r, i - 1, W_NEXT, NULL) || phrase_is(r, i - 1, W_THIS, NULL);
	return plural || (list && !of_week) ? n + m : 0;
}

/* What recurs without the word "every". */
static int recurs(const struct reading *r, int i, struct bit *b)
{
	int n = workdays(r, i, b), the = phrase_is(r, i, W_THE, NULL), m;
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
	bool day = phrase_is(r, i + n, W_UNIT, &unit) && unit >= U_DAY;
	if (n > 0 && v > 1 && (day || phrase_is(r, i + n, W_WEEKDAY, NULL)) && !phrase_is(r, i + n + 1, W_OF, NULL)) {
		*interval = v; /* every second Tuesday, every third day */
		return n;
	}
	if (!phrase_is(r, i, W_OTHER, &v))
		return phrase_whole(r, i, interval);
	*interval = v;
	return 1;
}

/* every 4th of July, cada 3 de junio, every Christmas, every December: the day is read by itself. */
static bool yearly(const struct reading *r, int i)
{
	struct bit day;
	int n = phrase_calendar_day(r, i, &day), month;
	bool named = phrase_holiday(r, i, &day) > 0;
	for (int k = 0; k < n; k++)
		named = named || phrase_is(r, i + k, W_MONTH, &month);
	return named || phrase_is(r, i, W_MONTH, &month);
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
	if (bi == 0 && halves(r, i - 2))
		return -1;
	bool semi = phrase_word(r, i, "semi") || phrase_word(r, i, "semimonthly");
	if (bi > 0 && unit != (semi ? U_MONTH : U_WEEK))
		return -1;
	b->every = bi > 0 && !semi ? U_FORTNIGHT : (enum unit)unit;
	b->month_days = semi ? 1u << 1 | 1u << 15 : 0;
	return bi + 1;
}

/* week, fin de semana: tokens taken. */
static int unit_noun(const struct reading *r, int i, int *unit)
{
	bool weekend = phrase_word(r, i, "fin") && phrase_word(r, i + 1, "de") && phrase_word(r, i + 2, "semana");
	*unit = U_WEEKEND;
	return weekend ? 3 : phrase_is(r, i, W_UNIT, unit);
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
	if (interval < 1 || interval > 99)
		return -1;
	b->interval = (int)interval;
	m = weekday_list(r, i + n, &b->weekdays);
	if (m > 0)
		return n + m;
	m = unit_noun(r, i + n, &v);
	if (m == 0 || v < (n > 0 ? U_SECOND : U_MINUTE))
		return -1;
	b->every = (enum unit)v;
	n += m;
	if (v == U_DAY && phrase_is(r, i + n, W_UNIT, &v) && v == U_WORKDAY) { /* todos los dias laborables */
		b->every = U_WORKDAY;
		n++;
	}
	return n;
}

/* Fridays, weekends: a mask. */
static int days_but(const struct reading *r, int i, int *mask)
{
	int unit, m = weekday_list(r, i, mask);
	if (m > 0 || !phrase_is(r, i, W_UNIT, &unit) || unit != U_WEEKEND)
		return m;
	*mask = 96;
	return 1;
}

/* every day except Sunday, every day but weekends: the days that are left. Tokens taken. */
static int but_days(const struct reading *r, int i, struct bit *b)
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

int phrase_every(const struct reading *r, int i, struct bit *b)
{
	int n, m;
	*b = (struct bit){.kind = B_EVERY, .every = U_WEEK, .interval = 1};
	n = adverb(r, i, b);
	if (n != 0)
		return n > 0 ? n + which_of_month(r, i + n, b) : 0;
	if (!phrase_is(r, i, W_EVERY, NULL))
		return recurs(r, i, b);
	if (yearly(r, i + 1)) {
		b->every = U_YEAR;
		return 1;
	}
	n = 1 + phrase_is(r, i + 1, W_THE, NULL);
	if ((m = phrase_monthly(r, i + n, true, b)) > 0 || (m = month_days(r, i + n, true, b)) > 0)
		return n + m;
	b->month_days = 0;
	m = units(r, i + n, b);
	if (m < 0)
		return 0;
	n += m;
	n += which_of_month(r, i + n, b);
	return n + but_days(r, i + n, b);
}
