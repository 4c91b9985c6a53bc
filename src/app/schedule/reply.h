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
	bool asks;     /* asks for a meeting, or for something about one */
	bool told;     /* asks for no meeting: "thanks for the meeting on Friday", or not a word of one */
	int64_t shift_s; /* "an hour later", "adelantarla media hora": so many seconds after (negative: before) what was agreed; 0: nothing such was said */
	enum phrase_language language;
	bool language_sure; /* false: no word told */
};

/* The words somebody wrote himself: without lines that quote (>), the line that introduces them ("On ... wrote:"), a forwarded mail and a signature
 * ("-- ", or what stands below "Best regards" and its like). Owned by a. */
struct fl_str reply_own_words(struct fl_arena *a, struct fl_str text);

/* Reads it; never fails. Of a long text the first PHRASE_TEXT_MAX bytes count. a is used for the work only. */
void reply_read(struct fl_arena *a, struct fl_str text, struct reply *out);

/* Whether a request asks for a meeting, whatever else it speaks of: "could we meet on Tuesday about the invoice?". Quoted words do not count. */
bool reply_wants_meeting(struct fl_arena *a, struct fl_str text);

/* Whether the words in the bytes [from, to) say how long after or before something: "an hour later". */
bool reply_is_shift(struct fl_arena *a, struct fl_str text, size_t from, size_t to);

/* Whether the clause around the bytes [from, to) says no to them: "not Thursday", "el jueves no puedo". A question says no to nothing. */
bool reply_negates(struct fl_arena *a, struct fl_str text, size_t from, size_t to);

#endif
