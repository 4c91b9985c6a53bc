#include "app/passkey/cbor.h"

/* The argument of a head: what follows the three bits of the major type. Longer forms than need be are refused. */
static enum fl_rc argument(struct fl_str *rest, unsigned char low, uint64_t *out)
{
	static const uint64_t least[] = { 24, 1u << 8, 1u << 16, UINT64_C(1) << 32 };
	size_t width;
	uint64_t n = 0;

	if (low < 24) {
		*out = low;
		return FL_OK;
	}
	if (low > 27)
		return FL_INVALID;
	width = (size_t)1 << (low - 24);
	if (rest->n < width)
		return FL_INVALID;
	for (size_t i = 0; i < width; i++)
		n = n << 8 | (unsigned char)rest->p[i];
	rest->p += width;
	rest->n -= width;
	*out = n;
	return n < least[low - 24] || n > INT64_MAX ? FL_INVALID : FL_OK;
}

static enum fl_rc content(struct fl_str *rest, uint64_t n, struct cbor *out)
{
	if (n > rest->n)
		return FL_INVALID;
	out->s = (struct fl_str){ rest->p, (size_t)n };
	rest->p += n;
	rest->n -= (size_t)n;
	return out->kind == CBOR_TEXT && !fl_str_utf8(out->s) ? FL_INVALID : FL_OK;
}

static enum fl_rc item(struct fl_str *rest, int depth, struct cbor *out);

static enum fl_rc elements(struct fl_str *rest, uint64_t n, int depth)
{
	struct cbor one;

	if (n > rest->n)
		return FL_INVALID;
	for (uint64_t i = 0; i < n; i++)
		FL_TRY(item(rest, depth + 1, &one));
	return FL_OK;
}

static enum fl_rc pairs(struct fl_str *rest, uint64_t n, int depth)
{
	struct fl_str keys[CBOR_PAIRS];
	struct cbor one;

	if (n > CBOR_PAIRS)
		return FL_INVALID;
	for (uint64_t i = 0; i < n; i++) {
		struct fl_str from = *rest;

		FL_TRY(item(rest, depth + 1, &one));
		if (one.kind != CBOR_INT && one.kind != CBOR_TEXT)
			return FL_INVALID;
		keys[i] = (struct fl_str){ from.p, from.n - rest->n };
		for (uint64_t k = 0; k < i; k++)
			if (fl_str_eq(keys[k], keys[i]))
				return FL_INVALID;
		FL_TRY(item(rest, depth + 1, &one));
	}
	return FL_OK;
}

static enum fl_rc nested(struct fl_str *rest, uint64_t n, int depth, struct cbor *out)
{
	struct fl_str from = *rest;

	if (depth >= CBOR_DEPTH)
		return FL_INVALID;
	FL_TRY(out->kind == CBOR_ARRAY ? elements(rest, n, depth) : pairs(rest, n, depth));
	out->s = (struct fl_str){ from.p, from.n - rest->n };
	return FL_OK;
}

static enum fl_rc item(struct fl_str *rest, int depth, struct cbor *out)
{
	static const enum cbor_kind kinds[] = { CBOR_INT, CBOR_INT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP };
	unsigned char head;
	uint64_t n;

	if (rest->n == 0)
		return FL_INVALID;
	head = (unsigned char)*rest->p;
	rest->p++;
	rest->n--;
	*out = (struct cbor){ 0 };
	if (head >> 5 == 7) {
		*out = (struct cbor){ .kind = CBOR_SIMPLE, .n = head & 31 };
		return out->n >= 20 && out->n <= 22 ? FL_OK : FL_INVALID;
	}
	if (head >> 5 == 6)
		return FL_INVALID;
	out->kind = kinds[head >> 5];
	FL_TRY(argument(rest, head & 31, &n));
	out->n = head >> 5 == 1 ? -1 - (int64_t)n : (int64_t)n;
	if (out->kind == CBOR_INT)
		return FL_OK;
	return out->kind == CBOR_BYTES || out->kind == CBOR_TEXT ? content(rest, n, out) : nested(rest, n, depth, out);
}

enum fl_rc cbor_read(struct fl_str *rest, struct cbor *out)
{
	struct fl_str left = *rest;

	FL_TRY(item(&left, 0, out));
	*rest = left;
	return FL_OK;
}

static bool find(const struct cbor *map, const struct cbor *key, struct cbor *out)
{
	struct fl_str rest = map->s;
	struct cbor name;

	if (map->kind != CBOR_MAP)
		return false;
	while (rest.n && item(&rest, 1, &name) == FL_OK && item(&rest, 1, out) == FL_OK)
		if (name.kind == key->kind && name.n == key->n && fl_str_eq(name.s, key->s))
			return true;
	return false;
}

bool cbor_at(const struct cbor *map, int64_t key, struct cbor *out)
{
	struct cbor want = { .kind = CBOR_INT, .n = key };

	return find(map, &want, out);
}

bool cbor_under(const struct cbor *map, const char *key, struct cbor *out)
{
	struct cbor want = { .kind = CBOR_TEXT, .n = (int64_t)strlen(key), .s = fl_str(key) };

	return find(map, &want, out);
}
