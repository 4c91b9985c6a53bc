/* CBOR (RFC 8949) as authenticators write it (CTAP 2, canonical form): lengths stated, heads as short as can be, no tags, no floats, no key of a map twice. */
#ifndef FL_APP_PASSKEY_CBOR_H
#define FL_APP_PASSKEY_CBOR_H

#include "base/str.h"

enum { CBOR_DEPTH = 8, CBOR_PAIRS = 32 };

enum cbor_kind { CBOR_INT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_SIMPLE };

struct cbor {
	enum cbor_kind kind;
	int64_t n;       /* of INT the number; of BYTES and TEXT the length; of ARRAY the elements, of MAP the pairs; of SIMPLE 20 false, 21 true, 22 null */
	struct fl_str s; /* of BYTES and TEXT the content; of ARRAY and MAP the encoding of what is in them. Borrows what was read */
};

/* Takes one item off *rest, with all that is in it, nested at most CBOR_DEPTH levels, CBOR_PAIRS pairs in a map, whose keys are numbers or texts. FL_INVALID:
 * cut off, or not of this form; *rest is then as it was. */
enum fl_rc cbor_read(struct fl_str *rest, struct cbor *out) FL_USE;

/* The value under a number, or a text, of a map that was read; false when there is none. */
bool cbor_at(const struct cbor *map, int64_t key, struct cbor *out);
bool cbor_under(const struct cbor *map, const char *key, struct cbor *out);

#endif
