/* Times of the day: 15:30, 3pm, half past three, las cuatro menos cuarto, in the afternoon. */
#include "app/schedule/phrase_inside.h"

struct bit phrase_a_time(int64_t s, int hour_said)
{
	return (struct bit){.kind = B_TIME, .grain = s % 3600 == 0 ? PHRASE_HOUR : PHRASE_MINUTE, .from_s = s, .to_s = -1, .hour_said = hour_said};
}

/* am, p.m., glued a or p: tokens taken. */
static int meridiem(const struct reading *r, int i, int *add)
{
	int in_the = phrase_word(r, i, "in") && phrase_word(r, i + 1, "the") ? 2 : 0; /* 3 in the AM */
	if (phrase_is(r, i + in_the, W_MERIDIEM, add))
		return in_the + 1;
	bool a = phrase_word(r, i, "a"), p = phrase_word(r, i, "p");
	if (!a && !p)
		return 0;
	*add = p ? 12 : 0;
	if (phrase_mark(r, i + 1, '.') && phrase_word(r, i + 2, "m"))
		return phrase_mark(r, i + 3, '.') && r->t[i + 3].glued ? 4 : 3;
	if (phrase_word(r, i + 1, "m") && !r->t[i + 1].glued)
		return 2;
	return r->t[i].glued && r->who->language == PHRASE_EN; /* 9a */
}

/* 12 noon, a las 3 del mediodia, twelve midnight: tokens taken. */
static int noon_behind(const struct reading *r, int i, int64_t hour, int *add)
{
	int n = phrase_is(r, i, W_OF, NULL), part;
	n += n > 0 && phrase_is(r, i + n, W_THE, NULL);
	if (!phrase_is(r, i + n, W_PART, &part) || phrase_word(r, i + n, "madrugada") || (part != P_NOON && (part != P_MIDNIGHT || hour != 12)))
		return 0;
	*add = part == P_NOON && (hour == 12 || hour < 5) ? 12 : 0;
	return hour == 12 || r->who->language == PHRASE_ES ? n + 1 : 0;
}

/* An hour and minute that were read, and what follows them: am, pm, o'clock, hs. `digits` of the hour; 0 when in words. */
int phrase_hour_said(const struct reading *r, int i, int took, int64_t hour, int64_t minute, int digits, bool zero, struct bit *b)
{
	int add, n = meridiem(r, i + took, &add);
	if (n == 0 && hour >= 1 && hour <= 12)
		n = noon_behind(r, i + took, hour, &add);
	if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) {
		*b = phrase_a_time(0, 0);
		b->doubt = PHRASE_IMPOSSIBLE;
		return took;
	}
	if (n > 0 && hour >= 1 && hour <= 12) {
		*b = phrase_a_time((hour % 12 + add) * 3600 + minute * 60, 0);
		return took + n;
	}
	bool open = hour >= 1 && hour <= 12 && !(digits == 2 && zero);
	*b = phrase_a_time(hour * 3600 + minute * 60, open ? (int)hour : 0);
	return took;
}

bool phrase_hour_mark(const struct reading *r, int i)
{
	return phrase_word(r, i, "h") || phrase_word(r, i, "hs") || phrase_word(r, i, "hrs");
}

bool phrase_ends_clock(const struct reading *r, int i)
{
	return phrase_hour_mark(r, i) || phrase_is(r, i, W_MERIDIEM, NULL) || (phrase_digits(r, i, 2) && phrase_mark(r, i - 1, ':'));
}

/* :10, :10.123 behind the minutes: tokens taken. */
static int seconds_at(const struct reading *r, int i, int64_t *seconds)
{
	if (!phrase_mark(r, i, ':') || !phrase_digits(r, i + 1, 2) || r->t[i + 1].digits != 2 || r->t[i + 1].value > 59)
		return 0;
	*seconds = r->t[i + 1].value;
	return phrase_mark(r, i + 2, '.') && phrase_digits(r, i + 3, 9) && r->t[i + 3].glued ? 4 : 2;
}

/* 1530 or 153000 behind 20130221T. */
static bool is_stamp(const struct reading *r, int i)
{
	return phrase_digits(r, i, 6) && (r->t[i].digits == 4 || r->t[i].digits == 6) && r->t[i].glued && phrase_word(r, i - 1, "t") && phrase_digits(r, i - 2, 8) && r->t[i - 2].digits == 8;
}

