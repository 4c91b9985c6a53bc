/* Times as Spanish says them: las tres y media, la una menos cuarto, a las 3 y 20. */
#include "app/schedule/phrase_inside.h"

/* y media, menos cuarto, y 20, con diez, treinta behind an hour. Tokens taken; *to: the minutes before it. */
int phrase_minutes_behind(const struct reading *r, int i, int64_t *minutes, bool *to)
{
	bool past = phrase_is(r, i, W_PAST, NULL) || phrase_word(r, i, "con");
	int v, n;
	*to = phrase_is(r, i, W_TIL, NULL);
	*minutes = 0;
	if ((past || *to) && (phrase_is(r, i + 1, W_HALF, &v) || phrase_is(r, i + 1, W_QUARTER, &v))) {
		*minutes = v;
		return 2;
	}
	n = past || *to;
	int m = n == 1 || phrase_is(r, i, W_NUMBER, NULL) ? phrase_whole(r, i + n, minutes) : 0;
	bool fits = m > 0 && *minutes < 60 && (n == 1 || (*minutes >= 10 && !phrase_is(r, i + m, W_UNIT, NULL)));
	if (!fits)
		*minutes = 0;
	return fits ? n + m : 0;
}

/* las 3 opciones: a number of things, unless what follows is known to us or nothing. */
static bool of_things(const struct reading *r, int i)
{
	return i < r->count && r->t[i].text[0] >= 'a' && r->t[i].text[1] != '\0' && r->t[i].means[0] == NULL;
}

/* las tres y media, la una menos cuarto, las 3 y 20. */
int phrase_las(const struct reading *r, int i, struct bit *b)
{
	int the, n = 0;
	int64_t hour, minutes = 0;
	if (r->who->language != PHRASE_ES || !phrase_is(r, i, W_AT, &the))
		return 0;
	bool bare = the == 2;
	n = bare ? 1 : phrase_is(r, i + 1, W_AT, &the) && the == 2 ? 2 : 0;
	if (n == 0)
		return 0;
	int m = phrase_clock(r, i + n, b);
	if (m > 0)
		return n + m;
	bool digits = i + n < r->count && r->t[i + n].number;
	int width = digits ? r->t[i + n].digits : 0;
	bool zero = width == 2 && r->t[i + n].value < 10;
	m = phrase_is(r, i + n, W_NUMBER, NULL) ? 1 : phrase_whole(r, i + n, &hour); /* "tres y media" is no number of tens */
	if (m == 1)
		phrase_whole(r, i + n, &hour);
	if (width == 4 && hour < 2400) { /* a las 1530 */
		*b = phrase_a_time(hour / 100 * 3600 + hour % 100 * 60, 0);
		return hour % 100 < 60 ? n + 1 + phrase_word(r, i + n + 1, "horas") : 0;
	}
	if (m == 0 || hour > 24 || phrase_mark(r, i + n + m, '/'))
		return 0;
	n += m;
	bool to;
	n += phrase_minutes_behind(r, i + n, &minutes, &to);
	if (bare && of_things(r, i + n))
		return 0;
	n += phrase_word(r, i + n, "horas") || phrase_hour_mark(r, i + n);
	n = phrase_hour_said(r, i, n, hour, to ? 0 : minutes, width, zero, b);
	if (to) {
		b->from_s = (b->from_s - minutes * 60 + DAY_S) % DAY_S;
		b->hour_said = b->hour_said == 12 ? 11 : b->hour_said;
	}
	b->grain = minutes > 0 ? PHRASE_MINUTE : b->grain;
	return n;
}

/* un cuarto para las nueve, diez para las ocho, as America says it. */
int phrase_para_las(const struct reading *r, int i, struct bit *b)
{
	int64_t minutes;
	int v, unit, n = phrase_is(r, i, W_A, NULL), quarter = phrase_is(r, i + n, W_QUARTER, &v), m = quarter ? 1 : phrase_whole(r, i + n, &minutes);
	if (m == 0 || r->who->language != PHRASE_ES)
		return 0;
	minutes = quarter ? v : minutes;
	n += m;
	n += phrase_is(r, i + n, W_UNIT, &unit) && unit == U_MINUTE;
	if (minutes < 5 || minutes > 29 || !phrase_word(r, i + n, "para") || (m = phrase_las(r, i + n + 1, b)) == 0)
		return 0;
	*b = phrase_a_time((b->from_s - minutes * 60 + DAY_S) % DAY_S, b->hour_said == 12 ? 11 : b->hour_said);
	return n + 1 + m;
}

/* entre 2 y 4: no minutes. */
bool phrase_is_between(const struct reading *r, int i)
{
	int between = 0;
	return phrase_is(r, i, W_FROM, &between) && between == 1;
}

/* horas, kilos, de kilo behind a number: so much of it. */
static bool is_amount(const struct reading *r, int i)
{
	return phrase_is(r, i, W_UNIT, NULL) || phrase_is_thing(r, i) || (phrase_is(r, i, W_OF, NULL) && phrase_is_thing(r, i + 1));
}

/* cinco y cuarto, tres menos diez, once y cuarenta y cinco: an hour by its minutes alone, unless it is so much of something. */
int phrase_and_half(const struct reading *r, int i, struct bit *b)
{
	int64_t hour, minutes;
	bool to;
	if (phrase_whole(r, i, &hour) == 0 || hour < 1 || hour > 12 || (!phrase_is(r, i + 1, W_PAST, NULL) && !phrase_is(r, i + 1, W_TIL, NULL)) || phrase_word(r, i + 2, "medio"))
		return 0;
	int m = phrase_minutes_behind(r, i + 1, &minutes, &to), end = i + 1 + m;
	if (m == 0 || minutes < 10 || (r->t[i + 2].number && minutes % 15 != 0) || is_amount(r, end))
		return 0;
	m = phrase_hour_said(r, i, 1 + m, to ? (hour + 10) % 12 + 1 : hour, to ? 60 - minutes : minutes, 0, false, b);
	b->grain = PHRASE_MINUTE;
	return m;
}
