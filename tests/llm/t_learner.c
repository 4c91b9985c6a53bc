/* The built-in provider: learns, explains, keeps its word about how sure it is, and refuses foreign bytes. */
#include "llm/intent.h"
#include "llm/model.h"
#include "tap.h"

static const struct fl_label labels[] = {
	{ "00000000-0000-7000-8000-000000000001", { "Billing", 7 }, { "Invoices, payments and refunds", 30 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000002", { "Repairs", 7 }, { "Something is broken: heating, water, locks", 41 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000003", { "Viewings", 8 }, { "People who want to see a flat", 29 }, { NULL, 0 } },
};

static struct fl_case row(int label, const char *id, const char *body)
{
	return (struct fl_case){ .id = id, .label = label, .subject = { NULL, 0 }, .body = fl_str(body) };
}

static void cold(struct fl_arena *a)
{
	struct fl_learner *m;
	struct fl_guess g;

	ok(fl_learner_train(a, labels, 3, NULL, 0, &m) == FL_OK, "learns from descriptions alone");
	fl_learner_predict(a, m, FL_STR("Question"), FL_STR("The heating is broken since Monday."), &g);
	ok(g.order[0] == 1, "a word of the description decides");
	ok(g.nreasons > 0 && (fl_str_ieq(g.reasons[0], FL_STR("heating")) || fl_str_ieq(g.reasons[0], FL_STR("broken")) || g.reasons[0].n > 7),
	   "the reason stands in the text");
	fl_learner_predict(a, m, FL_STR("\xc3\xbc\xc3\xb6"), FL_STR("12345"), &g);
	ok(g.confidence < 0.5 || g.foreign, "nothing known: not sure");
	fl_learner_predict(a, m, (struct fl_str){ NULL, 0 }, (struct fl_str){ NULL, 0 }, &g);
	ok(g.foreign && g.confidence < 0.85, "an empty text fits nowhere");
	ok(fl_learner_train(a, labels, 0, NULL, 0, &m) == FL_INVALID, "no labels, no model");
}

static void taught(struct fl_arena *a)
{
	struct fl_case rows[60];
	struct fl_learner *m, *again;
	struct fl_guess g, h;
	struct fl_str bytes;
	char *changed;

	for (int i = 0; i < 60; i += 3) {
		rows[i] = row(0, "00000000-0000-7000-8000-0000000000a1", fl_fmt(a, "The amount on bill %d is wrong, we paid it already", i));
		rows[i + 1] = row(1, "00000000-0000-7000-8000-0000000000a2", fl_fmt(a, "The lamp in stairwell %d is out, please mend it", i));
		rows[i + 2] = row(2, "00000000-0000-7000-8000-0000000000a3", fl_fmt(a, "May I visit the apartment on %d March with my wife", i % 28));
	}
	ok(fl_learner_train(a, labels, 3, rows, 60, &m) == FL_OK, "learns from cases");
	fl_learner_predict(a, m, FL_STR("Lamp"), FL_STR("Lamp in stairwell 7 is out again"), &g);
	for (int i = 0; i < g.nreasons; i++)
		ok(!fl_str_ieq(g.reasons[i], FL_STR("in")) && !fl_str_ieq(g.reasons[i], FL_STR("is")), "reason %d says something", i);
	fl_learner_predict(a, m, FL_STR("About this"), FL_STR("The and for with our"), &h);
	ok(h.nreasons == 0, "fillers are no reasons");
	ok(g.order[0] == 1 && g.confidence > 0.85, "sure of what it was taught (%.2f)", g.confidence);
	is_str(g.nearest, "00000000-0000-7000-8000-0000000000a2", "names the case most like it");
	ok(g.probability[0] > g.probability[1] && g.probability[0] + g.probability[1] + g.probability[2] > 0.999, "shares sum to one");
	bytes = fl_learner_save(a, m);
	ok(fl_learner_load(a, bytes, &again) == FL_OK, "loads its bytes");
	fl_learner_predict(a, again, FL_STR("Lamp"), FL_STR("Lamp in stairwell 7 is out again"), &h);
	ok(h.order[0] == g.order[0] && h.confidence > g.confidence - 1e-12 && h.confidence < g.confidence + 1e-12, "and answers the same");
	ok(fl_learner_train(a, labels, 3, rows, 60, &again) == FL_OK && fl_str_eq(fl_learner_save(a, again), bytes), "the same rows make the same bytes");
	ok(fl_learner_load(a, (struct fl_str){ bytes.p, bytes.n - 1 }, &again) == FL_INVALID, "short bytes are refused");
	changed = fl_strndup(a, bytes);
	changed[0] ^= 1;
	ok(fl_learner_load(a, (struct fl_str){ changed, bytes.n }, &again) == FL_INVALID, "another form is refused");
	changed = fl_strndup(a, bytes);
	memset(changed + 16, 0xff, 4);
	ok(fl_learner_load(a, (struct fl_str){ changed, bytes.n }, &again) == FL_INVALID, "a scale that is no number is refused");
	ok(fl_learner_load(a, FL_STR("no model at all, but long enough to hold a head of some forty bytes"), &again) == FL_INVALID, "other bytes are refused");
}

static void platt(void)
{
	struct fl_outcome rows[200];
	struct fl_platt none = { 0, 0, -9 }, p;

	/* Right in 9 of 10 cases with a margin of 2, in 5 of 10 with a margin of 0. */
	for (int i = 0; i < 200; i++)
		rows[i] = (struct fl_outcome){ i % 2 ? 2 : 0, 1, 1, i % 2 ? i % 20 != 1 : i % 4 == 0 };
	p = fl_platt_fit(rows, 200, none);
	ok(fl_platt_confidence(&p, 2, 1) > 0.86 && fl_platt_confidence(&p, 2, 1) < 0.93, "nine of ten is 0.9");
	ok(fl_platt_confidence(&p, 0, 1) > 0.45 && fl_platt_confidence(&p, 0, 1) < 0.55, "five of ten is 0.5");
	p = fl_platt_fit(rows, 20, none);
	ok(p.bias < -8, "too few rows keep the start");
}

/* Each word of requirements INT-09. */
static void intent_words(struct fl_arena *a)
{
	static const struct {
		const char *intent, *words[5];
	} lists[] = {
		{ "SALES_INQUIRY", { "price", "pricing", "demo", "quote" } },
		{ "SUPPORT_REQUEST", { "help", "issue", "problem", "bug" } },
		{ "BILLING_QUESTION", { "billing", "invoice", "payment" } },
		{ "SCHEDULING", { "schedule", "meeting", "calendar", "book" } },
	};

	for (size_t i = 0; i < FL_COUNT(lists); i++)
		for (int k = 0; lists[i].words[k]; k++)
			is_str(fl_intent_of(a, FL_STR("Hello"), fl_str(lists[i].words[k])), lists[i].intent, lists[i].words[k]);
}

static void intents(struct fl_arena *a)
{
	intent_words(a);
	is_str(fl_intent_of(a, FL_STR("Pricing"), FL_STR("a demo please")), "SALES_INQUIRY", "sales words");
	is_str(fl_intent_of(a, FL_STR(""), FL_STR("\xc2\xbfPuedo reservar una cita?")), "SCHEDULING", "Spanish words");
	is_str(fl_intent_of(a, FL_STR("Invoices"), FL_STR("")), "BILLING_QUESTION", "plural");
	ok(fl_intent_of(a, FL_STR("Hello"), FL_STR("there")) == NULL, "none");
	is_str(fl_strndup(a, fl_entities_of(a, FL_STR("Invoice 2291 over 1,240.00 EUR of 17/11/2026, mail bo@x.example or +351912345678."))),
	       "{\"emails\":[\"bo@x.example\"],\"phones\":[\"+351912345678\"],\"dates\":[\"17/11/2026\"],\"amounts\":[\"1,240.00 EUR\"],\"numbers\":[\"2291\"]}",
	       "names what the text names");
	ok(fl_entities_of(a, FL_STR("nothing here")).p == NULL, "nothing named");
	is_str(fl_strndup(a, fl_entities_of(a, FL_STR("Call +34 600 123 456 or (212) 555-0100, it is about order 12345678901 and 30 \xe2\x82\xac."))),
	       "{\"phones\":[\"+34 600 123 456\",\"(212) 555-0100\"],\"amounts\":[\"30 \xe2\x82\xac\"],\"numbers\":[\"12345678901\"]}", "phones with blanks; an order number is none");
	ok(fl_entities_of(a, FL_STR("Abierto, no 24 horas")).p == NULL, "the Spanish no is no number");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new((size_t)256 << 20);

	cold(a);
	taught(a);
	platt();
	intents(a);
	fl_arena_free(a);
	return done();
}
