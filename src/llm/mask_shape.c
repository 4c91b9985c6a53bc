#include "llm/mask_shape.h"

enum {
	COMPACT_MAX = 34, /* the longest IBAN, ISO 13616 */
	LOCAL_MAX = 320,  /* no address has more before its @ (RFC 5321, 4.5.3.1) */
};

/* Letters and digits from a place on, what separates their groups left out. */
struct compact {
	char c[COMPACT_MAX];
	size_t end[COMPACT_MAX]; /* where each of them ends, from the place */
	size_t n;
	size_t ndigits; /* that stand in front of the first letter */
	bool more;      /* there is another one after the last */
};

static bool is_local(char c)
{
	return mask_is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '\'' || (c & 0x80);
}

static bool is_free(struct fl_str s, size_t i)
{
	return i >= s.n || !mask_is_alnum(s.p[i]);
}

static bool begins(struct fl_str s, size_t at)
{
	return at == 0 || is_free(s, at - 1) || (at > 1 && s.p[at - 2] == '\\' && memchr("nrt", s.p[at - 1], 3));
}

static struct compact compact_at(struct fl_str s, size_t at, const char *between)
{
	struct compact k = { .n = 0 };

	for (size_t i = at; i < s.n; i++) {
		bool is_gap = !mask_is_alnum(s.p[i]);

		if (is_gap && (!k.n || !strchr(between, s.p[i]) || i - at > k.end[k.n - 1]))
			break;
		if (is_gap)
			continue;
		k.more = k.n == COMPACT_MAX;
		if (k.more)
			break;
		k.ndigits += k.ndigits == k.n && mask_is_digit(s.p[i]);
		k.c[k.n] = mask_upper(s.p[i]);
		k.end[k.n++] = i + 1 - at;
	}
	return k;
}

static size_t locals(struct fl_str s, size_t i, size_t most)
{
	size_t n = 0;

	while (i + n < s.n && n < most && is_local(s.p[i + n]))
		n++;
	return n;
}

static size_t email_at(struct fl_str s, size_t at)
{
	bool within = at && is_local(s.p[at - 1]);
	size_t n, host;

	/* Only where its local part begins, so that a long word is measured once; behind a point or a hyphen of a word not further than an address goes. */
	if (within && !begins(s, at))
		return 0;
	n = locals(s, at, within ? LOCAL_MAX : s.n);
	if (!n || at + n == s.n || s.p[at + n] != '@')
		return 0;
	host = locals(s, at + n + 1, s.n);
	while (host && !mask_is_alnum(s.p[at + n + host]) && !(s.p[at + n + host] & 0x80))
		host--;
	return host ? n + 1 + host : 0;
}

static bool luhn(const char *p, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		int d = p[n - 1 - i] - '0';

		d = i % 2 ? d * 2 : d;
		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

static bool iban(const char *p, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[(i + 4) % n];

		sum = mask_is_digit(c) ? (sum * 10 + c - '0') % 97 : (sum * 100 + c - 'A' + 10) % 97;
	}
	return sum == 1;
}

/* The last of the first n of k is the end of a group. */
static bool ends(struct fl_str s, size_t at, const struct compact *k, size_t n)
{
	return is_free(s, at + k->end[n - 1]);
}

static size_t account_at(struct fl_str s, size_t at)
{
	enum { SHORTEST = 15, SHORTEST_DIGITS = 16 };
	struct compact k = compact_at(s, at, " -");

	if (k.n > 4 && !k.ndigits && !mask_is_digit(k.c[1]) && mask_is_digit(k.c[2]) && mask_is_digit(k.c[3]))
		for (size_t n = k.n; n >= SHORTEST; n--)
			if (ends(s, at, &k, n) && iban(k.c, n))
				return k.end[n - 1];
	for (size_t n = k.ndigits; n >= SHORTEST_DIGITS && !k.more; n--)
		if (ends(s, at, &k, n))
			return k.end[n - 1];
	return 0;
}

static size_t card_at(struct fl_str s, size_t at)
{
	enum { SHORTEST = 13, LONGEST = 19 };
	struct compact k = compact_at(s, at, " -");

	for (size_t n = k.ndigits < LONGEST ? k.ndigits : LONGEST; n >= SHORTEST; n--)
		if (ends(s, at, &k, n) && luhn(k.c, n))
			return k.end[n - 1];
	return 0;
}

/* # a digit, @ a letter, anything else itself. */
static bool has_shape(struct fl_str shape, const char *p, size_t n)
{
	if (n < shape.n)
		return false;
	for (size_t i = 0; i < shape.n; i++) {
		char c = mask_upper(p[i]);

		if (!(shape.p[i] == '#' ? mask_is_digit(c) : shape.p[i] == '@' ? mask_is_alnum(c) && !mask_is_digit(c) : shape.p[i] == p[i] || mask_upper(shape.p[i]) == c))
			return false;
	}
	return true;
}

