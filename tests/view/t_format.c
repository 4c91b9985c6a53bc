/* Formats: times in zones, numbers, money, marks. */
#include "world.h"

static const struct fl_col cols[] = {
	{ "at", FL_T_TIME }, { "day", FL_T_DATE }, { "n", FL_T_INT }, { "f", FL_T_FLOAT }, { "price", FL_T_INT },
	{ "price_currency", FL_T_TEXT }, { "who", FL_T_TEXT }, { "text", FL_T_TEXT }, { "text_marks", FL_T_JSON },
};

static struct fl_rows *rows; /* one row of cols, changed by each check */

/* The moment of a UTC date and clock. */
static int64_t at(int year, int month, int day, int hour, int minute)
{
	return ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 * FL_SECOND_US;
}

static void is_time(struct world *w, const char *format, int64_t at_us, const char *want)
{
	fl_rows_set_int(w->cx.a, rows, 0, 0, at_us);
	is_str(world_show(w, fl_fmt(w->cx.a, "{{at:%s}}", format), 0), want, fl_fmt(w->cx.a, "%s: %s", format, want));
}

static void is_int(struct world *w, const char *format, int64_t n, const char *want)
{
	fl_rows_set_int(w->cx.a, rows, 0, 2, n);
	is_str(world_show(w, fl_fmt(w->cx.a, "{{n:%s}}", format), 0), want, fl_fmt(w->cx.a, "%s: %s", format, want));
}

static void is_float(struct world *w, const char *format, double f, const char *want)
{
	fl_rows_set_float(w->cx.a, rows, 0, 3, f);
	is_str(world_show(w, fl_fmt(w->cx.a, "{{f%s}}", format), 0), want, fl_fmt(w->cx.a, "%s: %s", format, want));
}

static void times(struct world *w)
{
	int64_t now = w->model.now_us = at(2026, 11, 21, 8, 0); /* a Saturday, 09:00 in Madrid */

	w->model.zone = "Europe/Madrid";
	is_time(w, "datetime", at(2026, 11, 21, 8, 20), "today 09:20");
	is_time(w, "datetime", at(2026, 11, 20, 15, 2), "yesterday 16:02");
	is_time(w, "datetime", at(2026, 11, 23, 8, 30), "Mon 09:30");
	is_time(w, "datetime", at(2025, 11, 18, 23, 30), "19 Nov 2025 00:30");
	is_time(w, "clock", at(2026, 7, 1, 10, 0), "12:00");
	is_time(w, "date", at(2026, 7, 1, 22, 30), "2 Jul 2026");
	is_time(w, "iso", at(2026, 7, 1, 22, 30), "2026-07-01T22:30:00Z");
	is_time(w, "ago", now - 30 * FL_SECOND_US, "now");
	is_time(w, "ago", now - 180 * FL_SECOND_US, "3 min ago");
	is_time(w, "ago", at(2026, 11, 21, 5, 59), "2 h ago");
	is_time(w, "ago", at(2026, 11, 18, 8, 0), "3 days ago");
	is_time(w, "ago", at(2026, 1, 18, 8, 0), "18 Jan 2026");
	is_time(w, "due", at(2026, 11, 21, 8, 22), "in 22 min");
	is_time(w, "due", at(2026, 11, 21, 14, 30), "15:30");
	is_time(w, "due", at(2026, 11, 23, 8, 30), "Mon 09:30");
	is_time(w, "due", at(2026, 12, 23, 8, 30), "23 Dec 2026");
	is_time(w, "due", at(2026, 11, 21, 7, 50), "late 10 min");
	is_time(w, "due", at(2026, 11, 20, 7, 50), "late 24 h");
	w->model.locale = "es";
	is_time(w, "date", at(2026, 7, 1, 22, 30), "2 jul 2026");
	w->model.dates = "DD/MM/YYYY";
	is_time(w, "date", at(2026, 7, 1, 22, 30), "02/07/2026");
	is_time(w, "ago", at(2026, 7, 1, 22, 30), "02/07/2026");
	w->model.dates = "YYYY-MM-DD";
	is_time(w, "datetime", at(2025, 11, 18, 23, 30), "2025-11-19 00:30");
	w->model.dates = "MM/DD/YYYY";
	is_time(w, "date", at(2026, 7, 1, 22, 30), "07/02/2026");
	w->model.dates = NULL;
	is_time(w, "ago", now - 180 * FL_SECOND_US, "hace 3 min");
	w->model.locale = "en";
	fl_rows_set_int(w->cx.a, rows, 0, 1, days_of(2026, 11, 22));
	is_str(world_show(w, "{{day}} {{day:iso}} {{day:due}}", 0), "22 Nov 2026 2026-11-22 tomorrow", "dates have no zone");
}

