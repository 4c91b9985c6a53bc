/* A month by its name: March, next March, March 2027, marzo de 2027, 2014 October, in May and June. */
#include "app/schedule/phrase_inside.h"

static bool follows_preposition(const struct reading *r, int i)
{
	static const enum word before[] = {W_EDGE, W_IN, W_OF, W_AT, W_TO, W_FROM, W_EVERY, W_FILL};
	for (size_t k = 0; k < sizeof before / sizeof *before; k++)
		if (phrase_is(r, i - 1, before[k], NULL))
			return true;
	return phrase_mark(r, i - 1, '-');
}

static bool is_verb_too(const struct reading *r, int i)
{
	return phrase_word(r, i, "may") || phrase_word(r, i, "march") || phrase_word(r, i, "mar") || phrase_word(r, i, "ago");
}

static struct bit month_of(int64_t year, int month)
{
	int64_t start = phrase_day_number(year, month, 1);
	return phrase_stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
}

/* and June behind May: months that follow each other are one stretch. Tokens taken. */
static int months_behind(const struct reading *r, int i, int64_t year, int month, struct bit *b)
{
	int n = 0, next;
	while (phrase_is(r, i + n, W_AND, NULL) && phrase_is(r, i + n + 1, W_MONTH, &next) && next == month % 12 + 1 && !phrase_digits(r, i + n + 2, 2)) {
		year += next == 1;
		month = next;
		b->days = month_of(year, month).day + month_of(year, month).days - b->day;
		n += 2;
	}
	return n;
}

/* Years to the next (move 1), last (-1) or nearest such month. */
static int years_to(int now_month, int month, int move)
{
	return move < 0 ? -(month >= now_month) : month < now_month || (move > 0 && month == now_month);
}

/* after next: tokens. */
static int after_next(const struct reading *r, int i)
{
	return r->who->language == PHRASE_EN && phrase_is(r, i, W_AFTER, NULL) && phrase_is(r, i + 1, W_NEXT, NULL) ? 2 : 0;
}

/* Whether the month at token i, ended before `end`, is meant as one: may and march are verbs as well, unless it is March to May or nothing else is said. */
static bool is_meant(const struct reading *r, int i, int end)
{
	int to = end + (phrase_mark(r, end, '-') || phrase_is(r, end, W_TO, NULL));
	if (!is_verb_too(r, i) || follows_preposition(r, i) || (to > end && phrase_is(r, to, W_MONTH, NULL)))
		return true;
	return i == 0 && end >= r->count - (phrase_mark(r, r->count - 1, '.') || phrase_mark(r, r->count - 1, '?'));
}

/* 2027, /2027, next year behind a month: tokens taken. */
static int year_behind(const struct reading *r, int i, int64_t now, int64_t *year)
{
	int slash = (phrase_mark(r, i, '/') || phrase_mark(r, i, '-')) && r->t[i].glued && phrase_is_year(r, i + 1), n = phrase_year(r, i + slash, now, year);
	return n > 0 ? n + slash : 0;
}

/* March, next March, March 2027, marzo de 2027, 2027. */
int phrase_month_period(const struct reading *r, int i, struct bit *b)
{
	int move = 0, month, now_month, d;
	int64_t year;
	bool said;
	int n = phrase_before_noun(r, i, &move, &said), at = i + n;
	phrase_civil(r->today, &year, &now_month, &d);
	if (phrase_is_year(r, i) && phrase_is(r, i + 1, W_MONTH, &month)) { /* 2014 October */
		*b = month_of(r->t[i].value, month);
		return 2;
	}
	if (!phrase_is(r, at, W_MONTH, &month))
		return 0;
	n++;
	n += phrase_mark(r, i + n, '.') && r->t[i + n].glued;
	int with_year = year_behind(r, i + n, year, &year);
	int after = with_year == 0 ? after_next(r, i + n) : 0;
	if (with_year == 0 && after == 0 && !said && !is_meant(r, at, i + n))
		return 0;
	if (with_year == 0)
		year += years_to(now_month, month, move) + (after > 0);
	n += with_year + after;
	*b = month_of(year, month);
	return n + months_behind(r, i + n, year, month, b);
}
