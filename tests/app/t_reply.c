#include "app/schedule/reply.h"
#include "base/buf.h"
#include "../tap.h"

static const struct {
	const char *text;
	enum reply_act act;
	int choice;
	enum phrase_language language;
} cases[] = {
	{ "The second one, please", REPLY_NONE, 2, PHRASE_EN },
	{ "yes, the first works for me", REPLY_YES, 1, PHRASE_EN },
	{ "#2", REPLY_NONE, 2, PHRASE_EN },
	{ "Option 3 would be best for us", REPLY_NONE, 3, PHRASE_EN },
	{ "la 2", REPLY_NONE, 2, PHRASE_ES },
	{ "at 2", REPLY_NONE, 0, PHRASE_EN },
	{ "a las 2", REPLY_NONE, 0, PHRASE_ES },
	{ "La \xc3\xbaltima, por favor", REPLY_NONE, REPLY_LAST, PHRASE_ES },
	{ "ninguno, \xc2\xbf" "el lunes?", REPLY_NO, 0, PHRASE_ES },
	{ "Please cancel the meeting", REPLY_CANCEL, 0, PHRASE_EN },
	{ "Please don't cancel the meeting", REPLY_NO, 0, PHRASE_EN },
	{ "I can't make it on Friday", REPLY_CANCEL, 0, PHRASE_EN },
	{ "Could you cancel Friday and move the call to Monday?", REPLY_MOVE, 0, PHRASE_EN },
	{ "\xc2\xbfPodemos cambiarla al jueves?", REPLY_MOVE, 0, PHRASE_ES },
	{ "s\xc3\xad, perfecto", REPLY_YES, 0, PHRASE_ES },
	{ "No problem, that works for me", REPLY_YES, 0, PHRASE_EN },
	{ "I would like to talk to a person", REPLY_PERSON, 0, PHRASE_EN },
	{ "11", REPLY_NONE, 0, PHRASE_EN },
	{ "the second week", REPLY_NONE, 0, PHRASE_EN },
	{ "the second of these", REPLY_NONE, 2, PHRASE_EN },
	{ "an\xc3\xbalala por favor", REPLY_CANCEL, 0, PHRASE_ES },
	{ "the earliest you have", REPLY_NONE, 1, PHRASE_EN },
	{ "", REPLY_NONE, 0, PHRASE_EN },
};

static void wishes(struct fl_arena *a)
{
	static const struct {
		const char *text;
		bool asks, told, wants;
	} lines[] = {
		{ "Hi, could we meet on Tuesday about the invoice?", true, false, true },
		{ "Tengo que anular mi cita del jueves", true, false, true },
		{ "Reuni\xc3\xb3n con Ana el viernes a las 10:30", true, false, true },
		{ "Do you have time for a call on Thursday at 3pm?", true, false, true },
		{ "Meeting\nTuesday at 10?", false, false, false },
		{ "Thanks for the meeting on Friday at 10. Please send me the slides.", false, true, false },
		{ "We have a meeting with the bank at 10, please send the papers before.", false, true, false },
		{ "The calendar on your site shows the wrong month.", false, true, false },
		{ "How do I book a parcel pickup in your app?", false, true, false },
		{ "The product does not meet our requirements, please refund me.", false, true, false },
		{ "Adjunto el acta de la reuni\xc3\xb3n del martes.", false, true, false },
	};
	struct reply r;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		reply_read(a, fl_str(lines[i].text), &r);
		ok(r.asks == lines[i].asks && r.told == lines[i].told && reply_wants_meeting(a, fl_str(lines[i].text)) == lines[i].wants, "\"%s\": asks %d, told %d", lines[i].text, r.asks, r.told);
	}
}

static void shifts(struct fl_arena *a)
{
	static const struct {
		const char *text;
		int64_t s;
	} lines[] = {
		{ "could we make it half an hour later?", 1800 }, { "can we push it back an hour", 3600 }, { "two hours earlier please", -7200 }, { "the day before at the same time?", -86400 },
		{ "\xc2\xbfla podemos retrasar una hora?", 3600 }, { "mejor media hora antes", -1800 }, { "after Tuesday", 0 }, { "an hour at most", 0 },
	};
	struct reply r;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		reply_read(a, fl_str(lines[i].text), &r);
		ok(r.shift_s == lines[i].s, "\"%s\" is %lld s away", lines[i].text, (long long)r.shift_s);
	}
}

/* A list of prices is a clause at each mark; the job that asks has 8 MB for all it does. */
static void many_clauses(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_buf b = fl_buf(a, 16 << 10);
	size_t before;

	for (int i = 0; i < 2000; i++)
		fl_buf_puts(&b, "9,");
	before = fl_arena_used(a);
	ok(!reply_wants_meeting(a, fl_buf_get(&b)), "a text of 2,000 clauses asks for no meeting");
	ok(fl_arena_used(a) - before < 1 << 20, "and took %zu bytes", fl_arena_used(a) - before);
	fl_arena_free(a);
}

static void negated(struct fl_arena *a)
{
	struct fl_str text = FL_STR("Not Thursday, maybe Friday morning");

	ok(reply_negates(a, text, 4, 12) && !reply_negates(a, text, 20, 34), "not the one, the other");
	ok(reply_negates(a, FL_STR("el jueves no puedo"), 3, 9), "said after the day");
	ok(!reply_negates(a, FL_STR("Why don't we meet Thursday at 3?"), 18, 31), "a question says no to nothing");
}

static void quoted(struct fl_arena *a)
{
	is_str(fl_strndup(a, reply_own_words(a, FL_STR("The second one.\r\n\r\nOn Mon, 23 Nov 2026 at 10:00, Mill\r\n<desk@mill.example> wrote:\r\n> 1. Tuesday\r\n> 2. Friday\r\n"))),
	       "The second one.", "without what is quoted below, introduced over two lines");
	is_str(fl_strndup(a, reply_own_words(a, FL_STR("El lun, 23 nov 2026, Mill escribi\xc3\xb3:\n> \xc2\xbf" "Cu\xc3\xa1ndo?\nEl viernes\n-- \nKim\n"))), "El viernes",
	       "answered below what is quoted, without the signature");
	is_str(fl_strndup(a, reply_own_words(a, FL_STR("Friday\n-----Original Message-----\nThursday"))), "Friday", "a mail quoted whole");
	is_str(fl_strndup(a, reply_own_words(a, FL_STR("Friday at 10 works.\n\nKind regards,\nKim\nMon-Fri 9-17"))), "Friday at 10 works.", "without the address below a closing");
	is_str(fl_strndup(a, reply_own_words(a, FL_STR("Best,\nFriday at 10"))), "Best,\nFriday at 10", "a first line closes nothing");
	ok(reply_own_words(a, (struct fl_str){ NULL, 0 }).n == 0, "nothing");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(4 << 20);
	struct reply r;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		reply_read(a, fl_str(cases[i].text), &r);
		ok(r.act == cases[i].act && r.choice == cases[i].choice && (r.language == cases[i].language || !r.language_sure), "\"%s\" is act %d choice %d language %d", cases[i].text,
		   r.act, r.choice, r.language);
	}
	wishes(a);
	shifts(a);
	many_clauses();
	negated(a);
	quoted(a);
	fl_arena_free(a);
	return done();
}
