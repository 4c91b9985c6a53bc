/* Parts of a year by a letter: Q3 2027, 2027Q3, 18q4, 1T 2014, H1 2015; and a month by its number: 4/2016. */
#include "app/schedule/phrase_inside.h"

/* Q3, 3Q, T1 in Spanish, H1: tokens taken. */
static int letter_and_number(const struct reading *r, int i, int *part, int *months)
{
	for (int first = 0; first < 2; first++) { /* the letter, then the number the first of the two */
		int letter = i + first, number = i + 1 - first;
		bool half = phrase_word(r, letter, "h"), quarter = phrase_word(r, letter, "q") || (r->who->language == PHRASE_ES && phrase_word(r, letter, "t"));
		if ((half || quarter) && phrase_digits(r, number, 1) && r->t[i + 1].glued && r->t[number].value >= 1 && r->t[number].value <= (half ? 2 : 4)) {
			*part = (int)r->t[number].value;
			*months = half ? 6 : 3;
			return 2;
		}
	}
	return 0;
}

/* 2027, 27 with the letter beside it: tokens taken. */
static int year_at(const struct reading *r, int i, bool beside, int64_t *year)
{
	if (!phrase_is_year(r, i) && !(beside && phrase_digits(r, i, 2) && r->t[i].digits == 2))
		return 0;
	*year = phrase_full_year(&r->t[i]);
	return 1;
}

/* in, by, during, the end of: what makes H1 a time. */
static bool is_led(const struct reading *r, int i)
{
	static const char *const words[] = {"in", "by", "during", "of", "for", "until", "till", "before", "after", "from", "this", "next", "en", "durante", "de", "del", "para", "hasta", NULL};
	return phrase_one_of(r, i - phrase_is(r, i, W_THE, NULL), words);
}

int phrase_quarter(const struct reading *r, int i, struct bit *b)
{
	int64_t now, year;
	int month, d, part, months;
	phrase_civil(r->today, &now, &month, &d);
	int before = year_at(r, i, i + 1 < r->count && r->t[i + 1].glued && !phrase_mark(r, i + 1, '-'), &year), n = before;
	n += before && (phrase_mark(r, i + n, '-') || phrase_mark(r, i + n, '/'));
	int m = letter_and_number(r, i + n, &part, &months);
	if (m == 0)
		return 0;
	n += m;
	if (!before) {
		int mark = phrase_mark(r, i + n, '/') || phrase_mark(r, i + n, '-') || phrase_mark(r, i + n, '\'') || phrase_is(r, i + n, W_OF, NULL);
		bool glued = i + n + mark < r->count && r->t[i + n + mark].glued;
		before = year_at(r, i + n + mark, glued, &year);
		n += before ? mark + 1 : 0;
	}
	if (!before) {
		if (months == 6 && !is_led(r, i - 1))
			return 0; /* H1 alone is a heading, or a visa */
		year = now + (part * months < month);
	}
	int64_t start = phrase_day_number(year, (part - 1) * months + 1, 1);
	*b = phrase_stretch(start, phrase_add_months(start, months), PHRASE_QUARTER);
	return n;
}

int phrase_month_number(const struct reading *r, int i, struct bit *b)
{
	bool slash = phrase_digits(r, i, 2) && phrase_mark(r, i + 1, '/') && phrase_is_year(r, i + 2) && !phrase_is_thing(r, i - 1); /* no invoice 4/2016 */
	int64_t month = r->t[i].value;
	if (!slash || !r->t[i + 1].glued || !r->t[i + 2].glued || phrase_mark(r, i + 3, '/') || month < 1 || month > 12)
		return 0;
	int64_t start = phrase_day_number(r->t[i + 2].value, (int)month, 1);
	*b = phrase_stretch(start, phrase_add_months(start, 1), PHRASE_MONTH);
	return 3;
}
