/* Lengths and what is reckoned from now: for 90 minutes, in two hours, dentro de tres dias, a week ago. */
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
	int64_t days, months, workdays;
	int unit;       /* the first one */
};

static void add(struct amount *a, int64_t sixty, int unit)
{
	if (unit <= U_HOUR)
		a->s += sixty * unit_s(unit) / 60;
	else if (unit == U_WORKDAY)
		a->workdays += sixty / 60;
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

/* 1 day, 2 hours and 5 minutes: what follows the first of them, each smaller than the one before. Tokens taken. */
static int smaller(const struct reading *r, int i, int unit, struct amount *a)
{
	int64_t more;
	for (int n = 0, gap, m, next;; n += gap + m + 1, unit = next) {
		gap = phrase_mark(r, i + n, ',');
		gap += phrase_is(r, i + n + gap, W_AND, NULL);
		m = phrase_number(r, i + n + gap, &more);
		if (m == 0 || !phrase_is(r, i + n + gap + m, W_UNIT, &next) || next >= unit)
			return n;
		add(a, more, next);
	}
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
	n += phrase_word(r, i + n, "more") || phrase_word(r, i + n, "mas") || (phrase_mark(r, i + n, '-') && r->t[i + n].glued); /* 45-minute */
	int minutes = sixty > 0 && phrase_mark(r, i + n, '\'') && r->t[i + n].glued && phrase_digits(r, i + n - 1, 3) && !(i + n + 1 < r->count && r->t[i + n + 1].glued);
	if (minutes) { /* 15' */
		*a = (struct amount){.unit = U_MINUTE, .s = sixty};
		return n + 1;
	}
	int workday = phrase_workday(r, i + n);
	if (workday > 0) {
		*a = (struct amount){.unit = U_WORKDAY, .workdays = sixty / 60};
		return n + workday;
	}
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit == U_WEEKEND)
		return 0;
	if (r->t[i + n].text[1] == '\0' && !phrase_word(r, i + n, "h") && !r->t[i + n].glued)
		return 0; /* 5m, but no 5 m */
	a->unit = unit;
	add(a, sixty, unit);
	n++;
	bool comma = phrase_mark(r, i + n, ','), and = !comma && phrase_is(r, i + n, W_AND, NULL);
	int k = i + n + (and || comma);
	bool article = phrase_is(r, k, W_A, NULL);
	if (and && (phrase_is(r, k + article, W_HALF, &v) || phrase_is(r, k + article, W_QUARTER, &v)) && !phrase_is(r, k + article + 1, W_UNIT, &second)) {
		add(a, v, unit); /* an hour and a half */
		return n + 1 + article + 1;
	}
	int m = phrase_number(r, k, &more);
	if (m > 0 && phrase_is(r, k + m, W_UNIT, &second) && second < unit)
		return n + smaller(r, i + n, unit, a);
	if (unit == U_HOUR && phrase_word(r, i + n - 1, "h") && k < r->count && r->t[k].number && r->t[k].glued) { /* 1h30 */
		add(a, r->t[k].value * 60, U_MINUTE);
		return n + 1;
	}
	return n;
}

/* un dia de la semana que viene, one day next week: any of them, no length. */
static bool some_day(const struct reading *r, int i, int took)
{
	int unit, of = i + took + phrase_is(r, i + took, W_OF, NULL);
	return took == 2 && phrase_is(r, i + 1, W_UNIT, &unit) && unit == U_DAY && (phrase_is(r, of, W_THE, NULL) || phrase_is(r, of, W_NEXT, NULL) || phrase_is(r, of, W_THIS, NULL)) &&
		(phrase_is(r, i, W_A, NULL) || phrase_word(r, i, "one")) && !phrase_is(r, i - 1, W_FOR, NULL);
}

int phrase_length(const struct reading *r, int i, struct bit *b)
{
	struct amount a;
	int n = phrase_is(r, i, W_FOR, NULL);
	n += phrase_is(r, i + n, W_ABOUT, NULL);
	int m = amount(r, i + n, &a);
	if (m == 0 || some_day(r, i + n, m))
		return 0;
	*b = (struct bit){.kind = B_LENGTH, .from_s = a.s + (a.days + a.workdays) * DAY_S + a.months * unit_s(U_MONTH), .to_s = -1};
	return n + m;
}

