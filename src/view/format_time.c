#include "view/inside.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static struct fl_str word(const struct render *r, const char *key)
{
	return render_message(r, fl_str(key));
}

/* Words are ours, but a catalogue may hold any letter. */
static void put(struct render *r, struct fl_str s)
{
	if (r->t->text)
		fl_buf_str(r->out, s);
	else
		fl_buf_html(r->out, s);
}

/* A plural message with {n}. */
static void put_count(struct render *r, const char *key, int64_t n)
{
	char full[64];
	struct fl_buf k = { .p = full, .cap = sizeof(full), .max = sizeof(full) };
	struct fl_str s;
	const char *at;

	fl_buf_puts(&k, key);
	fl_buf_puts(&k, plural_of(n)[1] == 'n' ? "[one:n]" : "[other:n]");
	s = render_message(r, fl_buf_get(&k));
	at = s.n ? memchr(s.p, '{', s.n) : NULL;
	if (!at || s.n - (size_t)(at - s.p) < 3) {
		put(r, s);
		return;
	}
	put(r, (struct fl_str){ s.p, (size_t)(at - s.p) });
	fl_buf_int(r->out, n);
	put(r, (struct fl_str){ at + 3, s.n - (size_t)(at - s.p) - 3 });
}

static struct civil local(struct render *r, int64_t at_us)
{
	int64_t s = (at_us >= 0 ? at_us : at_us - (FL_SECOND_US - 1)) / FL_SECOND_US;

	if (!r->zone_loaded) {
		zone_load(r->out->a, r->m->zone, &r->zone);
		r->zone_loaded = true;
	}
	return civil_of(s + zone_offset(&r->zone, s));
}

/* The reader's day now, reckoned once a page. */
static int64_t today(struct render *r)
{
	if (!r->today_known) {
		r->today = local(r, r->m->now_us).days;
		r->today_known = true;
	}
	return r->today;
}

static void put_two(struct fl_buf *out, int v)
{
	fl_buf_putc(out, (char)('0' + v / 10 % 10));
	fl_buf_putc(out, (char)('0' + v % 10));
}

static void put_clock(struct render *r, const struct civil *c)
{
	put_two(r->out, c->hour);
	fl_buf_putc(r->out, ':');
	put_two(r->out, c->minute);
}

/* As a chosen pattern says; false when it says nothing. */
static bool put_pattern(struct render *r, const struct civil *c)
{
	const char *p = r->m->dates;

	if (!p || strlen(p) != 10)
		return false;
	while (*p) {
		if (*p == 'Y')
			fl_buf_printf(r->out, "%04d", c->year);
		else if (*p == 'M' || *p == 'D')
			put_two(r->out, *p == 'M' ? c->month : c->day);
		else
			fl_buf_putc(r->out, *p);
		for (char done = *p; *p == done;)
			p++;
	}
	return true;
}

static void put_date(struct render *r, const struct civil *c)
{
	static const char *const months[] = { "time.month.1", "time.month.2", "time.month.3", "time.month.4", "time.month.5", "time.month.6", "time.month.7",
		                              "time.month.8", "time.month.9", "time.month.10", "time.month.11", "time.month.12" };

	if (put_pattern(r, c))
		return;
	fl_buf_int(r->out, c->day);
	fl_buf_putc(r->out, ' ');
	put(r, word(r, months[c->month - 1]));
	fl_buf_putc(r->out, ' ');
	fl_buf_int(r->out, c->year);
}

static void put_weekday(struct render *r, const struct civil *c)
{
	static const char *const days[] = { "time.day.0", "time.day.1", "time.day.2", "time.day.3", "time.day.4", "time.day.5", "time.day.6" };

	put(r, word(r, days[c->weekday]));
}

/* The day in words when it is near: today, yesterday, tomorrow, Mon; else the date. */
static void put_day(struct render *r, const struct civil *c)
{
	int64_t away = c->days - today(r);

	if (away == 0)
		put(r, word(r, "time.today"));
	else if (away == -1)
		put(r, word(r, "time.yesterday"));
	else if (away == 1)
		put(r, word(r, "time.tomorrow"));
	else if (away > -7 && away < 7)
		put_weekday(r, c);
	else
		put_date(r, c);
}

static void put_iso(struct render *r, int64_t at_us)
{
	struct civil c = civil_of((at_us >= 0 ? at_us : at_us - (FL_SECOND_US - 1)) / FL_SECOND_US);

	fl_buf_printf(r->out, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static void put_ago(struct render *r, int64_t at_us)
{
	int64_t s = (r->m->now_us - at_us) / FL_SECOND_US;
	struct civil c = local(r, at_us);
	int64_t days = today(r) - c.days;

	if (s > -MINUTE_S && s < MINUTE_S)
		put(r, word(r, "time.now"));
	else if (s < 0 || days > 6)
		put_date(r, &c);
	else if (s < HOUR_S)
		put_count(r, "time.minutes_ago", s / MINUTE_S);
	else if (days == 0 || s < 6 * HOUR_S)
		put_count(r, "time.hours_ago", s / HOUR_S);
	else if (days == 1)
		put(r, word(r, "time.yesterday"));
	else
		put_count(r, "time.days_ago", days);
}

static void put_late(struct render *r, int64_t s)
{
	if (s < HOUR_S)
		put_count(r, "time.late_minutes", s / MINUTE_S);
	else if (s < 2 * DAY_S)
		put_count(r, "time.late_hours", s / HOUR_S);
	else
		put_count(r, "time.late_days", s / DAY_S);
}

/* Words under an hour, clock today, weekday after; late when it has passed (tokens.md, "Words"). */
static void put_due(struct render *r, int64_t at_us)
{
	int64_t left_s = (at_us - r->m->now_us) / FL_SECOND_US;
	struct civil c = local(r, at_us);
	int64_t away = c.days - today(r);

	if (at_us < r->m->now_us) {
		put_late(r, -left_s);
	} else if (left_s < HOUR_S) {
		put_count(r, "time.in_minutes", left_s / MINUTE_S);
	} else if (away >= 7) {
		put_date(r, &c);
	} else {
		if (away > 0) {
			put_weekday(r, &c);
			fl_buf_putc(r->out, ' ');
		}
		put_clock(r, &c);
	}
}

void format_time(struct render *r, enum format f, int64_t at_us)
{
	struct civil c;

	switch (f) {
	case F_AGO:
		put_ago(r, at_us);
		return;
	case F_DUE:
		put_due(r, at_us);
		return;
	case F_ISO:
		put_iso(r, at_us);
		return;
	default:
		c = local(r, at_us);
	}
	if (f == F_DATE) {
		put_date(r, &c);
	} else if (f == F_CLOCK) {
		put_clock(r, &c);
	} else {
		put_day(r, &c);
		fl_buf_putc(r->out, ' ');
		put_clock(r, &c);
	}
}

/* A date has no zone: it is the same day for everyone. */
void format_days(struct render *r, enum format f, int64_t days)
{
	struct civil c = civil_of(days * DAY_S);
	int64_t away = days - today(r);

	if (f == F_ISO)
		fl_buf_printf(r->out, "%04d-%02d-%02d", c.year, c.month, c.day);
	else if (f == F_DUE && away < 0)
		put_count(r, "time.late_days", -away);
	else if (f == F_AGO && away < -1 && away > -7)
		put_count(r, "time.days_ago", -away);
	else if (f == F_AGO || f == F_DUE)
		put_day(r, &c);
	else
		put_date(r, &c);
}
