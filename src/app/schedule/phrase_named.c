/* Stretches by a name or a number: week 34, summer 2014, the third quarter, la primera quincena de marzo, in 2014, the last business day of next month. */
#include "app/schedule/phrase_inside.h"

static int64_t this_year(const struct reading *r, int *month)
{
	int64_t year;
	int d;
	phrase_civil(r->today, &year, month, &d);
	return year;
}

static bool small_number(const struct reading *r, int i, int64_t most)
{
	return i < r->count && r->t[i].number && r->t[i].digits <= 2 && r->t[i].value >= 1 && r->t[i].value <= most;
}

/* The Monday of a week (ISO 8601); -1 when the year has none such. */
static int64_t iso_week(int64_t year, int64_t week)
{
	int64_t day = phrase_monday(phrase_day_number(year, 1, 4)) + 7 * (week - 1);
	return day + 3 < phrase_day_number(year + 1, 1, 1) ? day : -1;
}

/* 2014-W34, 2014-W34-3. */
static int iso_date(const struct reading *r, int i, struct bit *b)
{
	int dash = phrase_mark(r, i + 1, '-'), n = 2 + dash;
	if (!r->t[i].number || r->t[i].digits != 4 || !phrase_word(r, i + 1 + dash, "w") || !small_number(r, i + n, 53) || r->t[i].value < 1900 || r->t[i].value > 2199)
		return 0;
	int64_t monday = iso_week(r->t[i].value, r->t[i + n].value);
	n++;
	*b = phrase_stretch(monday, monday + 7, PHRASE_WEEK);
	if (phrase_mark(r, i + n, '-') && r->t[i + n].glued && small_number(r, i + n + 1, 7)) {
		*b = phrase_stretch(monday + r->t[i + n + 1].value - 1, monday + r->t[i + n + 1].value, PHRASE_DAY);
		n += 2;
	}
	return monday < 0 ? 0 : n;
}

/* week 34, W34, la semana 34 de 2014: without a year the next one that is not over. */
static int week_number(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), unit, month;
	bool week = (phrase_is(r, i + n, W_UNIT, &unit) && unit == U_WEEK) || (phrase_word(r, i + n, "w") && i + n + 1 < r->count && r->t[i + n + 1].glued);
	n += 1 + (phrase_word(r, i + n + 1, "number") || phrase_word(r, i + n + 1, "numero"));
	if (!week || !small_number(r, i + n, 53) || phrase_is(r, i + n + 1, W_UNIT, NULL))
		return 0;
	int64_t number = r->t[i + n].value, now = this_year(r, &month), year = now;
	n++;
	int said = phrase_year(r, i + n, now, &year);
	int64_t monday = iso_week(year, number);
	if (said == 0 && (monday < 0 || monday + 7 <= r->today))
		monday = iso_week(year + 1, number);
	*b = phrase_stretch(monday, monday + 7, PHRASE_WEEK);
	return monday < 0 ? 0 : n + said;
}

/* --- seasons, as the northern half of the earth has them --- */

static const struct {
	const char *word;
	int season;
} seasons[] = {
	{"spring", 0}, {"summer", 1}, {"autumn", 2}, {"fall", 2}, {"winter", 3}, {"primavera", 0}, {"verano", 1}, {"otono", 2}, {"invierno", 3},
};

static struct bit season_of(int season, int64_t year)
{
	static const int first[4][2] = {{3, 20}, {6, 21}, {9, 23}, {12, 21}}, last[4][2] = {{6, 21}, {9, 23}, {12, 21}, {3, 20}};
	return phrase_stretch(phrase_day_number(year, first[season][0], first[season][1]), phrase_day_number(year + (season == 3), last[season][0], last[season][1]) + 1, PHRASE_QUARTER);
}

static int season_at(const struct reading *r, int i)
{
	for (size_t k = 0; k < sizeof seasons / sizeof *seasons; k++)
		if (phrase_word(r, i, seasons[k].word))
			return seasons[k].season;
	return -1;
}

/* next summer, in the fall of 2014, el verano que viene. Alone they are verbs and names: something has to stand beside them. */
static int season(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), move = 0, month, said = phrase_which(r, i + n, &move), what = season_at(r, i + n + said);
	if (what < 0)
		return 0;
	n += said + 1;
	int64_t now = this_year(r, &month), year = now;
	int behind = said ? 0 : phrase_after_noun(r, i + n, &move), with_year = behind ? 0 : phrase_year(r, i + n, now, &year);
	if (!said && !behind && with_year == 0 && !phrase_is(r, i - 1, W_IN, NULL))
		return 0;
	if (with_year == 0) {
		year -= 2;
		do
			*b = season_of(what, year++);
		while (move < 0 ? b->day + b->days + 365 <= r->today : move > 0 ? b->day <= r->today : b->day + b->days <= r->today);
		return n + behind;
	}
	*b = season_of(what, year);
	return n + with_year;
}

/* --- parts of a year and of a month --- */

/* the third quarter of 2014, el primer semestre, first half of the year: months of a part; tokens taken by the noun. */
static int part_of_year(const struct reading *r, int i, int *months)
{
	int unit;
	if (phrase_is(r, i, W_UNIT, &unit) && unit == U_QUARTER) {
		*months = 3;
		return 1;
	}
	bool half = phrase_word(r, i, "half") && phrase_is(r, i + 1, W_OF, NULL);
	*months = 6;
	return half || phrase_word(r, i, "semestre") || phrase_word(r, i, "semester");
}

