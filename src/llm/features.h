/* Words of a request as numbers: lower-cased words, word pairs, and characters 3 to 5 inside each word with its borders, hashed into buckets
 * (feature hashing: Weinberger et al. 2009). Words and characters are each scaled to equal length after 1 + log tf. */
#ifndef FL_LLM_FEATURES_H
#define FL_LLM_FEATURES_H

#include "base/fold.h"

enum { FL_BUCKETS = 1 << 15, FL_TOKENS_MAX = 400, FL_FEATURES_MAX = 12000 };

struct fl_feature {
	uint32_t bucket; /* below FL_BUCKETS */
	float value;
};

/* A word of the text. */
struct fl_token {
	struct fl_str as_written; /* borrows subject or body */
	struct fl_str folded;     /* lower case, without accents */
	bool after_break;         /* a sentence or line ended before it: no pair with the word before */
};

struct fl_features {
	int n, ntokens;
	struct fl_feature *f; /* by bucket, each once */
	struct fl_token *tokens;
};

/* Takes a text apart. Quoted lines (">"), signatures (after "-- ") and what lies beyond FL_TOKENS_MAX words are left out; the subject's words
 * count twice. Owned by a. */
struct fl_features fl_features_of(struct fl_arena *a, struct fl_str subject, struct fl_str body);

/* The buckets of one token alone (its word and its characters), for reasons; at most max; how many. */
int fl_features_word(const struct fl_token *t, uint32_t *out, int max);

/* The bucket of the pair of two words. */
uint32_t fl_features_pair(const struct fl_token *a, const struct fl_token *b);

#endif
