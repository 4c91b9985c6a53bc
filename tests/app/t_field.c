/* Fields by rules: what is found in texts as they come, what it is made normal to, and what is left alone. */
#include "app/document/field.h"
#include "base/buf.h"

#include "../tap.h"

static const struct {
	const char *text, *found; /* "kind value=normal[!];..." with ! for wrong check digits */
} rows[] = {
	{ "Invoice 2291 for the bakery\nThe amount due is 1,250.00 EUR and it is payable", "number 2291=2291;amount 1,250.00 EUR=1250.00 EUR;" },
	{ "Factura n\xc2\xba F-2026/0117\nFecha: 21/11/2026\nTotal: 1.250,50 \xe2\x82\xac", "number F-2026/0117=F-2026/0117;date 21/11/2026=2026-11-21;amount 1.250,50 \xe2\x82\xac=1250.50 EUR;" },
	{ "Questions go to Billing@Bakery.example in time.", "email Billing@Bakery.example=billing@bakery.example;" },
	{ "IBAN ES91 2100 0418 4502 0005 1332 BIC CAIXESBB", "iban ES91 2100 0418 4502 0005 1332=ES9121000418450200051332;" },
	{ "DE89370400440532013000 and GB29 NWBK 6016 1331 9268 19.", "iban DE89370400440532013000=DE89370400440532013000;iban GB29 NWBK 6016 1331 9268 19=GB29NWBK60161331926819;" },
	{ "Konto DE89 3704 0044 0532 0130 01", "iban DE89 3704 0044 0532 0130 01=DE89370400440532013001!;" },
	{ "NIF: 12345678Z, CIF B-58378431.", "tax_id 12345678Z=12345678Z;tax_id B-58378431=B58378431;" },
	{ "NIF 12345678A", "tax_id 12345678A=12345678A!;" },
	{ "the part 12345678A is out of stock", "" },
	{ "VAT DE136695976", "tax_id DE136695976=DE136695976;" },
	{ "El 3 de marzo de 2026 y el 1\xc2\xba de enero de 2027", "date 3 de marzo de 2026=2026-03-03;date 1\xc2\xba de enero de 2027=2027-01-01;" },
	{ "due November 21st, 2026 or 5 Jan 2027 or 2026-12-01", "date November 21st, 2026=2026-11-21;date 5 Jan 2027=2027-01-05;date 2026-12-01=2026-12-01;" },
	{ "3/4/2026 it cost $1,000", "date 3/4/2026=2026-03-04;amount $1,000=1000.00 USD;" },
	{ "3/4/2026 cost\xc3\xb3 1 000 \xe2\x82\xac", "date 3/4/2026=2026-04-03;amount 1 000 \xe2\x82\xac=1000.00 EUR;" },
	{ "31/02/2026 and 99.99.99", "" },
	{ "IVA 21 % 210,00 and a discount of 5%", "amount 210,00=210.00;" },
	{ "-12,5 EUR", "amount -12,5 EUR=-12.50 EUR;" },
	{ "Quantity Item Amount EUR\n2,000 Brochures 1,140.00\nEUR", "" },
	{ "\xc2\xa5""1,200 and 1.200 CLP", "amount \xc2\xa5""1,200=1200 JPY;amount 1.200 CLP=1200 CLP;" },
	{ "Tel. +34 600 12 34 56 / 00 49 (30) 1234567", "phone +34 600 12 34 56=+34600123456;phone 00 49 (30) 1234567=+49301234567;" },
	{ "Ll\xc3\xa1menos: 912 345 678. Phone (212) 555-0123", "phone 912 345 678=912345678;phone (212) 555-0123=2125550123;" },
	{ "Order no: 2026-11-0042", "number 2026-11-0042=2026-11-0042;" },
	{ "order 12 chairs in order to sit", "" },
	{ "Calle Mayor 12, 28013 Madrid", "address Calle Mayor 12, 28013 Madrid=Calle Mayor 12, 28013 Madrid;" },
	{ "Bakery Ltd\n12 Harbour Street\nBristol BS1 4RN\nfirst line", "address 12 Harbour Street\nBristol BS1 4RN=12 Harbour Street, Bristol BS1 4RN;" },
	{ "Avda. de la Constituci\xc3\xb3n 3, 2\xc2\xba B\n41001 Sevilla\nhola",
	  "address Avda. de la Constituci\xc3\xb3n 3, 2\xc2\xba B\n41001 Sevilla=Avda. de la Constituci\xc3\xb3n 3, 2\xc2\xba B, 41001 Sevilla;" },
	{ "", "" },
	{ "no fields in here, not one", "" },
};

