#include <math.h>
#include <stdlib.h>

#include "llm/model.h"

static void logits(const struct fl_learner *m, const struct fl_features *f, double *z)
{
	for (int k = 0; k < m->nlabels; k++)
		z[k] = 0;
	for (int i = 0; i < f->n; i++) {
		const int16_t *w = m->weight + (size_t)f->f[i].bucket * (size_t)m->nlabels;

		for (int k = 0; k < m->nlabels; k++)
			z[k] += (double)((float)w[k] * f->f[i].value);
	}
	for (int k = 0; k < m->nlabels; k++)
		z[k] = z[k] * (double)m->scale + (double)m->bias[k];
}

static void rank(const double *z, struct fl_guess *out)
{
	double sum = 0;

	for (int k = 0; k < out->nlabels; k++) {
		int at = k;

		while (at > 0 && z[out->order[at - 1]] < z[k]) {
			out->order[at] = out->order[at - 1];
			at--;
		}
		out->order[at] = k;
	}
	for (int i = 0; i < out->nlabels; i++)
		sum += out->probability[i] = exp(z[out->order[i]] - z[out->order[0]]);
	for (int i = 0; i < out->nlabels; i++)
		out->probability[i] /= sum;
}

/* How much a bucket speaks for the label rather than for the average of the others. */
static double speaks(const struct fl_learner *m, uint32_t bucket, int label)
{
	const int16_t *w = m->weight + (size_t)bucket * (size_t)m->nlabels;
	double others = 0;

	for (int k = 0; k < m->nlabels; k++)
		if (k != label)
			others += (double)w[k];
	return ((double)w[label] - (m->nlabels > 1 ? others / (m->nlabels - 1) : 0)) * (double)m->scale;
}

struct weighed {
	struct fl_str text;
	double weight;
	int from, to; /* tokens */
};

static int heavier(const void *a, const void *b)
{
	double x = ((const struct weighed *)a)->weight, y = ((const struct weighed *)b)->weight;

	return (x < y) - (x > y);
}

static double word_weight(const struct fl_learner *m, const struct fl_token *t, int label)
{
	uint32_t buckets[160];
	int n = fl_features_word(t, buckets, (int)FL_COUNT(buckets));
	double chars = 0;

	for (int i = 1; i < n; i++)
		chars += speaks(m, buckets[i], label);
	return speaks(m, buckets[0], label) + chars / (n > 1 ? sqrt((double)n) * 4 : 1);
}

static bool overlaps(const struct weighed *list, int n, const struct weighed *w)
{
	for (int i = 0; i < n; i++)
		if (fl_str_ieq(list[i].text, w->text) || (list[i].from <= w->to && w->from <= list[i].to))
			return true;
	return false;
}

/* Words that explain nothing to a reader, whatever they weigh. */
static bool is_filler(struct fl_str folded)
{
	static const char words[] = " the and for with you your our are was has have had this that from not but can could would will does did what which when how who it its "
				    "they them there here please hello dear thanks thank since after before about into than then all any one also just like "
				    "los las del una uno unos unas por para con que como este esta esto son fue hay nos les sus muy mas pero hola gracias ";

	for (const char *at = words; (at = strchr(at, ' ')) && at[1]; at++)
		if (strncmp(at + 1, folded.p, folded.n) == 0 && at[1 + folded.n] == ' ')
			return true;
	return folded.n < 3;
}

/* The words and pairs that weighed most, as they stand in the text. */
static void reasons(struct fl_arena *a, const struct fl_learner *m, const struct fl_features *f, struct fl_guess *out)
{
	struct weighed *all = FL_NEW_ARRAY(a, (size_t)f->ntokens * 2 + 1, struct weighed), kept[FL_REASONS_MAX];
	int n = 0, label = out->order[0];

	for (int i = 0; i < f->ntokens; i++) {
		const struct fl_token *t = &f->tokens[i], *before = i > 0 && !t->after_break ? t - 1 : NULL;
		double w = is_filler(t->folded) ? 0 : word_weight(m, t, label);

		if (w > 0)
			all[n++] = (struct weighed){ t->as_written, w, i, i };
		if (before && w > 0 && !is_filler(before->folded)) {
			double pair = speaks(m, fl_features_pair(before, t), label);
			struct fl_str both = { before->as_written.p, (size_t)(t->as_written.p + t->as_written.n - before->as_written.p) };

			if (pair > 0)
				all[n++] = (struct weighed){ both, w + pair + word_weight(m, before, label) * 0.5, i - 1, i };
		}
	}
	qsort(all, (size_t)n, sizeof(*all), heavier);
	for (int i = 0; i < n && out->nreasons < FL_REASONS_MAX && all[i].weight > all[0].weight * 0.25; i++)
		if (!overlaps(kept, out->nreasons, &all[i])) {
			kept[out->nreasons] = all[i];
			out->reasons[out->nreasons++] = all[i].text;
		}
}

static int shared(const struct fl_near *n, const unsigned char *has)
{
	int both = 0;

	for (int i = 0; i < FL_NEAR_BUCKETS; i++)
		both += has[n->bucket[i]];
	return both;
}

static const char *nearest(struct fl_arena *a, const struct fl_learner *m, const struct fl_features *f)
{
	unsigned char *has = fl_alloc(a, FL_BUCKETS);
	const char *best = "";
	int most = 3; /* fewer in common is chance */

	for (int i = 0; i < f->n; i++)
		has[f->f[i].bucket] = 1;
	has[FL_BUCKETS - 1] = 0;
	for (int i = 0; i < m->nnear; i++) {
		int both = shared(&m->near[i], has);

		if (both > most) {
			most = both;
			best = m->near[i].id;
		}
	}
	return best;
}

void fl_learner_predict(struct fl_arena *a, const struct fl_learner *m, struct fl_str subject, struct fl_str body, struct fl_guess *out)
{
	struct fl_features f = fl_features_of(a, subject, body);
	double z[FL_LABELS_MAX];

	*out = (struct fl_guess){ .nlabels = m->nlabels, .nearest = "" };
	logits(m, &f, z);
	rank(z, out);
	out->foreign = f.ntokens == 0 || z[out->order[0]] < (double)m->foreign_below;
	out->confidence = fl_platt_confidence(&m->platt, m->nlabels > 1 ? z[out->order[0]] - z[out->order[1]] : z[out->order[0]], z[out->order[0]]);
	reasons(a, m, &f, out);
	if (m->nnear > 0)
		out->nearest = nearest(a, m, &f);
}

void fl_learner_logits(struct fl_arena *a, const struct fl_learner *m, struct fl_str subject, struct fl_str body, double *margin, double *best)
{
	struct fl_features f = fl_features_of(a, subject, body);
	struct fl_guess g = { .nlabels = m->nlabels };
	double z[FL_LABELS_MAX];

	logits(m, &f, z);
	rank(z, &g);
	*best = z[g.order[0]];
	*margin = m->nlabels > 1 ? *best - z[g.order[1]] : *best;
}

const char *fl_learner_label(const struct fl_learner *m, int i)
{
	return m->id[i];
}
