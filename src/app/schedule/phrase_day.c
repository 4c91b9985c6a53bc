/* Days by their relation to today: tomorrow, next Friday, Friday week, the day after tomorrow, last Sunday of March. */
#include "app/schedule/phrase_inside.h"

static struct bit a_day(int64_t day)
{
	return (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = day, .days = 1};
}

/* The next such weekday after today. */
static int64_t coming(const struct reading *r, int weekday)
{
	return r->today + 1 + (weekday - phrase_weekday(r->today + 1) + 7) % 7;
}

/* que viene, entrante, proxima behind a noun. Tokens taken. */
static int coming_behind(const struct reading *r, int i)
{
	int que = phrase_word(r, i, "que");
	bool so = phrase_is(r, i + que, W_COMING, NULL) || (!que && phrase_is(r, i, W_NEXT, NULL));
	return so && r->who->language == PHRASE_ES ? que + 1 : 0;
}

/* next week, of next week, de la semana que viene: behind a weekday. Weeks from this one; tokens taken. */
static int of_week(const struct reading *r, int i, int *weeks)
{
	int n = phrase_is(r, i, W_OF, NULL) || phrase_mark(r, i, ','), unit;
	n += phrase_is(r, i + n, W_THE, NULL);
	int said = phrase_which(r, i + n, weeks);
	n += said;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit != U_WEEK)
		return 0;
	int behind = said ? 0 : coming_behind(r, i + n + 1);
	if (behind > 0)
		*weeks = 1;
	return said || behind ? n + 1 + behind : 0;
}

/* What may stand behind a weekday: "que viene", "proximo", "week", "after next", "next week". */
static int weekday_tail(const struct reading *r, int i, int weekday, struct bit *b)
{
	int weeks, n = of_week(r, i, &weeks);
	if (n > 0) {
		b->day = phrase_monday(r->today) + weeks * 7 + weekday;
		return n;
	}
	n = phrase_beyond(r, i, &weeks);
	if (n > 0) {
		b->day = coming(r, weekday) + (weeks > 0 ? 7 : weekday == phrase_weekday(r->today) ? -21 : -14);
		return n;
	}
	if (r->who->language == PHRASE_EN) {
		if (phrase_word(r, i, "week") || phrase_word(r, i, "fortnight")) {
			b->day += phrase_word(r, i, "week") ? 7 : 14; /* Friday week */
			return 1;
		}
		return 0;
	}
	n = coming_behind(r, i);
	if (n > 0)
		return n;
	if (phrase_is(r, i, W_LAST, NULL) && !phrase_is(r, i + 1, W_REL, NULL)) {
		b->day = coming(r, weekday) - (weekday == phrase_weekday(r->today) ? 14 : 7);
		return 1;
	}
	return 0;
}

/* Friday 15, sabado 16: the day of the month when it falls on that weekday within two months. Tokens taken. */
static int day_behind(const struct reading *r, int i, int weekday, struct bit *b)
{
	if (i >= r->count || !r->t[i].number || r->t[i].digits > 2 || r->t[i].value < 1 || r->t[i].value > 31)
		return 0;
	if (phrase_mark(r, i + 1, ':') || phrase_mark(r, i + 1, '/') || phrase_mark(r, i + 1, '-') || phrase_mark(r, i + 1, '.') || phrase_is(r, i + 1, W_UNIT, NULL) ||
		phrase_is(r, i + 1, W_MERIDIEM, NULL) || phrase_is(r, i + 1 + phrase_is(r, i + 1, W_OF, NULL), W_MONTH, NULL) || (r->t[i + 1].glued && i + 1 < r->count && r->t[i + 1].text[0] >= 'a'))
		return 0;
	for (int64_t day = r->today; day < r->today + 62; day++) {
		int64_t year;
		int month, d;
		phrase_civil(day, &year, &month, &d);
		if (d == r->t[i].value && phrase_weekday(day) == weekday) {
			*b = a_day(day);
			return 1;
		}
	}
	if (phrase_is_thing(r, i + 1))
		return 0;
	b->doubt = PHRASE_MISMATCH; /* a Friday, or the 15th? */
	return 1;
}

/* to, on, next, a comma before a short name: a day is named there. */
static bool leads_to_day(const struct reading *r, int i)
{
	static const enum word classes[] = {W_FILL, W_THIS, W_NEXT, W_LAST, W_EVERY, W_TO, W_FROM, W_AND, W_WEEKDAY, W_PART};
	for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
		if (phrase_is(r, i, classes[k], NULL))
			return true;
	return phrase_mark(r, i, ',') || phrase_mark(r, i, '-') || phrase_mark(r, i, '/') || phrase_word(r, i, "or");
}

