/* What was meant by what was said: start and end of a phrase. */
#include "app/schedule/phrase_inside.h"

void phrase_doubt(struct when *w, enum phrase_doubt d)
{
	if (d > w->doubt)
		w->doubt = d;
}

/* every weekday, Monday to Friday. */
static bool is_of_work(const struct bit *every)
{
	return every->every == U_WORKDAY || (every->every == U_WEEK && every->weekdays == 31);
}

/* The hour that was meant when no am or pm was said. */
static int64_t meant(const struct reading *r, struct when *w, int64_t s, int said)
{
	int64_t half = DAY_S / 2, base = s % half;
	if (said == 0)
		return s;
	if (w->has_part && w->part.part != P_NOON && w->part.part != P_LUNCH) {
		if (w->part.part == P_MORNING || w->part.part == P_MIDNIGHT || w->part.part == P_BREAKFAST)
			return base;
		if (said == 12)
			return w->part.part == P_AFTERNOON ? half : DAY_S;
		return w->part.part == P_NIGHT && said < 5 ? base : base + half;
	}
	if (said <= 6 || said == 12)
		return base + half;
	if (said >= 9 || (said == 8 && w->has_every && is_of_work(&w->every)))
		return base;
	phrase_doubt(w, PHRASE_AM_PM);
	bool today = w->has_day && w->day.day == r->today && w->day.days == 1;
	if (said == 7 || (today && r->today * DAY_S + base <= r->who->now_s))
		return base + half;
	return base;
}

/* Start and end as seconds of the day; the end may pass midnight. */
static void hours(const struct reading *r, struct when *w, int64_t *from, int64_t *to)
{
	int64_t half = DAY_S / 2;
	*to = -1;
	*from = meant(r, w, w->time.from_s, w->time.hour_said);
	if (w->to_s < 0)
		return;
	*to = w->to_s;
	if (w->time.hour_said != 0 && w->to_said == 0 && !w->has_part) { /* 3-4pm, 11-1pm */
		int64_t base = w->time.from_s % half;
		*from = base + half < *to ? base + half : base;
		if (w->doubt == PHRASE_AM_PM)
			w->doubt = PHRASE_CLEAR;
	} else if (w->to_said != 0) { /* 9 to 5 */
		*to = w->to_s % half;
		while (*to <= *from)
			*to += half;
	}
	if (*to <= *from)
		*to += DAY_S;
}

static int64_t grain_s(enum phrase_grain grain)
{
	return grain == PHRASE_SECOND ? 1 : grain == PHRASE_MINUTE ? 60 : 3600;
}

/* Whether the days that were said are some of one week: Monday to Friday. */
static bool days_of_week(const struct when *w)
{
	return w->has_day && w->day.weekday && w->until_s < 0 && w->until_day > w->day.day && w->until_day - w->day.day < 8;
}

static bool is_plain(const struct bit *every)
{
	return (every->every == U_WEEK || every->every == U_DAY) && every->interval == 1 && every->weekdays == 0;
}

/* Monday to Friday at 9: that is on workdays; Monday to Thursday every week, every day from Monday to Thursday. */
static void as_workdays(struct when *w)
{
	bool week = !w->has_every && w->has_time && w->until_day - w->day.day == 5 && phrase_weekday(w->day.day) == 0;
	if (!days_of_week(w) || (!week && !(w->has_every && is_plain(&w->every))))
		return;
	w->every = (struct bit){.kind = B_EVERY, .every = U_WEEK, .interval = 1};
	for (int64_t day = w->day.day; day < w->until_day; day++)
		w->every.weekdays |= 1 << phrase_weekday(day);
	w->has_every = true;
	w->has_day = false;
	w->until_day = -1;
}

static void settle_instant(const struct when *w, struct phrase *p)
{
	p->start_s = w->instant.from_s;
	p->grain = w->instant.grain;
	p->has_end = p->has_end || w->instant.to_s > p->start_s;
	p->end_s = w->instant.to_s > p->start_s ? w->instant.to_s : p->start_s + grain_s(p->grain);
}

static void settle_time(const struct reading *r, struct when *w, int64_t day, struct phrase *p)
{
	int64_t from, to;
	hours(r, w, &from, &to);
	if (!w->has_day && day * DAY_S + from <= r->who->now_s && to < 0)
		day++;
	p->start_s = day * DAY_S + from;
	p->grain = w->time.grain;
	p->end_s = to >= 0 ? day * DAY_S + to : p->start_s + grain_s(p->grain);
}

static bool is_over(const struct reading *r, const struct when *w, int64_t day)
{
	return day * DAY_S + w->part.to_s <= r->who->now_s;
}

/* The last of the days that were said: next week, Monday to Wednesday, whose end is then used up. */
static int64_t last_of(struct when *w, int64_t day)
{
	int64_t last = w->has_day ? day + w->day.days - 1 : day;
	if (w->until_day <= last || w->until_s >= 0 || w->has_every)
		return last;
	last = w->until_day - 1;
	w->until_day = -1;
	return last;
}

