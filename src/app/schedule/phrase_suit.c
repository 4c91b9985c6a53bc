/* An hour that is no more than a number, known by what is said of it: does 11 work? can you do 4? let's say 3, 2 works for me, after 5. */
#include "app/schedule/phrase_inside.h"

static const char *const asks[] = {"does", "would", "will", "could", "might", "is", NULL};
static const char *const suits[] = {"work", "works", "suit", "suits", NULL};
static const char *const praise[] = {"ok", "okay", "good", "fine", "possible", "great", "perfect", "better", "best", NULL};

int phrase_said_well(const struct reading *r, int i)
{
	static const char *const bien[][3] = {{"me", "va", "bien"}, {"me", "viene", "bien"}, {"nos", "va", "bien"}, {"nos", "viene", "bien"}, {"esta", "bien"}, {"perfecto"}, {"me", "conviene"}};
	for (size_t k = 0; k < sizeof bien / sizeof *bien; k++)
		if (phrase_row(r, i, bien[k], 3) > 0)
			return phrase_row(r, i, bien[k], 3);
	if (phrase_one_of(r, i, suits))
		return 1;
	int n = phrase_one_of(r, i, asks), be = phrase_word(r, i + n, "be");
	if (n > 0 && phrase_one_of(r, i + n, suits))
		return n + 1;
	return phrase_one_of(r, i + n + be, praise) && (n > 0 || be || phrase_one_of(r, i - 2, asks)) ? n + be + 1 : 0;
}

/* The end of what is said, or a word that only rounds it off. */
static bool is_done(const struct reading *r, int i)
{
	static const char *const words[] = {"instead", "then", "please", "maybe", "perhaps", "if", "or", "but", NULL};
	static const char marks[] = {'.', ',', '?', '!', ';', ')', '\n'};
	for (size_t k = 0; k < sizeof marks; k++)
		if (phrase_mark(r, i, marks[k]))
			return !phrase_digits(r, i + 1, 9) || !r->t[i + 1].glued; /* 4.50 */
	return i >= r->count || phrase_one_of(r, i, words);
}

/* can you do, let's say, how about, make it: words that end before token i. */
static bool is_proposed(const struct reading *r, int i)
{
	static const char *const ways[][3] = {{"you", "do"}, {"we", "do"}, {"i", "do"}, {"can", "do"}, {"could", "do"}, {"to", "do"}, {"s", "say"}, {"lets", "say"}, {"we", "say"}, {"how", "about"}, {"what", "about"}, {"make", "it"}};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
		if (phrase_row(r, i - 2, ways[k], 3) > 0)
			return true;
	return false;
}

/* option 3 works, the 2 works, all 4 are fine: so many of something. */
static bool is_counted(const struct reading *r, int i)
{
	static const char *const words[] = {"option", "options", "number", "slot", "room", "plan", "all", "these", "those", "any", "no", "only", "version", "the", NULL};
	return phrase_one_of(r, i, words) || (i >= 0 && r->t[i].number) || phrase_mark(r, i, '#') || phrase_mark(r, i, '$');
}

/* Whether what stands around the hour that ends before `end`, or around "4 or 5" of which it is one, makes it an hour; side: with after or before at token i; of_part: tomorrow morning 9. */
static bool suits_here(const struct reading *r, int i, int end, bool side, bool of_part)
{
	struct bit other;
	int n = phrase_word(r, end, "or") ? phrase_bare_hour(r, end + 1, &other) : 0, first = phrase_word(r, i - 1, "or") ? i - 2 : i;
	int last = n > 0 ? end + 1 + n : end;
	if (phrase_said_well(r, last) > 0 && !is_counted(r, first - 1))
		return true;
	return (side || of_part || is_proposed(r, first)) && is_done(r, last);
}

int phrase_hour_suits(const struct reading *r, int i, struct when *w)
{
	struct bit hour;
	if (r->who->language != PHRASE_EN || w->has_time || w->has_instant || w->has_every)
		return 0;
	bool side = phrase_is(r, i, W_AFTER, NULL) || phrase_is(r, i, W_BEFORE, NULL);
	int n = phrase_bare_hour(r, i + side, &hour);
	if (n == 0 || hour.hour_said == 0 || !suits_here(r, i, i + side + n, side, w->has_part))
		return 0;
	w->time = hour;
	w->has_time = true;
	if (side)
		w->bound = phrase_bound_said(r, i);
	return side + n;
}
