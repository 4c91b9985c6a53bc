/* Text with its length. Foreign data is always carried this way; it need not end in NUL. */
#ifndef FL_BASE_STR_H
#define FL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rc.h"

struct fl_str {
	const char *p; /* NULL only when n is 0 */
	size_t n;      /* bytes */
};

#define FL_STR(literal) ((struct fl_str){ (literal), sizeof(literal) - 1 })

/* The length of a C string; NULL gives the empty text. Borrows s. */
static inline struct fl_str fl_str(const char *s)
{
	return (struct fl_str){ s, s ? strlen(s) : 0 };
}

static inline bool fl_str_eq(struct fl_str a, struct fl_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Whether s is the word: as fl_str_eq, for long lists of names, most of which begin otherwise. */
static inline bool fl_str_is(struct fl_str s, const char *word)
{
	return s.n ? s.p[0] == word[0] && fl_str_eq(s, fl_str(word)) : word[0] == '\0';
}

/* True when both are equal after folding ASCII case. */
bool fl_str_ieq(struct fl_str a, struct fl_str b);

/* Without leading and trailing ASCII white space. Borrows. */
struct fl_str fl_str_trim(struct fl_str s);

/* Cuts the text before the first `sep` off *rest and returns it; the rest becomes
 * what follows, or {NULL, 0} when there was no separator. Borrows. */
struct fl_str fl_str_cut(struct fl_str *rest, char sep);

/* The whole text as a decimal int64 within [min, max]; FL_INVALID when it is anything else. */
enum fl_rc fl_str_int(struct fl_str s, int64_t min, int64_t max, int64_t *out) FL_USE;

/* True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without NUL. */
bool fl_str_utf8(struct fl_str s);

/* Makes n bytes of text well-formed: one that is not UTF-8 loses all that is not ASCII, to a "?" a byte. */
void fl_str_scrub(char *p, size_t n);

/* The longest prefix of at most max bytes that ends at a UTF-8 character boundary. Borrows. */
struct fl_str fl_str_clip(struct fl_str s, size_t max);

#endif