/* The part of one day, or of each day of a stretch: mornings next week. */
static void settle_part(const struct reading *r, struct when *w, int64_t day, struct phrase *p)
{
	int64_t last = last_of(w, day);
	p->each_day = last > day && !w->has_every;
	while (p->each_day && day < last && is_over(r, w, day))
		day++;
	if (!w->has_day && is_over(r, w, day))
		last = ++day;
	p->start_s = day * DAY_S + w->part.from_s;
	p->end_s = (p->each_day ? last : day) * DAY_S + w->part.to_s;
	p->grain = PHRASE_PART;
}

static void settle_days(const struct reading *r, const struct when *w, int64_t day, struct phrase *p)
{
	p->start_s = day * DAY_S;
	p->end_s = (day + (w->has_day ? w->day.days : 1)) * DAY_S;
	p->grain = w->has_day ? w->day.grain : PHRASE_DAY;
	p->has_end = p->has_end || (w->has_day && w->day.days > 1 && w->day.grain == PHRASE_DAY);
	if (w->has_every && w->every.every < U_DAY && !w->has_day) { /* every hour: from now on */
		p->start_s = r->who->now_s;
		p->end_s = p->start_s + grain_s(PHRASE_MINUTE);
		p->grain = PHRASE_MINUTE;
	}
}

static void settle_end(const struct when *w, struct phrase *p)
{
	int64_t until_s = w->until_s >= 0 ? w->until_s : w->until_day * DAY_S;
	if (w->until_day >= 0 && !w->has_every && until_s > p->start_s)
		p->end_s = until_s;
	if (w->length_s == 0 || w->to_s >= 0 || (w->has_every && w->length_s >= DAY_S))
		return;
	if (!w->has_time && !w->has_instant && w->length_s < p->end_s - p->start_s) {
		p->length_s = w->length_s;
		p->within_s = p->end_s;
	}
	p->end_s = p->start_s + w->length_s;
}

/* next week at 3: on which of its days? */
static bool is_open(const struct when *w)
{
	return w->has_time && w->has_day && w->day.days > 1 && w->day.grain > PHRASE_DAY && !w->has_every;
}

static void settle_start(const struct reading *r, struct when *w, int64_t day, struct phrase *p)
{
	if (w->has_instant)
		settle_instant(w, p);
	else if (w->has_time)
		settle_time(r, w, day, p);
	else if (w->has_part)
		settle_part(r, w, day, p);
	else
		settle_days(r, w, day, p);
}

/* An end of the one time, not of a series. */
static bool has_end(const struct when *w)
{
	bool series = w->has_every && (w->until_day >= 0 || w->length_s >= DAY_S);
	return w->to_s >= 0 || (!series && (w->length_s > 0 || w->until_day >= 0));
}

static void settle_said(const struct when *w, struct phrase *p)
{
	p->has_day = w->has_day || w->has_instant;
	p->has_time = w->has_time || w->has_part || w->has_instant;
	p->has_end = has_end(w);
	p->same_time = w->time.same || w->instant.same;
	p->weekday = w->has_day && w->day.weekday && w->until_day < 0;
}

static void settle_zone(struct when *w, struct phrase *p)
{
	p->has_offset = w->has_zone && w->zone == NULL && !w->which_zone;
	p->offset_min = w->offset_min;
	p->zone = w->zone;
	if (w->which_zone)
		phrase_doubt(w, PHRASE_WHICH_ZONE);
}

/* By another clock than the reader's: who calls knows whether it has been. */
static bool is_elsewhere(const struct phrase *p)
{
	return p->has_offset || p->zone != NULL;
}

/* twice a week: on which days? */
static enum phrase_doubt days_unsaid(const struct bit *every)
{
	return every->weekdays == 0 && every->month_days == 0 ? every->doubt : PHRASE_CLEAR;
}

void phrase_settle(const struct reading *r, struct when *w, struct phrase *p)
{
	as_workdays(w);
	int64_t day = w->has_day ? w->day.day : r->today;
	settle_said(w, p);
	settle_zone(w, p);
	if (is_open(w))
		phrase_doubt(w, PHRASE_WHICH_DAY);
	settle_start(r, w, day, p);
	settle_end(w, p);
	if (w->has_every) {
		phrase_rule(r, w, p);
		phrase_doubt(w, w->every.doubt);
	}
	if (p->end_s <= r->who->now_s && !w->has_every && !is_elsewhere(p))
		phrase_doubt(w, PHRASE_PAST);
	p->doubt = w->has_every && w->doubt == PHRASE_WHICH_DAY ? days_unsaid(&w->every) : w->doubt;
	p->bound = has_end(w) || w->has_every ? PHRASE_AT : w->bound;
}
