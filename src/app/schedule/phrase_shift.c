/* Lengths and what is reckoned from now: for 90 minutes, in two hours, dentro de tres dias, a week ago; and what recurs. */
#include <stdio.h>

#include "app/schedule/phrase_inside.h"

static int64_t unit_s(int unit)
{
	switch (unit) {
	case U_SECOND:
		return 1;
	case U_MINUTE:
		return 60;
	case U_HOUR:
		return 3600;
	case U_WEEK:
		return 7 * DAY_S;
	case U_FORTNIGHT:
		return 14 * DAY_S;
	case U_MONTH:
		return 30 * DAY_S;
	case U_QUARTER:
		return 91 * DAY_S;
	case U_YEAR:
		return 365 * DAY_S;
	default:
		return DAY_S;
	}
}

struct amount {
	int64_t s;      /* its clock part */
	int64_t days, months;
	int unit;       /* the first one */
};

static void add(struct amount *a, int64_t sixty, int unit)
{
	if (unit <= U_HOUR)
		a->s += sixty * unit_s(unit) / 60;
	else if (unit == U_MONTH || unit == U_QUARTER || unit == U_YEAR)
		a->months += sixty * (unit == U_MONTH ? 1 : unit == U_QUARTER ? 3 : 12) / 60;
	else if (sixty % 60 != 0 && unit <= U_WORKDAY)
		a->s += sixty * DAY_S / 60;
	else
		a->days += sixty * (unit_s(unit) / DAY_S) / 60;
}

/* A unit that counts as one without an article: fortnight, hora y media. */
static bool bare_unit(const struct reading *r, int i)
{
	int unit, k = i + 2 + phrase_is(r, i + 2, W_A, NULL);
	if (!phrase_is(r, i, W_UNIT, &unit))
		return false;
	return (r->who->language == PHRASE_EN && unit == U_FORTNIGHT) ||
		(unit == U_HOUR && phrase_is(r, i + 1, W_AND, NULL) && (phrase_is(r, k, W_HALF, NULL) || phrase_is(r, k, W_QUARTER, NULL)));
}

/* 90 minutes, two and a half hours, 1 hour 30, una hora y media, an hour and a half. Tokens taken. */
static int amount(const struct reading *r, int i, struct amount *a)
{
	int64_t sixty, more;
	int unit, second, v;
	*a = (struct amount){0};
	int n = phrase_number(r, i, &sixty);
	if (n == 0 && bare_unit(r, i))
		sixty = 60;
	else if (n == 0 || sixty > 60 * 100000)
		return 0;
	if (phrase_is(r, i + n, W_AND, NULL) && (phrase_is(r, i + n + 1, W_HALF, &v) || (phrase_is(r, i + n + 1, W_A, NULL) && phrase_is(r, i + n + 2, W_HALF, &v))) &&
		phrase_is(r, i + n + (phrase_is(r, i + n + 1, W_A, NULL) ? 3 : 2), W_UNIT, NULL)) { /* two and a half hours */
		sixty += v;
		n += phrase_is(r, i + n + 1, W_A, NULL) ? 3 : 2;
	}
	if (phrase_word(r, i + n, "more") || phrase_word(r, i + n, "business") || phrase_word(r, i + n, "working"))
		n++;
	if (!phrase_is(r, i + n, W_UNIT, &unit))
		return 0;
	if (unit == U_MINUTE && phrase_word(r, i + n, "m") && !r->t[i + n].glued)
		return 0;
	a->unit = unit;
	add(a, sixty, unit);
	n++;
	bool and = phrase_is(r, i + n, W_AND, NULL);
	int k = i + n + and;
	bool article = phrase_is(r, k, W_A, NULL);
	if (and && (phrase_is(r, k + article, W_HALF, &v) || phrase_is(r, k + article, W_QUARTER, &v)) && !phrase_is(r, k + article + 1, W_UNIT, &second)) {
		add(a, v, unit); /* an hour and a half */
		return n + 1 + article + 1;
	}
	int m = unit <= U_HOUR || and ? phrase_number(r, k, &more) : 0;
	if (m > 0 && phrase_is(r, k + m, W_UNIT, &second) && second < unit) {
		add(a, more, second);
		return n + and + m + 1;
	}
	if (unit == U_HOUR && phrase_word(r, i + n - 1, "h") && k < r->count && r->t[k].number && r->t[k].glued) { /* 1h30 */
		add(a, r->t[k].value * 60, U_MINUTE);
		return n + 1;
	}
	return n;
}

