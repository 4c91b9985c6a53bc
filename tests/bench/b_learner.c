/* What the built-in provider reaches on requests it has never seen: coverage and error at the thresholds, calibration, and its cost.
 * usage: b_learner FOLDER (tests/data/requests). Also prints the constants a model without cases is calibrated by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "llm/intent.h"
#include "llm/model.h"

enum { ROWS_MAX = 1000 };

static const struct fl_label agency[] = {
	{ "00000000-0000-7000-8000-000000000001", { "Sales", 5 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000002", { "Support", 7 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000003", { "Billing", 7 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000004", { "Scheduling", 10 }, { NULL, 0 }, { NULL, 0 } },
};
static const struct fl_label property[] = {
	{ "00000000-0000-7000-8000-000000000011", { "Repairs", 7 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000012", { "Rent", 4 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000013", { "Viewings", 8 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000014", { "Contracts", 9 }, { NULL, 0 }, { NULL, 0 } },
	{ "00000000-0000-7000-8000-000000000015", { "Complaints", 10 }, { NULL, 0 }, { NULL, 0 } },
};
/* What an organisation would write about its pipelines. */
static const char *const agency_says[] = {
	"New projects: prices, quotes, offers and demos for websites, logos, films and campaigns. Precios y presupuestos de proyectos nuevos.",
	"Something does not work or people need help: errors, broken pages, sign-in, mail, updates. Problemas y ayuda con la web.",
	"Invoices, payments, refunds, bank details, VAT and credit notes. Facturas, pagos y recibos.",
	"Appointments: meetings, calls, studio bookings, moving and cancelling dates. Citas y reuniones.",
};
static const char *const agency_intents[] = { "SALES_INQUIRY", "SUPPORT_REQUEST", "BILLING_QUESTION", "SCHEDULING" };
static const char *const property_says[] = {
	"Damage in flats and houses: heating, water, leaks, locks, lift, windows, light. Averías y reparaciones.",
	"Rent payments, rent increase, deposit, service charges. Alquiler, fianza y gastos.",
	"People who look for a flat and want to see one: viewings, available flats. Visitas de pisos.",
	"Tenancy agreements: notice, new tenants, subletting, renewal, pets. Contratos de alquiler.",
	"Noise, dirt, smoke and trouble with neighbours. Quejas por ruido y vecinos.",
};

struct world {
	struct fl_arena *a;
	struct fl_label labels[8];
	int nlabels;
	struct fl_case train[ROWS_MAX], held[ROWS_MAX];
	int ntrain, nheld;
};

static int read_rows(struct world *w, const char *path, struct fl_case *rows)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int count = 0;

	if (!f) {
		perror(path);
		exit(2);
	}
	while ((n = getline(&line, &cap, f)) > 0 && count < ROWS_MAX) {
		struct fl_str rest = { fl_strndup(w->a, (struct fl_str){ line, (size_t)n - 1 }), (size_t)n - 1 }, label = fl_str_cut(&rest, '\t');
		struct fl_case *c = &rows[count++];

		*c = (struct fl_case){ .id = "", .label = -1 };
		for (int k = 0; k < w->nlabels; k++)
			if (fl_str_eq(label, w->labels[k].name))
				c->label = k;
		c->subject = fl_str_cut(&rest, '\t');
		c->body = rest;
	}
	free(line);
	fclose(f);
	return count;
}

/* Mixes the rows, always the same way: the files are sorted by label. */
static void mix(struct fl_case *rows, int n)
{
	unsigned dice = 12345;

	for (int i = n - 1; i > 0; i--) {
		dice = dice * 1103515245u + 12345u;
		int k = (int)(dice >> 8) % (i + 1);
		struct fl_case swap = rows[i];

		rows[i] = rows[k];
		rows[k] = swap;
	}
}