/* I sat, the sun is shining, mon ami, el mar: short names that are words of their own. */
static bool is_word_too(const struct reading *r, int i)
{
	static const char *const who[] = {"i", "he", "she", "we", "they", "you", "it", "who", NULL}, *const words[] = {"sun", "sat", "wed", "mon", NULL};
	static const char *const fits[] = {"fine", "good", "ok", "okay", "best", "better", "great", "perfect", "possible", "free", "clear", "out", "full", "busy", NULL};
	if (phrase_word(r, i, "mar"))
		return !phrase_digits(r, i + 1, 2) && !phrase_mark(r, i + 1, '.') && !phrase_mark(r, i + 1, ',') && !phrase_is(r, i + 1, W_AT, NULL);
	if (!phrase_one_of(r, i, words))
		return false;
	bool shines = phrase_word(r, i + 1, "is") && phrase_is_thing(r, i + 2) && !phrase_one_of(r, i + 2, fits);
	if (phrase_word(r, i, "sun") && phrase_is(r, i - 1, W_THE, NULL))
		return true;
	return (phrase_word(r, i, "sat") && phrase_one_of(r, i - 1, who)) || (!leads_to_day(r, i - 1) && (shines || phrase_is_thing(r, i + 1)));
}

static int weekday(const struct reading *r, int i, struct bit *b)
{
	int n = 0, w;
	bool next = phrase_is(r, i, W_NEXT, NULL), this = phrase_is(r, i, W_THIS, NULL), last = phrase_is(r, i, W_LAST, NULL);
	if (next || this || last)
		n = 1;
	if (this && phrase_is(r, i + 1, W_NEXT, NULL)) { /* este proximo viernes */
		n = 2;
	}
	if (!phrase_is(r, i + n, W_WEEKDAY, &w))
		return 0;
	const struct token *t = &r->t[i + n];
	if (n == 0 && is_word_too(r, i))
		return 0;
	if (t->to - t->from == 3 && !next && !this && i + n + 1 < r->count && r->t[i + n + 1].number && r->t[i + n + 1].digits == 4)
		return 0;
	n++;
	n += phrase_mark(r, i + n, '.') && r->t[i + n].glued;
	*b = a_day(coming(r, w));
	b->weekday = true;
	if (last)
		b->day -= w == phrase_weekday(r->today) ? 14 : 7;
	else if (next && !this && r->who->language == PHRASE_EN)
		b->day = phrase_monday(r->today) + 7 + w;
	else if (!next && w == phrase_weekday(r->today))
		b->doubt = PHRASE_WHICH_DAY;
	int m = next || this || last ? 0 : day_behind(r, i + n, w, b);
	if (m == 0)
		m = weekday_tail(r, i + n, w, b);
	if (m > 0) {
		b->weekday = false;
		b->doubt = b->doubt == PHRASE_MISMATCH ? b->doubt : PHRASE_CLEAR;
	}
	b->weekday = b->weekday && !next && !last;
	return n + m;
}

/* today, mañana, the day after tomorrow, pasado mañana, antes de ayer. */
static int relative(const struct reading *r, int i, struct bit *b)
{
	int offset, unit, n = phrase_is(r, i, W_THE, NULL), of = r->who->language == PHRASE_ES && phrase_word(r, i + n + 2, "de");
	if (phrase_is(r, i + n, W_UNIT, &unit) && unit == U_DAY && (phrase_is(r, i + n + 1, W_AFTER, NULL) || phrase_is(r, i + n + 1, W_BEFORE, NULL)) &&
		phrase_is(r, i + n + 2 + of, W_REL, &offset)) {
		*b = a_day(r->today + offset + (phrase_is(r, i + n + 1, W_AFTER, NULL) ? 1 : -1));
		return n + 3 + of;
	}
	if (r->t[i].number && r->t[i].digits == 1 && r->t[i].value == 2 && i + 1 < r->count && r->t[i + 1].glued &&
		(phrase_word(r, i + 1, "moro") || phrase_word(r, i + 1, "morrow") || phrase_word(r, i + 1, "moz") || phrase_word(r, i + 1, "mrw"))) {
		*b = a_day(r->today + 1); /* 2moro */
		return 2;
	}
	if (r->who->language == PHRASE_ES) {
		if (phrase_word(r, i + n, "dia") && phrase_word(r, i + n + 1, "de") && phrase_is(r, i + n + 2, W_REL, &offset)) {
			*b = a_day(r->today + offset); /* el dia de mañana */
			return n + 3;
		}
		if (phrase_word(r, i, "pasado") && phrase_word(r, i + 1, "manana")) {
			*b = a_day(r->today + 2);
			return 2;
		}
		if (phrase_word(r, i, "antes") && phrase_word(r, i + 1, "de") && phrase_word(r, i + 2, "ayer")) {
			*b = a_day(r->today - 2);
			return 3;
		}
	}
	if (n > 0 || !phrase_is(r, i, W_REL, &offset) || phrase_word(r, i - 1, "cada"))
		return 0;
	bool morning = r->who->language == PHRASE_ES && phrase_word(r, i, "manana") &&
		(phrase_word(r, i - 1, "la") || phrase_word(r, i - 1, "esta") || (phrase_word(r, i - 1, "media") && phrase_word(r, i - 2, "a")) || (phrase_word(r, i - 1, "de") && !phrase_is(r, i - 2, W_PART, NULL) && !phrase_is(r, i - 2, W_AFTER, NULL) && !phrase_is(r, i - 2, W_BEFORE, NULL) && !phrase_ends_hours(r, i - 2) && !phrase_ends_clock(r, i - 2)));
	if (morning)
		return 0;
	bool week = r->who->language == PHRASE_EN && phrase_word(r, i + 1, "week"); /* tomorrow week */
	*b = a_day(r->today + offset + 7 * week);
	return 1 + week;
}

