#include "app/schedule/reply.h"
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
	{ "", REPLY_NONE, 0, PHRASE_EN },
};

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
	negated(a);
	quoted(a);
	fl_arena_free(a);
	return done();
}