/* at 9.30, Friday 9.30, 9.30 tomorrow, from 9.30, 9:30-10.15: what stands beside two numbers with a point between them makes them an hour. */
static bool point_says_hour(const struct reading *r, int i)
{
	static const enum word before[] = {W_AT, W_WEEKDAY, W_REL, W_FROM};
	for (size_t k = 0; k < sizeof before / sizeof *before; k++)
		if (phrase_is(r, i - 1 - phrase_mark(r, i - 1, ','), before[k], NULL))
			return !phrase_mark(r, i + 3, '.') || !r->t[i + 3].glued || !phrase_digits(r, i + 4, 4); /* 12.03.2027 */
	if (phrase_is(r, i - 1, W_ORDINAL_MARK, NULL) || (phrase_is(r, i - 1, W_MONTH, NULL) && phrase_digits(r, i - 2, 2)))
		return r->t[i].value < 24 && r->t[i + 2].value < 60; /* Tue 19th 2.30, 21 Feb 14.15 */
	return phrase_mark(r, i - 1, '@') || phrase_hour_mark(r, i + 3) || (phrase_mark(r, i - 1, '-') && phrase_mark(r, i - 3, ':')) || phrase_is(r, i + 3, W_REL, NULL) || phrase_is(r, i + 3, W_WEEKDAY, NULL);
}

/* 16.45 and nothing else, 10.30 is good: it answers a question. */
static bool answers_alone(const struct reading *r, int i)
{
	return r->t[i].value < 24 && r->t[i + 2].value % 5 == 0 && ((i == 0 && r->count <= 3) || phrase_said_well(r, i + 3) > 0);
}

/* 15:30, 15:30:10, 15h30, 3.30pm, 15h, 3pm, 330 pm, three o'clock. */
int phrase_clock(const struct reading *r, int i, struct bit *b)
{
	const struct token *t = &r->t[i];
	int add;
	bool zero = t->number && t->digits == 2 && t->value < 10;
	if (is_stamp(r, i)) {
		int64_t clock = t->digits == 4 ? t->value * 100 : t->value;
		return phrase_hour_said(r, i, 1, clock / 10000, clock / 100 % 100, 2, true, b);
	}
	if (!t->number || t->digits > 4)
		return 0;
	bool second = i + 2 < r->count && r->t[i + 1].glued && r->t[i + 2].number && r->t[i + 2].digits == 2 && (r->t[i + 2].glued || (phrase_mark(r, i + 1, ':') && meridiem(r, i + 3, &add) > 0));
	bool colon = phrase_mark(r, i + 1, ':') || phrase_word(r, i + 1, "h") || (r->who->language == PHRASE_ES && phrase_mark(r, i + 1, '\''));
	bool point = phrase_mark(r, i + 1, '.') && second && !phrase_is_measure(r, i + 3) && (meridiem(r, i + 3, &add) > 0 || answers_alone(r, i) || point_says_hour(r, i));
	if (t->digits <= 2 && second && (colon || point)) {
		int64_t seconds = 0;
		int n = 3 + seconds_at(r, i + 3, &seconds);
		n = phrase_hour_said(r, i, n, t->value, r->t[i + 2].value, t->digits, zero, b);
		if (seconds > 0 && b->doubt == PHRASE_CLEAR) {
			b->from_s += seconds;
			b->grain = PHRASE_SECOND;
		}
		return n + phrase_hour_mark(r, i + n);
	}
	if (t->digits <= 2 && r->t[i].value <= 24 && i + 1 < r->count && r->t[i + 1].glued && (phrase_word(r, i + 1, "h") || (r->who->language == PHRASE_ES && phrase_hour_mark(r, i + 1) && !phrase_is(r, i - 1, W_FOR, NULL))))
		return phrase_hour_said(r, i, 2, t->value, 0, 2, true, b);
	if (t->digits == 4 && t->value < 2400 && (phrase_hour_mark(r, i + 1) || phrase_word(r, i + 1, "hours")))
		return phrase_hour_said(r, i, 2, t->value / 100, t->value % 100, 2, true, b); /* 0830 hours */
	int n = meridiem(r, i + 1, &add);
	if (n == 0 || t->value == 0 || (n == 1 && phrase_word(r, i + 1, "a") && phrase_is_thing(r, i - 1)))
		return 0; /* flat 4a */
	if (t->digits <= 2)
		return t->value <= 12 ? phrase_hour_said(r, i, 1, t->value, 0, t->digits, zero, b) : 0;
	return t->value / 100 <= 12 ? phrase_hour_said(r, i, 1, t->value / 100, t->value % 100, 0, false, b) : 0;
}

