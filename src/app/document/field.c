#define PCRE2_CODE_UNIT_WIDTH 8
#include <assert.h>
#include <pcre2.h>

#include "app/document/field.h"
#include "base/buf.h"
#include "base/fold.h"

enum { MATCH_LIMIT = 100000, LABEL_BYTES = 40, LABEL_WORDS = 4, NORMAL_BYTES = 400 };

static const char *const names[FIELD_KINDS] = { "date", "amount", "iban", "tax_id", "number", "email", "phone", "address" };

/* Group 1 of each is the field. In the order in which they take their place: none goes over another. */
#define CURRENCY "\xe2\x82\xac|US\\$|\\$|\xc2\xa3|\xc2\xa5|EUR|USD|GBP|CHF|MXN|ARS|COP|CLP|PEN|BRL|CAD|AUD|JPY"
/* of a line: the head of a column is no unit of the first number below it */
#define BLANK "[ \\t\xc2\xa0\xe2\x80\xaf]?"
#define NUMBER "\\d{1,3}(?:[.,'\xe2\x80\x99\xc2\xa0\xe2\x80\xaf ]\\d{3})+(?:[.,]\\d{1,2})?|\\d{1,12}(?:[.,]\\d{1,2})?"
#define MONTH "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|ene|abr|ago|set|dic|january|february|march|april|august|september|october|november|december|" \
	"enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)"
#define BEFORE "(?<![\\w.,/-])"
#define AFTER "(?!\\w|[.,/-]\\d)"

