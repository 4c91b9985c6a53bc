/* Bits that stand together are one phrase: a day, a time, a part of the day, a length, a recurrence, an end. */
#include "app/schedule/phrase_inside.h"

struct when {
	struct bit day, time, part, instant, every;
	bool has_day, has_time, has_part, has_instant, has_every, has_zone;
	int64_t length_s, until_day; /* 0 and -1 when none was said */
	int64_t to_s;                /* end of a range of times, -1 */
	int to_said;
	int offset_min;
	enum phrase_doubt doubt;
};

static void doubt(struct when *w, enum phrase_doubt d)
{
	if (d > w->doubt)
		w->doubt = d;
}

/* Reads any bit from token i. */
static int any(const struct reading *r, int i, struct bit *b)
{
	int (*const ways[])(const struct reading *, int, struct bit *) = {phrase_every, phrase_shift, phrase_day, phrase_time, phrase_part, phrase_length};
	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		int n = ways[k](r, i, b);
		if (n > 0)
			return n;
	}
	int offset;
	if (phrase_is(r, i, W_ZONE, &offset)) {
		*b = (struct bit){.kind = B_ZONE, .offset_min = offset};
		return 1;
	}
	return 0;
}

static bool take_day(struct when *w, const struct bit *b)
{
	if (w->has_instant)
		return false;
	if (!w->has_day) {
		w->day = *b;
		w->has_day = true;
		doubt(w, b->doubt);
		return true;
	}
	if (!w->day.weekday && !b->weekday)
		return false;
	/* Monday 24 December: the date counts, the weekday must agree; a month or week narrows a weekday. */
	const struct bit *date = w->day.weekday ? b : &w->day, *name = w->day.weekday ? &w->day : b;
	if (date->weekday)
		return false;
	enum phrase_doubt said = date->doubt;
	if (date->days == 1 && phrase_weekday(date->day) != phrase_weekday(name->day))
		said = said > PHRASE_MISMATCH ? said : PHRASE_MISMATCH;
	struct bit merged = *date;
	if (date->days > 1 && date->days <= 7) {
		merged.day = date->day + (phrase_weekday(name->day) - phrase_weekday(date->day) + 7) % 7;
		merged.days = 1;
		merged.grain = PHRASE_DAY;
	}
	w->doubt = PHRASE_CLEAR;
	w->day = merged;
	doubt(w, said);
	return true;
}

static bool take(struct when *w, const struct bit *b)
{
	switch (b->kind) {
	case B_DAY:
		return take_day(w, b);
	case B_TIME:
		if (w->has_time || w->has_instant)
			return false;
		w->time = *b;
		w->has_time = true;
		doubt(w, b->doubt);
		return true;
	case B_PART:
		if (w->has_part || w->has_instant)
			return false;
		w->part = *b;
		w->has_part = true;
		if (b->days > 0 && !w->has_day) {
			w->day = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = b->day, .days = 1};
			w->has_day = true;
		}
		return true;
	case B_INSTANT:
		if (w->has_instant || w->has_day || w->has_time)
			return false;
		w->instant = *b;
		w->has_instant = true;
		return true;
	case B_LENGTH:
		if (w->length_s > 0)
			return false;
		w->length_s = b->from_s;
		return true;
	case B_EVERY:
		if (w->has_every)
			return false;
		w->every = *b;
		w->has_every = true;
		return true;
	case B_ZONE:
		if (!w->has_time || w->has_zone)
			return false;
		w->has_zone = true;
		w->offset_min = b->offset_min;
		return true;
	}
	return false;
}

/* to, until, a dash: then a time or a day that ends what began. Tokens taken. */
static int range_end(const struct reading *r, int i, struct when *w)
{
	struct bit b;
	int n = 0;
	bool and = phrase_is(r, i, W_AND, NULL) && w->to_s == -2;
	if (!phrase_mark(r, i, '-') && !phrase_is(r, i, W_TO, NULL) && !and)
		return 0;
	n = 1 + (r->who->language == PHRASE_EN && phrase_is(r, i + 1, W_AT, NULL));
	if (w->has_time) {
		int m = phrase_time(r, i + n, &b);
		if (m == 0)
			m = phrase_bare_hour(r, i + n, &b);
		if (m > 0 && b.kind == B_TIME) {
			w->to_s = b.from_s;
			w->to_said = b.hour_said;
			doubt(w, b.doubt);
			return n + m;
		}
	}
	if (w->has_day && !w->has_time) {
		int the = phrase_is(r, i + n, W_THE, NULL), m = phrase_day(r, i + n + the, &b);
		if (m == 0 && the > 0)
			m = phrase_day(r, i + n, &b), the = 0;
		if (m > 0 && b.day < w->day.day && b.weekday)
			b.day += 7; /* from Monday to Wednesday */
		if (m > 0 && b.day + b.days > w->day.day) {
			w->until_day = b.day + b.days;
			return n + the + m;
		}
	}
	return 0;
}

