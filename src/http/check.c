/* Validation of single values. Each function brings the text into canonical form or names the message of what is wrong. */
#include <stdlib.h>

#include "http/web.h"

static int64_t or_default(int64_t v, int64_t deflt)
{
	return v ? v : deflt;
}

static size_t characters(struct fl_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static const char *check_length(const struct fl_value *v, int64_t max_default)
{
	int64_t n = (int64_t)characters(v->s);

	if (n < v->field->min)
		return "wrong.too_short";
	return n > or_default(v->field->max, max_default) ? "wrong.too_long" : NULL;
}

static const char *check_text(struct fl_arena *a, struct fl_value *v)
{
	(void)a;
	v->s = fl_str_trim(v->s);
	for (size_t i = 0; i < v->s.n; i++)
		if ((unsigned char)v->s.p[i] < 0x20 || v->s.p[i] == 0x7f)
			return "wrong.control";
	return check_length(v, 200);
}

static const char *check_long(struct fl_arena *a, struct fl_value *v)
{
	char *p = fl_alloc(a, v->s.n + 1);
	size_t n = 0;

	/* Browsers send line ends as CRLF. */
	for (size_t i = 0; i < v->s.n; i++) {
		unsigned char c = (unsigned char)v->s.p[i];

		if (c == '\r')
			continue;
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return "wrong.control";
		p[n++] = (char)c;
	}
	v->s = fl_str_trim((struct fl_str){ p, n });
	return check_length(v, 20000);
}

static const char *check_secret(struct fl_arena *a, struct fl_value *v)
{
	(void)a;
	return check_length(v, 1024);
}

static const char *check_int(struct fl_arena *a, struct fl_value *v)
{
	int64_t n, min = v->field->min, max = v->field->max ? v->field->max : INT64_MAX;

	v->s = fl_str_trim(v->s);
	if (fl_str_int(v->s, INT64_MIN, INT64_MAX, &n) != FL_OK)
		return "wrong.int";
	if (n < min || n > max)
		return "wrong.range";
	v->s = fl_str(fl_fmt(a, "%lld", (long long)n));
	return NULL;
}

static bool out_of_range(const struct fl_field *f, double n)
{
	return (f->min || f->max) && (n < (double)f->min || n > (double)f->max);
}

static const char *check_number(struct fl_arena *a, struct fl_value *v)
{
	struct fl_str s = fl_str_trim(v->s);
	size_t ndigits = 0, npoints = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		ndigits += digit;
		npoints += s.p[i] == '.';
		if (!digit && s.p[i] != '.' && !(s.p[i] == '-' && i == 0))
			return "wrong.number";
	}
	if (ndigits == 0 || ndigits > 15 || npoints > 1)
		return "wrong.number";
	v->s = s;
	return out_of_range(v->field, strtod(fl_strndup(a, s), NULL)) ? "wrong.range" : NULL;
}

static const char *check_bool(struct fl_arena *a, struct fl_value *v)
{
	static const char *const yes[] = { "on", "true", "1" }, *const no[] = { "off", "false", "0" };

	(void)a;
	for (size_t i = 0; i < FL_COUNT(yes); i++) {
		if (fl_str_eq(v->s, fl_str(yes[i]))) {
			v->s = FL_STR("true");
			return NULL;
		}
		if (fl_str_eq(v->s, fl_str(no[i]))) {
			v->s = FL_STR("false");
			return NULL;
		}
	}
	return "wrong.bool";
}

static const char *check_choice(struct fl_arena *a, struct fl_value *v)
{
	struct fl_str rest = fl_str(v->field->choices);

	(void)a;
	while (rest.p)
		if (fl_str_eq(fl_str_cut(&rest, '|'), v->s))
			return NULL;
	return "wrong.choice";
}

static char *lower_case(struct fl_arena *a, struct fl_str s)
{
	char *p = fl_strndup(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return p;
}

static bool is_domain(struct fl_str s)
{
	bool edges = s.n >= 3 && s.p[0] != '.' && s.p[0] != '-' && s.p[s.n - 1] != '.' && s.p[s.n - 1] != '-';

	return edges && memchr(s.p, '.', s.n) && !memchr(s.p, '@', s.n);
}

/* The part of RFC 5321 addresses that people have: local@domain.tld, no quoting, no blanks, at most 254 bytes. */
static const char *check_email(struct fl_arena *a, struct fl_value *v)
{
	struct fl_str s = fl_str_trim(v->s), rest = s, local = fl_str_cut(&rest, '@');

	if (s.n > 254 || local.n == 0 || local.n > 64 || !is_domain(rest))
		return "wrong.email";
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>()[]\\,;:\"", s.p[i]))
			return "wrong.email";
	v->s = fl_str(lower_case(a, s));
	return NULL;
}

static const char *check_phone(struct fl_arena *a, struct fl_value *v)
{
	struct fl_str s = fl_str_trim(v->s);
	size_t ndigits = 0;

	(void)a;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			ndigits++;
		else if (!strchr("+ -()./", s.p[i]))
			return "wrong.phone";
	}
	if (ndigits < 5 || ndigits > 15)
		return "wrong.phone";
	v->s = s;
	return NULL;
}

static const char *check_date(struct fl_arena *a, struct fl_value *v)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct fl_str s = fl_str_trim(v->s);
	int64_t y, m, d;
	bool leap;

	(void)a;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || fl_str_int((struct fl_str){ s.p, 4 }, 1900, 2200, &y) != FL_OK ||
	    fl_str_int((struct fl_str){ s.p + 5, 2 }, 1, 12, &m) != FL_OK || fl_str_int((struct fl_str){ s.p + 8, 2 }, 1, 31, &d) != FL_OK)
		return "wrong.date";
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > days[m - 1] + (m == 2 && leap))
		return "wrong.date";
	v->s = s;
	return NULL;
}

static const char *check_uuid(struct fl_arena *a, struct fl_value *v)
{
	if (!fl_uuid_valid(v->s))
		return "wrong.uuid";
	v->s = fl_str(lower_case(a, v->s));
	return NULL;
}

/* Lists and objects come as JSON that the body's parser made; only their size is left to check. */
static const char *check_json(struct fl_arena *a, struct fl_value *v)
{
	(void)a;
	return (int64_t)v->s.n > or_default(v->field->max, 65536) ? "wrong.too_long" : NULL;
}

const char *web_check(struct fl_arena *a, struct fl_value *v)
{
	static const char *(*const checks[])(struct fl_arena *, struct fl_value *) = {
		[FL_K_TEXT] = check_text,     [FL_K_LONG] = check_long,   [FL_K_SECRET] = check_secret, [FL_K_INT] = check_int,
		[FL_K_NUMBER] = check_number, [FL_K_BOOL] = check_bool,   [FL_K_CHOICE] = check_choice, [FL_K_EMAIL] = check_email,
		[FL_K_PHONE] = check_phone,   [FL_K_DATE] = check_date,   [FL_K_UUID] = check_uuid,     [FL_K_LIST] = check_json,
		[FL_K_OBJECT] = check_json,
	};

	return checks[v->field->kind](a, v);
}
