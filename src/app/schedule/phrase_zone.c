/* A time by its zone or by now: 3pm CET, 15:00 UTC+2, 2026-03-04T15:00:00-05:00, this time tomorrow. */
#include "app/schedule/phrase_inside.h"

/* Whether the time before token i is one of programs, with its seconds or a T: only there is a minus an offset and no range. */
static bool is_of_program(const struct reading *r, int i)
{
	return r->t[i].glued && ((phrase_mark(r, i - 2, ':') && phrase_mark(r, i - 4, ':')) || (phrase_mark(r, i - 2, '.') && phrase_mark(r, i - 4, ':')) || phrase_word(r, i - 4, "t"));
}

/* 0530, 05:30, behind UTC also 5: tokens taken; *minutes of the day. */
static int clock_at(const struct reading *r, int i, bool named, int64_t *minutes)
{
	if (i >= r->count || !r->t[i].number || !r->t[i].glued)
		return 0;
	bool colon = phrase_mark(r, i + 1, ':') && i + 2 < r->count && r->t[i + 2].number && r->t[i + 2].digits == 2;
	*minutes = r->t[i].digits == 4 ? r->t[i].value / 100 * 60 + r->t[i].value % 100 : r->t[i].value * 60;
	if (colon)
		*minutes += r->t[i + 2].value;
	else if (r->t[i].digits != 4 && (!named || r->t[i].digits > 2))
		return 0;
	return colon ? 3 : 1;
}

/* +02:00, -0530, behind UTC also +2: tokens taken. */
static int offset(const struct reading *r, int i, bool named, int *minutes)
{
	bool minus = phrase_mark(r, i, '-'), plus = phrase_mark(r, i, '+');
	int64_t said;
	int n = plus || (minus && (named || is_of_program(r, i))) ? clock_at(r, i + 1, named, &said) : 0;
	if (n == 0 || said > 14 * 60)
		return 0;
	*minutes = (int)(minus ? -said : said);
	return n + 1;
}

int phrase_zone(const struct reading *r, int i, struct bit *b)
{
	struct bit letters = {.kind = B_ZONE};
	int named = phrase_abbreviation(r, i, &letters), n = named && (letters.offset_min != 0 || letters.doubt != PHRASE_CLEAR) ? 0 : offset(r, i + named, named, &letters.offset_min);
	*b = letters;
	return named + n > 0 ? named + n : phrase_place(r, i, b);
}

/* Whether the tokens from i to end say that they are a zone without a time before them: London time, hora de Londres, EST. */
static bool says_zone(const struct reading *r, int i, int end)
{
	return phrase_word(r, end - 1, "time") || phrase_word(r, i, "hora") || phrase_word(r, i + 1, "hora") || phrase_is(r, i, W_ZONE, NULL);
}

int phrase_zone_before(const struct reading *r, int i, struct bit *b)
{
	struct bit behind;
	int n = phrase_zone(r, i, b), gap;
	if (n == 0 || !says_zone(r, i, i + n))
		return 0;
	gap = phrase_mark(r, i + n, ',') || phrase_mark(r, i + n, ':');
	struct when hours = {.until_day = -1, .until_s = -1, .to_s = -1};
	int at = i + n + gap;
	return phrase_time(r, at, &behind) > 0 || phrase_day(r, at, &behind) > 0 || phrase_hours_range(r, at, &hours) > 0 ? n + gap : 0;
}

/* this time, a esta hora, (a la) misma hora: tokens taken. */
static int now_said(const struct reading *r, int i)
{
	static const char *const ways[][4] = {{"this", "time"}, {"same", "time"}, {"a", "esta", "hora"}, {"esta", "hora"}, {"a", "esta", "misma", "hora"}, {"esta", "misma", "hora"}, {"a", "la", "misma", "hora"}, {"la", "misma", "hora"}, {"misma", "hora"}};
	int n = 0;
	for (size_t k = 0; k < sizeof ways / sizeof *ways && n == 0; k++)
		n = phrase_row(r, i, ways[k], 4);
	return n;
}

/* Friday, of next week behind it: tokens taken. */
static int day_of_time(const struct reading *r, int i, struct bit *day)
{
	int on = phrase_is(r, i, W_FILL, NULL) || phrase_is(r, i, W_OF, NULL), the = phrase_is(r, i + on, W_THE, NULL), n = phrase_day(r, i + on, day);
	if (n > 0)
		return on + n;
	n = the > 0 ? phrase_day(r, i + on + the, day) : 0;
	return n > 0 ? on + the + n : 0;
}

/* tomorrow at the, Thursday, before it. */
static bool has_day_before(const struct reading *r, int i)
{
	int at = i - 1;
	at -= phrase_is(r, at, W_THE, NULL);
	at -= phrase_is(r, at, W_AT, NULL) || phrase_mark(r, at, ',');
	return phrase_is(r, at, W_REL, NULL) || phrase_is(r, at, W_WEEKDAY, NULL);
}

/* How many months lie between today and the month or year that begins on a day. */
static int64_t months_to(const struct reading *r, const struct bit *b)
{
	int64_t year, to;
	int month, to_month, d;
	phrase_civil(r->today, &year, &month, &d);
	phrase_civil(b->day, &to, &to_month, &d);
	return (to - year) * 12 + (b->grain == PHRASE_YEAR ? 0 : to_month - month);
}

int phrase_this_time(const struct reading *r, int i, struct bit *b)
{
	int64_t clock = r->who->now_s - r->today * DAY_S, at;
	struct bit day;
	int n = now_said(r, i), m = n > 0 ? day_of_time(r, i + n, &day) : 0;
	bool same = n > 0 && (phrase_word(r, i, "same") || (phrase_word(r, i + n - 2, "misma") && !phrase_word(r, i + n - 3, "esta")));
	if (n == 0 || (m == 0 && !has_day_before(r, i)))
		return 0;
	clock -= clock % 60;
	if (m == 0 || day.days == 1 || (day.grain != PHRASE_WEEK && day.grain != PHRASE_MONTH && day.grain != PHRASE_YEAR)) {
		*b = (struct bit){.kind = B_TIME, .grain = PHRASE_MINUTE, .from_s = clock, .to_s = -1, .same = same};
		return n;
	}
	at = day.grain == PHRASE_WEEK ? r->today + day.day - phrase_monday(r->today) : phrase_add_months(r->today, months_to(r, &day));
	*b = (struct bit){.kind = B_INSTANT, .grain = PHRASE_MINUTE, .from_s = at * DAY_S + clock, .to_s = -1, .same = same};
	return n + m;
}
