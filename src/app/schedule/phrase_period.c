/* Stretches of days: this week, next month, el fin de semana que viene, in March 2027, Q3, the end of May. */
#include "app/schedule/phrase_inside.h"

static int64_t month_start(int64_t day)
{
	int64_t year;
	int month, d;
	phrase_civil(day, &year, &month, &d);
	return day - d + 1;
}

struct bit phrase_stretch(int64_t from, int64_t to, enum phrase_grain grain)
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
		*b = phrase_stretch(r->today + move, r->today + move + 1, PHRASE_DAY);
		return move != 0;
	case U_WEEKEND:
		if (move == 1 && r->who->language == PHRASE_ES && phrase_weekday(r->today) < 5)
			move = 0; /* el proximo is the one that comes */
		start = phrase_monday(r->today) + 5 + 7 * move;
		*b = phrase_stretch(start, start + 2, PHRASE_DAY);
		return true;
	case U_WEEK:
		start = phrase_monday(r->today) + 7 * move;
		*b = phrase_stretch(start, start + 7, PHRASE_WEEK);
		return true;
	case U_MONTH:
		start = phrase_add_months(month_start(r->today), move);
		*b = phrase_stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
		return true;
	case U_QUARTER:
		start = phrase_add_months(phrase_day_number(year, (month - 1) / 3 * 3 + 1, 1), 3 * move);
		*b = phrase_stretch(start, phrase_add_months(start, 3), PHRASE_QUARTER);
		return true;
	case U_YEAR:
		*b = phrase_stretch(phrase_day_number(year + move, 1, 1), phrase_day_number(year + move + 1, 1, 1), PHRASE_YEAR);
		return true;
	default:
		return false;
	}
}

/* next, this, last, the, que viene. Tokens taken before the noun at most; *said: whether one of them was there. */
int phrase_before_noun(const struct reading *r, int i, int *move, bool *said)
{
	int n = phrase_is(r, i, W_THE, NULL);
	*said = phrase_which(r, i + n, move) > 0;
	return n + *said;
}

int phrase_beyond(const struct reading *r, int i, int *move)
{
	bool en = r->who->language == PHRASE_EN, next = en && phrase_is(r, i, W_AFTER, NULL) && phrase_is(r, i + 1, W_NEXT, NULL);
	bool last = en && phrase_is(r, i, W_BEFORE, NULL) && phrase_word(r, i + 1, "last"), one = phrase_word(r, i, "antepasado") || phrase_word(r, i, "antepasada");
	if (next || last || one)
		*move = next ? 2 : -2;
	return next || last ? 2 : one;
}

/* que viene, proximo, pasada, after next. */
int phrase_after_noun(const struct reading *r, int i, int *move)
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
	if (phrase_word(r, i, "actual") || (phrase_word(r, i, "en") && phrase_word(r, i + 1, "curso"))) {
		*move = 0;
		return phrase_word(r, i, "actual") ? 1 : 2;
	}
	return phrase_beyond(r, i, move);
}

/* w/c, wc, w/b, wb before a date: the week that begins on it. Tokens taken. */
static int commencing(const struct reading *r, int i)
{
	static const char *const whole[] = {"wc", "wb", NULL}, *const ends[] = {"c", "b", NULL};
	if (phrase_one_of(r, i, whole))
		return r->who->language == PHRASE_EN;
	return phrase_word(r, i, "w") && phrase_mark(r, i + 1, '/') && phrase_one_of(r, i + 2, ends) ? 3 : 0;
}

int phrase_unit_noun(const struct reading *r, int i, int *unit)
{
	if (r->who->language == PHRASE_ES && phrase_word(r, i, "fin") && phrase_word(r, i + 1, "de") && phrase_word(r, i + 2, "semana")) {
		*unit = U_WEEKEND;
		return 3;
	}
	int begins = commencing(r, i);
	if (begins > 0) {
		*unit = U_WEEK;
		return begins;
	}
	if ((phrase_word(r, i, "working") || phrase_word(r, i, "work")) && phrase_word(r, i + 1, "week")) {
		*unit = U_WEEK;
		return 2;
	}
	if (phrase_word(r, i, "week") && phrase_mark(r, i + 1, '-') && phrase_word(r, i + 2, "end")) {
		*unit = U_WEEKEND;
		return 3;
	}
	return phrase_is(r, i, W_UNIT, unit);
}

