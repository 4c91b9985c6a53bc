/* Numbers that carry check digits. */
#include "app/document/field.h"
#include "base/buf.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_sign(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z');
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Letters and digits alone, in capitals; at[i]: where the i-th stood. */
static struct fl_str compact(struct fl_arena *a, struct fl_str s, size_t *at, size_t most)
{
	struct fl_buf b = fl_buf(a, most);

	for (size_t i = 0; i < s.n && b.n < most; i++)
		if (is_sign(upper(s.p[i]))) {
			at[b.n] = i;
			fl_buf_putc(&b, upper(s.p[i]));
		}
	return fl_buf_get(&b);
}

/* Digits, letters counting from A = 10, modulo 97. */
static int mod97(int sum, struct fl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		sum = is_digit(s.p[i]) ? (sum * 10 + s.p[i] - '0') % 97 : (sum * 100 + s.p[i] - 'A' + 10) % 97;
	return sum;
}

/* Length by country: the registry of ISO 13616. */
static size_t iban_length(const char *country)
{
	static const char lengths[] = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21"
	                              "HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24"
	                              "RS22SA24SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

	for (size_t i = 0; i + 4 < sizeof(lengths); i += 4)
		if (memcmp(lengths + i, country, 2) == 0)
			return (size_t)(lengths[i + 2] - '0') * 10 + (size_t)(lengths[i + 3] - '0');
	return 0;
}

bool field_iban(struct fl_arena *a, struct fl_str s, struct field *out)
{
	size_t at[40], length;
	struct fl_str c = compact(a, s, at, FL_COUNT(at));
	bool right;

	length = c.n < 5 ? 0 : iban_length(c.p);
	if (!length || c.n < length || !is_digit(c.p[2]) || !is_digit(c.p[3]))
		return false;
	right = mod97(mod97(0, (struct fl_str){ c.p + 4, length - 4 }), (struct fl_str){ c.p, 4 }) == 1;
	out->to = at[length - 1] + 1;
	out->normal = (struct fl_str){ c.p, length };
	out->check = right ? FIELD_CHECK_RIGHT : FIELD_CHECK_WRONG;
	out->sure = right ? 0.99 : 0.4;
	return true;
}

static int value(struct fl_str s)
{
	int64_t v;

	return fl_str_int(s, 0, 999999999, &v) == FL_OK ? (int)v : -1;
}

/* Luhn (ISO/IEC 7812-1), the last digit being the check. */
static bool luhn(struct fl_str s)
{
	int sum = 0;

	for (size_t i = 0; i < s.n; i++) {
		int d = s.p[s.n - 1 - i] - '0';

		sum += i % 2 ? (d * 2 > 9 ? d * 2 - 9 : d * 2) : d;
	}
	return sum % 10 == 0;
}

/* NIF and NIE: a letter by the number modulo 23; of companies: Luhn over seven digits, as a digit or a letter (Orden EHA/451/2008). */
static bool spanish(struct fl_str s)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE", company[] = "JABCDEFGHI";
	int n, sum = 0;

	if (s.n != 9)
		return false;
	if (is_digit(s.p[0]) || strchr("XYZ", s.p[0])) {
		n = value((struct fl_str){ s.p + 1, 7 });
		n += (is_digit(s.p[0]) ? s.p[0] - '0' : s.p[0] - 'X') * 10000000;
		return n >= 0 && s.p[8] == letters[n % 23];
	}
	for (int i = 1; i <= 7; i++) {
		int d = s.p[i] - '0';

		if (!is_digit(s.p[i]))
			return false;
		sum += i % 2 ? (d * 2 > 9 ? d * 2 - 9 : d * 2) : d;
	}
	n = (10 - sum % 10) % 10;
	return s.p[8] == '0' + n || s.p[8] == company[n];
}

/* ISO 7064 mod 11, 10. */
static bool german(struct fl_str s)
{
	int p = 10;

	for (int i = 0; i < 8; i++) {
		int sum = (s.p[i] - '0' + p) % 10;

		p = (sum ? sum : 10) * 2 % 11;
	}
	return (11 - p) % 10 == s.p[8] - '0';
}

/* Weights from nine down, modulo 11. */
static bool portuguese(struct fl_str s)
{
	int sum = 0, rest;

	for (int i = 0; i < 8; i++)
		sum += (s.p[i] - '0') * (9 - i);
	rest = 11 - sum % 11;
	return (rest > 9 ? 0 : rest) == s.p[8] - '0';
}

static bool belgian(struct fl_str s)
{
	return 97 - value((struct fl_str){ s.p, s.n - 2 }) % 97 == value((struct fl_str){ s.p + s.n - 2, 2 });
}

/* A key of two digits over the SIREN; keys with letters are not known by rule. */
static bool french(struct fl_str s)
{
	int siren = value((struct fl_str){ s.p + 2, 9 });

	return !is_digit(s.p[0]) || !is_digit(s.p[1]) || (siren >= 0 && (12 + 3 * (siren % 97)) % 97 == value((struct fl_str){ s.p, 2 }));
}

static const struct {
	const char *country;
	size_t least, most;
	bool (*right)(struct fl_str s); /* NULL: not known */
} vats[] = {
	{ "DE", 9, 9, german }, { "PT", 9, 9, portuguese }, { "BE", 9, 10, belgian }, { "IT", 11, 11, luhn }, { "FR", 11, 11, french }, { "ES", 9, 9, spanish },
	{ "AT", 9, 9, NULL }, { "NL", 12, 12, NULL }, { "IE", 8, 9, NULL }, { "GB", 9, 12, NULL }, { "PL", 10, 10, NULL }, { "LU", 8, 8, NULL }, { "DK", 8, 8, NULL },
	{ "SE", 12, 12, NULL }, { "FI", 8, 8, NULL },
};

static void judge(struct field *out, bool known, bool right)
{
	out->check = !known ? FIELD_NO_CHECK : right ? FIELD_CHECK_RIGHT : FIELD_CHECK_WRONG;
	out->sure = !known ? 0.7 : right ? 0.97 : 0.4;
}

bool field_tax_id(struct fl_arena *a, struct fl_str s, struct field *out)
{
	size_t at[24];
	struct fl_str c = compact(a, s, at, FL_COUNT(at));

	out->normal = c;
	for (size_t i = 0; i < FL_COUNT(vats); i++) {
		struct fl_str rest = { c.p + 2, c.n - 2 };

		if (c.n < 3 || memcmp(c.p, vats[i].country, 2) != 0 || rest.n < vats[i].least || rest.n > vats[i].most)
			continue;
		judge(out, vats[i].right, vats[i].right && vats[i].right(rest));
		return true;
	}
	if (c.n == 9 && !(is_digit(c.p[0]) && is_digit(c.p[8]))) {
		judge(out, true, spanish(c));
		return true;
	}
	judge(out, false, false);
	return c.n >= 8 && c.n <= 14; /* of elsewhere, by its label or a person's word */
}