static void is_offset(struct world *w, const char *name, int64_t at_us, int32_t want_s)
{
	struct zone z;
	int32_t got;

	zone_load(w->cx.a, name, &z);
	got = zone_offset(&z, at_us / FL_SECOND_US);
	ok(got == want_s, "%s at %lld: %d, %d wanted", name, (long long)at_us, got, want_s);
	ok(zone_offset(&z, at_us / FL_SECOND_US + 1) == want_s, "and a second later");
}

static void zones(struct world *w)
{
	is_offset(w, "Europe/Madrid", at(2026, 3, 29, 1, 0), 7200);
	is_offset(w, "Europe/Madrid", at(2026, 3, 29, 0, 59), 3600);
	is_offset(w, "Europe/Madrid", at(2090, 7, 1, 0, 0), 7200);
	is_offset(w, "Europe/Madrid", at(2090, 1, 1, 0, 0), 3600);
	is_offset(w, "America/New_York", at(2026, 11, 1, 6, 0), -18000);
	is_offset(w, "America/New_York", at(2026, 11, 1, 5, 0), -14400);
	is_offset(w, "Australia/Sydney", at(2080, 1, 1, 0, 0), 39600);
	is_offset(w, "Australia/Lord_Howe", at(2080, 7, 1, 0, 0), 37800);
	is_offset(w, "Asia/Kolkata", at(2026, 1, 1, 0, 0), 19800);
	is_offset(w, "America/St_Johns", at(2070, 7, 1, 0, 0), -9000);
	is_offset(w, "UTC", at(2026, 1, 1, 0, 0), 0);
	is_offset(w, "../../../etc/passwd", at(2026, 1, 1, 0, 0), 0);
	is_offset(w, "/etc/passwd", 0, 0);
	is_offset(w, "Mars/Base", 0, 0);
	is_offset(w, "Europe", 0, 0);
	ok(zone_rule_offset(FL_STR("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1"), at(2030, 7, 1, 0, 0) / FL_SECOND_US) == -7200,
		"a rule with hours below 0");
	ok(zone_rule_offset(FL_STR("EST5EDT,J60,J300"), at(2028, 3, 2, 0, 0) / FL_SECOND_US) == -14400, "a rule by day of year");
	ok(zone_rule_offset(FL_STR("<"), 0) == 0 && zone_rule_offset(FL_STR(""), 0) == 0, "no rule");
	for (int64_t d = -800000; d < 800000; d += 997) {
		struct civil c = civil_of(d * 86400);

		if (days_of(c.year, c.month, c.day) != d) {
			ok(0, "day %lld", (long long)d);
			return;
		}
	}
	ok(1, "dates there and back");
}

