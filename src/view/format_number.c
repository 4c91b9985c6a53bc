#include <math.h>

#include "view/inside.h"

#define NBSP "\xc2\xa0"

/* CLDR 42: group and decimal signs; es groups from five digits on. */
static const struct {
	char group, decimal;
	size_t group_from;
} signs[LOCALES] = { [EN] = { ',', '.', 4 }, [ES] = { '.', ',', 5 } };

/* ISO 4217: those whose minor unit is not a hundredth. */
static const struct {
	const char *code;
	int places;
} exponents[] = {
	{ "BHD", 3 }, { "BIF", 0 }, { "CLF", 4 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "IQD", 3 }, { "ISK", 0 }, { "JOD", 3 },
	{ "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "KWD", 3 }, { "LYD", 3 }, { "OMR", 3 }, { "PYG", 0 }, { "RWF", 0 }, { "TND", 3 },
	{ "UGX", 0 }, { "UYI", 0 }, { "UYW", 4 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 }, { "XOF", 0 }, { "XPF", 0 },
};

static const struct {
	const char *code, *symbol;
} symbols[] = { { "EUR", "€" }, { "USD", "$" }, { "GBP", "£" }, { "JPY", "¥" } };

/* Digits with group signs. */
static void put_grouped(int locale, uint64_t v, struct fl_buf *out)
{
	char text[32];
	size_t at = sizeof(text), n = 0;
	uint64_t ten = 1;
	bool grouped;

	for (size_t i = 1; i < signs[locale].group_from; i++)
		ten *= 10;
	grouped = v >= ten;
	do {
		if (grouped && n && n % 3 == 0)
			text[--at] = signs[locale].group;
		text[--at] = (char)('0' + v % 10);
		n++;
	} while ((v /= 10) != 0);
	fl_buf_add(out, text + at, sizeof(text) - at);
}

static uint64_t size_of(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

void format_grouped(int locale, int64_t v, struct fl_buf *out)
{
	if (v < 0)
		fl_buf_putc(out, '-');
	put_grouped(locale, size_of(v), out);
}

/* v is in units of 10^-places. */
static void put_decimal(int locale, uint64_t v, int places, struct fl_buf *out)
{
	uint64_t unit = 1;

	for (int i = 0; i < places; i++)
		unit *= 10;
	put_grouped(locale, v / unit, out);
	if (places)
		fl_buf_printf(out, "%c%0*llu", signs[locale].decimal, places, (unsigned long long)(v % unit));
}

void format_fixed(int locale, double v, int places, struct fl_buf *out)
{
	double scaled = fabs(v);

	for (int i = 0; i < places; i++)
		scaled *= 10;
	if (!isfinite(v) || scaled > 9e18) {
		fl_buf_printf(out, "%g", v);
		return;
	}
	scaled = floor(scaled + 0.5);
	if (v < 0 && scaled > 0)
		fl_buf_putc(out, '-');
	put_decimal(locale, (uint64_t)scaled, places, out);
}

static int places_of(struct fl_str currency)
{
	for (size_t i = 0; i < FL_COUNT(exponents); i++)
		if (fl_str_eq(fl_str(exponents[i].code), currency))
			return exponents[i].places;
	return 2;
}

void format_money(int locale, int64_t minor, struct fl_str currency, struct fl_buf *out)
{
	const char *symbol = NULL;

	for (size_t i = 0; i < FL_COUNT(symbols); i++)
		if (fl_str_eq(fl_str(symbols[i].code), currency))
			symbol = symbols[i].symbol;
	if (minor < 0)
		fl_buf_putc(out, '-');
	if (locale == EN && symbol) {
		fl_buf_puts(out, symbol);
	} else if (locale == EN && currency.n) {
		fl_buf_str(out, currency);
		fl_buf_puts(out, NBSP);
	}
	put_decimal(locale, size_of(minor), places_of(currency), out);
	if (locale != EN && currency.n) {
		fl_buf_puts(out, NBSP);
		fl_buf_str(out, symbol ? fl_str(symbol) : currency);
	}
}

/* A value with a unit: whole from ten on, else with one place. */
static void put_unit(int locale, double v, const char *unit, struct fl_buf *out)
{
	format_fixed(locale, v, v < 9.95 ? 1 : 0, out);
	fl_buf_puts(out, NBSP);
	fl_buf_puts(out, unit);
}

void format_bytes(int locale, int64_t v, struct fl_buf *out)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double d = (double)v / 1000;
	size_t u = 0;

	if (v < 1000) {
		format_grouped(locale, v, out);
		fl_buf_puts(out, NBSP "B");
		return;
	}
	for (; d >= 999.5 && u + 1 < FL_COUNT(units); u++)
		d /= 1000;
	put_unit(locale, d, units[u], out);
}

void format_ms(int locale, int64_t v, struct fl_buf *out)
{
	if (v < 1000) {
		format_grouped(locale, v, out);
		fl_buf_puts(out, NBSP "ms");
	} else if (v < 60000) {
		put_unit(locale, (double)v / 1000, "s", out);
	} else {
		put_unit(locale, (double)v / 60000, "min", out);
	}
}

void format_span(int locale, int64_t minutes, struct fl_buf *out)
{
	int64_t hours = minutes / 60;

	if (hours != 0) {
		format_grouped(locale, hours, out);
		fl_buf_puts(out, NBSP "h");
		minutes %= 60;
		if (minutes == 0)
			return;
		fl_buf_puts(out, NBSP);
	}
	format_grouped(locale, hours != 0 && minutes < 0 ? -minutes : minutes, out);
	fl_buf_puts(out, NBSP "min");
}
