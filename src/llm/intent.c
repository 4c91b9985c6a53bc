#include "llm/intent.h"

#include "base/json.h"

static const struct {
	const char *intent, *words;
} intents[] = {
	{ "SALES_INQUIRY", "price pricing demo quote precio precios presupuesto cotizacion oferta" },
	{ "SUPPORT_REQUEST", "help issue problem bug ayuda problema error fallo averia" },
	{ "BILLING_QUESTION", "billing invoice payment factura facturacion pago cobro recibo" },
	{ "SCHEDULING", "schedule meeting calendar book cita reunion calendario reservar agenda" },
};

struct fl_str fl_intent_words(const char *intent)
{
	for (size_t i = 0; intent && i < FL_COUNT(intents); i++)
		if (strcmp(intents[i].intent, intent) == 0)
			return fl_str(intents[i].words);
	return (struct fl_str){ NULL, 0 };
}

static bool in_list(const char *words, struct fl_str word)
{
	struct fl_str rest = fl_str(words);

	while (rest.n) {
		struct fl_str w = fl_str_cut(&rest, ' ');

		/* Plurals count: quotes, invoices, meetings. */
		if (fl_str_eq(w, word) || (word.n == w.n + 1 && word.p[w.n] == 's' && memcmp(w.p, word.p, w.n) == 0))
			return true;
	}
	return false;
}

const char *fl_intent_of(struct fl_arena *a, struct fl_str subject, struct fl_str body)
{
	struct fl_features f = fl_features_of(a, subject, body);
	int found[FL_COUNT(intents)] = { 0 }, best = -1;

	for (int i = 0; i < f.ntokens; i++)
		for (size_t k = 0; k < FL_COUNT(intents); k++)
			found[k] += in_list(intents[k].words, f.tokens[i].folded);
	for (size_t k = 0; k < FL_COUNT(intents); k++)
		if (found[k] > 0 && (best < 0 || found[k] > found[best]))
			best = (int)k;
	return best < 0 ? NULL : intents[best].intent;
}

enum { EMAILS, PHONES, DATES, AMOUNTS, NUMBERS, KINDS, EACH_MAX = 8 };

struct named {
	struct fl_str list[KINDS][EACH_MAX];
	int n[KINDS];
};

