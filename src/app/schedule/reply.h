/* What somebody wants who writes about a meeting, English and Spanish: a time, another time, none, one of those offered, a person. Pure: no
 * clock, no I/O. The times themselves are read by phrase.h. */
#ifndef FL_APP_SCHEDULE_REPLY_H
#define FL_APP_SCHEDULE_REPLY_H

#include "app/schedule/phrase.h"
#include "base/arena.h"

enum reply_act { REPLY_NONE, REPLY_MOVE, REPLY_CANCEL, REPLY_YES, REPLY_NO, REPLY_PERSON };

enum { REPLY_LAST = -1 };

struct reply {
	enum reply_act act;
	int choice;    /* 1 to 9: the n-th of what was offered; REPLY_LAST; 0: none was named */
	bool none;     /* none of what was offered */
	bool asks;     /* says that it is about meeting */
	enum phrase_language language;
	bool language_sure; /* false: no word told */
};

/* The words somebody wrote himself: without lines that quote (>), the line that introduces them ("On ... wrote:"), a forwarded mail and a signature
 * ("-- "). Owned by a. */
struct fl_str reply_own_words(struct fl_arena *a, struct fl_str text);

/* Reads it; never fails. Of a long text the first PHRASE_TEXT_MAX bytes count. a is used for the work only. */
void reply_read(struct fl_arena *a, struct fl_str text, struct reply *out);

/* Whether the clause around the bytes [from, to) says no to them: "not Thursday", "el jueves no puedo". A question says no to nothing. */
bool reply_negates(struct fl_arena *a, struct fl_str text, size_t from, size_t to);

#endif