/* the last two weeks of March: tokens taken behind the unit. */
static int last_of_month(const struct reading *r, int i, int64_t days, struct bit *b)
{
	int64_t start;
	int step, m = phrase_is(r, i, W_OF, NULL) ? phrase_month_said(r, i + 1, &start, &step) : 0;
	if (m == 0)
		return 0;
	*b = phrase_stretch(phrase_add_months(start, 1) - days, phrase_add_months(start, 1), PHRASE_DAY);
	return m + 1;
}

/* So many units in days: weeks and days as they are, months and years from today. */
static int64_t days_of(const struct reading *r, int unit, int64_t count, int move)
{
	int64_t months = unit == U_MONTH ? count : unit == U_QUARTER ? 3 * count : unit == U_YEAR ? 12 * count : 0;
	if (months > 0)
		return move > 0 ? phrase_add_months(r->today, months) - r->today : r->today - phrase_add_months(r->today, -months);
	return unit == U_WEEK ? 7 * count : unit == U_FORTNIGHT ? 14 * count : count;
}

/* the coming days, las proximas semanas: a few of them. Tokens taken. */
static int uncounted(const struct reading *r, int i, int move, struct bit *b)
{
	static const char *const words[] = {"days", "weeks", "months", "dias", "semanas", "meses", NULL};
	enum { FEW = 3 };
	int unit;
	if (move <= 0 || !phrase_one_of(r, i, words) || !phrase_is(r, i, W_UNIT, &unit))
		return 0;
	*b = phrase_stretch(r->today, r->today + days_of(r, unit, FEW, 1), PHRASE_DAY);
	return 1;
}

