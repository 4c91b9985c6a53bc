/* Parts of the day: in the afternoon, tonight, esta noche, over lunch, first thing. */
#include "app/schedule/phrase_inside.h"

/* Words for meals that are spoken of without a time in mind as well. */
static bool is_meal(const struct reading *r, int i)
{
	int part;
	return phrase_is(r, i, W_PART, &part) && (part == P_BREAKFAST || part == P_DINNER || (part == P_LUNCH && !phrase_word(r, i, "lunch") && !phrase_word(r, i, "lunchtime") && !phrase_word(r, i, "almuerzo")));
}

static bool is_near_day(const struct reading *r, int i)
{
	return phrase_is(r, i, W_REL, NULL) || phrase_is(r, i, W_WEEKDAY, NULL);
}

/* at dinner, over breakfast, a la hora de cenar, dinner tomorrow, en la cena: what makes a meal a time. from: the first token of the part, at: the meal. */
static bool meal_time(const struct reading *r, int from, int at)
{
	static const char *const before[] = {"at", "over", "for", "after", "before", "during", "en", "durante", "despues", "antes"};
	int behind = at + 1 + phrase_word(r, at + 1, "time"), first = from - 1 - (phrase_is(r, from - 1, W_THE, NULL) || phrase_is(r, from - 1, W_OF, NULL));
	for (size_t k = 0; k < sizeof before / sizeof *before; k++)
		if (phrase_word(r, first, before[k]) || phrase_word(r, from, before[k]))
			return true;
	behind += phrase_is(r, behind, W_FILL, NULL) + phrase_is(r, behind + 1, W_THE, NULL);
	return phrase_word(r, at + 1, "time") || phrase_word(r, from - 1, "hora") || phrase_word(r, at - 2, "hora") || is_near_day(r, first) || is_near_day(r, behind) || phrase_is(r, from, W_THIS, NULL);
}

/* first thing, a primera hora, a ultima hora: tokens taken; a part behind it says which. */
static int first_thing(const struct reading *r, int i, enum part *part)
{
	int a = phrase_word(r, i, "a");
	*part = phrase_word(r, i + a, "ultima") ? P_AFTERNOON : P_MORNING;
	if (r->who->language == PHRASE_EN)
		return phrase_word(r, i, "first") && phrase_word(r, i + 1, "thing") && !(phrase_is(r, i - 1, W_THE, NULL) && !is_near_day(r, i + 2)) ? 2 : 0; /* the first thing is */
	return (phrase_word(r, i + a, "primera") || phrase_word(r, i + a, "ultima")) && phrase_word(r, i + a + 1, "hora") ? a + 2 : 0;
}

/* Good evening, nada mas, a mas tardar, como muy tarde. */
static bool is_greeting(const struct reading *r, int i)
{
	static const char *const before[] = {"good", "buenas", "buena", "mas", "muy"};
	for (size_t k = 0; k < sizeof before / sizeof *before; k++)
		if (phrase_word(r, i - 1, before[k]))
			return true;
	return false;
}

bool phrase_ends_hours(const struct reading *r, int i)
{
	bool hour = phrase_is(r, i, W_NUMBER, NULL) || (i >= 0 && r->t[i].number), las = phrase_word(r, i - 1, "las") || phrase_word(r, i - 1, "la");
	return hour && las && (phrase_word(r, i - 2, "y") || phrase_word(r, i - 2, "a")) && (phrase_is(r, i - 3, W_NUMBER, NULL) || (i >= 3 && r->t[i - 3].number));
}

/* Whether the word at `at` names a part of the day here; `from` is the first token of it. */
static bool names_part(const struct reading *r, int from, int at, int *part)
{
	if (at - from == 1 && phrase_word(r, from, "de") && phrase_word(r, at, "manana") && (phrase_is(r, from - 1, W_PART, NULL) || phrase_ends_hours(r, from - 1) || phrase_ends_clock(r, from - 1)))
		return false; /* a las 3 de la tarde de manana, entre las 9 y las 11 de manana: the day */
	if (!phrase_is(r, at, W_PART, part) || *part == P_NOON || (*part == P_MIDNIGHT && !phrase_word(r, at, "madrugada")))
		return false;
	return !is_greeting(r, at) && (!is_meal(r, at) || meal_time(r, from, at));
}

/* in the, at night, mid- before a part: tokens. */
static int before_part(const struct reading *r, int i)
{
	int n = phrase_is(r, i, W_OF, NULL) || phrase_is(r, i, W_FILL, NULL) || phrase_is(r, i, W_IN, NULL) || (phrase_word(r, i, "at") && phrase_word(r, i + 1, "night"));
	n += phrase_is(r, i + n, W_THE, NULL);
	n += phrase_is(r, i + n, W_EDGE, NULL);
	return n + (phrase_is(r, i + n - 1, W_EDGE, NULL) && phrase_mark(r, i + n, '-'));
}