/* oclock, o'clock: tokens taken. */
static int o_clock_word(const struct reading *r, int i)
{
	if (phrase_is(r, i, W_CLOCK, NULL))
		return 1;
	if (!phrase_word(r, i, "o"))
		return 0;
	return phrase_word(r, i + 1, "clock") ? 2 : phrase_word(r, i + 2, "clock") ? 3 : 0;
}

/* three o'clock. */
static int o_clock(const struct reading *r, int i, struct bit *b)
{
	int64_t hour;
	int n = phrase_whole(r, i, &hour), m = 0, add;
	if (n == 0 || hour > 24)
		return 0;
	if ((m = o_clock_word(r, i + n)) > 0)
		;
	else if ((m = phrase_mark(r, i + n, '-') + 1, phrase_word(r, i + n + m - 1, "ish")) && r->t[i + n].glued)
		; /* 10ish, 10-ish */
	else if (meridiem(r, i + n, &add) > 0 && !r->t[i].number)
		m = 0;
	else
		return 0;
	return phrase_hour_said(r, i, n + m, hour, 0, 0, false, b);
}

/* The hour after "half past": three, 3pm, noon. */
static int hour_at(const struct reading *r, int i, int64_t *s, int *said)
{
	struct bit b;
	int part, n = phrase_clock(r, i, &b);
	int64_t hour;
	if (n > 0) {
		*s = b.from_s;
		*said = b.hour_said;
		return n;
	}
	if (phrase_is(r, i, W_PART, &part) && (part == P_NOON || part == P_MIDNIGHT)) {
		*s = part == P_NOON ? 12 * 3600 : DAY_S;
		*said = 0;
		return 1;
	}
	n = phrase_whole(r, i, &hour);
	if (n == 0 || hour < 1 || hour > 24)
		return 0;
	int add, m = meridiem(r, i + n, &add);
	if (m == 0)
		m = noon_behind(r, i + n, hour, &add);
	*s = (m > 0 ? hour % 12 + add : hour) * 3600;
	*said = m > 0 || hour > 12 ? 0 : (int)hour;
	return n + m + (m == 0 ? o_clock_word(r, i + n) : 0);
}

/* half past three, 20 past 3pm, a quarter to noon, ten minutes to six. */
static int past_hour(const struct reading *r, int i, struct bit *b)
{
	int n = phrase_is(r, i, W_A, NULL), v, unit, said;
	int64_t minutes, hour_s;
	if (phrase_is(r, i + n, W_HALF, &v) || phrase_is(r, i + n, W_QUARTER, &v)) {
		minutes = v;
		n++;
	} else {
		int m = phrase_whole(r, i + n, &minutes);
		if (m == 0 || minutes < 1 || minutes > 59)
			return 0;
		n += m;
		bool minute = phrase_is(r, i + n, W_UNIT, &unit) && unit == U_MINUTE;
		if (!minute && (minutes % 5 != 0 || phrase_is(r, i - 1, W_FROM, NULL)))
			return 0; /* 9 to 5 */
		n += minute;
		if (!minute && minutes <= 12 && r->t[i].number && phrase_digits(r, i + n + 1, 2) && phrase_is(r, i + n, W_TO, NULL))
			return 0; /* 10 to 11: hours, as "ten to eleven" is not */
		if (!minute && r->t[i].number && phrase_word(r, i + n, "of") && !phrase_is(r, i - 1, W_AT, NULL))
			return 0; /* page 5 of 12 */
	}
	bool past = phrase_is(r, i + n, W_PAST, NULL), to = phrase_is(r, i + n, W_TIL, NULL), eight = !past && !to && n == 1 && minutes == 30; /* half eight */
	if ((!past && !to && !eight) || r->who->language != PHRASE_EN)
		return 0;
	n += !eight;
	int m = hour_at(r, i + n, &hour_s, &said);
	if (m == 0 || phrase_are_things(r, i + n + m) || (eight && (said == 0 || phrase_is(r, i + n + m, W_UNIT, NULL))) || (phrase_mark(r, i + n + m, '/')))
		return 0;
	*b = phrase_a_time((hour_s + (to ? -minutes : minutes) * 60 + DAY_S) % DAY_S, to && said == 12 ? 11 : said);
	b->grain = PHRASE_MINUTE;
	return n + m;
}

