/* Dates and times as people write them: each line of tests/data/phrases is a phrase with what it means. */
#include <stdlib.h>

#include "app/schedule/phrase.h"

#include "../tap.h"

#define TUESDAY INT64_C(1360643400) /* 2013-02-12 04:30 */

static const char *const doubts[] = { "clear", "am_or_pm", "which_day", "which_zone", "past", "mismatch", "impossible" };

static void describe(const struct phrase *p, int n, char *out, size_t size)
{
	char from[PHRASE_TIME_SIZE], to[PHRASE_TIME_SIZE];

	if (n == 0) {
		snprintf(out, size, "nothing");
		return;
	}
	phrase_print(p->start_s, from);
	phrase_print(p->end_s, to);
	snprintf(out, size, "%.16s\t%.16s\t%s%s%s%s%s", from, to, doubts[p->doubt], p->rule[0] || p->zone ? "\t" : "", p->rule, p->zone ? "\t" : "", p->zone ? p->zone : "");
}

static void file(const char *name, enum phrase_language language)
{
	const struct phrase_reader who = { .now_s = TUESDAY, .language = language, .month_first = language == PHRASE_EN };
	const char *dir = getenv("srcdir");
	char path[4096], line[512], got[256];
	FILE *f;
	int lines = 0;

	snprintf(path, sizeof path, "%s/tests/data/phrases/%s", dir ? dir : ".", name);
	f = fopen(path, "r");
	if (!ok(f != NULL, "%s opens", name))
		return;
	while (fgets(line, sizeof line, f)) {
		struct phrase found[2];
		char *tab;

		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (line[0] == '#' || !tab)
			continue;
		*tab = '\0';
		describe(found, phrase_find(&who, fl_str(line), found, 2), got, sizeof got);
		is_str(got, tab + 1, line);
		lines++;
	}
	fclose(f);
	ok(lines >= 60, "%s has its %d lines", name, lines);
}

static void several(void)
{
	const struct phrase_reader who = { .now_s = TUESDAY, .language = PHRASE_EN };
	struct phrase found[4];
	struct fl_str text = FL_STR("Can we meet on Monday at 3 or on Thursday morning?");

	ok(phrase_find(&who, text, found, 4) == 2, "two times in one sentence");
	ok(found[0].to <= found[1].from && found[1].to <= text.n, "in the order of the text, apart");
	ok(phrase_find(&who, text, found, 1) == 1, "no more than were asked for");
	ok(phrase_find(&who, FL_STR("Next week on Wednesday or Friday?"), found, 4) == 2 && found[1].start_s == INT64_C(1361491200) && !found[1].weekday, "the week said of one day is that of the other");
	ok(phrase_find(&who, FL_STR("Thursday or next week on Tuesday?"), found, 4) == 2 && found[0].start_s == INT64_C(1360800000) && found[0].weekday, "not of one that was named before it");
	ok(phrase_find(&who, (struct fl_str){ NULL, 0 }, found, 4) == 0, "an empty text");
}

static void places(void)
{
	enum { ASKED = 10000 };
	static const struct {
		const char *said, *zone;
		int minutes;
	} letters[] = {
		{ "3pm IST", "Asia/Kolkata", 330 }, { "3pm IST", "Europe/Dublin", 60 }, { "3pm IST", "Asia/Jerusalem", 120 }, { "3pm IST", "Europe/Madrid", ASKED },
		{ "3pm CST", "America/Mexico_City", -360 }, { "3pm CST", "Asia/Shanghai", 480 }, { "3pm CST", "Europe/Paris", ASKED }, { "3pm BST", "Europe/London", 60 },
		{ "3pm BST", "Asia/Dhaka", 360 }, { "3pm BST", "Asia/Tokyo", ASKED }, { "3pm EST", "Europe/Madrid", -300 }, { "3pm EST", "Australia/Sydney", ASKED },
		{ "IST 3pm tomorrow", "Asia/Kolkata", 330 },
	};
	struct phrase p;
	struct phrase_reader who = { .now_s = TUESDAY, .language = PHRASE_EN, .month_first = true };

	ok(phrase_find(&who, FL_STR("at 10:00 on 3/4"), &p, 1) == 1 && p.start_s == INT64_C(1362391200), "3/4 is 4 March where the month comes first");
	who.month_first = false;
	ok(phrase_find(&who, FL_STR("at 10:00 on 3/4"), &p, 1) == 1 && p.start_s == INT64_C(1364983200), "and 3 April elsewhere");
	ok(phrase_find(&who, FL_STR("4pm CET on Thursday"), &p, 1) == 1 && p.has_offset && p.offset_min == 60, "a zone that was named");
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		who.zone = fl_str(letters[i].zone);
		ok(phrase_find(&who, fl_str(letters[i].said), &p, 1) == 1 && p.has_offset == (letters[i].minutes != ASKED) && (p.has_offset ? p.offset_min == letters[i].minutes : p.doubt == PHRASE_WHICH_ZONE),
		   "%s, in %s", letters[i].said, letters[i].zone);
	}
	struct phrase two[2];
	ok(phrase_find(&who, FL_STR("any day next week except Monday or Friday"), two, 2) == 1 && two[0].not_days == 17, "the days that were left out");
	ok(phrase_find(&who, FL_STR("any day but Friday next week"), two, 2) == 1 && two[0].not_days == 16, "before the week as well");
	ok(phrase_find(&who, FL_STR("next week except Fridays"), two, 2) == 1 && two[0].not_days == 16, "in the plural");
	ok(phrase_find(&who, FL_STR("next week except Fridays at 3"), two, 2) == 1 && two[0].not_days == 0, "an hour of such days is not the days");
	ok(phrase_find(&who, FL_STR("next week, but not on Wednesday at 3"), two, 2) == 1 && two[0].not_days == 0, "an hour of a day is not the day");
	ok(phrase_find(&who, FL_STR("for 90 minutes tomorrow at 10"), &p, 1) == 1 && p.has_end && p.end_s - p.start_s == 5400, "a length gives the end");
}