static const struct {
	enum field_kind kind;
	const char *pattern;
	double most;       /* confidence at best */
	bool needs_check;  /* only with right check digits */
	bool cased;        /* capitals count */
} table[] = {
	{ FIELD_EMAIL, "(?<![\\w.+-])([\\w.+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,8}[a-z]{2,24})(?![\\w-])", 0.97, false, false },
	{ FIELD_IBAN, "(?<![A-Za-z0-9])([A-Z]{2}\\d{2}(?:[ \xc2\xa0-]?[A-Z0-9]{4}){2,7}(?:[ \xc2\xa0-]?[A-Z0-9]{1,4})?)(?![a-z])", 1, false, true },
	{ FIELD_TAX_ID, "(?:\\b(?:NIF|N\\.I\\.F\\.|CIF|C\\.I\\.F\\.|NIE|DNI|VAT(?: (?:ID|No|Reg|Number))*|USt-IdNr|tax (?:id|number|no)|TIN|EIN|RFC|CUIT|NIT|RUC)\\b[^\\n\\w]{0,5}(?:n[\xc2\xbaro.]+\\s?)?)"
	                "((?:[A-Z]{2}[ .-]?)?(?=(?:[A-Z .-]{0,4}\\d){5})[A-Z0-9][A-Z0-9.-]{6,14}[A-Z0-9])(?!\\w)", 1, false, false },
	{ FIELD_TAX_ID, "(?<![A-Za-z0-9-])((?:ES[ -]?)?(?:\\d{8}-?[A-Z]|[XYZ]-?\\d{7}-?[A-Z]|[ABCDEFGHJNPQRSUVW]-?\\d{7}-?[0-9A-J])|(?:DE|PT|BE)[ .-]?\\d{3}[ .]?\\d{3}[ .]?\\d{3,4}|"
	                "IT[ .-]?\\d{11}|FR[ .-]?\\d{2}[ .]?\\d{3}[ .]?\\d{3}[ .]?\\d{3})(?![A-Za-z0-9-])", 1, true, true },
	{ FIELD_AMOUNT, "(?<![\\w.,])(-?(?:" CURRENCY ")" BLANK "-?(?:" NUMBER "))" AFTER, 1, false, false },
	{ FIELD_AMOUNT, BEFORE "(-?(?:" NUMBER ")" BLANK "(?:" CURRENCY "|euros?|d[\xc3\xb3o]lar(?:es)?|dollars?|pounds?)(?!\\w))", 1, false, false },
	{ FIELD_DATE, BEFORE "(\\d{4}-\\d{1,2}-\\d{1,2})" AFTER, 1, false, false },
	{ FIELD_DATE, BEFORE "(\\d{1,2}([./-])\\d{1,2}\\2(?:\\d{4}|\\d{2}))" AFTER, 1, false, false },
	{ FIELD_DATE, BEFORE "(\\d{1,2}(?:st|nd|rd|th|\xc2\xba)?[-\\s]{1,2}(?:de\\s+|of\\s+)?" MONTH "\\.?,?[-\\s]{1,2}(?:del?\\s+)?\\d{4})(?!\\w)", 1, false, false },
	{ FIELD_DATE, "\\b(" MONTH "\\.?\\s{1,2}\\d{1,2}(?:st|nd|rd|th)?,?\\s{1,2}\\d{4})(?!\\w)", 1, false, false },
	{ FIELD_AMOUNT, "\\b(?:total|subtotal|importe|amount due|balance due|suma|saldo|a pagar|base imponible|iva|vat|net|neto)\\b[^\\n\\d]{0,25}(?:\\d{1,2} ?% ?)?"
	                "(-?(?:\\d{1,3}(?:[.,]\\d{3})+|\\d{1,9})[.,]\\d{2})(?![\\w%]|[.,]\\d| ?%)", 0.6, false, false },
	{ FIELD_NUMBER, "\\b(?:invoice|factura|order|pedido|contract|contrato|customer|cliente|reference|referencia|ref|policy|p[\xc3\xb3o]liza|account|cuenta|delivery note|"
	                "albar[\xc3\xa1" "a]n|receipt|recibo|quote|presupuesto|case|expediente|ticket)\\.?[ \\t]*"
	                "(?:(?:number|n[\xc3\xbau]mero|n[\xc3\xbau]m|num|nro|nr|no|n\\.?\\s?[\xc2\xba\xc2\xb0o]|id|#)\\.?[ \\t]*[:#]?|[:#])[ \\t]*"
	                "((?=[A-Z/.-]{0,8}\\d)[A-Z0-9][A-Z0-9/.-]{0,30}[A-Z0-9])(?!\\w)", 0.9, false, false },
	{ FIELD_NUMBER, "\\b(?:invoice|factura|order|pedido|contract|contrato|policy|p[\xc3\xb3o]liza|albar[\xc3\xa1" "a]n|ticket)[ \\t]+((?=[A-Z/.-]{0,8}\\d[\\dA-Z/.-]{2})[A-Z0-9][A-Z0-9/.-]{2,30}[A-Z0-9])(?!\\w)",
	  0.75, false, false },
	{ FIELD_PHONE, "(?<![\\w.,/+-])((?:\\+|00[ ]?)[1-9]\\d{0,2}[ .()\xc2\xa0-]{0,3}\\d(?:[ .()/\xc2\xa0-]{0,2}\\d){6,12})(?!\\w)", 0.93, false, false },
	{ FIELD_PHONE, "\\b(?:tel[\xc3\xa9" "e]fono|telephone|tel|tlf|telf|phone|m[\xc3\xb3o]vil|mobile|cell|fax|call|whatsapp)\\b[^\\n\\d(+]{0,12}(\\(?\\d(?:[ .()/\xc2\xa0-]{0,2}\\d){6,13})(?!\\w)", 0.85, false, false },
	{ FIELD_PHONE, BEFORE "([6-9]\\d{2}[ .]\\d{3}[ .]\\d{3}|[6-9]\\d{2}(?:[ .]\\d{2}){3}|\\(\\d{3}\\) ?\\d{3}-\\d{4})(?!\\w|[ .,-]\\d)", 0.7, false, false },
	{ FIELD_ADDRESS, "(?<!\\w)((?:C/|Calle|Avda\\.?|Avenida|Av\\.|Plaza|Pza\\.?|Paseo|P\xc2\xba|Camino|Carretera|Ctra\\.?|Ronda|Traves[\xc3\xad" "i]a|Rambla|Gran V[\xc3\xad" "i]a|Pol[\xc3\xad" "i]gono)"
	                 "[ ]?[\\p{L}\\d .'\xc2\xba-]{2,50}?,?[ ](?:n[.\xc2\xbao]+[ ]?)?\\d{1,4}(?:[ ]?[A-Z]\\b)?(?:(?:,[ ][^\\n,]{1,25}?){0,2}?[,.\\s-]{1,4}\\d{5}(?:[ ,-]{1,3}\\p{Lu}[\\p{L}'.-]*(?:[ ]\\p{L}[\\p{L}'.-]+){0,4})?)?)(?!\\w)",
	  0.85, false, true },
	{ FIELD_ADDRESS, "(?<!\\w)(\\d{1,5}[A-Za-z]?,?[ ](?:\\p{Lu}[\\p{L}'.-]*[ ]){1,4}(?:Street|St\\.?|Road|Rd\\.?|Avenue|Ave\\.?|Lane|Ln\\.?|Boulevard|Blvd\\.?|Drive|Dr\\.?|Square|Way|Court|Ct\\.?|Place|"
	                 "Terrace|Row|Quay)(?![\\p{L}])(?:[,\\n][^\\n\\d]{0,40}?(?:[A-Z]{1,2}\\d[A-Z\\d]?[ ]?\\d[A-Z]{2}\\b|[A-Z]{2}[ ]\\d{5}(?:-\\d{4})?\\b))?)", 0.85, false, true },
};

