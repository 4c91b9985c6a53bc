/* Rules of RFC 5545 in words, with the words people read. */
#include <stdlib.h>

#include "world.h"

static const struct fl_col cols[] = { { "rule", FL_T_TEXT } };

static const struct {
	const char *rule, *en, *es;
} rules[] = {
	{ "FREQ=DAILY", "every day", "cada día" },
	{ "FREQ=WEEKLY;BYDAY=MO,TH", "every week on Monday and Thursday", "cada semana los lunes y jueves" },
	{ "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=SA,SU,FR", "every 2 weeks on Saturday, Sunday and Friday", "cada 2 semanas los sábados, domingos y viernes" },
	{ "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=10", "every week from Monday to Friday, 10 times", "cada semana de lunes a viernes, 10 veces" },
	{ "RRULE", "by a rule of its own: RRULE", "según una regla propia: RRULE" },
	{ "FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday", "cada mes el último viernes" },
	{ "FREQ=MONTHLY;BYDAY=1MO,3MO;UNTIL=20270503", "every month on the first Monday and the third Monday, until 3 May 2027", "cada mes el primer lunes y el tercer lunes, hasta el 3 may 2027" },
	{ "FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on days 1 and 15", "cada mes los días 1 y 15" },
	{ "FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day", "cada mes el último día" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last working day", "cada mes el último día laborable" },
	{ "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4", "every year on day 4 of July", "cada año el día 4 de julio" },
	{ "FREQ=YEARLY;BYMONTH=1,6", "every year in January and June", "cada año en enero y junio" },
	{ "FREQ=YEARLY;BYMONTH=07;BYMONTHDAY=04", "every year on day 4 of July", "cada año el día 4 de julio" },
	{ "freq=weekly;until=20270502T220000Z;count=1", "every week, once, until 3 May 2027", "cada semana, una vez, hasta el 3 may 2027" },
	{ "FREQ=DAILY;BYHOUR=9,17", "by a rule of its own: FREQ=DAILY;BYHOUR=9,17", "según una regla propia: FREQ=DAILY;BYHOUR=9,17" },
	{ "FREQ=YEARLY;BYMONTH=13", "by a rule of its own: FREQ=YEARLY;BYMONTH=13", "según una regla propia: FREQ=YEARLY;BYMONTH=13" },
	{ "FREQ=WEEKLY;BYDAY=<b>", "by a rule of its own: FREQ=WEEKLY;BYDAY=&lt;b&gt;", "según una regla propia: FREQ=WEEKLY;BYDAY=&lt;b&gt;" },
	{ "FREQ=MONTHLY;BYDAY=MO,1TU", "by a rule of its own: FREQ=MONTHLY;BYDAY=MO,1TU", "según una regla propia: FREQ=MONTHLY;BYDAY=MO,1TU" },
	{ "FREQ=WEEKLY;UNTIL=2027", "by a rule of its own: FREQ=WEEKLY;UNTIL=2027", "según una regla propia: FREQ=WEEKLY;UNTIL=2027" },
	{ "FREQ=WEEKLY;UNTIL=20260231", "by a rule of its own: FREQ=WEEKLY;UNTIL=20260231", "según una regla propia: FREQ=WEEKLY;UNTIL=20260231" },
	{ "FREQ=WEEKLY;UNTIL=20271301T100000Z", "by a rule of its own: FREQ=WEEKLY;UNTIL=20271301T100000Z", "según una regla propia: FREQ=WEEKLY;UNTIL=20271301T100000Z" },
	{ "FREQ=WEEKLY;UNTIL=20271232", "by a rule of its own: FREQ=WEEKLY;UNTIL=20271232", "según una regla propia: FREQ=WEEKLY;UNTIL=20271232" },
	{ "FREQ=WEEKLY;UNTIL=20281231", "every week, until 31 Dec 2028", "cada semana, hasta el 31 dic 2028" },
	{ "FREQ=WEEKLY;UNTIL=20280229", "every week, until 29 Feb 2028", "cada semana, hasta el 29 feb 2028" },
	{ "FREQ=DAILY;INTERVAL=0", "by a rule of its own: FREQ=DAILY;INTERVAL=0", "según una regla propia: FREQ=DAILY;INTERVAL=0" },
	{ ";;=,", "by a rule of its own: ;;=,", "según una regla propia: ;;=," },
};

static void read_words(struct world *w, const char *locale, const char *name)
{
	const char *dir = getenv("srcdir");
	char *text = fl_alloc(w->cx.a, 1 << 18);
	FILE *f = fopen(fl_fmt(w->cx.a, "%s/templates/locale/%s/%s.lang", dir ? dir : ".", locale, name), "r");
	size_t n = f ? fread(text, 1, 1 << 18, f) : 0;

	ok(n > 0 && catalogue_read(&w->cx, &w->view->cat[locale_index(locale)], "x.lang", (struct fl_str){ text, n }) == FL_OK, "%s of %s", name, locale);
	if (f)
		fclose(f);
}

int main(void)
{
	struct world w;
	struct fl_rows *rows;

	world_open(&w, "", "");
	read_words(&w, "en", "calendar");
	read_words(&w, "en", "common");
	read_words(&w, "es", "calendar");
	read_words(&w, "es", "common");
	rows = fl_rows_new(w.cx.a, cols, 1, 1);
	w.shape = (struct fl_shape){ .n = 1, .set = { { "x", cols, 1, .one = true } } };
	w.model.set[0] = rows;
	w.model.zone = "Europe/Madrid";
	for (size_t i = 0; i < FL_COUNT(rules); i++) {
		fl_rows_set_str(rows, 0, 0, fl_str(rules[i].rule));
		w.model.locale = "en";
		is_str(world_show(&w, "{{rule:repeat}}", 0), rules[i].en, rules[i].rule);
		w.model.locale = "es";
		is_str(world_show(&w, "{{rule:repeat}}", 0), rules[i].es, rules[i].rule);
	}
	world_close(&w);
	return done();
}
