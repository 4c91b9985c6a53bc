/* Passages of a page: whole, in order, of the right size, and where its words stand. */
#include <stdlib.h>

#include "app/search/chunk.h"
#include "base/buf.h"

#include "../tap.h"

static int chars(struct fl_str s)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* From bytes to the character at that place; NULL when it is none. */
static const char *at_char(struct fl_str s, int n)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && n-- == 0)
			return s.p + i;
	return s.p + s.n;
}

/* The promises of the header, over any text. */
static bool holds(struct fl_arena *a, struct fl_str body, struct chunk_rules rules)
{
	struct chunk *c;
	struct fl_str heading = FL_STR("before");
	int n = chunk_cut(a, body, &rules, &heading, &c);
	size_t covered = 0;

	for (int i = 0; i < n; i++) {
		size_t from = (size_t)(c[i].text.p - body.p);

		if (!c[i].text.n || from + c[i].text.n > body.n || at_char(body, c[i].from) != c[i].text.p || c[i].to - c[i].from != chars(c[i].text))
			return false;
		if (!rules.tokens && c[i].to - c[i].from > rules.size + 1)
			return false;
		if (i && (c[i].from <= c[i - 1].from || c[i].to <= c[i - 1].to))
			return false;
		for (; covered < from; covered++)
			if (!strchr(" \t\n\v\f\r", body.p[covered]))
				return false;
		covered = from + c[i].text.n;
	}
	for (; covered < body.n; covered++)
		if (!strchr(" \t\n\v\f\r", body.p[covered]))
			return false;
	return true;
}

static void any_text(void)
{
	static const char *const bits[] = { "a", "word ", "Sentence ends. ", "\n\n", "\n", "canci\xc3\xb3n ", "# Head\n", "1.2 Terms\n\n", "    ", "\xe2\x82\xac", "xxxxxxxxxxxxxxxx", "!? " };
	unsigned seed = 7;
	int bad = 0;

	for (int round = 0; round < 3000 && !bad; round++) {
		struct fl_arena *a = fl_arena_new(16 << 20);
		struct fl_buf b = fl_buf(a, 1 << 20);
		struct chunk_rules rules = { .by = (enum chunk_by)(round % 3), .size = 40 + round % 200, .tokens = round % 5 == 0 };

		rules.overlap = round % 7 ? rules.size / 5 : 0;
		for (int n = round % 180; n > 0; n--) {
			seed = seed * 1103515245 + 12345;
			fl_buf_puts(&b, bits[(seed >> 16) % FL_COUNT(bits)]);
		}
		bad = !holds(a, fl_buf_get(&b), rules) ? round + 1 : 0;
		fl_arena_free(a);
	}
	ok(bad == 0, "3,000 random texts: nothing lost, in order, never too long (first bad: %d)", bad);
}

static void a_contract(void)
{
	struct fl_arena *a = fl_arena_new(1 << 20);
	struct fl_buf b = fl_buf(a, 1 << 18);
	struct chunk_rules rules = chunk_rules_named(FL_STR("document"), FL_STR("fixed"));
	struct chunk *c;
	int n;

	ok(rules.size == 1000, "the preset document: 1,000 characters");
	fl_buf_puts(&b, "3 Notice\n\n");
	for (int i = 0; i < 40; i++)
		fl_buf_printf(&b, "Clause %d says that notice is given in writing, three months ahead. ", i);
	n = chunk_cut(a, fl_buf_get(&b), &rules, &(struct fl_str){ "", 0 }, &c);
	ok(n >= 3 && n <= 5, "2,700 characters make 3 to 5 passages: %d", n);
	ok(n > 1 && c[1].from < c[0].to && c[0].to - c[1].from <= 200 && c[1].text.p[0] == 'C', "the next one shares whole sentences");
	ok(n > 0 && c[n - 1].text.p[c[n - 1].text.n - 1] == '.' && c[0].text.p[c[0].text.n - 1] == '.', "they end with sentences");
	ok(n > 1 && fl_str_eq(c[1].heading, FL_STR("3 Notice")), "and know their heading");
	rules = chunk_rules_named(FL_STR("knowledge"), FL_STR("paragraph"));
	ok(rules.tokens && rules.by == CHUNK_PARAGRAPH && chunk_cut(a, fl_buf_get(&b), &rules, &(struct fl_str){ "", 0 }, &c) == 1, "in tokens it is one passage");
	fl_arena_free(a);
}

static void headings(void)
{
	struct fl_arena *a = fl_arena_new(1 << 20);
	struct chunk_rules rules = chunk_rules_named(FL_STR("document"), FL_STR("fixed"));
	struct fl_str heading = FL_STR("Terms");
	struct chunk *c;

	ok(chunk_cut(a, FL_STR("The sum is due within thirty days and is paid by transfer to the account that is named below.\n\nBank account\n\nIt is IE29 AIBK."), &rules, &heading, &c) == 1 &&
	   fl_str_eq(c[0].heading, FL_STR("Terms")) && fl_str_eq(heading, FL_STR("Bank account")), "a passage has the heading most of it stands under, the next page goes on under the last");
	fl_arena_free(a);
}

static void subjects(void)
{
	struct fl_arena *a = fl_arena_new(1 << 20);
	struct fl_buf b = fl_buf(a, 1 << 18);
	struct chunk_rules rules = { .by = CHUNK_SEMANTIC, .size = 700 };
	struct chunk *c;
	int n;

	for (int i = 0; i < 7; i++)
		fl_buf_puts(&b, "The boiler needs pressure and the boiler valve leaks water. ");
	for (int i = 0; i < 7; i++)
		fl_buf_puts(&b, "Our invoice lists payment terms and the invoice total. ");
	n = chunk_cut(a, fl_buf_get(&b), &rules, &(struct fl_str){ "", 0 }, &c);
	ok(n == 2 && c[1].text.p[0] == 'O', "where the subject changes, a passage begins: %d", n);
	fl_arena_free(a);
}

static void places(void)
{
	struct fl_str body = FL_STR("Canci\xc3\xb3n del verano,\nthe \xef\xac\x81ne summer"), words[] = { FL_STR("Canci\xc3\xb3n"), FL_STR("del"), FL_STR("verano,"),
		FL_STR("the"), FL_STR("fine"), FL_STR("summer") };
	int at[6];

	chunk_places(body, words, 6, at);
	ok(at[0] == 0 && at[1] == 8 && at[2] == 12 && at[3] == 20, "words are found in characters: %d %d %d %d", at[0], at[1], at[2], at[3]);
	ok(at[4] == 23 && at[5] == 28, "one that is written otherwise does not lose those after it: %d %d", at[4], at[5]);
}

int main(void)
{
	any_text();
	a_contract();
	headings();
	subjects();
	places();
	return done();
}