/* Whether what stands here makes the numbers before it days or amounts, no hours. */
static bool of_month(const struct reading *r, int i)
{
	return phrase_is(r, i + phrase_is(r, i, W_OF, NULL), W_MONTH, NULL) || phrase_is(r, i, W_UNIT, NULL);
}

/* 9 to 5 on weekdays: a day behind two numbers makes them hours. */
static bool hours_follow(const struct reading *r, int i)
{
	i += phrase_is(r, i, W_FILL, NULL);
	return phrase_is(r, i, W_WEEKDAY, NULL) || phrase_is(r, i, W_REL, NULL) || phrase_is(r, i, W_EVERY, NULL) || phrase_word(r, i, "weekdays");
}

/* Two bare hours with "from" or "between" before them: from 2 to 4, entre las 9 y las 11, 2-4pm. */
static int hours_range(const struct reading *r, int i, struct when *w)
{
	struct bit a, b;
	bool from = phrase_is(r, i, W_FROM, NULL), and;
	int n = from, m;
	if (w->has_time || w->has_instant)
		return 0;
	m = phrase_time(r, i + n, &a);
	bool clear = m > 0;
	if (m == 0)
		m = phrase_bare_hour(r, i + n, &a);
	if (m == 0 || (!from && i + n < r->count && r->t[i + n].number && r->t[i + n].digits > 2 && !clear))
		return 0;
	if (!from && !clear && r->who->language == PHRASE_ES)
		return 0; /* el sabado 16 a mediodia */
	n += m;
	and = from && phrase_is(r, i + n, W_AND, NULL);
	if (!and && !phrase_mark(r, i + n, '-') && !phrase_is(r, i + n, W_TO, NULL))
		return 0;
	n++;
	m = phrase_time(r, i + n, &b);
	clear = clear || m > 0;
	if (m == 0 && (from || clear || r->t[i].value <= 12))
		m = phrase_bare_hour(r, i + n, &b);
	if (m == 0 || (!from && !clear && !hours_follow(r, i + n + m)) || of_month(r, i + n + m))
		return 0;
	w->time = a;
	w->has_time = true;
	w->to_s = b.from_s;
	w->to_said = b.hour_said;
	doubt(w, a.doubt);
	doubt(w, b.doubt);
	return n + m;
}

/* An hour that only what follows makes one: eight tonight, 7 in the evening. Tokens taken by the hour. */
static int hour_of_part(const struct reading *r, int i, struct when *w)
{
	struct bit hour, part;
	if (w->has_time || w->has_instant)
		return 0;
	int n = phrase_bare_hour(r, i, &hour), m = n > 0 ? phrase_part(r, i + n, &part) : 0;
	if (m == 0 || hour.doubt == PHRASE_IMPOSSIBLE || part.part == P_NOON)
		return 0;
	w->time = hour;
	w->has_time = true;
	return n;
}

/* Words that may stand between the bits of one phrase. */
static bool filler(const struct reading *r, int i)
{
	return phrase_is(r, i, W_FILL, NULL) || phrase_is(r, i, W_THE, NULL) || phrase_is(r, i, W_OF, NULL) || phrase_is(r, i, W_AT, NULL) || phrase_is(r, i, W_FROM, NULL) ||
		phrase_is(r, i, W_ABOUT, NULL) || phrase_mark(r, i, ',') || phrase_word(r, i, "t") || phrase_mark(r, i, '(') || phrase_mark(r, i, '.') ||
		(r->who->language == PHRASE_ES && phrase_word(r, i, "dia"));
}