int phrase_length(const struct reading *r, int i, struct bit *b)
{
	struct amount a;
	int n = phrase_is(r, i, W_FOR, NULL);
	n += phrase_is(r, i + n, W_ABOUT, NULL);
	int m = amount(r, i + n, &a);
	if (m == 0)
		return 0;
	*b = (struct bit){.kind = B_LENGTH, .from_s = a.s + a.days * DAY_S + a.months * unit_s(U_MONTH), .to_s = -1};
	return n + m;
}

static void apply(const struct reading *r, const struct amount *a, int64_t day, bool from_now, int sign, struct bit *b)
{
	int64_t at_day = phrase_add_months(day, sign * a->months) + sign * a->days;
	if (a->s == 0 || !from_now) {
		*b = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = at_day + sign * (a->s / DAY_S), .days = 1};
		return;
	}
	*b = (struct bit){.kind = B_INSTANT, .grain = a->unit == U_SECOND ? PHRASE_SECOND : PHRASE_MINUTE, .to_s = -1};
	b->from_s = at_day * DAY_S + (r->who->now_s - r->today * DAY_S) + sign * a->s;
}

/* from, after, before, behind weeks also "on" or nothing (a week today): tokens taken, -1 when a day may not follow. */
static int towards(const struct reading *r, int i)
{
	int unit = U_SECOND;
	bool weeks = r->who->language == PHRASE_EN && phrase_is(r, i - 1, W_UNIT, &unit) && unit >= U_WEEK;
	if (phrase_is(r, i, W_BEFORE, NULL) || phrase_is(r, i, W_AFTER, NULL) || phrase_word(r, i, "from") || (weeks && phrase_word(r, i, "on")))
		return 1 + (r->who->language == PHRASE_ES && phrase_is(r, i + 1, W_OF, NULL));
	return weeks && phrase_is(r, i, W_REL, NULL) ? 0 : -1;
}

/* Behind an amount: ago, from now, from Tuesday, after tomorrow, despues de mañana. Tokens taken; the sign and the day it is reckoned from. */
static int anchor(const struct reading *r, int i, int *sign, int64_t *day, bool *now)
{
	struct bit b;
	*day = r->today;
	*now = true;
	*sign = 1;
	if (r->who->language == PHRASE_EN && phrase_is(r, i, W_AGO, NULL)) {
		*sign = -1;
		return 1;
	}
	if (phrase_is(r, i, W_HENCE, NULL))
		return 1;
	if (phrase_word(r, i, "from") && phrase_is(r, i + 1, W_NOW, NULL))
		return 2;
	int n = towards(r, i);
	bool before = phrase_is(r, i, W_BEFORE, NULL);
	if (n < 0)
		return 0;
	n += phrase_is(r, i + n, W_THE, NULL) && !phrase_is(r, i + n + 1, W_UNIT, NULL);
	int m = phrase_day(r, i + n, &b);
	if (m == 0)
		return 0;
	*sign = before ? -1 : 1;
	*day = b.day;
	*now = false;
	return n + m;
}

