/* fairlead when: what the date and time reader makes of a text, for trying phrases and for scoring it on a corpus. */
#include <stdio.h>

#include "app/schedule/phrase.h"
#include "base/json.h"
#include "ctl/ctl.h"

#define PHRASES_MAX 16

static const char *const grains[] = { "second", "minute", "hour", "part", "day", "week", "month", "quarter", "year" };
static const char *const bounds[] = { "at", "from", "after", "before", "by" };
static const char *const doubts[] = { "clear", "am_or_pm", "which_day", "which_zone", "past", "mismatch", "impossible" };

/* The wall clock of --now, or of this moment in --zone; the database knows the zones. */
static enum fl_rc wall_clock(struct ctl *c, int64_t *now_s)
{
	struct fl_str now = fl_str(ctl_option(c, "now", ""));
	struct phrase_reader epoch = { .now_s = 0 };
	struct phrase at;
	struct fl_rows *r;

	if (now.n > 0) {
		if (phrase_find(&epoch, now, &at, 1) != 1 || at.to != now.n || now.p[0] < '0' || now.p[0] > '9' || !at.has_day || at.doubt == PHRASE_IMPOSSIBLE)
			return FL_FAIL(c->cx, FL_INVALID, "--now wants a date and time such as 2026-11-21T15:30");
		*now_s = at.start_s;
		return FL_OK;
	}
	if (!ctl_db(c))
		return FL_LATER;
	FL_TRY(fl_db_run(c->cx, c->db, q_platform_wall_clock(fl_str(ctl_option(c, "zone", "UTC"))), &r));
	*now_s = fl_rows_int(r, 0, PLATFORM_WALL_CLOCK_NOW_S);
	return FL_OK;
}

static void put_time(struct fl_jw *w, const char *name, int64_t s)
{
	char text[PHRASE_TIME_SIZE];

	phrase_print(s, text);
	fl_jw_cstr(w, name, text);
}

static void put(struct fl_jw *w, struct fl_str text, const struct phrase *p)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "text", (struct fl_str){ text.p + p->from, p->to - p->from });
	put_time(w, "start", p->start_s);
	put_time(w, "end", p->end_s);
	fl_jw_cstr(w, "grain", grains[p->grain]);
	fl_jw_cstr(w, "doubt", doubts[p->doubt]);
	fl_jw_cstr(w, "bound", bounds[p->bound]);
	fl_jw_bool(w, "has_end", p->has_end);
	if (p->same_time)
		fl_jw_bool(w, "same_time", true);
	if (p->has_offset)
		fl_jw_int(w, "offset_min", p->offset_min);
	if (p->zone)
		fl_jw_cstr(w, "zone", p->zone);
	if (p->rule[0])
		fl_jw_cstr(w, "rrule", p->rule);
	fl_jw_close(w, '}');
}

/* False when texts are read in no such language. */
static bool read_as(const char *locale, struct phrase_reader *who)
{
	who->language = strcmp(locale, "es") == 0 ? PHRASE_ES : PHRASE_EN;
	who->month_first = strcmp(locale, "en") == 0 || strcmp(locale, "en-US") == 0;
	return who->month_first || who->language == PHRASE_ES || strcmp(locale, "en-GB") == 0;
}

int ctl_when(struct ctl *c)
{
	const char *text = ctl_arg(c, 0), *locale = ctl_option(c, "locale", "en");
	struct phrase_reader who = { .zone = fl_str(ctl_option(c, "zone", "")) };
	struct phrase found[PHRASES_MAX];
	struct fl_buf b = fl_buf(c->cx->a, 1024);
	struct fl_jw w = fl_jw(&b);

	if (!text) {
		fprintf(stderr, "fairlead: when wants a text, such as: fairlead when \"next Friday afternoon\"\n");
		return 2;
	}
	if (!read_as(locale, &who)) {
		fprintf(stderr, "fairlead: --locale %s: texts are read as en, en-GB or es\n", locale);
		return 2;
	}
	if (wall_clock(c, &who.now_s) != FL_OK)
		return ctl_fail(c, "when");
	int n = phrase_find(&who, fl_str(text), found, PHRASES_MAX);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n; i++)
		put(&w, fl_str(text), &found[i]);
	fl_jw_close(&w, ']');
	fl_buf_putc(&b, '\n');
	return fwrite(b.p, 1, b.n, stdout) == b.n ? 0 : 1;
}