static const char *told(struct fl_arena *a, struct fl_str text, const struct field *f, int n)
{
	struct fl_buf b = fl_buf(a, 100000);

	for (int i = 0; i < n; i++)
		fl_buf_printf(&b, "%s %.*s=%.*s%s;", field_kind_name(f[i].kind), (int)(f[i].to - f[i].from), text.p + f[i].from, (int)f[i].normal.n, f[i].normal.p,
		              f[i].check == FIELD_CHECK_WRONG ? "!" : "");
	return fl_buf_cstr(&b);
}

static bool promises(struct fl_str text, const struct field *f, int n)
{
	for (int i = 0; i < n; i++)
		if (f[i].to > text.n || f[i].from >= f[i].to || (i && f[i].from < f[i - 1].to) || f[i].sure <= 0 || f[i].sure > 1 || !f[i].normal.n)
			return false;
	return true;
}

static void typed(struct fl_arena *a)
{
	static const struct {
		const char *kind, *value, *normal;
	} cases[] = { { "date", "21.11.26", "2026-11-21" }, { "date", "tomorrow", NULL }, { "amount", " 7 EUR ", "7.00 EUR" }, { "amount", "much", NULL },
		      { "iban", "es9121000418450200051332", "ES9121000418450200051332" }, { "iban", "ES91 2100 0418 4502 0005 1332 and", NULL },
		      { "email", "a@b.example", "a@b.example" }, { "email", "a b@c.d", NULL }, { "phone", "123", NULL }, { "number", "a 12/b", "A12/B" },
		      { "address", "12 x", NULL }, { "tax_id", "b-58378431", "B58378431" } };

	for (size_t i = 0; i < FL_COUNT(cases); i++) {
		struct field f;
		bool is = field_normal(a, field_kind_of(fl_str(cases[i].kind)), fl_str(cases[i].value), false, &f);

		ok(is == (cases[i].normal != NULL) && (!is || fl_str_eq(f.normal, fl_str(cases[i].normal))), "typed as %s: %s", cases[i].kind, cases[i].value);
	}
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct field_rules *rules = field_rules_new(a);
	struct field *f;
	struct fl_buf b = fl_buf(a, 1 << 20);
	int n;

	for (size_t i = 0; i < FL_COUNT(rows); i++) {
		struct fl_str text = fl_str(rows[i].text);
		const char *got;

		n = field_find(a, rules, text, &f);
		got = told(a, text, f, n);
		ok(strcmp(got, rows[i].found) == 0 && promises(text, f, n), "row %d: %.60s", (int)i, strchr(got, '\n') ? "" : got);
	}
	n = field_find(a, rules, FL_STR("Amount due: 5 EUR\nAfter a very long and winding sentence 6 EUR"), &f);
	ok(n == 2 && fl_str_eq(f[0].label, FL_STR("Amount due")) && f[1].label.n == 0, "what stands before a field is its label when it is short");
	typed(a);
	for (int i = 0; i < 40000; i++)
		fl_buf_puts(&b, i % 3 ? "1 " : "a@a.");
	n = field_find(a, rules, fl_buf_get(&b), &f);
	ok(promises(fl_buf_get(&b), f, n), "a text made to keep the rules busy ends");
	for (int i = 0; i < 1000; i++)
		fl_buf_puts(&b, " 1 EUR");
	n = field_find(a, rules, (struct fl_str){ b.p + b.n - 6000, 6000 }, &f);
	ok(n == FIELDS_MAX, "no more than so many are kept of one text");
	fl_arena_free(a);
	return done();
}