int phrase_shift(const struct reading *r, int i, struct bit *b)
{
	struct amount a;
	int within = 0, n = 0, m, sign = 1;
	int64_t day = r->today;
	bool now = true, said = false;
	if (phrase_is(r, i, W_NOW, NULL)) {
		if (phrase_word(r, i, "ya") || (phrase_word(r, i - 1, "from") && phrase_is(r, i - 2, W_UNIT, NULL)))
			return 0;
		*b = (struct bit){.kind = B_INSTANT, .grain = PHRASE_SECOND, .from_s = r->who->now_s, .to_s = -1};
		return phrase_word(r, i + 1, "mismo") ? 2 : 1;
	}
	if (phrase_is(r, i, W_IN, &within) || (r->who->language == PHRASE_ES && phrase_is(r, i, W_AGO, NULL))) {
		sign = phrase_is(r, i, W_AGO, NULL) ? -1 : 1;
		said = true;
		n = 1 + (phrase_is(r, i + 1, W_OF, NULL));
	} else if (r->who->language == PHRASE_ES && phrase_word(r, i, "de") && phrase_word(r, i + 1, "aqui")) {
		said = true;
		n = phrase_is(r, i + 2, W_TO, NULL) || phrase_is(r, i + 2, W_IN, NULL) ? 3 : 2;
	}
	n += phrase_is(r, i + n, W_ABOUT, NULL) || phrase_is(r, i + n, W_THE, NULL);
	bool next = phrase_is(r, i + n, W_NEXT, NULL); /* in the next two hours */
	m = amount(r, i + n + next, &a);
	if (m == 0 || (next && a.s == 0))
		return 0;
	n += next + m;
	within = within || next;
	said = said || next;
	m = said && within == 0 ? 0 : anchor(r, i + n, &sign, &day, &now);
	if (phrase_word(r, i + n, "time") && said)
		n++;
	if (m == 0 && !said)
		return 0;
	apply(r, &a, day, now, sign, b);
	if (within && b->kind == B_DAY && m == 0) {
		b->days = b->day - r->today;
		b->day = r->today;
	} else if (within && b->kind == B_INSTANT) {
		b->to_s = b->from_s;
		b->from_s = r->who->now_s;
	}
	return n + m;
}

/* Monday, Wednesday and Friday behind "every": a mask. */
static int weekday_list(const struct reading *r, int i, int *mask)
{
	int n = 0, w;
	*mask = 0;
	while (phrase_is(r, i + n, W_WEEKDAY, &w)) {
		*mask |= 1 << w;
		n++;
		int gap = phrase_mark(r, i + n, ',');
		gap += phrase_is(r, i + n + gap, W_AND, NULL) || phrase_mark(r, i + n + gap, '&');
		gap += phrase_is(r, i + n + gap, W_THE, NULL);
		if (gap == 0 || !phrase_is(r, i + n + gap, W_WEEKDAY, NULL))
			break;
		n += gap;
	}
	return n;
}

/* first Monday of the month, ultimo viernes de cada mes. Only "of every month" recurs when there is no "every" before it. */
static int monthly(const struct reading *r, int i, bool every, struct bit *b)
{
	int nth, weekday, unit, n;
	n = phrase_ordinal(r, i, &nth);
	if (n == 0 || nth > 5 || !phrase_is(r, i + n, W_WEEKDAY, &weekday) || !phrase_is(r, i + n + 1, W_OF, NULL))
		return 0;
	n += 2;
	every = every || phrase_is(r, i + n, W_EVERY, NULL);
	n += phrase_is(r, i + n, W_THE, NULL) || phrase_is(r, i + n, W_EVERY, NULL);
	if (!every)
		return 0;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit != U_MONTH)
		return 0;
	b->every = U_MONTH;
	b->weekdays = 1 << weekday;
	b->nth = nth;
	return n + 1;
}

