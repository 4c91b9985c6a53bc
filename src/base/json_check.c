/* A checker for RFC 8259 that builds nothing but the lists of keys it compares. */
#include <stdlib.h>

#include "base/json.h"

const struct fl_json_limits fl_json_limits_api = { .bytes = 1 << 20, .depth = 16, .keys = 10000, .all = 50000 };

struct check {
	struct fl_arena *a;
	struct fl_str text;
	const struct fl_json_limits *limits;
	size_t at;
	int depth;
	size_t all; /* values so far */
	const char *why;
	struct fl_buf name; /* of the member that is read */
	struct fl_buf names; /* struct fl_str: of the members so far of all objects that are open, the innermost last */
};

static enum fl_rc value(struct check *k);

static enum fl_rc wrong(struct check *k, const char *why)
{
	if (!k->why)
		k->why = why;
	return FL_INVALID;
}

static int peek(const struct check *k)
{
	return k->at < k->text.n ? (unsigned char)k->text.p[k->at] : -1;
}

static void space(struct check *k)
{
	int c;

	while ((c = peek(k)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		k->at++;
}

static enum fl_rc literal(struct check *k, const char *word)
{
	size_t n = strlen(word);

	if (k->text.n - k->at < n || memcmp(k->text.p + k->at, word, n) != 0)
		return wrong(k, "a value must be an object, array, string, number, true, false or null");
	k->at += n;
	return FL_OK;
}

static size_t digits(struct check *k)
{
	size_t from = k->at;

	while (peek(k) >= '0' && peek(k) <= '9')
		k->at++;
	return k->at - from;
}

static enum fl_rc number(struct check *k)
{
	if (peek(k) == '-')
		k->at++;
	if (peek(k) == '0')
		k->at++;
	else if (digits(k) == 0)
		return wrong(k, "a number needs a digit");
	if (peek(k) == '.') {
		k->at++;
		if (digits(k) == 0)
			return wrong(k, "a number needs a digit after the point");
	}
	if (peek(k) == 'e' || peek(k) == 'E') {
		k->at++;
		if (peek(k) == '+' || peek(k) == '-')
			k->at++;
		if (digits(k) == 0)
			return wrong(k, "a number needs a digit in its exponent");
	}
	return FL_OK;
}

static enum fl_rc hex4(struct check *k, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, k->at++) {
		int c = peek(k);
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (v < 0)
			return wrong(k, "\\u needs four hexadecimal digits");
		*out = *out << 4 | (unsigned)v;
	}
	return FL_OK;
}

static void put_utf8(struct fl_buf *b, unsigned c)
{
	char out[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1)
		out[0] = (char)c;
	for (size_t i = n - 1; n > 1 && i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	if (n > 1)
		out[0] = (char)((0xf00 >> n & 0xf0) | c);
	fl_buf_add(b, out, n);
}

static enum fl_rc unicode_escape(struct check *k, struct fl_buf *key)
{
	unsigned c, low;

	FL_TRY(hex4(k, &c));
	if (c == 0)
		return wrong(k, "the character NUL is not taken");
	if (c >= 0xdc00 && c <= 0xdfff)
		return wrong(k, "half of a surrogate pair");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (peek(k) != '\\' || k->at + 1 >= k->text.n || k->text.p[k->at + 1] != 'u')
			return wrong(k, "half of a surrogate pair");
		k->at += 2;
		FL_TRY(hex4(k, &low));
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(k, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (key)
		put_utf8(key, c);
	return FL_OK;
}

static enum fl_rc escape(struct check *k, struct fl_buf *key)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(k);
	const char *found;

	if (c < 0)
		return wrong(k, "a string is not closed");
	k->at++;
	if (c == 'u')
		return unicode_escape(k, key);
	found = c ? strchr(from, c) : NULL;
	if (!found)
		return wrong(k, "no such escape in a string");
	if (key)
		fl_buf_putc(key, to[found - from]);
	return FL_OK;
}

/* A string; its unescaped text goes to key when that is wanted. UTF-8 was checked for the whole document. */
static enum fl_rc string(struct check *k, struct fl_buf *key)
{
	if (peek(k) != '"')
		return wrong(k, "a name must be a string in double quotes");
	k->at++;
	for (;;) {
		size_t from = k->at;
		int c;

		while ((c = peek(k)) >= 0x20 && c != '"' && c != '\\')
			k->at++;
		if (key)
			fl_buf_add(key, k->text.p + from, k->at - from);
		if (c < 0)
			return wrong(k, "a string is not closed");
		if (c < 0x20)
			return wrong(k, "a control character in a string must be escaped");
		k->at++;
		if (c == '"')
			return FL_OK;
		FL_TRY(escape(k, key));
	}
}

/* A name, unescaped. Every escape is longer than what it stands for: one of the same length is as it stands in the document, others are copied. */
static enum fl_rc name(struct check *k, struct fl_str *out)
{
	size_t from = k->at + 1;

	k->name.n = 0;
	FL_TRY(string(k, &k->name));
	*out = (struct fl_str){ k->text.p + from, k->at - 1 - from };
	if (out->n != k->name.n)
		*out = (struct fl_str){ fl_strndup(k->a, fl_buf_get(&k->name)), k->name.n };
	return FL_OK;
}

static int compare_keys(const void *a, const void *b)
{
	const struct fl_str *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int d = n ? memcmp(x->p, y->p, n) : 0;

	return d ? d : (x->n > y->n) - (x->n < y->n);
}

/* Whether the names from byte `from` of the list on are all different; they leave it. */
static enum fl_rc distinct(struct check *k, size_t from)
{
	struct fl_str *list = (struct fl_str *)(void *)(k->names.p + from);
	size_t n = (k->names.n - from) / sizeof(*list);

	if (n > 1)
		qsort(list, n, sizeof(*list), compare_keys);
	k->names.n = from;
	for (size_t i = 1; i < n; i++)
		if (fl_str_eq(list[i - 1], list[i]))
			return wrong(k, "a name stands twice in one object");
	return FL_OK;
}

static enum fl_rc member(struct check *k)
{
	struct fl_str unescaped;

	space(k);
	FL_TRY(name(k, &unescaped));
	fl_buf_add(&k->names, (const char *)&unescaped, sizeof(unescaped));
	space(k);
	if (peek(k) != ':')
		return wrong(k, "a colon is missing after a name");
	k->at++;
	return value(k);
}

static enum fl_rc members(struct check *k, bool is_object)
{
	int close = is_object ? '}' : ']';
	size_t n = 0, names = k->names.n;

	k->at++;
	space(k);
	if (peek(k) == close) {
		k->at++;
		return FL_OK;
	}
	for (;;) {
		if (++n > k->limits->keys)
			return wrong(k, "too many members");
		FL_TRY(is_object ? member(k) : value(k));
		space(k);
		if (peek(k) == close)
			break;
		if (peek(k) != ',')
			return wrong(k, "a comma or a closing bracket is missing");
		k->at++;
	}
	k->at++;
	return is_object ? distinct(k, names) : FL_OK;
}

static enum fl_rc value(struct check *k)
{
	enum fl_rc rc;
	int c;

	if (k->limits->all && ++k->all > k->limits->all)
		return wrong(k, "too many values");
	space(k);
	c = peek(k);
	if (c == '"')
		return string(k, NULL);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(k);
	if (c != '{' && c != '[')
		return literal(k, c == 't' ? "true" : c == 'f' ? "false" : "null");
	if (++k->depth > k->limits->depth)
		return wrong(k, "nested too deep");
	rc = members(k, c == '{');
	k->depth--;
	return rc;
}

enum fl_rc fl_json_check(struct fl_arena *a, struct fl_str text, const struct fl_json_limits *limits, const char **why, size_t *at)
{
	/* At most `keys` names of each object that is open. */
	size_t most = ((size_t)limits->depth * limits->keys + 1) * sizeof(struct fl_str);
	struct check k = { .a = a, .text = text, .limits = limits, .name = fl_buf(a, limits->bytes), .names = fl_buf(a, most) };
	enum fl_rc rc;

	if (text.n > limits->bytes)
		rc = wrong(&k, "the document is too large");
	else if (!fl_str_utf8(text))
		rc = wrong(&k, "the document is not UTF-8");
	else
		rc = value(&k);
	space(&k);
	if (rc == FL_OK && k.at != text.n)
		rc = wrong(&k, "something follows the value");
	if (why)
		*why = k.why;
	if (at)
		*at = k.at;
	return rc;
}