struct field_rules {
	pcre2_code *code[FL_COUNT(table)];
	pcre2_match_context *limits;
};

static void drop_rules(void *p)
{
	struct field_rules *r = p;

	for (size_t i = 0; i < FL_COUNT(table); i++)
		pcre2_code_free(r->code[i]);
	pcre2_match_context_free(r->limits);
}

struct field_rules *field_rules_new(struct fl_arena *a)
{
	struct field_rules *r = FL_NEW(a, struct field_rules);
	PCRE2_SIZE where;
	int wrong;

	fl_defer(a, drop_rules, r);
	for (size_t i = 0; i < FL_COUNT(table); i++) {
		r->code[i] = pcre2_compile((PCRE2_SPTR)table[i].pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | (table[i].cased ? 0 : PCRE2_CASELESS), &wrong, &where, NULL);
		assert(r->code[i]);
	}
	r->limits = pcre2_match_context_create(NULL);
	assert(r->limits);
	(void)pcre2_set_match_limit(r->limits, MATCH_LIMIT);
	return r;
}

const char *field_kind_name(enum field_kind kind)
{
	return names[kind];
}

enum field_kind field_kind_of(struct fl_str name)
{
	enum field_kind k = 0;

	while (k < FIELD_KINDS && !fl_str_eq(name, fl_str(names[k])))
		k++;
	return k;
}

static bool has(struct fl_str s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

/* Letters, digits and what else `also` names; the first may be a plus. */
static struct fl_str kept(struct fl_arena *a, struct fl_str s, const char *also)
{
	struct fl_buf b = fl_buf(a, NORMAL_BYTES);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c && strchr(also, c)))
			fl_buf_putc(&b, c);
		else if (c >= 'a' && c <= 'z')
			fl_buf_putc(&b, (char)(c - 32));
	}
	return fl_buf_get(&b);
}

static bool phone(struct fl_arena *a, struct fl_str s, struct field *out)
{
	struct fl_buf b = fl_buf(a, 32);
	struct fl_str digits;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			fl_buf_putc(&b, s.p[i]);
	digits = fl_buf_get(&b);
	if (digits.n > 2 && memcmp(digits.p, "00", 2) == 0)
		digits = (struct fl_str){ digits.p + 2, digits.n - 2 };
	else if (!s.n || s.p[0] != '+') {
		out->normal = digits;
		return digits.n >= 7 && digits.n <= 14;
	}
	out->normal = fl_str(fl_fmt(a, "+%.*s", (int)digits.n, digits.p));
	return digits.n >= 7 && digits.n <= 15;
}

static bool email(struct fl_arena *a, struct fl_str s, struct field *out)
{
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;

	out->normal = fl_fold(a, s);
	return at && at > s.p && memchr(at, '.', s.n - (size_t)(at - s.p)) && !memchr(s.p, ' ', s.n);
}

/* Lines become one, blanks one. */
static bool address(struct fl_arena *a, struct fl_str s, struct field *out)
{
	struct fl_buf b = fl_buf(a, NORMAL_BYTES);
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		bool blank = s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t';

		digit |= s.p[i] >= '0' && s.p[i] <= '9';
		if (s.p[i] == '\n' && b.n && b.p[b.n - 1] != ',')
			fl_buf_putc(&b, ',');
		if (blank && b.n && b.p[b.n - 1] != ' ')
			fl_buf_putc(&b, ' ');
		else if (!blank)
			fl_buf_putc(&b, s.p[i]);
	}
	out->normal = fl_buf_get(&b);
	return digit && s.n >= 6 && !b.over;
}