static void bounds(void)
{
	const struct phrase_reader en = { .now_s = TUESDAY, .language = PHRASE_EN, .month_first = true }, es = { .now_s = TUESDAY, .language = PHRASE_ES };
	static const struct {
		const char *said;
		bool spanish;
		enum phrase_bound bound;
	} lines[] = {
		{ "any time after 3 on Friday", false, PHRASE_AFTER }, { "Thursday after lunch", false, PHRASE_AFTER }, { "before Christmas", false, PHRASE_BEFORE }, { "after the weekend", false, PHRASE_AFTER },
		{ "tomorrow before 11", false, PHRASE_BEFORE }, { "by Friday", false, PHRASE_BY }, { "by 5pm on Thursday", false, PHRASE_BY }, { "Friday at the latest", false, PHRASE_BY },
		{ "no later than noon tomorrow", false, PHRASE_BY }, { "not before Thursday", false, PHRASE_FROM }, { "from Monday onwards", false, PHRASE_FROM }, { "starting next Monday", false, PHRASE_FROM },
		{ "the Monday after Easter", false, PHRASE_AT }, { "the day after tomorrow", false, PHRASE_AT }, { "quarter after 2 on Friday", false, PHRASE_AT }, { "after 9:30 but before 11:00 on Thursday", false, PHRASE_AT },
		{ "Great, I will come by at 4pm", false, PHRASE_AT }, { "I can stop by Friday at 4pm", false, PHRASE_AT }, { "I'll swing by around 4pm", false, PHRASE_AT }, { "Dropping by on Thursday at 2", false, PHRASE_AT },
		{ "we passed by yesterday", false, PHRASE_AT }, { "I shall be by at 4pm", false, PHRASE_AT }, { "be done by 4pm", false, PHRASE_BY }, { "please call me by around 4pm", false, PHRASE_BY },
		{ "puedo pasar por ahí el viernes a las 4", true, PHRASE_AT }, { "paso el viernes a las 4", true, PHRASE_AT },
		{ "every Monday after lunch", false, PHRASE_AT }, { "on Friday at 10", false, PHRASE_AT },
		{ "después de Semana Santa", true, PHRASE_AFTER }, { "antes de Navidad", true, PHRASE_BEFORE }, { "antes del viernes", true, PHRASE_BEFORE }, { "el jueves después de las 5", true, PHRASE_AFTER },
		{ "mañana antes de las 11", true, PHRASE_BEFORE }, { "a partir del lunes", true, PHRASE_FROM }, { "no antes del lunes", true, PHRASE_FROM }, { "el viernes como muy tarde", true, PHRASE_BY },
		{ "a más tardar el viernes", true, PHRASE_BY }, { "el día antes de Nochebuena", true, PHRASE_AT }, { "el lunes por la tarde", true, PHRASE_AT },
	};
	struct phrase p;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ok(phrase_find(lines[i].spanish ? &es : &en, fl_str(lines[i].said), &p, 1) == 1 && p.bound == lines[i].bound, "%s: the bound", lines[i].said);
}

int main(void)
{
	file("en.tsv", PHRASE_EN);
	file("es.tsv", PHRASE_ES);
	several();
	bounds();
	places();
	ok(phrase_length_s(PHRASE_EN, FL_STR("half an hour")) == 1800 && phrase_length_s(PHRASE_EN, FL_STR("1h30")) == 5400, "lengths");
	ok(phrase_length_s(PHRASE_ES, FL_STR("una hora y media")) == 5400 && phrase_length_s(PHRASE_ES, FL_STR("nada")) == 0, "lengths in Spanish");
	return done();
}
