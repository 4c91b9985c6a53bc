/* Years in digits and words, and the years and months that are meant: 2014, '14, two thousand fourteen, next year, of next month. */
#include "app/schedule/phrase_inside.h"

int64_t phrase_full_year(const struct token *t)
{
	return t->digits > 2 ? t->value : t->value < 70 ? 2000 + t->value : 1900 + t->value;
}

bool phrase_is_year(const struct reading *r, int i)
{
	return phrase_digits(r, i, 4) && r->t[i].digits == 4 && r->t[i].value >= 1900 && r->t[i].value < 2200;
}

/* In words, below a hundred; "oh five" too. */
static int below_hundred(const struct reading *r, int i, int64_t *value)
{
	int oh = r->who->language == PHRASE_EN && phrase_word(r, i, "oh"), n = i + oh < r->count && !r->t[i + oh].number ? phrase_whole(r, i + oh, value) : 0;
	return n > 0 && *value >= 1 && (!oh || *value < 10) ? oh + n : 0;
}

/* two thousand (and), nineteen, mil novecientos: tokens taken. */
static int century(const struct reading *r, int i, int64_t *head)
{
	bool es = r->who->language == PHRASE_ES;
	int n = below_hundred(r, i, head);
	if (es && phrase_word(r, i, "mil") && phrase_word(r, i + 1, "novecientos")) {
		*head = 19;
		return 2;
	}
	if (n == 1 && *head == 2 && phrase_word(r, i + 1, es ? "mil" : "thousand")) {
		*head = 20;
		return 2 + (!es && phrase_is(r, i + 2, W_AND, NULL));
	}
	return !es && n == 1 && (*head == 19 || *head == 20);
}

int phrase_year_words(const struct reading *r, int i, int64_t *year)
{
	int64_t head = 0, rest = 0;
	int n = century(r, i, &head), m = n > 0 ? below_hundred(r, i + n, &rest) : 0, end = i + n + m;
	bool bare = n == 1 && rest < 10 && !phrase_word(r, i + n, "oh");
	if (m == 0 || bare || phrase_is(r, end, W_MERIDIEM, NULL) || phrase_is(r, end, W_UNIT, NULL))
		return 0;
	*year = head * 100 + rest;
	return n + m;
}

int phrase_month_meant(const struct reading *r, int i, int *move)
{
	int n = phrase_is(r, i, W_THE, NULL), unit;
	bool next = phrase_is(r, i + n, W_NEXT, NULL), last = phrase_is(r, i + n, W_LAST, NULL), this = phrase_is(r, i + n, W_THIS, NULL) || phrase_is(r, i + n, W_EVERY, NULL);
	n += next || this || last;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit != U_MONTH)
		return 0;
	n++;
	*move = last ? -1 : next;
	if (r->who->language != PHRASE_ES || next || this || last)
		return n;
	return n + phrase_after_noun(r, i + n, move);
}

int phrase_which(const struct reading *r, int i, int *move)
{
	if (phrase_is(r, i, W_NEXT, NULL))
		*move = 1;
	else if (phrase_is(r, i, W_THIS, NULL))
		*move = 0;
	else if (phrase_is(r, i, W_LAST, NULL))
		*move = -1;
	else
		return 0;
	return 1;
}

/* in two years: tokens taken. */
static int years_later(const struct reading *r, int i, int64_t now, int64_t *year)
{
	int64_t sixty;
	int unit, n = phrase_is(r, i, W_IN, NULL) ? phrase_number(r, i + 1, &sixty) : 0;
	if (n == 0 || sixty % 60 != 0 || !phrase_is(r, i + 1 + n, W_UNIT, &unit) || unit != U_YEAR)
		return 0;
	*year = now + sixty / 60;
	return n + 2;
}

int phrase_year(const struct reading *r, int i, int64_t now, int64_t *year)
{
	int n = phrase_mark(r, i, ',') || phrase_mark(r, i, '.') || phrase_is(r, i, W_OF, NULL), unit;
	if (phrase_mark(r, i + n, '\'') && phrase_digits(r, i + n + 1, 2) && r->t[i + n + 1].digits == 2 && r->t[i + n + 1].glued) { /* '14 */
		*year = phrase_full_year(&r->t[i + n + 1]);
		return n + 2;
	}
	int words = phrase_year_words(r, i + n, year);
	if (words > 0)
		return n + words;
	if (phrase_is_year(r, i + n)) {
		*year = r->t[i + n].value;
		return n + 1;
	}
	int later = years_later(r, i, now, year);
	if (later > 0)
		return later;
	n += phrase_is(r, i + n, W_THE, NULL);
	int move = 1, said = phrase_which(r, i + n, &move);
	n += said;
	if (!phrase_is(r, i + n, W_UNIT, &unit) || unit != U_YEAR)
		return 0;
	int que = phrase_word(r, i + n + 1, "que");
	if (!said && !phrase_is(r, i + n + 1 + que, W_COMING, NULL))
		return 0;
	*year = now + move;
	return n + 1 + (said ? 0 : que + 1);
}

/* Whether the two digits here are a year: no hour, day, list or number of something follows from them. */
static bool ends_date(const struct reading *r, int i)
{
	static const enum word other[] = {W_UNIT, W_MONTH, W_MERIDIEM, W_ORDINAL_MARK, W_CLOCK, W_TO, W_PART};
	for (size_t k = 0; k < sizeof other / sizeof *other; k++)
		if (phrase_is(r, i, other[k], NULL) && !phrase_is(r, i, W_AT, NULL))
			return false;
	bool goes_on = phrase_mark(r, i, ':') || phrase_mark(r, i, '-') || phrase_mark(r, i, '/') || (i < r->count && r->t[i].glued && (phrase_mark(r, i, '.') || r->t[i].text[0] >= 'a') && i + 1 < r->count);
	return !goes_on && !phrase_is_thing(r, i);
}

/* -2014, /74, 14 behind a day and month: tokens taken. */
int phrase_short_year(const struct reading *r, int i, int64_t *year)
{
	int dash = phrase_mark(r, i, '-') || phrase_mark(r, i, '/'), at = i + dash;
	bool two = phrase_digits(r, at, 2) && r->t[at].digits == 2 && (dash ? r->t[at].glued : r->t[at].value > 12 && ends_date(r, at + 1));
	if (!two && !(dash && phrase_is_year(r, at)))
		return 0;
	*year = phrase_full_year(&r->t[at]);
	return dash + 1;
}