static void add(struct named *m, int kind, struct fl_str s)
{
	for (int i = 0; i < m->n[kind]; i++)
		if (fl_str_eq(m->list[kind][i], s))
			return;
	if (m->n[kind] < EACH_MAX)
		m->list[kind][m->n[kind]++] = s;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(struct fl_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += is_digit(s.p[i]);
	return n;
}

/* Without what stands around words in sentences. */
static struct fl_str bare(struct fl_str s)
{
	while (s.n && strchr("(\"'<[", s.p[0]))
		s.p++, s.n--;
	while (s.n && strchr(".,;:!?)\"'>]", s.p[s.n - 1]))
		s.n--;
	return s;
}

/* 2026-11-21, 21/11/2026, 21.11.26 */
static bool is_date(struct fl_str s)
{
	int parts = 1;

	if (s.n < 6 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (strchr("-/.", s.p[i]))
			parts++;
		else if (!is_digit(s.p[i]))
			return false;
	}
	return parts == 3 && count_digits(s) >= 4;
}

static bool is_amount(struct fl_str s)
{
	static const char *const signs[] = { "$", "\xe2\x82\xac", "\xc2\xa3" };
	bool sign = false;

	for (size_t i = 0; i < FL_COUNT(signs); i++) {
		size_t n = strlen(signs[i]);

		sign |= s.n > n && (memcmp(s.p, signs[i], n) == 0 || memcmp(s.p + s.n - n, signs[i], n) == 0);
	}
	return sign && count_digits(s) > 0;
}

static bool is_currency(struct fl_str s)
{
	static const char *const codes[] = { "EUR", "USD", "GBP", "\xe2\x82\xac", "$", "euros", "euro", "dollars", "pounds" };

	for (size_t i = 0; i < FL_COUNT(codes); i++)
		if (fl_str_ieq(s, fl_str(codes[i])))
			return true;
	return false;
}

static bool names_number(struct fl_str s)
{
	static const char *const words[] = { "invoice", "order", "ticket", "request", "contract", "factura", "pedido", "contrato", "nr", "number", "numero" };

	for (size_t i = 0; i < FL_COUNT(words); i++)
		if (fl_str_ieq(s, fl_str(words[i])))
			return true;
	return false;
}

static void judge(struct named *m, struct fl_str before, struct fl_str w)
{
	size_t digits = count_digits(w);
	const char *at = w.n > 4 ? memchr(w.p + 1, '@', w.n - 2) : NULL;

	if (at && memchr(at, '.', w.n - (size_t)(at - w.p)))
		add(m, EMAILS, w);
	else if (is_date(w))
		add(m, DATES, w);
	else if (is_amount(w))
		add(m, AMOUNTS, w);
	else if (is_currency(w) && count_digits(before) > 0)
		add(m, AMOUNTS, (struct fl_str){ before.p, (size_t)(w.p + w.n - before.p) });
	else if (digits >= 2 && (names_number(before) || w.p[0] == '#'))
		add(m, NUMBERS, w);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A number as people write telephones: from a plus, a bracket or a digit on, with blanks, hyphens, points and brackets inside, of 9 to 15 digits. */
static struct fl_str phone_at(struct fl_str text, size_t i)
{
	struct fl_str s = { text.p + i, 0 };

	while (i + s.n < text.n && (is_digit(s.p[s.n]) || strchr("+ ()-.", s.p[s.n])))
		s.n++;
	while (s.n && !is_digit(s.p[s.n - 1]))
		s.n--;
	return count_digits(s) >= 9 && count_digits(s) <= 15 ? s : (struct fl_str){ NULL, 0 };
}

static void find_phones(struct named *m, struct fl_str text)
{
	struct fl_str before = { "", 0 };

	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		bool may = text.p[i] == '+' || text.p[i] == '(' || is_digit(text.p[i]);
		struct fl_str s = may && !names_number(before) ? phone_at(text, i) : (struct fl_str){ NULL, 0 };

		if (s.n && !is_date((struct fl_str){ s.p, s.n < 10 ? s.n : 10 })) {
			add(m, PHONES, s);
			i += s.n;
		}
		while (i < text.n && !is_blank(text.p[i]))
			i++;
		before = bare((struct fl_str){ text.p + from, i - from });
		while (i < text.n && is_blank(text.p[i]))
			i++;
	}
}

struct fl_str fl_entities_of(struct fl_arena *a, struct fl_str text)
{
	static const char *const names[KINDS] = { "emails", "phones", "dates", "amounts", "numbers" };
	struct named *m = FL_NEW(a, struct named);
	struct fl_buf b = fl_buf(a, 16384);
	struct fl_jw w = fl_jw(&b);
	struct fl_str before = { "", 0 };
	int total = 0;

	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		struct fl_str word;

		while (i < text.n && !is_blank(text.p[i]))
			i++;
		word = bare((struct fl_str){ text.p + from, i - from });
		if (word.n && word.n <= 100) {
			judge(m, before, word);
			before = word;
		}
		i++;
	}
	find_phones(m, text);
	fl_jw_open(&w, NULL, '{');
	for (int k = 0; k < KINDS; k++) {
		if (m->n[k] == 0)
			continue;
		fl_jw_open(&w, names[k], '[');
		for (int i = 0; i < m->n[k]; i++, total++)
			fl_jw_str(&w, NULL, m->list[k][i]);
		fl_jw_close(&w, ']');
	}
	fl_jw_close(&w, '}');
	return total ? fl_buf_get(&b) : (struct fl_str){ NULL, 0 };
}