/* The hour that was meant when no am or pm was said. */
static int64_t meant(const struct reading *r, struct when *w, int64_t s, int said)
{
	int64_t half = DAY_S / 2, base = s % half;
	if (said == 0)
		return s;
	if (w->has_part && w->part.part != P_NOON && w->part.part != P_LUNCH) {
		if (w->part.part == P_MORNING || w->part.part == P_MIDNIGHT)
			return base;
		if (said == 12)
			return w->part.part == P_AFTERNOON ? half : DAY_S;
		return w->part.part == P_NIGHT && said < 5 ? base : base + half;
	}
	if (said <= 6 || said == 12)
		return base + half;
	if (said >= 9)
		return base;
	doubt(w, PHRASE_AM_PM);
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

/* From what was said to a start and an end. */
static void settle(const struct reading *r, struct when *w, struct phrase *p)
{
	int64_t day = w->has_day ? w->day.day : r->today, from, to;
	p->has_day = w->has_day || w->has_instant;
	p->has_time = w->has_time || w->has_part || w->has_instant;
	p->has_offset = w->has_zone;
	p->offset_min = w->offset_min;
	p->has_end = w->length_s > 0 || w->to_s >= 0 || w->until_day >= 0;
	if (w->has_instant) {
		p->start_s = w->instant.from_s;
		p->grain = w->instant.grain;
		p->has_end = p->has_end || w->instant.to_s > p->start_s;
		p->end_s = w->instant.to_s > p->start_s ? w->instant.to_s : p->start_s + grain_s(p->grain);
	} else if (w->has_time) {
		hours(r, w, &from, &to);
		if (!w->has_day && day * DAY_S + from <= r->who->now_s && to < 0)
			day++;
		p->start_s = day * DAY_S + from;
		p->grain = w->time.grain;
		p->end_s = to >= 0 ? day * DAY_S + to : p->start_s + grain_s(p->grain);
	} else if (w->has_part) {
		if (!w->has_day && day * DAY_S + w->part.to_s <= r->who->now_s)
			day++;
		p->start_s = day * DAY_S + w->part.from_s;
		p->end_s = day * DAY_S + w->part.to_s;
		p->grain = PHRASE_PART;
	} else {
		p->start_s = day * DAY_S;
		p->end_s = (day + (w->has_day ? w->day.days : 1)) * DAY_S;
		p->grain = w->has_day ? w->day.grain : PHRASE_DAY;
		p->has_end = p->has_end || (w->has_day && w->day.days > 1 && w->day.grain == PHRASE_DAY);
	}
	if (w->until_day >= 0)
		p->end_s = w->until_day * DAY_S;
	if (w->length_s > 0 && w->to_s < 0)
		p->end_s = p->start_s + w->length_s;
	if (w->has_every)
		phrase_rule(r, &w->every, w->has_day && w->day.weekday ? phrase_weekday(w->day.day) : -1, w->has_day, p);
	if (p->end_s <= r->who->now_s && !w->has_every)
		doubt(w, PHRASE_PAST);
	p->doubt = w->doubt;
}

/* Reads one phrase that begins at token i: tokens taken. */
static int phrase_at(const struct reading *r, int i, struct phrase *p)
{
	struct when w = {.until_day = -1, .to_s = -1};
	struct bit b;
	int n = 0, m, taken = 0;
	while (i + n < r->count) {
		m = hours_range(r, i + n, &w);
		if (m == 0)
			m = hour_of_part(r, i + n, &w);
		if (m == 0 && (m = any(r, i + n, &b)) > 0 && !take(&w, &b))
			break;
		if (m == 0 && taken > 0)
			m = range_end(r, i + n, &w);
		if (m > 0) {
			n += m;
			taken = n;
		} else if (taken > 0 && n - taken < 3 && filler(r, i + n)) {
			n++;
		} else {
			break;
		}
	}
	bool something = w.has_day || w.has_time || w.has_part || w.has_instant || w.has_every;
	if (taken == 0 || !something)
		return 0;
	*p = (struct phrase){.from = r->t[i].from, .to = r->t[i + taken - 1].to};
	settle(r, &w, p);
	return taken;
}

int phrase_find(const struct phrase_reader *reader, struct fl_str text, struct phrase *out, int max)
{
	struct reading r = {.who = reader};
	int found = 0;
	r.today = reader->now_s >= 0 ? reader->now_s / DAY_S : (reader->now_s - DAY_S + 1) / DAY_S;
	phrase_tokens(&r, text);
	for (int i = 0; i < r.count && found < max;) {
		int n = phrase_at(&r, i, &out[found]);
		found += n > 0;
		i += n > 0 ? n : 1;
	}
	return found;
}
