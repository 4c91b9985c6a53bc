/* Bits that stand together are one phrase: a day, a time, a part of the day, a length, a recurrence, an end. */
#include "app/schedule/phrase_inside.h"

/* Reads any bit from token i. */
static int any(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {phrase_this_time, phrase_every, phrase_shift, phrase_day, phrase_time, phrase_part, phrase_length, phrase_zone};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	return 0;
}

/* every Monday behind "10 times"; three times every day says another thing. */
static bool counts_days(const struct reading *r, int i)
{
	int unit;
	return phrase_is(r, i, W_EVERY, &unit) && unit == 0 && phrase_is(r, i + 1 + phrase_is(r, i + 1, W_THE, NULL), W_WEEKDAY, NULL);
}

/* 8 times, for 5 occurrences, twice, 10 veces behind what recurs, or before it: tokens taken. */
static int times(const struct reading *r, int i, struct when *w)
{
	int64_t count = 2;
	int n = phrase_is(r, i, W_FOR, NULL), m;
	if (w->count > 0)
		return 0;
	if (w->has_every && phrase_word(r, i, "twice")) {
		w->count = 2;
		return 1;
	}
	m = phrase_whole(r, i + n, &count);
	bool times = phrase_word(r, i + n + m, "times") || phrase_word(r, i + n + m, "occurrences") || phrase_word(r, i + n + m, "veces");
	if (m == 0 || !times || (!w->has_every && !counts_days(r, i + n + m + 1)) || count < 1 || count > 1000 || phrase_is(r, i + n + m + 1, W_A, NULL) || phrase_word(r, i + n + m + 1, "al"))
		return 0;
	w->count = (int)count;
	return n + m + 1;
}

static bool is_near_day(const struct reading *r, int i)
{
	return phrase_is(r, i, W_REL, NULL) || phrase_is(r, i, W_WEEKDAY, NULL);
}

/* 1530 tomorrow, Monday 0900: four digits that are no year, with a day beside them. */
static int hour_of_day(const struct reading *r, int i, struct when *w)
{
	const struct token *t = &r->t[i];
	if (w->has_time || w->has_instant || !t->number || t->digits != 4 || t->value >= 2400 || t->value % 100 > 59 || (t->value >= 1900 && t->value < 2200))
		return 0;
	int next = i + 1 + phrase_is(r, i + 1, W_FILL, NULL);
	if (!is_near_day(r, next) && !(is_near_day(r, i - 1) && !phrase_is_thing(r, i + 1)))
		return 0;
	w->time = (struct bit){.kind = B_TIME, .grain = t->value % 100 == 0 ? PHRASE_HOUR : PHRASE_MINUTE, .from_s = (t->value / 100 * 60 + t->value % 100) * 60, .to_s = -1};
	w->has_time = true;
	return 1;
}

/* around, say, from with a day before it: what may stand before an hour that is no more than a number. */
static bool is_guess(const struct reading *r, int i, const struct when *w)
{
	static const char *const guess[] = {"say", "maybe", "perhaps", "quizas", "digamos", NULL};
	return phrase_is(r, i, W_ABOUT, NULL) || phrase_one_of(r, i, guess) || (phrase_word(r, i, "from") && w->has_day);
}

/* tomorrow evening around 7, Thursday after 4. */
static int hour_beside(const struct reading *r, int i, struct when *w)
{
	bool about = is_guess(r, i, w), after = phrase_is(r, i, W_AFTER, NULL) || phrase_is(r, i, W_BEFORE, NULL);
	int n = (about || after) && phrase_time(r, i + 1, &w->time) == 0 ? phrase_bare_hour(r, i + 1, &w->time) : 0;
	bool day = w->has_day || (about && w->has_part) || (!about && r->who->language == PHRASE_EN && phrase_hours_follow(r, i + 1 + n));
	w->has_time = n > 0 && day && !phrase_is_thing(r, i + 1 + n);
	if (w->has_time && after)
		w->bound = phrase_bound_said(r, i);
	return w->has_time ? n + 1 : 0;
}

/* The day in 9 tomorrow morning: tokens. */
static int day_between(const struct reading *r, int i)
{
	return r->who->language == PHRASE_EN && (phrase_is(r, i, W_REL, NULL) || phrase_is(r, i, W_WEEKDAY, NULL));
}

/* 2nite: no hour of the night. */
static bool is_letter_behind(const struct reading *r, int i, int n)
{
	return r->t[i].number && i + n < r->count && r->t[i + n].glued && r->t[i + n].text[0] >= 'a';
}

