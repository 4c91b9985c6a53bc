/* Passages of documents that answer a question: found by words and, where vectors are given, by nearness, both ranks fused. */
#ifndef FL_APP_SEARCH_PASSAGES_H
#define FL_APP_SEARCH_PASSAGES_H

#include "app/search/vectors.h"

enum { PASSAGES_MAX = 50, PASSAGES_DOCUMENTS_MAX = 5000 };

/* What is wanted. Unset members ({NULL, 0}) do not narrow. */
struct passage_ask {
	struct fl_str q;         /* words or a question; "words in order" in quotes; the last word may be the beginning of one */
	struct fl_str documents; /* only these: a JSON array of ids */
	struct fl_str kind;      /* pdf, image, text, page (HTML), office, mail */
	struct fl_str since, until; /* YYYY-MM-DD: when the document came */
	struct fl_str pipeline, contact; /* ids: of the requests it came with */
	struct fl_str near;      /* what passages_near found, or {NULL, 0}: by text alone */
	int k;                   /* 1 to PASSAGES_MAX */
};

struct passage {
	char id[FL_UUID_TEXT], document_id[FL_UUID_TEXT];
	struct fl_str name;    /* of the document */
	int page;              /* from 1 */
	struct fl_str heading; /* what it stands under; may be empty */
	struct fl_str body;    /* the whole passage: what a model is given */
	struct fl_str quote;   /* one to three lines of it around what was found */
	struct fl_str marks;   /* JSON array of the words of the quote that were found, for the format "marks" */
	int from, to;          /* the quote in characters of the page's text; the viewer lights it at /documents/ID?page=N&from=A&to=B */
	double score;          /* fused rank, higher is better; only good for ordering */
	bool by_text, by_vector; /* which list it came from */
};

/* The statement that finds them, for a job's load or a page's batch. Only what the one who acts may read is found: the statement asks for
 * document.read and names the organisation. Texts of ask are borrowed until it has run. */
struct fl_call passage_call(struct fl_arena *a, const struct passage_ask *ask);

/* The rows of that statement, best first; how many. *out is owned by a, its texts borrow the rows. */
int passage_rows(struct fl_arena *a, const struct fl_rows *rows, struct passage **out);

/* The members of ask that narrow, as the statements take them. Owned by a. */
struct fl_str passage_filter(struct fl_arena *a, const struct passage_ask *ask);

/* What to ask a store for a question's vector and the documents a search is narrowed to (rows of passage_documents); false: nothing lies near. *ask borrows question. */
bool passages_ask(struct fl_cx *cx, const struct vectors_news *seen, const float *question, const struct fl_rows *documents, struct fl_near_ask *ask);

/* The passages nearest to a question that was made a vector, for ask.near; {NULL, 0} when there are none. seen as vectors_take gave it; documents: what
 * passage_documents answered, with the limit PASSAGES_DOCUMENTS_MAX. The statement drops what of it may not be seen. FL_LATER when the store is away, or FL_BUG. */
enum fl_rc passages_near(const struct vector_at *at, const struct vectors_news *seen, const float *question, const struct fl_rows *documents, struct fl_str *near) FL_USE;

#endif