static bool normal(struct fl_arena *a, enum field_kind kind, struct fl_str s, bool us, struct field *out)
{
	out->kind = kind;
	out->sure = 1;
	switch (kind) {
	case FIELD_DATE: return field_date(a, s, us, out);
	case FIELD_AMOUNT: return field_amount(a, s, out);
	case FIELD_IBAN: return field_iban(a, s, out);
	case FIELD_TAX_ID: return field_tax_id(a, s, out);
	case FIELD_EMAIL: return email(a, s, out);
	case FIELD_PHONE: return phone(a, s, out);
	case FIELD_ADDRESS: return address(a, s, out);
	case FIELD_NUMBER:
	case FIELD_KINDS: break;
	}
	out->normal = kept(a, s, "/.-");
	return out->normal.n > 0;
}

bool field_normal(struct fl_arena *a, enum field_kind kind, struct fl_str value, bool us, struct field *out)
{
	struct fl_str s = fl_str_trim(value);

	*out = (struct field){ .to = s.n };
	return normal(a, kind, s, us, out) && (kind != FIELD_IBAN || out->to == s.n);
}

static struct fl_str label_of(struct fl_str text, size_t from, size_t least)
{
	static const char around[] = " \t:;.,-#(*|";
	size_t begin = from, words = 1;
	struct fl_str s;

	while (begin > least && text.p[begin - 1] != '\n')
		begin--;
	s = (struct fl_str){ text.p + begin, from - begin };
	while (s.n && strchr(around, s.p[0]))
		s.p++, s.n--;
	while (s.n && strchr(around, s.p[s.n - 1]))
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		words += s.p[i] == ' ';
	return s.n <= LABEL_BYTES && words <= LABEL_WORDS ? s : (struct fl_str){ "", 0 };
}

struct search {
	struct fl_arena *a;
	struct fl_str text;
	bool us;
	struct field *found;
	int n;
};

static bool is_free(const struct search *s, size_t from, size_t to)
{
	for (int i = 0; i < s->n; i++)
		if (from < s->found[i].to && to > s->found[i].from)
			return false;
	return true;
}

/* A field at [from, to): whether it is one, and is kept. */
static void take(struct search *s, size_t rule, size_t from, size_t to)
{
	struct field f = { .from = from, .to = to };
	struct fl_str value = { s->text.p + from, to - from };

	f.to = value.n;
	if (s->n == FIELDS_MAX || !normal(s->a, table[rule].kind, value, s->us, &f))
		return;
	f.from = from;
	f.to += from;
	if (f.sure > table[rule].most)
		f.sure = table[rule].most;
	if (f.kind == FIELD_ADDRESS && !memchr(value.p, '\n', value.n) && value.n < 30)
		f.sure = 0.65;
	if ((table[rule].needs_check && f.check != FIELD_CHECK_RIGHT) || !is_free(s, f.from, f.to))
		return;
	s->found[s->n++] = f;
}

static void apply(struct search *s, const struct field_rules *rules, size_t rule)
{
	pcre2_match_data *m = pcre2_match_data_create_from_pattern(rules->code[rule], NULL);
	size_t at = 0;

	/* a limit reached ends this rule: hostile texts cost no more than that */
	while (m && at < s->text.n && s->n < FIELDS_MAX && pcre2_match(rules->code[rule], (PCRE2_SPTR)s->text.p, s->text.n, at, 0, m, rules->limits) > 1) {
		const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m);

		take(s, rule, v[2], v[3]);
		at = v[3] > at ? v[3] : at + 1;
	}
	pcre2_match_data_free(m);
}

static void sort(struct search *s)
{
	for (int i = 1; i < s->n; i++) {
		struct field f = s->found[i];
		int k = i;

		for (; k > 0 && s->found[k - 1].from > f.from; k--)
			s->found[k] = s->found[k - 1];
		s->found[k] = f;
	}
}

int field_find(struct fl_arena *a, const struct field_rules *rules, struct fl_str text, struct field **out)
{
	struct search s = { .a = a, .text = fl_str_clip(text, FIELD_TEXT_BYTES), .found = FL_NEW_ARRAY(a, FIELDS_MAX, struct field) };

	*out = s.found;
	if (!fl_str_utf8(s.text))
		return 0;
	s.us = (has(s.text, "$") || has(s.text, "USD")) && !has(s.text, "\xe2\x82\xac") && !has(s.text, "EUR");
	for (size_t i = 0; i < FL_COUNT(table); i++)
		apply(&s, rules, i);
	sort(&s);
	for (int i = 0; i < s.n; i++)
		s.found[i].label = label_of(s.text, s.found[i].from, i ? s.found[i - 1].to : 0);
	return s.n;
}