/* .1, ,5 behind a number. */
static bool is_decimal(const struct reading *r, int i)
{
	return (phrase_mark(r, i, '.') || phrase_mark(r, i, ',')) && r->t[i].glued && phrase_digits(r, i + 1, 9) && r->t[i + 1].glued;
}

/* The 15 in "at 3 15". */
static bool spaced_minutes(const struct reading *r, int i)
{
	bool two = phrase_digits(r, i, 2) && phrase_digits(r, i + 1, 2) && r->t[i + 1].digits == 2 && r->t[i + 1].value < 60 && r->t[i + 1].value % 5 == 0;
	int end = i + 2, of = phrase_is(r, end, W_OF, NULL);
	return two && phrase_is(r, i - 1, W_AT, NULL) && !phrase_is(r, end + of, W_MONTH, NULL) && !phrase_is(r, end, W_UNIT, NULL) && !phrase_is_thing(r, end) && !(end < r->count && r->t[end].glued);
}

/* A number that is an hour because of what stands before it: at 3, by 5, at seven thirty, at 1530. */
int phrase_bare_hour(const struct reading *r, int i, struct bit *b)
{
	int64_t hour, minute = 0;
	int n = phrase_whole(r, i, &hour), m, unit;
	bool to;
	if (n == 0)
		return 0;
	if (r->t[i].number && (r->t[i].digits == 3 || is_decimal(r, i + 1) || (phrase_mark(r, i + 1, '-') && r->t[i + 1].glued && r->t[i].digits > 2)))
		return 0; /* a room, a telephone number */
	if (r->t[i].number && r->t[i].digits == 4) {
		minute = hour % 100;
		hour /= 100;
	} else if (r->who->language == PHRASE_ES && !phrase_is_between(r, i - 1) && (m = phrase_minutes_behind(r, i + n, &minute, &to)) > 0 && minute > 0) {
		n += m;
		hour = to ? (hour + 23) % 24 : hour;
		minute = to ? 60 - minute : minute;
	} else if (spaced_minutes(r, i)) {
		minute = r->t[i + 1].value;
		n = 2;
	} else if (!r->t[i].number && !phrase_is(r, i + n, W_UNIT, NULL)) {
		int dash = phrase_mark(r, i + n, '-') && r->t[i + n].glued; /* five-thirty */
		m = phrase_whole(r, i + n + dash, &minute);
		if (m > 0 && minute >= 5 && minute < 60 && !r->t[i + n + dash].number)
			n += m + dash;
		else
			minute = 0;
	}
	struct bit zone;
	bool of_unit = phrase_is(r, i + n, W_UNIT, &unit) && phrase_zone(r, i + n, &zone) == 0; /* 11 horas, but 11 hora de Londres */
	if (hour > 24 || minute > 59 || of_unit || phrase_mark(r, i + n, '/') || phrase_mark(r, i + n, '%'))
		return 0;
	bool zero = r->t[i].number && (r->t[i].digits == 4 || (r->t[i].digits == 2 && hour < 10));
	return phrase_hour_said(r, i, n, hour, minute, r->t[i].number ? 2 : 0, zero, b);
}

/* eod, end of day, close of business. */
static int closing(const struct reading *r, int i, struct bit *b)
{
	int edge, unit, n = phrase_is(r, i, W_THE, NULL);
	*b = phrase_a_time(17 * 3600, 0);
	if (phrase_is(r, i, W_CLOSE, &edge))
		return edge == 0;
	if (!phrase_word(r, i + n, "close") && !(phrase_is(r, i + n, W_EDGE, &edge) && edge == 2))
		return 0;
	n += 1 + phrase_is(r, i + n + 1, W_OF, NULL);
	n += phrase_is(r, i + n, W_THE, NULL);
	if (phrase_word(r, i + n, "business"))
		return n + 1 + phrase_word(r, i + n + 1, "day");
	return phrase_is(r, i + n, W_UNIT, &unit) && unit == U_DAY && !phrase_is(r, i + n - 1, W_EDGE, NULL) ? n + 1 : 0;
}

