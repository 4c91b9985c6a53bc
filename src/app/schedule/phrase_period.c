/* Stretches of days: this week, next month, el fin de semana que viene, in March 2027, Q3, the end of May; and holidays. */
#include "app/schedule/phrase_inside.h"

static int64_t monday(int64_t day)
{
	return day - phrase_weekday(day);
}

static int64_t month_start(int64_t day)
{
	int64_t year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	return day - d + 1;
}

static struct bit stretch(int64_t from, int64_t to, enum phrase_grain grain)
{
	return (struct bit){.kind = B_DAY, .grain = grain, .day = from, .days = to - from};
}

/* The unit that holds today, moved by so many. */
static bool unit_from_now(const struct reading *r, enum unit unit, int move, struct bit *b)
{
	int64_t start, year;
	int month, d;
	phrase_civil(r->today, &year, &month, &d);
	switch (unit) {
	case U_DAY:
		*b = stretch(r->today + move, r->today + move + 1, PHRASE_DAY);
		return move != 0;
	case U_WEEKEND:
		start = monday(r->today) + 5 + 7 * move;
		*b = stretch(start, start + 2, PHRASE_DAY);
		return true;
	case U_WEEK:
		start = monday(r->today) + 7 * move;
		*b = stretch(start, start + 7, PHRASE_WEEK);
		return true;
	case U_MONTH:
		start = phrase_add_months(month_start(r->today), move);
		*b = stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
		return true;
	case U_QUARTER:
		start = phrase_add_months(phrase_day_number(year, (month - 1) / 3 * 3 + 1, 1), 3 * move);
		*b = stretch(start, phrase_add_months(start, 3), PHRASE_QUARTER);
		return true;
	case U_YEAR:
		*b = stretch(phrase_day_number(year + move, 1, 1), phrase_day_number(year + move + 1, 1, 1), PHRASE_YEAR);
		return true;
	default:
		return false;
	}
}

/* next, this, last, the, que viene. Tokens taken before the noun at most; *said: whether one of them was there. */
static int before_noun(const struct reading *r, int i, int *move, bool *said)
{
	int n = phrase_is(r, i, W_THE, NULL);
	*said = true;
	if (phrase_is(r, i + n, W_NEXT, NULL))
		*move = 1;
	else if (phrase_is(r, i + n, W_THIS, NULL))
		*move = 0;
	else if (phrase_is(r, i + n, W_LAST, NULL))
		*move = -1;
	else
		*said = false;
	return n + *said;
}

/* que viene, proximo, pasada, after next. */
static int after_noun(const struct reading *r, int i, int *move)
{
	if (phrase_word(r, i, "que") && phrase_is(r, i + 1, W_COMING, NULL)) {
		*move = 1;
		return 2;
	}
	if (phrase_is(r, i, W_COMING, NULL)) {
		*move = 1;
		return 1;
	}
	if (r->who->language == PHRASE_ES && phrase_is(r, i, W_NEXT, NULL)) {
		*move = 1;
		return 1;
	}
	if (r->who->language == PHRASE_ES && phrase_is(r, i, W_LAST, NULL)) {
		*move = -1;
		return 1;
	}
	if (r->who->language == PHRASE_EN && phrase_is(r, i, W_AFTER, NULL) && phrase_is(r, i + 1, W_NEXT, NULL)) {
		*move = 2;
		return 2;
	}
	return 0;
}

static int noun(const struct reading *r, int i, int *unit)
{
	if (r->who->language == PHRASE_ES && phrase_word(r, i, "fin") && phrase_word(r, i + 1, "de") && phrase_word(r, i + 2, "semana")) {
		*unit = U_WEEKEND;
		return 3;
	}
	return phrase_is(r, i, W_UNIT, unit);
}

