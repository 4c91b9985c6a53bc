/* What a phrase has said so far takes the next bit, or leaves it to another phrase. */
#include "app/schedule/phrase_inside.h"

/* Monday 24 December: the date counts, the weekday must agree; a month or week narrows a weekday. */
static bool join_weekday(struct when *w, const struct bit *date, const struct bit *name)
{
	enum phrase_doubt said = date->doubt;
	struct bit merged = *date;
	int weekday = phrase_weekday(name->day);
	if (date->weekday)
		return false;
	if (date->days == 1 && !date->of_week && phrase_weekday(date->day) != phrase_weekday(name->day) && said < PHRASE_MISMATCH)
		said = PHRASE_MISMATCH;
	if (date->of_week || (date->days > 1 && date->days <= 7)) {
		merged.day = date->of_week ? phrase_monday(date->day) + phrase_weekday(name->day) : date->day + (phrase_weekday(name->day) - phrase_weekday(date->day) + 7) % 7;
		merged.days = 1;
		merged.grain = PHRASE_DAY;
	}
	w->day = merged;
	w->weekday_said = weekday + 1;
	w->doubt = PHRASE_CLEAR;
	phrase_doubt(w, said);
	return true;
}

/* The same month and day in another year. */
static int64_t in_year(int64_t at, int64_t year)
{
	int64_t was;
	int month, day;
	phrase_civil(at, &was, &month, &day);
	return phrase_add_months(phrase_day_number(was, month, day), (year - was) * 12);
}

/* next year in March, el ano que viene el 3 de abril. */
static bool move_year(struct when *w, const struct bit *b)
{
	int64_t year;
	int month, day;
	phrase_civil(w->day.day, &year, &month, &day);
	w->day = *b;
	w->day.day = in_year(b->day, year);
	if (b->grain == PHRASE_MONTH)
		w->day.days = phrase_add_months(w->day.day, 1) - w->day.day;
	return true;
}

int phrase_year_behind(const struct reading *r, int i, struct when *w)
{
	if (!w->has_day || !w->has_time || !w->day.no_year || !phrase_is_year(r, i) || phrase_is(r, i + 1, W_UNIT, NULL) || phrase_is_thing(r, i + 1))
		return 0;
	w->day.day = in_year(w->day.day, r->t[i].value);
	w->day.no_year = false;
	if (w->doubt == PHRASE_MISMATCH)
		w->doubt = PHRASE_CLEAR;
	if (w->weekday_said > 0 && phrase_weekday(w->day.day) != w->weekday_said - 1)
		phrase_doubt(w, PHRASE_MISMATCH);
	return 1;
}

/* Monday to Wednesday next week: the end moves with the beginning; other days behind a range are another phrase. */
static bool join_range(struct when *w, const struct bit *b)
{
	int64_t days = w->until_day - w->day.day;
	if (w->until_day >= 0 && (w->has_every || w->until_s >= 0 || days > 7 || !(b->of_week || (b->days > 1 && b->days <= 7))))
		return false;
	bool ranged = w->until_day >= 0, joined = join_weekday(w, b, &w->day);
	if (joined && ranged)
		w->until_day = w->day.day + days;
	return joined;
}

static bool take_day(struct when *w, const struct bit *b)
{
	if (w->has_instant)
		return false;
	if (!w->has_day) {
		w->day = *b;
		w->has_day = true;
		phrase_doubt(w, b->doubt);
		return true;
	}
	if (b->of_month && w->day.grain == PHRASE_MONTH && b->day_of_month <= w->day.days) { /* next month on the 5th */
		w->day = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = w->day.day + b->day_of_month - 1, .days = 1};
		return true;
	}
	if (w->day.grain == PHRASE_YEAR && (b->no_year || b->grain == PHRASE_MONTH))
		return move_year(w, b);
	if (w->day.weekday)
		return join_range(w, b);
	return b->weekday && w->until_day < 0 && join_weekday(w, &w->day, b);
}

static bool take_time(struct when *w, const struct bit *b)
{
	if (w->has_time || w->has_instant)
		return false;
	w->time = *b;
	w->has_time = true;
	phrase_doubt(w, b->doubt);
	return true;
}

static bool take_part(struct when *w, const struct bit *b)
{
	if (w->has_part && w->part.part == b->part && b->days == 0)
		return true; /* first thing Monday morning */
	if (w->has_part || w->has_instant)
		return false;
	w->part = *b;
	w->has_part = true;
	if (b->days > 0 && !w->has_day) {
		w->day = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = b->day, .days = 1};
		w->has_day = true;
	}
	return true;
}

static bool take_instant(struct when *w, const struct bit *b)
{
	bool today = w->has_day && w->day.days == 1 && w->until_day < 0 && b->from_s / DAY_S == w->day.day; /* today in an hour */
	if (w->has_instant || (w->has_day && !today) || w->has_time)
		return false;
	w->has_day = false;
	w->instant = *b;
	w->has_instant = true;
	return true;
}

/* every two weeks, on Mondays; cada quince dias, los lunes. */
static bool names_days(struct bit *every, const struct bit *b)
{
	bool fortnight = every->every == U_FORTNIGHT || (every->every == U_DAY && (every->interval == 14 || every->interval == 15));
	if (b->every != U_WEEK || b->interval != 1 || every->weekdays != 0 || (every->every != U_WEEK && !fortnight))
		return false;
	if (fortnight)
		*every = (struct bit){.kind = B_EVERY, .every = U_FORTNIGHT, .interval = 1};
	every->weekdays = b->weekdays;
	return true;
}

static bool take_every(struct when *w, const struct bit *b)
{
	struct bit other = *b;
	if (w->has_every && names_days(&other, &w->every)) { /* Fridays, every three weeks */
		w->every = other;
		return true;
	}
	if (w->has_every)
		return names_days(&w->every, b);
	w->every = *b;
	w->has_every = true;
	w->count = b->count > 0 ? b->count : w->count;
	return true;
}

static bool take_length(struct when *w, const struct bit *b)
{
	if (w->length_s > 0)
		return false;
	w->length_s = b->from_s;
	return true;
}

void phrase_take_zone(struct when *w, const struct bit *b)
{
	w->has_zone = true;
	w->offset_min = b->offset_min;
	w->zone = b->zone;
	w->which_zone = b->doubt == PHRASE_WHICH_ZONE;
}

static bool take_zone(struct when *w, const struct bit *b)
{
	if ((!w->has_time && !w->has_part) || w->has_zone)
		return false;
	phrase_take_zone(w, b);
	return true;
}

bool phrase_take(struct when *w, const struct bit *b)
{
	static bool (*const ways[])(struct when *, const struct bit *) = {
		[B_DAY] = take_day, [B_TIME] = take_time, [B_PART] = take_part, [B_INSTANT] = take_instant, [B_LENGTH] = take_length, [B_EVERY] = take_every, [B_ZONE] = take_zone,
	};
	return ways[b->kind](w, b);
}
