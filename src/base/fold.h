/* Letters made plain, for comparing words. */
#ifndef FL_BASE_FOLD_H
#define FL_BASE_FOLD_H

#include "base/arena.h"

/* Lower case, accents of Latin letters (Latin-1 Supplement, Latin Extended-A) dropped; never longer than s. Owned by a. */
struct fl_str fl_fold(struct fl_arena *a, struct fl_str s);

#endif