/* nine forty-five: two numbers in words. */
static int in_words(const struct reading *r, int i, struct bit *b)
{
	int v, w, n = phrase_bare_hour(r, i, b);
	if (r->who->language == PHRASE_ES)
		return phrase_and_half(r, i, b);
	bool two = r->who->language == PHRASE_EN && n > 1 && phrase_is(r, i, W_NUMBER, &v) && v >= 1 && v <= 12 && phrase_is(r, i + 1 + phrase_mark(r, i + 1, '-'), W_NUMBER, &w) && w >= 10;
	return two ? n : 0;
}

/* noon, midnight, medio dia, media noche. */
static int noon_word(const struct reading *r, int i, struct bit *b)
{
	int part = P_NOON, n = phrase_is(r, i, W_PART, &part) && !phrase_word(r, i, "madrugada") && (part == P_NOON || part == P_MIDNIGHT);
	bool noon = phrase_word(r, i, "medio") && phrase_word(r, i + 1, "dia"), night = phrase_word(r, i, "media") && phrase_word(r, i + 1, "noche");
	if ((noon || night) && !phrase_is(r, i - 1, W_FOR, NULL)) {
		part = noon ? P_NOON : P_MIDNIGHT;
		n = 2;
	}
	*b = phrase_a_time(part == P_NOON ? 12 * 3600 : DAY_S, 0);
	return n;
}

static int plain(const struct reading *r, int i, struct bit *b)
{
	int n = past_hour(r, i, b);
	if (n == 0)
		n = phrase_las(r, i, b);
	if (n == 0)
		n = phrase_para_las(r, i, b);
	if (n == 0)
		n = phrase_clock(r, i, b);
	if (n == 0)
		n = o_clock(r, i, b);
	if (n == 0)
		n = in_words(r, i, b);
	if (n == 0)
		n = closing(r, i, b);
	if (n > 0)
		return n;
	return noon_word(r, i, b);
}

/* half an hour before noon, una hora despues de las 3. */
static int beside_hour(const struct reading *r, int i, struct bit *b)
{
	struct bit length;
	int n = phrase_length(r, i, &length), m;
	bool before = phrase_is(r, i + n, W_BEFORE, NULL);
	if (n == 0 || length.from_s >= DAY_S / 2 || (!before && !phrase_is(r, i + n, W_AFTER, NULL)))
		return 0;
	n += 1 + phrase_is(r, i + n + 1, W_OF, NULL);
	m = plain(r, i + n, b);
	if (m == 0)
		return 0;
	*b = phrase_a_time((b->from_s + (before ? -length.from_s : length.from_s) + DAY_S) % DAY_S, b->hour_said);
	return n + m;
}

/* from 10 for 45 minutes: the length tells that it is an hour. */
static int from_hour(const struct reading *r, int i, struct bit *b)
{
	struct bit length;
	int n = phrase_word(r, i, "from") ? phrase_bare_hour(r, i + 1, b) : 0;
	return n > 0 && phrase_is(r, i + 1 + n, W_FOR, NULL) && phrase_length(r, i + 1 + n, &length) > 0 ? n + 1 : 0;
}

/* 930 behind "at". */
static int three_digits(const struct reading *r, int i, struct bit *b)
{
	if (!phrase_digits(r, i, 3) || r->t[i].digits != 3 || r->t[i].value < 100 || r->t[i].value % 100 % 15 != 0 || r->t[i].value % 100 > 59)
		return 0;
	if (phrase_is_thing(r, i + 1) || phrase_mark(r, i + 1, '-') || phrase_is(r, i + 1, W_UNIT, NULL))
		return 0;
	return phrase_hour_said(r, i, 1, r->t[i].value / 100, r->t[i].value % 100, 0, false, b);
}

int phrase_time(const struct reading *r, int i, struct bit *b)
{
	int n = plain(r, i, b);
	if (n == 0)
		n = from_hour(r, i, b);
	if (n == 0)
		n = beside_hour(r, i, b);
	if (n > 0)
		return n;
	bool at = phrase_mark(r, i, '@') || (r->who->language == PHRASE_EN && phrase_is(r, i, W_AT, NULL));
	if (!at)
		return 0;
	n = 1 + (phrase_is(r, i + 1, W_ABOUT, NULL));
	int m = plain(r, i + n, b);
	if (m == 0)
		m = three_digits(r, i + n, b);
	if (m == 0)
		m = phrase_bare_hour(r, i + n, b);
	return m > 0 && !phrase_is_street(r, i + n + m) && !phrase_is_measure(r, i + n + m) ? n + m : 0;
}