/* next three weeks, los proximos 5 dias: from tomorrow on. */
static int counted(const struct reading *r, int i, int move, struct bit *b)
{
	int64_t count;
	int unit, few = 0, n = phrase_whole(r, i, &count), m;
	if (n == 0 && phrase_is(r, i, W_FEW, &few)) { /* next few days, next couple of weeks */
		count = few;
		n = 1 + phrase_is(r, i + 1, W_OF, NULL);
	}
	if (n == 0)
		return uncounted(r, i, move, b);
	if (count < 1 || count > 1000 || !phrase_is(r, i + n, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	int64_t days = days_of(r, unit, count, move);
	m = move < 0 && unit < U_MONTH ? last_of_month(r, i + n + 1, days, b) : 0;
	if (m > 0)
		return n + 1 + m;
	*b = move > 0 ? phrase_stretch(r->today + 1, r->today + 1 + days, PHRASE_DAY) : phrase_stretch(r->today - days, r->today, PHRASE_DAY);
	return n + 1;
}

/* The week or weekend that holds a day: of March 4, commencing 4 March, of Thanksgiving. Tokens taken behind the noun. */
static int week_of(const struct reading *r, int i, int unit, struct bit *b)
{
	static const char *const begins[] = {"commencing", "beginning", "starting", NULL};
	struct bit day;
	bool short_for = commencing(r, i - 1) == 1 || commencing(r, i - 3) == 3, of = phrase_is(r, i, W_OF, NULL) || phrase_one_of(r, i, begins);
	if ((!of && !short_for) || (unit != U_WEEK && unit != U_WEEKEND))
		return 0;
	int n = of + phrase_is(r, i + of, W_THE, NULL), m = phrase_calendar_day(r, i + n, &day);
	if (m == 0)
		m = phrase_numeric_day(r, i + n, &day);
	if (m == 0)
		m = phrase_holiday(r, i + n, &day);
	if (m == 0)
		return 0;
	int64_t monday = phrase_monday(day.day);
	*b = unit == U_WEEK ? phrase_stretch(monday, monday + 7, PHRASE_WEEK) : phrase_stretch(monday + 5, monday + 7, PHRASE_DAY);
	return n + m;
}

/* the rest of, later, mas adelante: tokens taken before a stretch of which the days behind us do not count. */
static int what_is_left(const struct reading *r, int i)
{
	int n = phrase_is(r, i, W_THE, NULL);
	if ((phrase_word(r, i + n, "rest") || phrase_word(r, i + n, "resto")) && phrase_is(r, i + n + 1, W_OF, NULL))
		return n + 2;
	if (phrase_word(r, i, "later"))
		return phrase_is(r, i + 1, W_THIS, NULL) || phrase_is(r, i + 1, W_OF, NULL);
	bool later = (phrase_word(r, i, "mas") && (phrase_word(r, i + 1, "adelante") || phrase_word(r, i + 1, "tarde"))) && phrase_is(r, i + 2, W_THIS, NULL);
	return later ? 2 : 0;
}

/* the rest of the week, later this month, all week, toda la semana. Tokens taken. */
static int rest_of(const struct reading *r, int i, struct bit *b)
{
	static const char *const all[] = {"all", "whole", "entire", "toda", "todo", NULL};
	int unit, the = phrase_is(r, i, W_THE, NULL), rest = what_is_left(r, i), n = rest > 0 ? rest : the + 1;
	if (rest == 0 && !phrase_one_of(r, i + the, all))
		return 0;
	n += phrase_is(r, i + n, W_THE, NULL) || phrase_is(r, i + n, W_THIS, NULL);
	int m = phrase_unit_noun(r, i + n, &unit);
	if (m == 0 || unit < U_WEEKEND || !unit_from_now(r, (enum unit)unit, 0, b))
		return 0;
	if (rest > 0 && b->day < r->today)
		*b = phrase_stretch(r->today, b->day + b->days, PHRASE_DAY);
	return n + m;
}

/* las dos ultimas semanas, 3 proximos meses, tres meses que vienen. Tokens taken. */
static int counted_before(const struct reading *r, int i, struct bit *b)
{
	int64_t count;
	int move = 0, unit, n = phrase_is(r, i, W_THE, NULL), m = r->who->language == PHRASE_ES ? phrase_whole(r, i + n, &count) : 0;
	if (m == 0 || count < 2 || count > 1000)
		return 0;
	n += m;
	m = phrase_which(r, i + n, &move);
	n += m;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	n++;
	n += m == 0 ? phrase_after_noun(r, i + n, &move) : 0;
	int64_t days = days_of(r, unit, count, move);
	*b = phrase_stretch(move > 0 ? r->today + 1 : r->today - days, move > 0 ? r->today + 1 + days : r->today, PHRASE_DAY);
	return move == 0 ? 0 : n;
}

/* the week of 4 March. */
static int dated_week(const struct reading *r, int i, struct bit *b)
{
	int unit, n = phrase_is(r, i, W_THE, NULL), m = phrase_unit_noun(r, i + n, &unit), day = m > 0 ? week_of(r, i + n + m, unit, b) : 0;
	return day > 0 ? n + m + day : 0;
}

/* Whether a unit at token i counts without "next" or "this" beside it: a weekend does, but not in "every weekend" and "have a nice weekend". */
static bool stands_alone(const struct reading *r, int i, int unit)
{
	static const char *const wishes[] = {"good", "great", "nice", "lovely", "happy", "buen", "feliz", NULL};
	return unit == U_WEEKEND && !phrase_is(r, i - 1, W_EVERY, NULL) && !phrase_one_of(r, i - 1, wishes);
}

static int unit_from_now_said(const struct reading *r, int i, struct bit *b)
{
	int move = 0, unit, m;
	bool said;
	int n = phrase_before_noun(r, i, &move, &said);
	static const char *const coming[] = {"coming", "upcoming", NULL};
	bool ahead = phrase_one_of(r, i + n - 1, coming);
	if (said && (move != 0 || ahead) && (m = counted(r, i + n, ahead ? 1 : move, b)) > 0)
		return n + m;
	m = phrase_unit_noun(r, i + n, &unit);
	if (m == 0)
		return 0;
	n += m;
	m = phrase_after_noun(r, i + n, &move);
	if (!said && m == 0 && !stands_alone(r, i, unit))
		return 0;
	if (ahead && unit >= U_WEEK)
		move = 1; /* the coming week */
	return unit_from_now(r, (enum unit)unit, move, b) ? n + m : 0;
}

static int unit_period(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {rest_of, counted_before, dated_week, unit_from_now_said};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	return 0;
}

/* The beginning, middle or end of a stretch; a week has five days here. Answers `took`. */
static int third_of(struct bit *b, int which, int took)
{
	int64_t days = b->grain == PHRASE_WEEK ? 5 : b->days, third = (days + 2) / 3;
	b->day += which == 0 ? 0 : which == 1 ? (days - third) / 2 : days - third;
	b->days = third;
	b->grain = PHRASE_DAY;
	return took;
}

int phrase_stretch_said(const struct reading *r, int i, struct bit *b)
{
	int unit, the = phrase_is(r, i, W_THE, NULL), m = unit_period(r, i, b);
	if (m == 0)
		m = phrase_month_period(r, i, b);
	if (m == 0)
		m = phrase_quarter(r, i, b);
	if (m > 0)
		return m;
	if (phrase_is(r, i + the, W_UNIT, &unit) && unit >= U_WEEK && unit_from_now(r, (enum unit)unit, 0, b)) /* the month */
		return the + 1;
	int64_t year;
	m = phrase_is_year(r, i) ? 1 : phrase_year_words(r, i, &year);
	if (m == 0 || phrase_is(r, i + m, W_UNIT, NULL))
		return 0;
	year = phrase_is_year(r, i) ? r->t[i].value : year;
	*b = phrase_stretch(phrase_day_number(year, 1, 1), phrase_day_number(year + 1, 1, 1), PHRASE_YEAR);
	return m;
}

/* a primeros de mes, said on the 12th: those of the next. i: the month. */
static bool is_next_month(const struct reading *r, int i, const struct bit *b)
{
	int unit;
	return b->day + b->days <= r->today && phrase_is(r, i, W_UNIT, &unit) && unit == U_MONTH && !phrase_is(r, i - 1, W_THIS, NULL) && !phrase_is(r, i - 1, W_LAST, NULL);
}

/* The end of the month, mid March, a principios de mayo: a third of it. */
static int edge(const struct reading *r, int i, struct bit *b)
{
	int which, unit, n = phrase_is(r, i, W_THE, NULL);
	if (phrase_is(r, i, W_CLOSE, &which) && which > 0) /* eom, eoy */
		return unit_from_now(r, (enum unit)which, 0, b) ? third_of(b, 2, 1) : 0;
	if (!phrase_is(r, i + n, W_EDGE, &which) || (r->who->language == PHRASE_ES && phrase_unit_noun(r, i + n, &unit) == 3))
		return 0;
	n++;
	n += phrase_mark(r, i + n, '-') || phrase_is(r, i + n, W_OF, NULL);
	if (phrase_word(r, i + n - 2, "fines") && phrase_word(r, i + n, "semana"))
		return 0;
	int m = phrase_stretch_said(r, i + n, b);
	if (m == 0 || b->days < 2)
		return 0;
	m = third_of(b, which, n + m);
	b->day = is_next_month(r, i + m - 1, b) ? phrase_add_months(b->day, 1) : b->day;
	return m;
}

/* first week of October, la ultima semana de marzo: weeks begin on the first Monday. */
static int nth_week(const struct reading *r, int i, struct bit *b)
{
	int nth, unit, n = phrase_is(r, i, W_THE, NULL);
	int m = phrase_ordinal(r, i + n, &nth), k = m > 0 ? phrase_unit_noun(r, i + n + m, &unit) : 0;
	n += m + k;
	if (k == 0 || nth > 5 || nth < -1 || (unit != U_WEEK && unit != U_WEEKEND) || !phrase_is(r, i + n, W_OF, NULL))
		return 0;
	n++;
	m = phrase_month_period(r, i + n, b);
	if (m == 0) { /* of next month */
		int64_t start;
		int step;
		m = phrase_month_said(r, i + n, &start, &step);
		if (m > 0)
			*b = phrase_stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
	}
	if (m == 0) /* of 2014 */
		m = phrase_stretch_said(r, i + n, b);
	if (m == 0)
		return 0;
	if (unit == U_WEEKEND) { /* its Saturday counts */
		int64_t saturday = nth < 0 ? phrase_monday(b->day + b->days - 6) + 5 : phrase_monday(b->day + 1) + 5 + 7 * (nth - 1);
		*b = phrase_stretch(saturday, saturday + 2, PHRASE_DAY);
		return n + m;
	}
	int64_t first = phrase_monday(b->day + 6), last = phrase_monday(b->day + b->days) - 7, day = nth < 0 ? last : first + 7 * (nth - 1);
	*b = phrase_stretch(day, day + 7, PHRASE_WEEK);
	return n + m;
}

int phrase_period(const struct reading *r, int i, struct bit *b)
{
	int n = edge(r, i, b);
	if (n == 0)
		n = phrase_month_number(r, i, b);
	if (n == 0)
		n = nth_week(r, i, b);
	if (n == 0)
		n = phrase_quarter(r, i, b);
	if (n == 0)
		n = phrase_month_period(r, i, b);
	return n > 0 ? n : unit_period(r, i, b);
}
