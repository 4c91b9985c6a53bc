/* Dates and amounts as they are written in English and Spanish. */
#include "app/document/field.h"
#include "base/buf.h"
#include "base/fold.h"

enum { PARTS_MAX = 8, YEAR_LEAST = 1900, YEAR_MOST = 2199 };

struct part {
	struct fl_str s;
	bool digits;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Runs of digits and runs of letters; what is between them is dropped. */
static int parts_of(struct fl_str s, struct part *p)
{
	int n = 0;

	for (size_t i = 0; i < s.n && n < PARTS_MAX;) {
		size_t from = i;
		bool digits = is_digit(s.p[i]);

		while (i < s.n && (digits ? is_digit(s.p[i]) : is_letter(s.p[i])))
			i++;
		if (i > from)
			p[n++] = (struct part){ { s.p + from, i - from }, digits };
		else
			i++;
	}
	return n;
}

/* The first three letters tell; "septiembre" and "setiembre" alike. */
static int month_of(struct fl_str w)
{
	static const char *const names[12][2] = { { "jan", "ene" }, { "feb", "feb" }, { "mar", "mar" }, { "apr", "abr" }, { "may", "may" }, { "jun", "jun" },
		                                  { "jul", "jul" }, { "aug", "ago" }, { "sep", "set" }, { "oct", "oct" }, { "nov", "nov" }, { "dec", "dic" } };

	for (int m = 0; m < 12; m++)
		for (int k = 0; k < 2; k++)
			if (w.n >= 3 && memcmp(w.p, names[m][k], 3) == 0)
				return m + 1;
	return 0;
}

static int number(struct fl_str s)
{
	int64_t v;

	return s.n <= 4 && fl_str_int(s, 0, 9999, &v) == FL_OK ? (int)v : -1;
}

static bool is_day(int y, int m, int d)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return y >= YEAR_LEAST && y <= YEAR_MOST && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1] + (m == 2 && leap);
}

static int year_of(struct fl_str s)
{
	int y = number(s);

	return s.n == 2 && y >= 0 ? (y < 70 ? 2000 : 1900) + y : y;
}

static bool dated(struct fl_arena *a, int y, int m, int d, double sure, struct field *out)
{
	if (!is_day(y, m, d))
		return false;
	out->normal = fl_str(fl_fmt(a, "%04d-%02d-%02d", y, m, d));
	out->sure = sure;
	return true;
}

/* 3/4/2026 is the third of April, or of March the fourth where the text is American; when only one of both is a day, that one. */
static bool by_numbers(struct fl_arena *a, const struct part *p, bool us, struct field *out)
{
	int one = number(p[0].s), two = number(p[1].s), y;

	if (p[0].s.n == 4)
		return dated(a, one, two, number(p[2].s), 0.98, out);
	y = year_of(p[2].s);
	if (one > 12 || two > 12 || one == two)
		return dated(a, y, one > 12 ? two : one, one > 12 ? one : two, p[2].s.n == 4 ? 0.95 : 0.85, out);
	return dated(a, y, us ? one : two, us ? two : one, 0.75, out);
}

bool field_date(struct fl_arena *a, struct fl_str s, bool us, struct field *out)
{
	struct part p[PARTS_MAX];
	int n = parts_of(fl_fold(a, s), p), month = 0, day = -1, year = -1;

	if (n == 3 && p[0].digits && p[1].digits && p[2].digits)
		return by_numbers(a, p, us, out);
	for (int i = 0; i < n; i++) {
		if (!p[i].digits && !month)
			month = month_of(p[i].s);
		else if (p[i].digits && day < 0 && p[i].s.n <= 2)
			day = number(p[i].s);
		else if (p[i].digits && year < 0)
			year = year_of(p[i].s);
		else if (p[i].digits)
			return false;
	}
	return month && dated(a, year, month, day, 0.95, out);
}

static const struct {
	const char *sign, *code;
	int decimals;
} currencies[] = {
	{ "us$", "USD", 2 }, { "\xe2\x82\xac", "EUR", 2 }, { "\xc2\xa3", "GBP", 2 }, { "$", "USD", 2 }, { "\xc2\xa5", "JPY", 0 },
	{ "eur", "EUR", 2 }, { "usd", "USD", 2 }, { "gbp", "GBP", 2 }, { "chf", "CHF", 2 }, { "mxn", "MXN", 2 }, { "ars", "ARS", 2 },
	{ "cop", "COP", 2 }, { "clp", "CLP", 0 }, { "pen", "PEN", 2 }, { "brl", "BRL", 2 }, { "cad", "CAD", 2 }, { "aud", "AUD", 2 },
	{ "jpy", "JPY", 0 }, { "dolar", "USD", 2 }, { "dollar", "USD", 2 }, { "pound", "GBP", 2 },
};

static int currency_of(struct fl_str folded)
{
	for (size_t i = 0; i < FL_COUNT(currencies); i++)
		if (memmem(folded.p, folded.n, currencies[i].sign, strlen(currencies[i].sign)))
			return (int)i;
	return -1;
}

/* The last mark, with one or two digits after it, stands before the decimals; with three it parts thousands, which is doubtful when it is the only one. */
static bool digits_of(struct fl_str s, struct fl_buf *whole, struct fl_buf *cents, bool *doubt)
{
	size_t last = s.n, after = 0, marks = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' || s.p[i] == ',') {
			last = i;
			marks++;
		}
	for (size_t i = last; i < s.n; i++)
		after += is_digit(s.p[i]);
	*doubt = marks == 1 && after == 3 && s.p[last] == '.';
	for (size_t i = 0; i < s.n; i++)
		if (is_digit(s.p[i]))
			fl_buf_putc(i > last && after <= 2 ? cents : whole, s.p[i]);
	return whole->n > 0 && whole->n <= 15 && !whole->over;
}

static struct fl_str written(struct fl_arena *a, bool minus, const struct fl_buf *whole, const struct fl_buf *cents, int currency)
{
	struct fl_buf b = fl_buf(a, 64);
	size_t zeros = 0;

	while (zeros + 1 < whole->n && whole->p[zeros] == '0')
		zeros++;
	if (minus)
		fl_buf_putc(&b, '-');
	fl_buf_add(&b, whole->p + zeros, whole->n - zeros);
	if (currency < 0 || currencies[currency].decimals)
		fl_buf_printf(&b, ".%c%c", cents->n > 0 ? cents->p[0] : '0', cents->n > 1 ? cents->p[1] : '0');
	if (currency >= 0)
		fl_buf_printf(&b, " %s", currencies[currency].code);
	return fl_buf_get(&b);
}

bool field_amount(struct fl_arena *a, struct fl_str s, struct field *out)
{
	struct fl_str folded = fl_fold(a, s);
	struct fl_buf whole = fl_buf(a, 32), cents = fl_buf(a, 8);
	int c = currency_of(folded);
	size_t from = 0;
	bool doubt, minus;

	while (from < folded.n && !is_digit(folded.p[from]))
		from++;
	minus = memchr(folded.p, '-', from) || memmem(folded.p, from, "\xe2\x88\x92", 3);
	while (folded.n > from && !is_digit(folded.p[folded.n - 1]))
		folded.n--;
	if (!digits_of((struct fl_str){ folded.p + from, folded.n - from }, &whole, &cents, &doubt))
		return false;
	out->normal = written(a, minus, &whole, &cents, c);
	out->sure = c < 0 ? 0.6 : doubt ? 0.7 : currencies[c].sign[0] == '$' ? 0.85 : 0.95;
	return true;
}