/* pm, p.m.: tokens taken; 0 the morning, 12 what follows it. */
static int half_said(const struct reading *r, int i, int *from)
{
	bool a = phrase_word(r, i, "a"), p = phrase_word(r, i, "p");
	*from = p ? 12 : 0;
	if ((a || p) && phrase_mark(r, i + 1, '.') && phrase_word(r, i + 2, "m") && r->t[i + 2].glued)
		return 3 + (phrase_mark(r, i + 3, '.') && r->t[i + 3].glued);
	return phrase_is(r, i, W_MERIDIEM, from);
}

/* Thursday pm, mañana am: tokens taken. */
static int half_day(const struct reading *r, int i, struct bit *b)
{
	int from, n = half_said(r, i, &from), es = r->who->language == PHRASE_ES;
	if (n == 0 || !(is_near_day(r, i - 1) || phrase_is(r, i - 1, W_MONTH, NULL)) || (phrase_word(r, i, "am") && phrase_is_thing(r, i + 1)))
		return 0;
	*b = (struct bit){.kind = B_PART, .grain = PHRASE_PART, .part = from == 0 ? P_MORNING : P_AFTERNOON, .from_s = (from == 0 ? 8 : 12) * INT64_C(3600),
	                  .to_s = (from == 0 ? 12 : es ? 20 : 18) * INT64_C(3600)};
	return n;
}

static int part_word(const struct reading *r, int i, struct bit *b)
{
	static const struct {
		int from, to;
	} hours[2][10] = {
		{{8, 12}, {12, 13}, {12, 14}, {12, 18}, {18, 22}, {20, 24}, {0, 6}, {18, 24}, {7, 10}, {18, 21}},
		{{8, 12}, {12, 13}, {13, 15}, {12, 20}, {18, 22}, {20, 24}, {0, 6}, {18, 24}, {7, 10}, {20, 23}},
	};
	int part, n = 0;
	bool this = false, last = false, yesterday = phrase_word(r, i, "anoche");
	if (phrase_is(r, i, W_THIS, NULL) || phrase_is(r, i, W_LAST, NULL)) {
		this = phrase_is(r, i, W_THIS, NULL);
		last = !this;
		n = 1;
	} else {
		n = before_part(r, i);
	}
	if (!names_part(r, i, i + n, &part))
		return 0;
	int es = r->who->language == PHRASE_ES;
	*b = (struct bit){.kind = B_PART, .grain = PHRASE_PART, .part = (enum part)part, .from_s = hours[es][part].from * 3600, .to_s = hours[es][part].to * 3600};
	if (this || last || yesterday || part == P_TONIGHT) {
		b->days = 1;
		b->day = r->today - (last || yesterday);
	}
	return n + 1 + (is_meal(r, i + n) || phrase_word(r, i + n, "lunch") ? phrase_word(r, i + n + 1, "time") : 0);
}

int phrase_part(const struct reading *r, int i, struct bit *b)
{
	enum part thing;
	int first = first_thing(r, i, &thing);
	if (first > 0) {
		int m = part_word(r, i + first, b);
		if (m == 0)
			*b = (struct bit){.kind = B_PART, .grain = PHRASE_PART, .part = thing, .from_s = (thing == P_MORNING ? 8 : 16) * INT64_C(3600), .to_s = (thing == P_MORNING ? 12 : 20) * INT64_C(3600)};
		return first + m;
	}
	int half = half_day(r, i, b);
	if (half > 0)
		return half;
	bool hour = phrase_word(r, i, "a") && phrase_word(r, i + 1, "la") && phrase_word(r, i + 2, "hora"); /* a la hora de comer */
	int m = part_word(r, i + (hour ? 3 : 0), b);
	return m > 0 && hour ? m + 3 : m;
}

/* late, a ultima hora de la tarde (2), mid-, media (1), early (0) at token i: -1 for none of them. */
static int which_half(const struct reading *r, int i)
{
	static const char *const early[] = {"early", NULL}, *const late[] = {"late", NULL}, *const middle[] = {"mid", NULL};
	if (phrase_one_of(r, i, early))
		return 0;
	if (phrase_one_of(r, i, middle) || (phrase_word(r, i, "media") && phrase_is(r, i + 1, W_PART, NULL)))
		return 1;
	bool last = phrase_word(r, i, "ultima") && phrase_word(r, i + 1, "hora") && phrase_is(r, i + 2, W_OF, NULL) && phrase_is(r, i + 4, W_PART, NULL);
	return phrase_one_of(r, i, late) || last ? 2 : -1;
}

void phrase_narrow_part(const struct reading *r, int i, int end, struct when *w)
{
	int64_t half = (w->part.to_s - w->part.from_s) / 2;
	int which = -1;
	for (int k = i < 0 ? 0 : i; k < end && which < 0; k++)
		which = which_half(r, k);
	if (which < 0 || w->part.part == P_MIDNIGHT)
		return;
	w->part.from_s += which == 0 ? 0 : which == 1 ? half / 2 : half;
	w->part.to_s = w->part.from_s + half;
}