/* An hour that only what stands beside it makes one: eight tonight, 7 in the evening. Tokens taken by the hour. */
static int hour_of_part(const struct reading *r, int i, struct when *w)
{
	struct bit hour, part;
	int n, m;
	if (w->has_time || w->has_instant)
		return 0;
	if ((n = hour_beside(r, i, w)) > 0)
		return n;
	if (r->who->language == PHRASE_ES && (phrase_word(r, i - 1, "dia") || phrase_word(r, i - 1, "el")))
		return 0; /* el dia 20 por la manana */
	n = phrase_bare_hour(r, i, &hour);
	m = n > 0 && !is_letter_behind(r, i, n) ? phrase_part(r, i + n + day_between(r, i + n), &part) : 0;
	if (m == 0 || hour.doubt == PHRASE_IMPOSSIBLE || part.part == P_NOON)
		return 0;
	w->time = hour;
	w->has_time = true;
	return n;
}

/* Thursday after 5pm, el jueves despues de las 5: the hour is what is said. */
static bool bound(const struct reading *r, int i)
{
	struct bit b;
	int of = phrase_is(r, i + 1, W_OF, NULL);
	return (phrase_is(r, i, W_AFTER, NULL) || phrase_is(r, i, W_BEFORE, NULL) || phrase_is(r, i, W_UNTIL, NULL)) && phrase_time(r, i + 1 + of, &b) > 0;
}

/* no later than, later than. */
static bool later_than(const struct reading *r, int i)
{
	return (phrase_word(r, i, "no") && phrase_word(r, i + 1, "later")) || (phrase_word(r, i, "later") && phrase_word(r, i + 1, "than")) || (phrase_word(r, i, "than") && phrase_word(r, i - 1, "later"));
}

/* next week's Wednesday. */
static bool is_possessive(const struct reading *r, int i)
{
	return phrase_mark(r, i, '\'') && phrase_word(r, i + 1, "s") && r->t[i + 1].glued;
}

/* maybe 2ish, preferably in the morning, any time after 3. */
static bool is_manner(const struct reading *r, int i)
{
	static const char *const words[] = {"maybe", "perhaps", "say", "preferably", "ideally", "any", "time", "anytime", "sometime", "work", "works", "quizas", "quiza", "preferiblemente", "idealmente", "digamos", NULL};
	bool ish = phrase_mark(r, i, '-') && phrase_word(r, i + 1, "ish"), asks = phrase_mark(r, i, '?') && (phrase_one_of(r, i + 1, words) || phrase_is(r, i + 1, W_ABOUT, NULL)); /* Thursday? maybe around 4 */
	return ish || asks || phrase_one_of(r, i, words);
}

static bool is_stop(const struct reading *r, int i)
{
	return phrase_mark(r, i, ',') || phrase_mark(r, i, '(') || phrase_mark(r, i, '.');
}

/* Words that may stand between the bits of one phrase. */
static bool filler(const struct reading *r, int i)
{
	static const enum word classes[] = {W_FILL, W_THE, W_OF, W_AT, W_FROM, W_ABOUT};
	for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
		if (phrase_is(r, i, classes[k], NULL))
			return true;
	if (is_stop(r, i) || phrase_word(r, i, "t"))
		return true;
	if (is_manner(r, i) || is_possessive(r, i))
		return true;
	return (phrase_is(r, i, W_A, NULL) && phrase_is(r, i + 1, W_WEEKDAY, NULL)) || bound(r, i) || later_than(r, i) || (r->who->language == PHRASE_ES && phrase_word(r, i, "dia"));
}

/* London time at 10, tomorrow EST 3pm. */
static int zone_before(const struct reading *r, int i, struct when *w)
{
	struct bit zone;
	int n = w->has_zone || w->has_time || w->has_part || w->has_instant ? 0 : phrase_zone_before(r, i, &zone);
	if (n > 0)
		phrase_take_zone(w, &zone);
	return n;
}

/* starting in March, from March, a partir de marzo: what stands before the day at token i. */
static bool only_begins(const struct reading *r, int i)
{
	static const char *const words[] = {"starting", "from", "beginning", "since", "commencing", "partir", "desde", "empezando", "comenzando", NULL};
	int at = i - 1;
	while (phrase_is(r, at, W_THE, NULL) || (phrase_is(r, at, W_OF, NULL) && !phrase_word(r, at, "from")) || phrase_word(r, at, "on") || phrase_word(r, at, "en"))
		at--;
	return phrase_one_of(r, at, words);
}