/* The letter of DNI and NIE: the number modulo 23 (Real Decreto 1553/2005); a NIE begins with X, Y or Z for 0, 1, 2. */
static bool spanish(const char *p)
{
	int number = mask_is_digit(p[0]) ? p[0] - '0' : p[0] - 'X';

	for (int i = 1; i < 8; i++)
		number = number * 10 + p[i] - '0';
	return p[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

static size_t identity_at(struct fl_str s, size_t at)
{
	static const struct {
		const char *shape;
		bool (*check)(const char *p);
	} known[] = {
		{ "########@", spanish }, { "X#######@", spanish }, { "Y#######@", spanish }, { "Z#######@", spanish },
		{ "@@@@######@@@@@@##", NULL }, { "@@@@######@@@@@@@#", NULL }, /* CURP */
		{ "@@@@@@##@##@###@", NULL },                                  /* codice fiscale */
		{ "@@######@", NULL },                                         /* National Insurance */
	};
	struct fl_str social = FL_STR("###-##-####");
	struct compact k = compact_at(s, at, " -.");

	if (has_shape(social, s.p + at, s.n - at) && is_free(s, at + social.n))
		return social.n;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct fl_str shape = fl_str(known[i].shape);

		if (has_shape(shape, k.c, k.n) && ends(s, at, &k, shape.n) && (!known[i].check || known[i].check(k.c)))
			return k.end[shape.n - 1];
	}
	return 0;
}

/* 06.12.34.56.78 goes on after what could be a date. */
static bool is_last(struct fl_str s, size_t i)
{
	return is_free(s, i) && !(i + 1 < s.n && memchr("./-", s.p[i], 3) && mask_is_digit(s.p[i + 1]));
}

/* 2026-11-22, 22/11/2026, 22.11.26. */
static size_t date_at(struct fl_str s, size_t at)
{
	static const char *const shapes[] = { "####-##-##", "####/##/##", "##/##/####", "##-##-####", "##.##.####", "#/##/####", "##/#/####", "#/#/####", "#.##.####", "##.#.####", "##/##/##", "##.##.##" };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct fl_str shape = fl_str(shapes[i]);

		if (has_shape(shape, s.p + at, s.n - at) && is_last(s, at + shape.n) && begins(s, at))
			return shape.n;
	}
	return 0;
}

/* A date with its whole year, which no number is likely to have within. */
static bool is_full_date(struct fl_str s, size_t at)
{
	size_t end = at + date_at(s, at);
	int part[3] = { 0 }, year, first, second, i = 0;

	if (end < at + 8)
		return false;
	for (; at < end; at++)
		if (mask_is_digit(s.p[at]))
			part[i] = part[i] * 10 + s.p[at] - '0';
		else
			i++;
	year = part[0] > 31 ? part[0] : part[2];
	first = part[0] > 31 ? part[2] : part[0];
	second = part[1];
	return year >= 1900 && year < 2100 && first <= 31 && second <= 31 && (first <= 12 || second <= 12);
}

struct digits {
	int n;
	size_t end; /* of the last, from the place */
};

/* Groups of digits with at most two signs between two of them, as many as one number can have, up to a date: +34 (600) 12-34-56. */
static struct digits groups_at(struct fl_str s, size_t at, int most)
{
	struct digits now = { 0, 0 }, before = { 0, 0 };
	size_t i = at + (s.p[at] == '+' || s.p[at] == '(');

	for (; i < s.n; i++) {
		if (now.n && s.p[i - 1] == ' ' && is_full_date(s, i))
			break;
		if (mask_is_digit(s.p[i])) {
			now.n++;
			now.end = i + 1 - at;
		} else if (!memchr(" .-/()", s.p[i], 6) || i - at - now.end >= 2 || now.n > most) {
			break;
		} else {
			before = now;
		}
	}
	return before.n && (now.n > most || !is_free(s, at + now.end)) ? before : now;
}

static size_t phone_at(struct fl_str s, size_t at)
{
	enum { MOST = 15, LEAST = 9, LEAST_ABROAD = 7 }; /* ITU-T E.164 */
	bool is_part = at && memchr(":.,", s.p[at - 1], 3); /* 10:00 is no prefix of what follows */
	bool is_abroad = s.p[at] == '+' || (!is_part && s.n - at > 1 && memcmp(s.p + at, "00", 2) == 0);
	struct digits d;

	if (!(is_abroad || mask_is_digit(s.p[at]) || s.p[at] == '(') || date_at(s, at))
		return 0;
	d = groups_at(s, at, MOST);
	return d.n >= (is_abroad ? LEAST_ABROAD : LEAST) && is_free(s, at + d.end) ? d.end : 0;
}

size_t mask_kind_at(enum mask_kind kind, struct fl_str s, size_t at)
{
	if (kind == MASK_EMAIL)
		return email_at(s, at);
	if (!begins(s, at))
		return 0;
	switch (kind) {
	case MASK_ACCOUNT: return account_at(s, at);
	case MASK_CARD: return card_at(s, at);
	case MASK_IDENTITY: return identity_at(s, at);
	case MASK_PHONE: return phone_at(s, at);
	default: return 0;
	}
}

size_t mask_shapes_at(struct fl_str shapes, struct fl_str s, size_t at)
{
	while (shapes.n) {
		struct fl_str shape = fl_str_trim(fl_str_cut(&shapes, ','));

		if (shape.n && begins(s, at) && has_shape(shape, s.p + at, s.n - at) && is_free(s, at + shape.n))
			return shape.n;
	}
	return 0;
}

size_t mask_skip(struct fl_str s, size_t at)
{
	size_t n = mask_is_digit(s.p[at]) ? date_at(s, at) : 0;

	return n ? n : 1;
}