/* The nth day (w -1) or weekday of the month that begins at start; it may lie behind its end. */
static int64_t nth_in(int64_t start, int nth, int w)
{
	int64_t last = phrase_add_months(start, 1) - 1;
	if (nth < 0)
		return w < 0 ? last + nth + 1 : last - (phrase_weekday(last) - w + 7) % 7 + 7 * (nth + 1);
	return w < 0 ? start + nth - 1 : start + (w - phrase_weekday(start) + 7) % 7 + (nth - 1) * 7;
}

int phrase_month_said(const struct reading *r, int i, int64_t *start, int *step)
{
	int n = phrase_is(r, i, W_THE, NULL), month, d, move = 0, m, next = phrase_is(r, i + n, W_NEXT, NULL);
	int64_t year;
	phrase_civil(r->today, &year, &month, &d);
	*step = 1;
	if (phrase_is(r, i + n + next, W_MONTH, &month)) {
		n += next + 1;
		m = phrase_year(r, i + n, year, &year);
		*step = m == 0 ? 12 : 0;
	} else {
		m = phrase_month_meant(r, i + n, &move);
		if (m == 0)
			return 0;
	}
	*start = phrase_add_months(phrase_day_number(year, 1, 1), month - 1 + move);
	return n + m;
}

/* first day of next year, last Friday of the year, the second day of next week: tokens taken behind "of". */
static int nth_of_stretch(const struct reading *r, int i, int nth, int w, struct bit *b)
{
	struct bit all;
	int m = phrase_stretch_said(r, i, &all);
	int64_t first = all.day, last = all.day + all.days - 1, day;
	if (m == 0)
		return 0;
	if (w >= 0) {
		first += (w - phrase_weekday(first) + 7) % 7;
		last -= (phrase_weekday(last) - w + 7) % 7;
	}
	day = nth > 0 ? first + (nth - 1) * (w < 0 ? 1 : 7) : last + (nth + 1) * (w < 0 ? 1 : 7);
	*b = a_day(day);
	return day >= all.day && day < all.day + all.days ? m : 0;
}

/* of March, next month: what the nth day is of. */
static bool of_what(const struct reading *r, int i)
{
	return phrase_is(r, i, W_OF, NULL) || phrase_is(r, i, W_NEXT, NULL);
}

/* first Monday of March, ultimo viernes del mes, third day of October. */
static int nth_of(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_THE, NULL), nth, w = -1, unit, step, m = phrase_ordinal(r, i + n, &nth);
	int64_t start, day = 0;
	if (m == 0)
		return 0;
	n += m;
	if (!phrase_is(r, i + n, W_WEEKDAY, &w) && (!phrase_is(r, i + n, W_UNIT, &unit) || unit != U_DAY))
		return 0;
	n++;
	if (!of_what(r, i + n) || nth == 0 || nth > 31)
		return 0;
	n += phrase_is(r, i + n, W_OF, NULL);
	m = phrase_month_said(r, i + n, &start, &step);
	if (m == 0) {
		m = nth_of_stretch(r, i + n, nth, w, b);
		return m > 0 ? n + m : 0;
	}
	for (int tries = 0; tries < 40; tries++, start = phrase_add_months(start, step > 0 ? step : 12)) {
		day = nth_in(start, nth, w);
		if (day < phrase_add_months(start, 1) && (step == 0 || day >= r->today))
			break;
	}
	*b = a_day(day);
	return n + m;
}

int phrase_day(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {
		phrase_beside, relative, phrase_named, nth_of, phrase_numeric_day, phrase_calendar_day, phrase_holiday, weekday, phrase_period,
	};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	return 0;
}