/* after lunch on Tuesday, mañana despues de comer. */
static int meal(const struct reading *r, int i, struct when *w)
{
	struct bit b;
	enum phrase_bound bound;
	int n = w->has_time || w->has_part || w->has_instant ? 0 : phrase_after_meal(r, i, &b, &bound);
	if (n == 0)
		return 0;
	w->time = b;
	w->has_time = true;
	w->bound = bound;
	return n;
}

/* Adds what stands at token i: tokens taken, 0 for nothing, -1 when another phrase begins. */
static int next_bit(const struct reading *r, int i, bool begun, struct when *w)
{
	int (*const ways[])(const struct reading *, int, struct when *) = {times, zone_before, phrase_year_behind, phrase_hours_range, meal, hour_of_day, hour_of_part, phrase_hour_suits};
	struct bit b;
	int m = 0;
	for (size_t k = 0; k < sizeof ways / sizeof *ways && m == 0; k++)
		m = ways[k](r, i, w);
	if (m == 0 && (m = any(r, i, &b)) > 0) {
		if (!phrase_take(w, &b))
			return -1;
		w->onward = w->onward || (b.kind == B_DAY && only_begins(r, i));
	}
	if (m == 0 && begun && (m = phrase_range_end(r, i, w)) == 0)
		m = phrase_day_behind_bound(r, i, w);
	return m;
}

/* stand-up, one-on-one: what a dash joins. */
static bool is_joined(const struct reading *r, int i)
{
	static const char *const parts[] = {"up", "in", "on", "one", "to", "de", NULL};
	return i > 0 && i < r->count && r->t[i].glued && (phrase_mark(r, i, '-') || (phrase_mark(r, i - 1, '-') && phrase_one_of(r, i, parts)));
}

/* What a length or a rhythm before it is of: a 45 minute call tomorrow at 3, weekly project review on Mondays, daily stand-up at 9. */
static bool is_meeting(const struct reading *r, int i, const struct when *w)
{
	static const char *const joins[] = {"de", "con", "with", NULL};
	bool some = w->has_every || (w->length_s > 0 && w->length_s < DAY_S);
	if (!some || w->has_day || w->has_time || w->has_part)
		return false;
	return is_joined(r, i) || phrase_is_thing(r, i) || phrase_one_of(r, i, joins);
}

/* Whether the word at token i, so many behind the last bit, may stand in a phrase. */
static bool goes_on(const struct reading *r, int i, int gap, const struct when *w)
{
	if (gap < 4 && filler(r, i))
		return true;
	return gap < 6 && (is_meeting(r, i, w) || (w->length_s > 0 && filler(r, i)));
}

static bool says_when(const struct when *w)
{
	return w->has_day || w->has_time || w->has_part || w->has_instant || w->has_every;
}

int phrase_at(const struct reading *r, int i, struct phrase *p)
{
	int between = 0, before = i - 1 - phrase_is(r, i - 1, W_THE, NULL);
	struct when w = {.between = phrase_is(r, before, W_FROM, &between) && between == 1, .until_day = -1, .until_s = -1, .to_s = -1};
	int n = 0, m, taken = 0;
	while (i + n < r->count && (m = next_bit(r, i + n, taken > 0, &w)) >= 0) {
		if (m > 0) {
			n += m;
			taken = n;
		} else if (taken > 0 && goes_on(r, i + n, n - taken, &w)) {
			w.between = w.between || phrase_is_between(r, i + n);
			if (bound(r, i + n) || later_than(r, i + n))
				w.bound = phrase_bound_said(r, i + n);
			n++;
		} else {
			break;
		}
	}
	if (taken == 0 || !says_when(&w))
		return 0;
	*p = (struct phrase){.from = r->t[i].from, .to = r->t[i + taken - 1].to};
	if (w.bound == PHRASE_AT)
		w.bound = phrase_bound_beside(r, i, i + taken);
	if (w.has_part && !w.has_time)
		phrase_narrow_part(r, i - 1, i + taken, &w);
	phrase_settle(r, &w, p);
	return taken;
}

/* Whether nothing but "or", "and" and articles stands between two phrases. */
static bool are_alternatives(const struct reading *r, const struct phrase *a, const struct phrase *b)
{
	static const char *const words[] = {"or", "o", "u", "and", "y", "on", "the", "el", "la", NULL};
	bool some = false;
	for (int i = 0; i < r->count; i++) {
		bool between = r->t[i].from >= a->to && r->t[i].to <= b->from;
		if (between && !phrase_one_of(r, i, words))
			return false;
		some = some || between;
	}
	return some;
}

