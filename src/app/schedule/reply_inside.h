/* Between reply.c and reply_wish.c; nobody else includes this. */
#ifndef FL_APP_SCHEDULE_REPLY_INSIDE_H
#define FL_APP_SCHEDULE_REPLY_INSIDE_H

#include "app/schedule/reply.h"

/* Text as its folded words with one space before, between and after, so that " cue " finds whole words. Of the marks only ? stays: "can't" is " can t ".
 * Owned by a; answers how many words there are. */
int reply_fold(struct fl_arena *a, struct fl_str text, const char **out);

/* How many of the cues stand in the words; a list ends with NULL. */
int reply_hits(const char *words, const char *const *cues);

/* Whether the text ends a clause at p, of which `left` bytes follow. */
bool reply_ends_clause(const char *p, size_t left);

/* Sets asks and told. */
void reply_wish(struct fl_arena *a, struct fl_str text, struct reply *out);

#endif