/* next three weeks, los proximos 5 dias: from today on. */
static int counted(const struct reading *r, int i, int move, struct bit *b)
{
	int64_t count;
	int unit, n = phrase_whole(r, i, &count);
	if (n == 0 || count < 1 || count > 1000 || !phrase_is(r, i + n, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	int64_t days = unit == U_WEEK ? 7 * count : unit == U_FORTNIGHT ? 14 * count : count;
	int64_t months = unit == U_MONTH ? count : unit == U_QUARTER ? 3 * count : unit == U_YEAR ? 12 * count : 0;
	if (months > 0)
		days = move > 0 ? phrase_add_months(r->today, months) - r->today : r->today - phrase_add_months(r->today, -months);
	*b = move > 0 ? stretch(r->today, r->today + days, PHRASE_DAY) : stretch(r->today - days, r->today, PHRASE_DAY);
	return n + 1;
}

/* The week that holds a day, the first week of October: tokens taken behind "week of". */
static int week_of(const struct reading *r, int i, struct bit *b)
{
	struct bit day;
	int n = phrase_is(r, i, W_THE, NULL), m = phrase_calendar_day(r, i + n, &day);
	if (m == 0)
		return 0;
	*b = stretch(monday(day.day), monday(day.day) + 7, PHRASE_WEEK);
	return n + m;
}

static int unit_period(const struct reading *r, int i, struct bit *b)
{
	int move = 0, unit;
	bool said;
	int n = before_noun(r, i, &move, &said), m;
	if (said && move != 0 && (m = counted(r, i + n, move, b)) > 0)
		return n + m;
	m = noun(r, i + n, &unit);
	if (m == 0)
		return 0;
	n += m;
	m = after_noun(r, i + n, &move);
	if (unit == U_WEEKEND && move == 1 && r->who->language == PHRASE_ES && phrase_weekday(r->today) < 5)
		move = 0; /* the one that comes */
	if (!said && m == 0) {
		bool plain = unit == U_WEEKEND && !phrase_is(r, i - 1, W_EVERY, NULL);
		if (unit == U_WEEK && phrase_is(r, i + n, W_OF, NULL) && (m = week_of(r, i + n + 1, b)) > 0)
			return n + 1 + m;
		if (!plain)
			return 0;
	}
	return unit_from_now(r, (enum unit)unit, move, b) ? n + m : 0;
}

/* March, next March, March 2027, marzo de 2027, 2027. */
static int month_period(const struct reading *r, int i, struct bit *b)
{
	int move = 0, month, now_month, d;
	int64_t year;
	bool said, named;
	int n = before_noun(r, i, &move, &said);
	phrase_civil(r->today, &year, &now_month, &d);
	if (!phrase_is(r, i + n, W_MONTH, &month))
		return 0;
	named = said || phrase_mark(r, i - 1, '-') || phrase_is(r, i - 1, W_EDGE, NULL) || phrase_is(r, i - 1, W_IN, NULL) || phrase_is(r, i - 1, W_OF, NULL) || phrase_is(r, i - 1, W_AT, NULL) || phrase_is(r, i - 1, W_TO, NULL);
	bool may = phrase_word(r, i + n, "may") || phrase_word(r, i + n, "march") || phrase_word(r, i + n, "mar") || phrase_word(r, i + n, "ago");
	n++;
	n += phrase_mark(r, i + n, '.') && r->t[i + n].glued;
	int of = phrase_is(r, i + n, W_OF, NULL) || phrase_mark(r, i + n, ',');
	if (i + n + of < r->count && r->t[i + n + of].digits == 4 && r->t[i + n + of].value >= 1900 && r->t[i + n + of].value < 2200) {
		year = r->t[i + n + of].value;
		n += of + 1;
	} else if (may && !named) {
		return 0; /* may and march are verbs as well */
	} else if (move < 0) {
		year -= month >= now_month;
	} else {
		year += month < now_month || (move > 0 && month == now_month);
	}
	int64_t start = phrase_day_number(year, month, 1);
	*b = stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
	return n;
}

/* Q3 2027. */
static int quarter(const struct reading *r, int i, struct bit *b)
{
	int64_t year;
	int month, d, n = 2;
	if (!phrase_word(r, i, "q") || i + 1 >= r->count || !r->t[i + 1].number || !r->t[i + 1].glued || r->t[i + 1].value < 1 || r->t[i + 1].value > 4)
		return 0;
	phrase_civil(r->today, &year, &month, &d);
	int first = (int)r->t[i + 1].value * 3 - 2;
	if (i + 2 < r->count && r->t[i + 2].digits == 4) {
		year = r->t[i + 2].value;
		n = 3;
	} else if (first + 2 < month) {
		year++;
	}
	if (year < 1900 || year > 2199)
		return 0;
	int64_t start = phrase_day_number(year, first, 1);
	*b = stretch(start, phrase_add_months(start, 3), PHRASE_QUARTER);
	return n;
}

/* The end of the month, mid March, a principios de mayo: a third of it. */
static int edge(const struct reading *r, int i, struct bit *b)
{
	int which, unit, n = phrase_is(r, i, W_THE, NULL);
	if (!phrase_is(r, i + n, W_EDGE, &which) || (r->who->language == PHRASE_ES && noun(r, i + n, &unit) == 3))
		return 0;
	n++;
	n += phrase_mark(r, i + n, '-') || phrase_is(r, i + n, W_OF, NULL);
	int m = unit_period(r, i + n, b);
	if (m == 0)
		m = month_period(r, i + n, b);
	if (m == 0) { /* the end of the month */
		int the = phrase_is(r, i + n, W_THE, NULL);
		if (phrase_is(r, i + n + the, W_UNIT, &unit) && unit >= U_WEEK && unit_from_now(r, (enum unit)unit, 0, b))
			m = the + 1;
	}
	if (m == 0 || b->days < 2)
		return 0;
	int64_t days = b->grain == PHRASE_WEEK ? 5 : b->days, third = (days + 2) / 3;
	b->day += which == 0 ? 0 : which == 1 ? (days - third) / 2 : days - third;
	b->days = third;
	b->grain = PHRASE_DAY;
	return n + m;
}

/* first week of October, la ultima semana de marzo: weeks begin on the first Monday. */
static int nth_week(const struct reading *r, int i, struct bit *b)
{
	int nth, unit, n = phrase_is(r, i, W_THE, NULL);
	if (!phrase_is(r, i + n, W_ORDINAL, &nth) || nth > 5 || !phrase_is(r, i + n + 1, W_UNIT, &unit) || unit != U_WEEK || !phrase_is(r, i + n + 2, W_OF, NULL))
		return 0;
	n += 3;
	int m = month_period(r, i + n, b);
	if (m == 0)
		return 0;
	int64_t first = monday(b->day + 6), last = monday(b->day + b->days - 1), day = nth < 0 ? last : first + 7 * (nth - 1);
	*b = stretch(day, day + 7, PHRASE_WEEK);
	return n + m;
}

int phrase_period(const struct reading *r, int i, struct bit *b)
{
	int n = edge(r, i, b);
	if (n == 0)
		n = nth_week(r, i, b);
	if (n == 0)
		n = quarter(r, i, b);
	if (n == 0)
		n = month_period(r, i, b);
	return n > 0 ? n : unit_period(r, i, b);
}

static int64_t holiday_in(int64_t year, int which)
{
	if (which == 0)
		return phrase_easter(year);
	if (which == 1) { /* the fourth Thursday of November */
		int64_t first = phrase_day_number(year, 11, 1);
		return first + (3 - phrase_weekday(first) + 7) % 7 + 21;
	}
	return phrase_day_number(year, which / 100, which % 100);
}

/* new year's eve, año nuevo: words of which none is a holiday by itself. */
static int new_year(const struct reading *r, int i, int *which)
{
	int n;
	if (phrase_word(r, i, "ano") && phrase_word(r, i + 1, "nuevo")) {
		*which = 101;
		return 2;
	}
	if (!phrase_word(r, i, "new") || (!phrase_word(r, i + 1, "year") && !phrase_word(r, i + 1, "years")))
		return 0;
	n = 2 + (phrase_mark(r, i + 2, '\''));
	n += phrase_word(r, i + n, "s");
	*which = phrase_word(r, i + n, "eve") ? 1231 : 101;
	return n + (phrase_word(r, i + n, "eve") || phrase_word(r, i + n, "day"));
}

int phrase_holiday(const struct reading *r, int i, struct bit *b)
{
	int which, month, d, n = new_year(r, i, &which);
	int64_t year;
	if (n == 0) {
		if (!phrase_is(r, i, W_HOLIDAY, &which))
			return 0;
		n = 1 + (phrase_mark(r, i + 1, '\'') && phrase_word(r, i + 2, "s") ? 2 : 0);
		if (which == 1225 && phrase_word(r, i + n, "eve"))
			which = 1224;
		n += phrase_word(r, i + n, "day") || phrase_word(r, i + n, "eve") || phrase_word(r, i + n, "sunday");
	}
	phrase_civil(r->today, &year, &month, &d);
	int of = phrase_is(r, i + n, W_OF, NULL);
	if (i + n + of < r->count && r->t[i + n + of].digits == 4 && r->t[i + n + of].value >= 1900 && r->t[i + n + of].value < 2200) {
		year = r->t[i + n + of].value;
		n += of + 1;
	} else if (holiday_in(year, which) < r->today) {
		year++;
	}
	*b = stretch(holiday_in(year, which), holiday_in(year, which) + 1, PHRASE_DAY);
	return n;
}
