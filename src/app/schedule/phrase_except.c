/* What is left out: any day except Monday, but not on Fridays, menos el jueves. */
#include "app/schedule/phrase_inside.h"

/* except, but not, any day but, other than, instead of: tokens taken. */
static int excepts(const struct reading *r, int i)
{
	if (phrase_is(r, i, W_EXCEPT, NULL)) /* four less a quarter is no exception */
		return !phrase_word(r, i, "menos") || phrase_is(r, i + 1, W_THE, NULL) || phrase_is(r, i + 1, W_WEEKDAY, NULL);
	if (phrase_word(r, i, "but"))
		return phrase_word(r, i + 1, "not") ? 2 : phrase_word(r, i - 1, "day") || phrase_word(r, i - 1, "anything");
	static const char *const rather[][3] = {{"other", "than"}, {"rather", "than"}, {"instead", "of"}, {"en", "vez", "de"}, {"en", "vez", "del"}, {"en", "lugar", "de"}, {"en", "lugar", "del"}};
	for (size_t k = 0; k < sizeof rather / sizeof *rather; k++)
		if (phrase_row(r, i, rather[k], 3) > 0)
			return phrase_row(r, i, rather[k], 3);
	return 0;
}

int phrase_left_out(const struct reading *r, int i)
{
	int n = excepts(r, i);
	while (n > 0 && (phrase_is(r, i + n, W_FILL, NULL) || phrase_is(r, i + n, W_THE, NULL) || phrase_word(r, i + n, "for")))
		n++;
	return n;
}

/* any day but Monday or Friday of next week: the weekdays alone are left out, what follows them says when. Tokens taken. */
static int days_left_out(const struct reading *r, int i, unsigned *days)
{
	struct bit b;
	int mask, other = 0, n = phrase_weekday_list(r, i, false, &mask), or = phrase_word(r, i + n, "or") || phrase_word(r, i + n, "o");
	int more = or > 0 ? phrase_weekday_list(r, i + n + or, false, &other) : 0;
	n += more > 0 ? or + more : 0;
	int of = phrase_is(r, i + n, W_OF, NULL);
	*days = (unsigned)(mask | other);
	if (n > 0 && phrase_period(r, i + n + of, &b) > 0)
		return n + of;
	if (phrase_mark(r, i + n, ',') && (phrase_is(r, i + n + 1, W_PART, NULL) || phrase_is(r, i + n + 1, W_FILL, NULL) || phrase_is(r, i + n + 1, W_OF, NULL)))
		return n; /* any day but Monday, mornings */
	return n > 1 && !phrase_is(r, i + n, W_PART, NULL) && !phrase_is(r, i + n, W_AT, NULL) ? n : 0; /* except Monday and Friday */
}

/* The weekdays of a day or weekend that was left out. */
static unsigned weekdays_of(const struct phrase *p)
{
	unsigned mask = 0;
	if (p->has_time || p->end_s - p->start_s > 6 * DAY_S)
		return 0;
	if (p->rule[0] != '\0')
		return phrase_rule_weekdays(p->rule); /* except Fridays */
	for (int64_t at = p->start_s; at < p->end_s; at += DAY_S)
		mask |= 1u << phrase_weekday(at / DAY_S);
	return mask;
}

int phrase_leave_out(const struct reading *r, int i, struct phrase *spare, unsigned *gone)
{
	unsigned days;
	int n = days_left_out(r, i, &days);
	if (n == 0) {
		n = phrase_at(r, i, spare);
		days = n > 0 ? weekdays_of(spare) : 0;
	}
	*gone |= days;
	return n;
}