static void report(struct world *w, const char *name, int nrows)
{
	struct fl_learner *m;
	double bins[10][3] = { { 0 } }, ece = 0;
	int right = 0, known = 0, automatic = 0, automatic_wrong = 0, asks = 0, foreign = 0, foreign_seen = 0;
	struct fl_arena *a = fl_arena_new((size_t)1 << 30), *each = fl_arena_new((size_t)8 << 20);
	int64_t t0 = fl_tick_us(), t1, t2;

	if (fl_learner_train(a, w->labels, w->nlabels, w->train, nrows, &m) != FL_OK)
		exit(2);
	t1 = fl_tick_us();
	for (int i = 0; i < w->nheld; i++) {
		struct fl_guess g;
		bool ok;
		int bin;

		fl_arena_reset(each);
		fl_learner_predict(each, m, w->held[i].subject, w->held[i].body, &g);
		ok = g.order[0] == w->held[i].label;
		if (g.foreign)
			g.confidence = 0;
		automatic += g.confidence >= 0.85;
		automatic_wrong += g.confidence >= 0.85 && !ok;
		asks += g.confidence >= 0.5 && g.confidence < 0.85;
		known += w->held[i].label >= 0;
		right += ok;
		foreign += w->held[i].label < 0;
		foreign_seen += w->held[i].label < 0 && g.confidence < 0.5;
		bin = (int)(g.confidence * 9.999);
		bins[bin][0]++;
		bins[bin][1] += g.confidence;
		bins[bin][2] += ok;
	}
	t2 = fl_tick_us();
	for (int i = 0; i < 10; i++)
		if (bins[i][0] > 0)
			ece += fabs(bins[i][1] - bins[i][2]) / w->nheld;
	printf("%-9s %4d rows  accuracy %.3f  at 0.85: coverage %.3f error %.3f  at 0.5 to 0.85: %.3f  foreign left to people %d of %d  ECE %.3f  train %.0f ms  predict %.0f us\n",
	       name, nrows, (double)right / known, (double)automatic / w->nheld, automatic ? (double)automatic_wrong / automatic : 0, (double)asks / w->nheld,
	       foreign_seen, foreign, ece, (double)(t1 - t0) / 1000, (double)(t2 - t1) / w->nheld);
	fl_arena_free(each);
	fl_arena_free(a);
}

/* Outcomes of models without cases on the training files: what fl_learner's shipped constants come from. What belongs nowhere is told by its
 * words, not by a margin, and is left out. */
static int cold(struct world *w, struct fl_outcome *out)
{
	struct fl_learner *m;
	int n = 0;

	if (fl_learner_train(w->a, w->labels, w->nlabels, NULL, 0, &m) != FL_OK)
		exit(2);
	for (int i = 0; i < w->ntrain; i++) {
		struct fl_guess g;
		double margin, best;

		if (w->train[i].label < 0)
			continue;
		fl_learner_predict(w->a, m, w->train[i].subject, w->train[i].body, &g);
		fl_learner_logits(w->a, m, w->train[i].subject, w->train[i].body, &margin, &best);
		out[n++] = (struct fl_outcome){ margin, best, 1, g.order[0] == w->train[i].label };
	}
	return n;
}

static void load(struct world *w, const char *folder, const char *name, const struct fl_label *labels, const char *const *says, const char *const *intents, int n)
{
	w->a = fl_arena_new((size_t)1 << 30);
	w->nlabels = n;
	for (int k = 0; k < n; k++) {
		w->labels[k] = labels[k];
		w->labels[k].description = fl_str(says[k]);
		w->labels[k].keywords = intents ? fl_intent_words(intents[k]) : (struct fl_str){ NULL, 0 };
	}
	w->ntrain = read_rows(w, fl_fmt(w->a, "%s/%s-train.tsv", folder, name), w->train);
	w->nheld = read_rows(w, fl_fmt(w->a, "%s/%s-heldout.tsv", folder, name), w->held);
	mix(w->train, w->ntrain);
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new((size_t)1 << 20);
	struct world *w = calloc(2, sizeof(*w));
	struct fl_outcome *outcomes = calloc(2 * ROWS_MAX, sizeof(*outcomes));
	struct fl_platt p;
	int n;

	if (argc != 2 || !w || !outcomes) {
		fputs("usage: b_learner FOLDER\n", stderr);
		return 2;
	}
	load(&w[0], argv[1], "agency", agency, agency_says, agency_intents, 4);
	load(&w[1], argv[1], "property", property, property_says, NULL, 5);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "property" : "agency";

		report(&w[i], name, 0);
		report(&w[i], name, 10 * w[i].nlabels < w[i].ntrain ? 5 * w[i].nlabels : w[i].ntrain / 2);
		report(&w[i], name, w[i].ntrain);
	}
	n = cold(&w[0], outcomes);
	n += cold(&w[1], outcomes + n);
	p = fl_platt_fit(outcomes, n, (struct fl_platt){ 0, 0, 0 });
	printf("shipped constants from %d rows: margin %.2f best %.2f bias %.2f\n", n, p.margin, p.best, p.bias);
	fl_arena_free(w[0].a);
	fl_arena_free(w[1].a);
	fl_arena_free(a);
	free(outcomes);
	free(w);
	return 0;
}