/* weekdays, on business days, entre semana, los dias laborables, weekends. */
static int workdays(const struct reading *r, int i, struct bit *b)
{
	static const struct {
		const char *words[4];
		enum unit unit;
	} ways[] = {
		{{"weekdays"}, U_WORKDAY}, {{"on", "business", "days"}, U_WORKDAY}, {{"on", "working", "days"}, U_WORKDAY}, {{"weekends"}, U_WEEKEND},
		{{"entre", "semana"}, U_WORKDAY}, {{"los", "dias", "laborables"}, U_WORKDAY}, {{"los", "dias", "habiles"}, U_WORKDAY}, {{"los", "fines", "de", "semana"}, U_WEEKEND},
	};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = 0;
		while (n < 4 && ways[k].words[n] != NULL && phrase_word(r, i + n, ways[k].words[n]))
			n++;
		if (n == 4 || ways[k].words[n] == NULL) {
			b->every = ways[k].unit;
			return n;
		}
	}
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

/* Mondays, los lunes. */
static int plural_weekdays(const struct reading *r, int i, struct bit *b)
{
	int n = r->who->language == PHRASE_ES && phrase_word(r, i, "los"), m = weekday_list(r, i + n, &b->weekdays);
	if (m == 0)
		return 0;
	size_t length = r->t[i].to - r->t[i].from;
	bool plural = r->who->language == PHRASE_ES ? n == 1 : length > 5 && r->t[i].text[length - 1] == 's';
	return plural ? n + m : 0;
}

/* What recurs without the word "every". */
static int recurs(const struct reading *r, int i, struct bit *b)
{
	int n = workdays(r, i, b), the = phrase_is(r, i, W_THE, NULL), m;
	if (n == 0)
		n = once(r, i, b);
	if (n == 0 && (m = monthly(r, i + the, false, b)) > 0)
		n = the + m;
	return n > 0 ? n : plural_weekdays(r, i, b);
}

/* other, two, second behind "every". Tokens taken. */
static int interval_at(const struct reading *r, int i, int64_t *interval)
{
	int v, n = phrase_ordinal(r, i, &v);
	if (n > 0 && v > 1 && phrase_is(r, i + n, W_WEEKDAY, NULL) && !phrase_is(r, i + n + 1, W_OF, NULL)) {
		*interval = v; /* every second Tuesday */
		return n;
	}
	if (!phrase_is(r, i, W_OTHER, &v))
		return phrase_whole(r, i, interval);
	*interval = v;
	return 1;
}

int phrase_every(const struct reading *r, int i, struct bit *b)
{
	int unit = 0, n, m, v;
	int64_t interval = 1;
	*b = (struct bit){.kind = B_EVERY, .every = U_WEEK, .interval = 1};
	if (!phrase_is(r, i, W_EVERY, &unit))
		return recurs(r, i, b);
	n = 1;
	if (unit != 0) {
		b->every = (enum unit)unit;
		return n;
	}
	n += phrase_is(r, i + n, W_THE, NULL);
	if ((m = monthly(r, i + n, true, b)) > 0)
		return n + m;
	n += interval_at(r, i + n, &interval);
	if (interval == 1 && phrase_is(r, i + n, W_PART, NULL) && !phrase_is(r, i + n, W_UNIT, NULL)) {
		b->every = U_DAY; /* every morning: the part is read by itself */
		return n;
	}
	if (interval < 1 || interval > 99)
		return 0;
	b->interval = (int)interval;
	m = weekday_list(r, i + n, &b->weekdays);
	if (m > 0)
		return n + m;
	if (!phrase_is(r, i + n, W_UNIT, &v) || v < U_HOUR)
		return 0;
	b->every = (enum unit)v;
	n++;
	if (v == U_DAY && phrase_is(r, i + n, W_UNIT, &v) && v == U_WORKDAY) { /* todos los dias laborables */
		b->every = U_WORKDAY;
		n++;
	}
	return n;
}

int64_t phrase_length_s(enum phrase_language language, struct fl_str text)
{
	struct phrase_reader who = {.language = language};
	struct reading r = {.who = &who};
	struct bit b;
	phrase_tokens(&r, text);
	for (int i = 0; i < r.count; i++)
		if (phrase_length(&r, i, &b) > 0)
			return b.from_s;
	return 0;
}