static int numbered_part(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), nth, months, month, unit, m = phrase_ordinal(r, i + n, &nth), noun = m > 0 ? part_of_year(r, i + n + m, &months) : 0;
	int64_t now = this_year(r, &month), year = now;
	if (noun == 0 || nth > 12 / months || nth == 0 || nth < -1 || (nth < 0 && !phrase_is(r, i + n + m + noun, W_OF, NULL)))
		return 0;
	n += m + noun;
	nth = nth < 0 ? 12 / months : nth;
	m = phrase_year(r, i + n, now, &year);
	if (m == 0) { /* of the year */
		int of = phrase_is(r, i + n, W_OF, NULL), the = phrase_is(r, i + n + of, W_THE, NULL);
		if (of && phrase_is(r, i + n + of + the, W_UNIT, &unit) && unit == U_YEAR)
			m = of + the + 1;
		year += nth * months < month;
	}
	int64_t start = phrase_day_number(year, (nth - 1) * months + 1, 1);
	*b = phrase_stretch(start, phrase_add_months(start, months), PHRASE_QUARTER);
	return n + m;
}

/* next week behind "first half of": three of its workdays. Tokens taken. */
static int half_week(const struct reading *r, int i, int nth, struct bit *b)
{
	int m = phrase_stretch_said(r, i, b);
	if (m == 0 || b->grain != PHRASE_WEEK)
		return 0;
	*b = phrase_stretch(b->day + (nth == 1 ? 0 : 2), b->day + (nth == 1 ? 3 : 5), PHRASE_DAY);
	return m;
}

/* la primera quincena de marzo, the second half of May, la segunda mitad del mes que viene. */
static int half_month(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), nth, unit, step, m = phrase_ordinal(r, i + n, &nth);
	int64_t start;
	bool half = phrase_word(r, i + n + m, "half") || phrase_word(r, i + n + m, "mitad") || (phrase_is(r, i + n + m, W_UNIT, &unit) && unit == U_FORTNIGHT);
	if (m == 0 || nth > 2 || nth < -1 || !half || !phrase_is(r, i + n + m + 1, W_OF, NULL))
		return 0;
	n += m + 2;
	m = phrase_month_said(r, i + n, &start, &step);
	if (m == 0)
		return (m = half_week(r, i + n, nth, b)) > 0 ? n + m : 0;
	*b = nth == 1 ? phrase_stretch(start, start + 15, PHRASE_DAY) : phrase_stretch(start + 15, phrase_add_months(start, 1), PHRASE_DAY);
	return n + m;
}

/* in 2014, the year 2014, en el ano 2014. */
static int whole_year(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), unit = -1;
	bool noun = phrase_is(r, i + n, W_UNIT, &unit) && unit == U_YEAR;
	n += noun;
	int64_t year;
	int m = phrase_year_words(r, i + n, &year);
	if (m == 0 && phrase_is_year(r, i + n)) {
		year = r->t[i + n].value;
		m = 1;
	}
	if (m == 0 || phrase_is(r, i + n + m, W_UNIT, NULL) || (!noun && (n > 0 || !phrase_is(r, i - 1, W_IN, NULL))))
		return 0;
	*b = phrase_stretch(phrase_day_number(year, 1, 1), phrase_day_number(year + 1, 1, 1), PHRASE_YEAR);
	return n + m;
}

int phrase_workday(const struct reading *r, int i)
{
	int unit = -1;
	if ((phrase_word(r, i, "business") || phrase_word(r, i, "working") || phrase_word(r, i, "work")) && phrase_is(r, i + 1, W_UNIT, &unit) && unit == U_DAY)
		return 2;
	bool day = phrase_is(r, i, W_UNIT, &unit);
	if (day && unit == U_WORKDAY && r->who->language == PHRASE_EN)
		return 1;
	return day && unit == U_DAY && ((phrase_is(r, i + 1, W_UNIT, &unit) && unit == U_WORKDAY) || phrase_word(r, i + 1, "habil") || phrase_word(r, i + 1, "laboral")) ? 2 : 0;
}

/* The nth day from Monday to Friday of the month that begins at start, -1 the last; past its end when it has no such. */
static int64_t nth_workday(int64_t start, int nth)
{
	int64_t end = phrase_add_months(start, 1), day = nth < 0 ? end - 1 : start;
	for (int left = nth < 0 ? 1 : nth; day < end; day += nth < 0 ? -1 : 1) {
		left -= phrase_weekday(day) < 5;
		if (left == 0)
			return day;
	}
	return end;
}

/* next business day, el proximo dia habil. */
static int next_workday(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), day = phrase_is(r, i + n, W_NEXT, NULL) ? phrase_workday(r, i + n + 1) : 0;
	int64_t at = r->today + 1;
	while (phrase_weekday(at) > 4)
		at++;
	*b = phrase_stretch(at, at + 1, PHRASE_DAY);
	return day > 0 ? n + 1 + day : 0;
}

/* first business day of next month, el ultimo dia habil del mes. */
static int workday_of(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), nth, step, m = phrase_ordinal(r, i + n, &nth), day = m > 0 ? phrase_workday(r, i + n + m) : 0;
	int64_t start, found;
	n += m + day;
	if (day == 0 || nth == 0 || nth < -1 || nth > 23 || !phrase_is(r, i + n, W_OF, NULL))
		return 0;
	n++;
	m = phrase_month_said(r, i + n, &start, &step);
	if (m == 0)
		return 0;
	found = nth_workday(start, nth);
	for (int tries = 0; tries < 24 && step > 0 && (found < r->today || found >= phrase_add_months(start, 1)); tries++) {
		start = phrase_add_months(start, step);
		found = nth_workday(start, nth);
	}
	*b = phrase_stretch(found, found + 1, PHRASE_DAY);
	return n + m;
}

int phrase_named(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {workday_of, next_workday, iso_date, week_number, season, half_month, numbered_part, whole_year};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	return 0;
}
