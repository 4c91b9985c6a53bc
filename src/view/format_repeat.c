/* What recurs, in words: the RRULE of an event (RFC 5545, 3.3.10) as people say it. */
#include <string.h>

#include "view/inside.h"

enum { LIST_MAX = 12 };

/* One of the parts BY...=: its items as they stand. */
struct list {
	int n;
	bool over; /* more than we say */
	struct fl_str item[LIST_MAX];
};

struct rule {
	struct fl_str freq, until;
	int64_t interval, count, setpos;
	struct list days, month_days, months;
	bool odd; /* holds what we have no words for */
};

static bool is(struct fl_str s, const char *word)
{
	return fl_str_ieq(s, fl_str(word));
}

static void read_list(struct fl_str value, struct list *out)
{
	while (value.n && out->n < LIST_MAX)
		out->item[out->n++] = fl_str_cut(&value, ',');
	out->over = value.n > 0;
}

static bool read_number(struct fl_str s, int64_t min, int64_t max, int64_t *out)
{
	return fl_str_int(s, min, max, out) == FL_OK;
}

static void read_part(struct fl_str name, struct fl_str value, struct rule *out)
{
	if (is(name, "FREQ"))
		out->freq = value;
	else if (is(name, "UNTIL"))
		out->until = value;
	else if (is(name, "INTERVAL"))
		out->odd = !read_number(value, 1, 1000, &out->interval);
	else if (is(name, "COUNT"))
		out->odd = !read_number(value, 1, 100000, &out->count);
	else if (is(name, "BYSETPOS"))
		out->odd = !read_number(value, -2, 5, &out->setpos);
	else if (is(name, "BYDAY"))
		read_list(value, &out->days);
	else if (is(name, "BYMONTHDAY"))
		read_list(value, &out->month_days);
	else if (is(name, "BYMONTH"))
		read_list(value, &out->months);
	else if (!is(name, "WKST"))
		out->odd = true;
}

static struct rule read_rule(struct fl_str text)
{
	struct rule out = { .interval = 1 };

	while (text.n && !out.odd) {
		struct fl_str value = fl_str_cut(&text, ';'), name = fl_str_cut(&value, '=');

		read_part(name, value, &out);
	}
	out.odd = out.odd || out.days.over || out.month_days.over || out.months.over;
	return out;
}

/* --- words --- */

/* The key is of the arena: it stands for its message where there is none. */
static struct fl_str message(const struct render *r, const char *prefix, struct fl_str name)
{
	return render_message(r, fl_str(fl_fmt(r->out->a, "%s%.*s", prefix, (int)name.n, name.p)));
}

/* Adds a message with one hole, {x} or {n}, filled. */
static void fill(struct fl_buf *out, struct fl_str words, struct fl_str x)
{
	const char *at = words.n ? memchr(words.p, '{', words.n) : NULL;
	size_t head = at ? (size_t)(at - words.p) : words.n;

	if (out->n && out->p[out->n - 1] != ' ' && words.n && words.p[0] != ',')
		fl_buf_putc(out, ' ');
	fl_buf_str(out, (struct fl_str){ words.p, head });
	if (!at || words.n - head < 3)
		return;
	fl_buf_str(out, x);
	fl_buf_str(out, (struct fl_str){ at + 3, words.n - head - 3 });
}

static void add_counted(const struct render *r, const char *prefix, int64_t n, struct fl_buf *out)
{
	char text[24];
	struct fl_buf number = { .p = text, .cap = sizeof(text), .max = sizeof(text) };

	fl_buf_int(&number, n);
	fill(out, message(r, prefix, n == 1 ? FL_STR("[one:n]") : FL_STR("[other:n]")), fl_buf_get(&number));
}

/* As keys are written. */
static struct fl_str lower(const struct render *r, struct fl_str s)
{
	struct fl_buf b = fl_buf(r->out->a, 16);

