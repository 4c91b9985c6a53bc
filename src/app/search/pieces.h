/* The sentences of a page, for chunk.c. */
#ifndef FL_APP_SEARCH_PIECES_H
#define FL_APP_SEARCH_PIECES_H

#include "app/search/chunk.h"

enum piece_end { PIECE_WORD, PIECE_SENTENCE, PIECE_PARAGRAPH };

/* A sentence, or a part of a long one. */
struct piece {
	size_t from, to;  /* bytes, without the white space around */
	int start, end;   /* the same in characters */
	int weight, before; /* in the unit of the rules: of it, and of all before it */
	enum piece_end ends;
	bool heading;
};

/* The pieces of body, none heavier than `most` unless it is one character; how many. Owned by a. */
int pieces_of(struct fl_arena *a, struct fl_str body, bool tokens, int most, struct piece **out);

/* How alike the words on both sides of the gap after piece i are, 0 to 1 (squared cosine of their counts). */
double pieces_alike(struct fl_str body, const struct piece *p, int n, int i);

#endif
