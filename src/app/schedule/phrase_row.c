/* So many of a day in a row: three Mondays in a row, the next three Tuesdays, tres lunes seguidos, five days running. */
#include "app/schedule/phrase_inside.h"

/* in a row, running, seguidos: tokens taken. */
static int in_a_row(const struct reading *r, int i)
{
	static const char *const words[] = {"running", "straight", "consecutive", "seguidos", "seguidas", "consecutivos", "consecutivas", NULL}, *const row[] = {"in", "a", "row", NULL};
	return phrase_one_of(r, i, words) ? 1 : phrase_row(r, i, row, 3);
}

/* Mondays, days, weeks: what is counted. Tokens taken. */
static int counted_noun(const struct reading *r, int i, struct bit *b)
{
	int w, unit;
	if (phrase_is(r, i, W_WEEKDAY, &w)) {
		b->every = U_WEEK;
		b->weekdays = 1 << w;
		return 1;
	}
	if (!phrase_is(r, i, W_UNIT, &unit) || unit < U_DAY)
		return 0;
	b->every = (enum unit)unit;
	return 1;
}

/* next before or behind the number: the next three, tres proximos. Tokens taken; 0 when no number of them stands there. */
static int counted(const struct reading *r, int i, int64_t *count, bool *next)
{
	int n = phrase_is(r, i, W_THE, NULL);
	*next = phrase_is(r, i + n, W_NEXT, NULL) || phrase_word(r, i + n, "coming");
	n += *next;
	int m = phrase_whole(r, i + n, count);
	if (m == 0 || *count < 2 || *count > 366)
		return 0;
	n += m;
	bool behind = !*next && r->who->language == PHRASE_ES && phrase_is(r, i + n, W_NEXT, NULL);
	*next = *next || behind;
	return n + behind;
}

int phrase_in_a_row(const struct reading *r, int i, struct bit *b)
{
	struct bit every = *b;
	int64_t count;
	bool next;
	int n = counted(r, i, &count, &next), before = n > 0 ? in_a_row(r, i + n) : 0; /* three consecutive Mondays */
	int m = n > 0 ? counted_noun(r, i + n + before, &every) : 0;
	if (m == 0)
		return 0;
	n += before + m;
	bool behind = r->who->language == PHRASE_ES && every.weekdays != 0 && phrase_is(r, i + n, W_NEXT, NULL); /* los tres lunes siguientes */
	n += behind;
	int row = in_a_row(r, i + n);
	if (row == 0 && before == 0 && (every.weekdays == 0 || (!next && !behind)))
		return 0;
	every.count = (int)count;
	*b = every;
	return n + row;
}
