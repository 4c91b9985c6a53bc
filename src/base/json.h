/* JSON in and out.
 *
 * In: RFC 8259 to the letter, checked before json-c sees it, since json-c alone takes NaN, single quotes, duplicate
 * keys and raw control characters (platform-notes 7). Out: written straight into a buffer, no tree. */
#ifndef FL_BASE_JSON_H
#define FL_BASE_JSON_H

#include <json-c/json_object.h>

#include <json-c/json_object_iterator.h>
#include <json-c/linkhash.h>

#include "base/buf.h"

struct fl_json_limits {
	size_t bytes; /* of the whole document */
	int depth;    /* of nesting, 1 for a flat object */
	size_t keys;  /* members in one object, and elements in one array */
	size_t all;   /* values in the whole document, each of which takes a tree some hundred bytes; 0: as many as fit */
};

/* What the API takes: 1 MiB, 16 levels, 10,000 members, 50,000 values. */
extern const struct fl_json_limits fl_json_limits_api;

/* FL_OK when text is one RFC 8259 value in UTF-8 without BOM, without duplicate keys (compared after unescaping),
 * lone surrogates or U+0000, within the limits. Else FL_INVALID, with *why a static sentence and *at the byte offset. */
enum fl_rc fl_json_check(struct fl_arena *a, struct fl_str text, const struct fl_json_limits *limits, const char **why, size_t *at) FL_USE;

/* Checks as above and parses. The tree is released with the arena. */
enum fl_rc fl_json_parse(struct fl_arena *a, struct fl_str text, const struct fl_json_limits *limits, struct json_object **out,
                         const char **why) FL_USE;

/* Looks a member up by a dotted path ("a.b"); NULL when it is absent or null. Borrows. */
struct json_object *fl_json_get(struct json_object *obj, const char *path);
/* A member that is a string; {NULL, 0} when absent or of another type. Borrows. */
struct fl_str fl_json_str(struct json_object *obj, const char *path);
/* A member that is a number; `absent` when it is not there or not a number. */
int64_t fl_json_int(struct json_object *obj, const char *path, int64_t absent);
double fl_json_double(struct json_object *obj, const char *path, double absent);
bool fl_json_bool(struct json_object *obj, const char *path, bool absent);

/* Writer: commas are its business. Depth is at most 32. */
struct fl_jw {
	struct fl_buf *b;
	uint32_t more; /* one bit a level: a comma is due */
	int depth;
};

struct fl_jw fl_jw(struct fl_buf *b);
void fl_jw_open(struct fl_jw *w, const char *key, char bracket);  /* '{' or '['; key NULL inside an array or at the top */
void fl_jw_close(struct fl_jw *w, char bracket);                  /* '}' or ']' */
void fl_jw_str(struct fl_jw *w, const char *key, struct fl_str v); /* v.p NULL writes null */
void fl_jw_cstr(struct fl_jw *w, const char *key, const char *v);  /* NULL writes null */
void fl_jw_int(struct fl_jw *w, const char *key, int64_t v);
void fl_jw_double(struct fl_jw *w, const char *key, double v); /* NaN and infinities write null */
void fl_jw_bool(struct fl_jw *w, const char *key, bool v);
void fl_jw_null(struct fl_jw *w, const char *key);
void fl_jw_raw(struct fl_jw *w, const char *key, struct fl_str json); /* json must be a valid value */

#endif
