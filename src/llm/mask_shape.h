/* What personal data looks like in running text, for mask.c. */
#ifndef FL_LLM_MASK_SHAPE_H
#define FL_LLM_MASK_SHAPE_H

#include "base/str.h"

/* In the order in which they are tried: a card is no telephone number. */
enum mask_kind { MASK_EMAIL, MASK_CARD, MASK_ACCOUNT, MASK_IDENTITY, MASK_PHONE, MASK_OTHER, MASK_KINDS };

static inline bool mask_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char mask_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool mask_is_alnum(char c)
{
	return mask_is_digit(c) || (mask_upper(c) >= 'A' && mask_upper(c) <= 'Z');
}

/* Length of the value of that kind that begins at s.p[at]; 0 when none does. */
size_t mask_kind_at(enum mask_kind kind, struct fl_str s, size_t at);

/* Length of the first of the shapes (comma between them) that stands at s.p[at], neither letter nor digit beside it; 0 when none does. */
size_t mask_shapes_at(struct fl_str shapes, struct fl_str s, size_t at);

/* How many bytes from at on hold no beginning of anything: a date, or one byte. */
size_t mask_skip(struct fl_str s, size_t at);

#endif
