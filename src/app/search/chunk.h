/* Cuts the text of a page into overlapping passages for search (RAG-01, RAG-02, X-16). */
#ifndef FL_APP_SEARCH_CHUNK_H
#define FL_APP_SEARCH_CHUNK_H

#include "base/arena.h"

enum chunk_by {
	CHUNK_FIXED,     /* as near to the size as sentences allow, each sharing `overlap` with the one before */
	CHUNK_PARAGRAPH, /* whole paragraphs while they fit; overlap only inside a paragraph that had to be cut */
	CHUNK_SEMANTIC,  /* at headings and where the words change most: TextTiling (Hearst 1997), without overlap */
};

struct chunk_rules {
	enum chunk_by by;
	int size, overlap; /* characters, or tokens: a token is four letters or digits of a word, or a mark by itself */
	bool tokens;
};

/* The rules by the names stored with a document: preset "document" (1,000 characters, 200 shared) or "knowledge" (1,000 tokens, 200 shared),
 * strategy "fixed", "paragraph" or "semantic"; anything else is "document" and "fixed". */
struct chunk_rules chunk_rules_named(struct fl_str preset, struct fl_str strategy);

struct chunk {
	struct fl_str text;    /* borrows the page's text */
	int from, to;          /* characters of the page's text, [from, to) */
	struct fl_str heading; /* the one most of it stands under; may be empty; borrows */
};

/* Cuts body (UTF-8). *heading is the last one of the pages before, and then of this one too. Every character that is no white space lies in a passage; none is empty.
 * How many; *out is owned by a. */
int chunk_cut(struct fl_arena *a, struct fl_str body, const struct chunk_rules *rules, struct fl_str *heading, struct chunk **out);

/* Where each word begins in body, in characters: the words of a page stand in it in their order. A word that is not found there (a ligature, a hyphen
 * undone) gets the place after the one before. */
void chunk_places(struct fl_str body, const struct fl_str *words, int nwords, int *places);

#endif
