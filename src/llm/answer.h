/* What a model answers, checked against a small table before anything reads it (LLM-13). The same table makes the JSON
 * Schema that goes out with the question. */
#ifndef FL_LLM_ANSWER_H
#define FL_LLM_ANSWER_H

#include "base/cx.h"
#include "base/json.h"

enum fl_answer_kind {
	FL_ANSWER_END = 0,
	FL_ANSWER_TEXT,    /* string of min..max bytes; max 0: 4,000 */
	FL_ANSWER_LABEL,   /* string out of `labels` */
	FL_ANSWER_NUMBER,  /* min..max */
	FL_ANSWER_INT,     /* whole number, min..max */
	FL_ANSWER_BOOL,
	FL_ANSWER_TEXTS,   /* array of at most max strings (0: 20) of at most 1,000 bytes */
	FL_ANSWER_LABELS,  /* array of at most max (0: 20) strings out of `labels` */
	FL_ANSWER_OBJECT,  /* object of the members in `sub` */
	FL_ANSWER_OBJECTS, /* array of at most max (0: 20) objects of the members in `sub` */
};

struct fl_answer_field {
	const char *name;
	enum fl_answer_kind kind;
	bool optional; /* may be absent or null; else its absence is an error */
	double min, max;
	const char *const *labels;         /* ended by NULL */
	const struct fl_answer_field *sub; /* ended by FL_ANSWER_END; at most four levels */
	const char *help;                  /* one line for the model */
};

/* FL_OK when obj is an object with exactly the members of the table, each as it says; else FL_INVALID, recorded as
 * "unparsable: MEMBER ...". Nothing of the answer's text gets into the error. */
enum fl_rc fl_answer_check(struct fl_cx *cx, const struct fl_answer_field *fields, struct json_object *obj) FL_USE;

/* Parses text (RFC 8259, at most 256 KiB; white space around, nothing else) and checks it. The tree belongs to cx's arena. */
enum fl_rc fl_answer_parse(struct fl_cx *cx, const struct fl_answer_field *fields, struct fl_str text, struct json_object **out) FL_USE;

/* The table as JSON Schema (2020-12) in the subset that providers' strict modes take: every member is required, optional
 * ones may be null, ranges stand in the description. */
void fl_answer_schema(struct fl_jw *w, const char *key, const struct fl_answer_field *fields);

#endif