static void apply(const struct reading *r, const struct amount *a, int64_t day, bool from_now, int sign, struct bit *b)
{
	int64_t at_day = phrase_add_months(day, sign * a->months) + sign * a->days;
	for (int64_t left = a->workdays < 3660 ? a->workdays : 3660; left > 0;) { /* Saturdays and Sundays do not count */
		at_day += sign;
		left -= phrase_weekday(at_day) < 5;
	}
	if (a->s == 0 || !from_now) {
		*b = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = at_day + sign * (a->s / DAY_S), .days = 1};
		b->of_week = from_now && (a->unit == U_WEEK || a->unit == U_FORTNIGHT);
		return;
	}
	*b = (struct bit){.kind = B_INSTANT, .grain = a->unit == U_SECOND ? PHRASE_SECOND : PHRASE_MINUTE, .to_s = -1};
	b->from_s = at_day * DAY_S + (r->who->now_s - r->today * DAY_S) + sign * a->s;
}

/* from, after, before, behind weeks also "on" or nothing (a week today): tokens taken, -1 when a day may not follow. */
static int towards(const struct reading *r, int i)
{
	int unit = U_SECOND;
	if (phrase_word(r, i, "a") && phrase_word(r, i + 1, "partir") && phrase_is(r, i + 2, W_OF, NULL))
		return 3;
	bool weeks = r->who->language == PHRASE_EN && phrase_is(r, i - 1, W_UNIT, &unit) && unit >= U_WEEK;
	if (phrase_is(r, i, W_BEFORE, NULL) || phrase_is(r, i, W_AFTER, NULL) || phrase_word(r, i, "from") || (weeks && phrase_word(r, i, "on")))
		return 1 + (r->who->language == PHRASE_ES && phrase_is(r, i + 1, W_OF, NULL));
	return weeks && phrase_is(r, i, W_REL, NULL) ? 0 : -1;
}

/* hence, later, despues, mas tarde, with nothing behind them that they are after: tokens taken. */
static int later_said(const struct reading *r, int i)
{
	if (phrase_is(r, i, W_HENCE, NULL))
		return 1;
	if (r->who->language != PHRASE_ES)
		return 0;
	int n = phrase_word(r, i, "despues") ? 1 : phrase_word(r, i, "mas") && phrase_word(r, i + 1, "tarde") ? 2 : 0;
	return phrase_is(r, i + n, W_OF, NULL) ? 0 : n;
}

/* Behind an amount: ago, from now, from Tuesday, after tomorrow, despues de mañana. Tokens taken; the sign and the day it is reckoned from. */
static int anchor(const struct reading *r, int i, int *sign, int64_t *day, bool *now)
{
	struct bit b;
	*day = r->today;
	*now = true;
	*sign = 1;
	if ((r->who->language == PHRASE_EN && phrase_is(r, i, W_AGO, NULL)) || phrase_word(r, i, "atras")) {
		int rel = 0, n = 1 + (phrase_is(r, i + 1, W_REL, &rel) && rel <= 0); /* a year ago today */
		*sign = -1;
		*day += n > 1 ? rel : 0;
		return n;
	}
	int later = later_said(r, i);
	if (later > 0)
		return later;
	int right = phrase_word(r, i + 1, "right");
	if (phrase_word(r, i, "from") && phrase_is(r, i + 1 + right, W_NOW, NULL))
		return 2 + right;
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

/* hour alone, behind next or last. */
static int last_hour(const struct reading *r, int i, struct amount *a)
{
	int unit;
	*a = (struct amount){.unit = U_HOUR, .s = 3600};
	return phrase_is(r, i, W_UNIT, &unit) && unit == U_HOUR && (phrase_word(r, i, "hour") || phrase_word(r, i, "hora"));
}

/* now, as soon as possible, cuanto antes: tokens taken. */
static int now_said(const struct reading *r, int i)
{
	static const char *const ways[][4] = {
		{"as", "soon", "as", "possible"}, {"ya", "mismo"}, {"ahora", "mismo"}, {"cuanto", "antes"}, {"lo", "antes", "posible"},
		{"de", "inmediato"},
	};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = phrase_row(r, i, ways[k], 4);
		if (n > 0)
			return n;
	}
	bool counted = phrase_word(r, i - 1, "from") && phrase_is(r, i - 2, W_UNIT, NULL);
	return phrase_is(r, i, W_NOW, NULL) && !phrase_word(r, i, "ya") && !counted && !phrase_is(r, i - 1, W_EVERY, NULL);
}