static void numbers(struct world *w)
{
	is_int(w, "num", 1234567, "1,234,567");
	is_int(w, "num", -999, "-999");
	is_int(w, "num", INT64_MIN, "-9,223,372,036,854,775,808");
	is_int(w, "bytes", 999, "999\u00a0B");
	is_int(w, "bytes", 1234567, "1.2\u00a0MB");
	is_int(w, "bytes", 45000, "45\u00a0kB");
	is_int(w, "ms", 12, "12\u00a0ms");
	is_int(w, "ms", 1240, "1.2\u00a0s");
	is_int(w, "ms", 125000, "2.1\u00a0min");
	is_int(w, "span", 0, "0\u00a0min");
	is_int(w, "span", 59, "59\u00a0min");
	is_int(w, "span", 240, "4\u00a0h");
	is_int(w, "span", 2885, "48\u00a0h\u00a05\u00a0min");
	is_int(w, "span", -90, "-1\u00a0h\u00a030\u00a0min");
	is_int(w, "pct", 87, "87\u00a0%");
	is_float(w, ":pct", 0.874, "87\u00a0%");
	is_float(w, "", 2.5, "2.50");
	is_float(w, "", -0.001, "0.00");
	is_float(w, ":sure", 0.97, "near certain");
	is_float(w, ":sure", 0.90, "very likely");
	is_float(w, ":sure", 0.70, "likely");
	is_float(w, ":sure", 0.30, "toss-up");
	w->model.locale = "es";
	is_int(w, "num", 1234, "1234");
	is_int(w, "num", 12345, "12.345");
	is_float(w, "", 2.5, "2,50");
	w->model.locale = "en";
}

static void is_money(struct world *w, const char *locale, int64_t minor, const char *currency, const char *want)
{
	w->model.locale = locale;
	fl_rows_set_int(w->cx.a, rows, 0, 4, minor);
	fl_rows_set_str(rows, 0, 5, fl_str(currency));
	is_str(world_show(w, "{{price:money}}", 0), want, want);
	w->model.locale = "en";
}

static void texts(struct world *w)
{
	is_money(w, "en", 123450, "EUR", "€1,234.50");
	is_money(w, "es", 123450, "EUR", "1234,50\u00a0€");
	is_money(w, "en", -5, "CHF", "-CHF\u00a00.05");
	is_money(w, "en", 1500, "JPY", "¥1,500");
	is_money(w, "en", 1500, "KWD", "KWD\u00a01.500");
	fl_rows_set_str(rows, 0, 6, FL_STR("Ángel de la Ópera"));
	is_str(world_show(w, "{{who:initials}}", 0), "ÁÓ", "initials");
	fl_rows_set_str(rows, 0, 7, FL_STR("the <b> bill is late, the bill"));
	fl_rows_set_str(rows, 0, 8, FL_STR("[\"bill\", \"bill is late\", \"<b>\", \"\", 3]"));
	is_str(world_show(w, "{{text:marks}}", 0),
	       "the <mark>&lt;b&gt;</mark> <mark>bill is late</mark>, the <mark>bill</mark>", "marks, the longest first");
	fl_rows_set_str(rows, 0, 8, FL_STR("{}"));
	is_str(world_show(w, "{{text:marks}}", 0), "the &lt;b&gt; bill is late, the bill", "marks that are no array");
}

int main(void)
{
	struct world w;

	world_open(&w,
	           "time.now=now\ntime.today=today\ntime.yesterday=yesterday\ntime.tomorrow=tomorrow\ntime.day.1=Mon\ntime.month.11=Nov\n"
	           "time.month.7=Jul\ntime.month.1=Jan\ntime.month.12=Dec\ntime.minutes_ago[one:n]={n} min"
		" ago\ntime.minutes_ago[other:n]={n} min ago\n"
	           "time.hours_ago[other:n]={n} h ago\ntime.days_ago[other:n]={n} days ago\ntime.in_minutes[other:n]=in {n} min\n"
	           "time.late_minutes[other:n]=late {n} min\ntime.late_hours[other:n]=late {n} h\nsure.near_certain=near certain\n"
	           "sure.very_likely=very likely\nsure.likely=likely\nsure.toss_up=toss-up\n",
	           "time.month.7=jul\ntime.minutes_ago[other:n]=hace {n} min\n");
	rows = fl_rows_new(w.cx.a, cols, (int)FL_COUNT(cols), 1);
	w.shape = (struct fl_shape){ .n = 2, .set = { { "page", NULL, 0, .one = true }, { "x", cols, (int)FL_COUNT(cols), .one =
		true } } };
	w.model.set[1] = rows;
	times(&w);
	zones(&w);
	numbers(&w);
	texts(&w);
	world_close(&w);
	return done();
}