	for (size_t i = 0; i < s.n; i++)
		fl_buf_putc(&b, (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
	return fl_buf_get(&b);
}

static void add_gap(const struct render *r, const struct list *l, int i, struct fl_buf *out)
{
	if (i == 0)
		return;
	if (i == l->n - 1)
		fill(out, render_message(r, FL_STR("repeat.and")), FL_STR(""));
	else
		fl_buf_putc(out, ',');
	fl_buf_putc(out, ' ');
}

/* MO or -1FR: the weekday, and which of them, 0 for all. False for what is neither. */
static bool read_weekday(struct fl_str s, struct fl_str *day, int64_t *nth)
{
	*nth = 0;
	if (s.n < 2 || s.n > 4)
		return false;
	*day = (struct fl_str){ s.p + s.n - 2, 2 };
	return (s.n == 2 || read_number((struct fl_str){ s.p, s.n - 2 }, -2, 5, nth)) && (is(*day, "MO") || is(*day, "TU") || is(*day, "WE") || is(*day, "TH") || is(*day, "FR") ||
		is(*day, "SA") || is(*day, "SU"));
}

static void add_nth(const struct render *r, int64_t nth, struct fl_str what, struct fl_buf *out)
{
	static const char *const names[] = { "last2", "last", "", "1", "2", "3", "4", "5" };

	fill(out, message(r, "repeat.nth.", fl_str(names[nth + 2])), what);
}

static bool is_workdays(const struct list *l)
{
	unsigned seen = 0;
	static const char *const days[] = { "MO", "TU", "WE", "TH", "FR" };

	for (int i = 0; i < l->n; i++)
		for (unsigned d = 0; d < FL_COUNT(days); d++)
			seen |= is(l->item[i], days[d]) ? 1U << d : 0;
	return l->n == 5 && seen == 31;
}

/* on Monday and Thursday; on the first Monday and the last Friday. False for what has no words. */
static bool add_days(const struct render *r, const struct rule *rule, struct fl_buf *out)
{
	struct fl_buf list = fl_buf(r->out->a, 256);
	bool numbered = false;

	if (is_workdays(&rule->days) && (rule->setpos == 0 || rule->setpos == -1 || rule->setpos == 1)) {
		if (rule->setpos != 0)
			add_nth(r, rule->setpos, render_message(r, FL_STR("repeat.workday")), &list);
		fill(out, render_message(r, rule->setpos != 0 ? FL_STR("repeat.nths") : FL_STR("repeat.workdays")), fl_buf_get(&list));
		return true;
	}
	for (int i = 0; i < rule->days.n; i++) {
		struct fl_str day;
		int64_t nth;

		if (rule->setpos != 0 || !read_weekday(rule->days.item[i], &day, &nth) || (i > 0 && (nth != 0) != numbered))
			return false;
		numbered = nth != 0;
		add_gap(r, &rule->days, i, &list);
		if (numbered)
			add_nth(r, nth, message(r, "repeat.one.", lower(r, day)), &list);
		else
			fl_buf_str(&list, message(r, "repeat.all.", lower(r, day)));
	}
	if (rule->days.n)
		fill(out, render_message(r, numbered ? FL_STR("repeat.nths") : FL_STR("repeat.days")), fl_buf_get(&list));
	return true;
}

/* on days 1 and 15; on the last day. */
static bool add_month_days(const struct render *r, const struct list *l, struct fl_buf *out)
{
	struct fl_buf list = fl_buf(r->out->a, 64);
	int64_t day;

	if (l->n == 1 && is(l->item[0], "-1")) {
		fill(out, render_message(r, FL_STR("repeat.last_day")), FL_STR(""));
		return true;
	}
	for (int i = 0; i < l->n; i++) {
		if (!read_number(l->item[i], 1, 31, &day))
			return false;
		add_gap(r, l, i, &list);
		fl_buf_int(&list, day);
	}
	if (l->n)
		fill(out, render_message(r, l->n == 1 ? FL_STR("repeat.month_day") : FL_STR("repeat.month_days")), fl_buf_get(&list));
	return true;
}

static bool add_months(const struct render *r, const struct rule *rule, struct fl_buf *out)
{
	struct fl_buf list = fl_buf(r->out->a, 128);
	int64_t month;

	for (int i = 0; i < rule->months.n; i++) {
		if (!read_number(rule->months.item[i], 1, 12, &month))
			return false;
		add_gap(r, &rule->months, i, &list);
		fl_buf_str(&list, message(r, "calendar.month.", fl_str(fl_fmt(r->out->a, "%d", (int)month))));
	}
	if (rule->months.n)
		fill(out, render_message(r, rule->days.n || rule->month_days.n ? FL_STR("repeat.months_of") : FL_STR("repeat.months")), fl_buf_get(&list));
	return true;
}

/* Days since 1970 of a date that is one. */
static bool day_of(int64_t ymd, int64_t *days)
{
	int year = (int)(ymd / 10000), month = (int)(ymd / 100 % 100), day = (int)(ymd % 100);
	int64_t first = days_of(year, month, 1), next = month < 12 ? days_of(year, month + 1, 1) : days_of(year + 1, 1, 1);

	*days = first + day - 1;
	return month >= 1 && month <= 12 && day >= 1 && *days < next;
}

/* 20270503 as days since 1970, 20270502T220000Z as a moment: the date in the reader's zone. */
static bool add_until(struct render *r, struct fl_str until, struct fl_buf *out)
{
	struct fl_buf date = fl_buf(r->out->a, 32), *was = r->out;
	int64_t ymd, hms = 0;
	bool good = until.n >= 8 && read_number((struct fl_str){ until.p, 8 }, 10000101, 99991231, &ymd) && (until.n < 15 || read_number((struct fl_str){ until.p + 9, 6 }, 0, 235960, &hms));
	int64_t days;

	if (!good || !day_of(ymd, &days))
		return false;
	r->out = &date;
	if (until.n == 16)
		format_time(r, F_DATE, (days * 86400 + hms / 10000 * 3600 + hms / 100 % 100 * 60 + hms % 100) * FL_SECOND_US);
	else
		format_days(r, F_DATE, days);
	r->out = was;
	fill(out, render_message(r, FL_STR("repeat.until")), fl_buf_get(&date));
	return true;
}

static bool is_known(struct fl_str freq)
{
	static const char *const known[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY" };

	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (is(freq, known[i]))
			return true;
	return false;
}

static bool add_rule(struct render *r, const struct rule *rule, struct fl_buf *out)
{
	char key[64];
	struct fl_buf k = { .p = key, .cap = sizeof(key), .max = sizeof(key) };

	if (rule->odd || !is_known(rule->freq))
		return false;
	fl_buf_puts(&k, "repeat.every.");
	fl_buf_str(&k, lower(r, rule->freq));
	fl_buf_putc(&k, '\0');
	add_counted(r, key, rule->interval, out);
	if (!add_days(r, rule, out) || !add_month_days(r, &rule->month_days, out) || !add_months(r, rule, out))
		return false;
	if (rule->count)
		add_counted(r, "repeat.times", rule->count, out);
	return !rule->until.n || add_until(r, rule->until, out);
}

struct fl_str format_repeat(struct render *r, struct fl_str text)
{
	struct fl_buf words = fl_buf(r->out->a, 512);
	struct rule rule = read_rule(text);

	if (add_rule(r, &rule, &words))
		return fl_buf_get(&words);
	words.n = 0;
	fill(&words, render_message(r, FL_STR("repeat.other")), text);
	return fl_buf_get(&words);
}