/* siguientes, pasados behind "en los 5 dias": those, and no day five days from now. */
static bool of_those(const struct reading *r, int i)
{
	int move;
	return r->who->language == PHRASE_ES && phrase_after_noun(r, i, &move) > 0;
}

int phrase_shift(const struct reading *r, int i, struct bit *b)
{
	struct amount a;
	int within = 0, n = 0, m, sign = 1;
	int64_t day = r->today;
	bool now = true, said = false;
	*b = (struct bit){.kind = B_INSTANT, .grain = PHRASE_SECOND, .from_s = r->who->now_s, .to_s = -1};
	if ((m = now_said(r, i)) > 0)
		return m;
	if (phrase_is(r, i, W_IN, &within) || (r->who->language == PHRASE_ES && phrase_is(r, i, W_AGO, NULL))) {
		sign = phrase_is(r, i, W_AGO, NULL) ? -1 : 1;
		said = true;
		n = 1 + (phrase_is(r, i + 1, W_OF, NULL));
	} else if (phrase_is(r, i, W_AFTER, NULL) && !phrase_is(r, i - 1, W_UNIT, NULL)) { /* after 5 days */
		said = true;
		n = 1 + (r->who->language == PHRASE_ES && phrase_is(r, i + 1, W_OF, NULL));
	} else if (r->who->language == PHRASE_ES && phrase_word(r, i, "de") && phrase_word(r, i + 1, "aqui")) {
		said = true;
		n = phrase_is(r, i + 2, W_TO, NULL) || phrase_is(r, i + 2, W_IN, NULL) ? 3 : 2;
	}
	n += phrase_is(r, i + n, W_ABOUT, NULL) || phrase_is(r, i + n, W_THE, NULL);
	bool next = phrase_is(r, i + n, W_NEXT, NULL) || phrase_is(r, i + n, W_LAST, NULL) || phrase_word(r, i + n, "upcoming"); /* in the next two hours */
	int hour = next ? last_hour(r, i + n + next, &a) : 0; /* the last hour */
	m = hour > 0 ? hour : amount(r, i + n + next, &a);
	if (m == 0 || (next && a.s == 0))
		return 0;
	if (!next && of_those(r, i + n + m))
		return 0;
	bool back = next && phrase_is(r, i + n, W_LAST, NULL);
	n += next + m;
	within = within || next;
	said = said || next;
	m = said && within == 0 ? 0 : anchor(r, i + n, &sign, &day, &now);
	if (phrase_word(r, i + n, "time") && said)
		n++;
	if (m == 0 && !said)
		return 0;
	sign = back ? -1 : sign;
	apply(r, &a, day, now, sign, b);
	if (within && b->kind == B_DAY && m == 0) {
		b->days = b->day - r->today;
		b->day = r->today;
	} else if (within && b->kind == B_INSTANT) {
		b->to_s = sign < 0 ? r->who->now_s : b->from_s;
		b->from_s = sign < 0 ? b->from_s : r->who->now_s;
	}
	return n + m;
}

int64_t phrase_length_s(enum phrase_language language, struct fl_str text)
{
	struct phrase_reader who = {.language = language};
	struct reading r;
	struct bit b;
	phrase_tokens(&r, &who, text);
	r.today = 0;
	for (int i = 0; i < r.count; i++)
		if (phrase_length(&r, i, &b) > 0)
			return b.from_s;
	return 0;
}