/* Whether a week is said of a weekday, behind it (Thursday of next week) or before it (next week on Tuesday). */
static bool says_week(const struct reading *r, const struct phrase *p, bool behind)
{
	int day = -1, week = -1, unit;
	for (int i = 0; i < r->count; i++) {
		if (r->t[i].from < p->from || r->t[i].to > p->to)
			continue;
		if (phrase_is(r, i, W_WEEKDAY, NULL))
			day = i;
		if (phrase_is(r, i, W_UNIT, &unit) && unit == U_WEEK)
			week = i;
	}
	return day >= 0 && week >= 0 && (week > day) == behind && p->has_day && p->rule[0] == '\0';
}

/* Moves p, a weekday of which nothing else was said, to the week of another. */
static void move_to_week(const struct reading *r, struct phrase *p, const struct phrase *other)
{
	int64_t by_s = (phrase_monday(other->start_s / DAY_S) - phrase_monday(p->start_s / DAY_S)) * DAY_S;
	p->start_s += by_s;
	p->end_s += by_s;
	p->within_s += p->within_s != 0 ? by_s : 0;
	p->weekday = false;
	if (p->end_s <= r->who->now_s)
		p->doubt = PHRASE_PAST;
	else if (p->doubt == PHRASE_WHICH_DAY)
		p->doubt = PHRASE_CLEAR;
}

/* Tuesday or Thursday next week, next week on Tuesday or Thursday: the week said behind the last, or before the first, is that of both; not in Thursday, or next week on Tuesday. */
static void share_week(const struct reading *r, struct phrase *out, int found)
{
	bool said = false;
	for (int k = found - 1; k >= 0; k--) {
		bool shares = said && out[k].weekday && are_alternatives(r, &out[k], &out[k + 1]);
		if (shares)
			move_to_week(r, &out[k], &out[k + 1]);
		said = shares || says_week(r, &out[k], true);
	}
	said = false;
	for (int k = 0; k < found; k++) {
		bool shares = said && out[k].weekday && are_alternatives(r, &out[k - 1], &out[k]);
		if (shares)
			move_to_week(r, &out[k], &out[k - 1]);
		said = shares || says_week(r, &out[k], false);
	}
}

/* Thursday or Friday morning, el martes y el jueves a las 10: the time said last is that of both. */
static void share_time(const struct reading *r, struct phrase *out, int found)
{
	for (int k = found - 2; k >= 0; k--) {
		struct phrase *a = &out[k];
		const struct phrase *b = &out[k + 1];
		if (!a->has_day || a->has_time || a->rule[0] != '\0' || a->grain != PHRASE_DAY || a->end_s - a->start_s != DAY_S)
			continue;
		if (!b->has_day || !b->has_time || b->rule[0] != '\0' || b->end_s - b->start_s > DAY_S || !are_alternatives(r, a, b))
			continue;
		struct phrase both = *b;
		both.from = a->from;
		both.to = a->to;
		both.start_s = a->start_s + b->start_s % DAY_S;
		both.end_s = both.start_s + (b->end_s - b->start_s);
		both.doubt = b->doubt == PHRASE_WHICH_DAY || a->doubt > b->doubt ? a->doubt : b->doubt;
		*a = both;
	}
}

int phrase_find(const struct phrase_reader *reader, struct fl_str text, struct phrase *out, int max)
{
	struct reading r; /* 60 KB: only what is read is written */
	int found = 0;
	unsigned gone = 0;
	r.today = reader->now_s >= 0 ? reader->now_s / DAY_S : (reader->now_s - DAY_S + 1) / DAY_S;
	phrase_tokens(&r, reader, text);
	for (int i = 0; i < r.count && found < max;) {
		int but = phrase_left_out(&r, i), n = but > 0 ? phrase_leave_out(&r, i + but, &out[found], &gone) : phrase_at(&r, i, &out[found]);
		if (but > 0) { /* what is left out is no proposal */
			i += but + n;
			continue;
		}
		found += n > 0 && !phrase_is_name(&r, i, i + n, &out[found]);
		i += n > 0 ? n : 1;
	}
	found = phrase_join_times(&r, out, found);
	share_week(&r, out, found);
	share_time(&r, out, found);
	for (int k = 0; k < found; k++)
		out[k].not_days = out[k].end_s - out[k].start_s > DAY_S || !out[k].has_day ? gone : 0;
	return found;
}
