#include "llm/learner.h"

#include <math.h>
#include <stdlib.h>

#include "llm/model.h"

enum { PASSES = 10, KEYWORDS_MAX = 40, LABEL_LESSONS = KEYWORDS_MAX + 4 };

static const double rate = 0.6;
static const float faded = 0.995f;

/* For models without cases or with few. Flatter than what b_learner derives from models without cases (0.42, 8.81, -1.69): as the first cases
 * come in the logits grow, and that fit was too bold for them. */
static const struct fl_platt shipped = { .margin = 1.50, .best = 0.80, .bias = -0.90 };
/* A best logit under this has none of the organisation's words in it. */
static const float foreign = 0.02f;
/* How much such a case counts in calibration: requests that belong nowhere are a few in a hundred of a real stream. */
static const double foreign_weight = 0.05;

/* What training works on; weights as floats, made int16 at the end. */
struct school {
	struct fl_arena *a, *scratch;
	int nlabels;
	float *weight; /* [bucket][label] */
	float bias[FL_LABELS_MAX];
	struct lesson {
		struct fl_features f;
		int label; /* -1: none */
	} *lessons;
	int nlessons;
	uint64_t dice;
};

static uint64_t roll(struct school *s)
{
	/* xorshift64: the order of lessons must be mixed, not secret. */
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 7;
	s->dice ^= s->dice << 17;
	return s->dice;
}

static void logits(const float *weight, const float *bias, int nlabels, const struct fl_features *f, double *z)
{
	for (int k = 0; k < nlabels; k++)
		z[k] = (double)bias[k];
	for (int i = 0; i < f->n; i++) {
		const float *w = weight + (size_t)f->f[i].bucket * (size_t)nlabels;

		for (int k = 0; k < nlabels; k++)
			z[k] += (double)(w[k] * f->f[i].value);
	}
}

static void softmax(const double *z, int n, double *p)
{
	double most = z[0], sum = 0;

	for (int k = 1; k < n; k++)
		most = z[k] > most ? z[k] : most;
	for (int k = 0; k < n; k++)
		sum += p[k] = exp(z[k] - most);
	for (int k = 0; k < n; k++)
		p[k] /= sum;
}

/* One step. A case that fits none pulls all labels towards equal shares. */
static void learn(struct school *s, const struct lesson *l, double step)
{
	double z[FL_LABELS_MAX], p[FL_LABELS_MAX];
	float g[FL_LABELS_MAX];

	logits(s->weight, s->bias, s->nlabels, &l->f, z);
	softmax(z, s->nlabels, p);
	for (int k = 0; k < s->nlabels; k++) {
		double want = l->label < 0 ? 1.0 / s->nlabels : l->label == k;

		g[k] = (float)(step * (want - p[k]));
		if (l->label < 0)
			g[k] -= (float)(step * 0.3 * (z[k] > 0 ? z[k] : 0));
		s->bias[k] += g[k] * 0.1f;
	}
	for (int i = 0; i < l->f.n; i++) {
		float *w = s->weight + (size_t)l->f.f[i].bucket * (size_t)s->nlabels, v = l->f.f[i].value;

		for (int k = 0; k < s->nlabels; k++)
			w[k] += g[k] * v;
	}
}

/* What is not confirmed fades: once a pass, for all weights alike. */
static void fade(struct school *s)
{
	for (size_t i = 0; i < (size_t)FL_BUCKETS * (size_t)s->nlabels; i++)
		s->weight[i] *= faded;
}

static void add_lesson(struct school *s, struct fl_str subject, struct fl_str body, int label)
{
	struct lesson *l = &s->lessons[s->nlessons++];

	/* Taking a text apart needs room that only the features themselves outlive. */
	fl_arena_reset(s->scratch);
	*l = (struct lesson){ .f = fl_features_of(s->scratch, subject, body), .label = label };
	l->f.f = memcpy(fl_alloc_array(s->a, (size_t)l->f.n + 1, sizeof(*l->f.f)), l->f.f, (size_t)l->f.n * sizeof(*l->f.f));
	l->f.tokens = NULL;
}

/* A label teaches by its own words: name, description, name and description, and each keyword of its intent. */
static void label_lessons(struct school *s, const struct fl_label *l, int k)
{
	struct fl_str rest = l->keywords;

	add_lesson(s, l->name, (struct fl_str){ NULL, 0 }, k);
	add_lesson(s, (struct fl_str){ NULL, 0 }, l->description, k);
	add_lesson(s, l->name, l->description, k);
	if (rest.n)
		add_lesson(s, (struct fl_str){ NULL, 0 }, l->keywords, k);
	for (int i = 0; rest.n && i < KEYWORDS_MAX; i++) {
		struct fl_str word = fl_str_cut(&rest, ' ');

		if (word.n)
			add_lesson(s, (struct fl_str){ NULL, 0 }, word, k);
	}
}

static void best_two(const double *z, int n, int *first, double *margin)
{
	int a = 0, b = -1;

	for (int k = 1; k < n; k++) {
		if (z[k] > z[a]) {
			b = a;
			a = k;
		} else if (b < 0 || z[k] > z[b]) {
			b = k;
		}
	}
	*first = a;
	*margin = b < 0 ? z[a] : z[a] - z[b];
}

/* What a model is taught: all but the cases of one fold, and nothing at all of one label. */
struct apart {
	int fold;  /* -1: none is kept apart */
	int label; /* -1: none */
};

enum { FOLDS = 5 };

static bool kept_apart(const struct lesson *l, int i, int own, const struct apart *apart)
{
	return l->label == apart->label || (i >= own && (i - own) % FOLDS == apart->fold);
}

/* Teaches from nothing. Few lessons need more passes to be learned at all. */
static void teach(struct school *s, int own, struct apart apart)
{
	int passes = PASSES + 2000 / (s->nlessons + 1);

	memset(s->weight, 0, (size_t)FL_BUCKETS * (size_t)s->nlabels * sizeof(*s->weight));
	memset(s->bias, 0, sizeof(s->bias));
	s->dice = 88172645463325252u;
	for (int pass = 0; pass < passes; pass++) {
		double step = rate / (1 + pass * (double)PASSES / passes);

		for (int i = 0; i < s->nlessons; i++) {
			int k = (int)(roll(s) % (uint64_t)s->nlessons);

			if (apart.label < -1 || !kept_apart(&s->lessons[k], k, own, &apart))
				learn(s, &s->lessons[k], step);
		}
		fade(s);
	}
}

/* Predicts every labelled case by a model that has not learned it. Each of the models has also never heard of one of the labels: the cases of
 * that label show how sure it gets about requests that belong nowhere. */
static int outcomes_apart(struct school *s, int own, struct fl_outcome *out)
{
	int n = 0;

	for (int fold = 0; fold < FOLDS; fold++) {
		struct apart apart = { fold, s->nlabels > 2 ? fold % s->nlabels : s->nlabels };

		teach(s, own, apart);
		for (int i = own + fold; i < s->nlessons; i += FOLDS) {
			bool stray = s->lessons[i].label < 0 || s->lessons[i].label == apart.label;
			struct fl_outcome *o = &out[n++];
			double z[FL_LABELS_MAX];
			int first;

			logits(s->weight, s->bias, s->nlabels, &s->lessons[i].f, z);
			best_two(z, s->nlabels, &first, &o->margin);
			o->best = z[first];
			o->right = first == s->lessons[i].label && !stray;
			o->weight = stray && s->lessons[i].label >= 0 ? foreign_weight : 1;
		}
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	float x = ((const struct fl_feature *)a)->value, y = ((const struct fl_feature *)b)->value;

	return (x < y) - (x > y);
}

static int by_number(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void near_of(struct fl_arena *a, const struct fl_features *f, struct fl_near *out)
{
	struct fl_feature *copy = FL_NEW_ARRAY(a, (size_t)f->n, struct fl_feature);

	if (f->n)
		memcpy(copy, f->f, (size_t)f->n * sizeof(*copy));
	qsort(copy, (size_t)f->n, sizeof(*copy), by_value);
	for (int i = 0; i < FL_NEAR_BUCKETS; i++)
		out->bucket[i] = (uint16_t)(i < f->n ? copy[i].bucket : FL_BUCKETS - 1);
	qsort(out->bucket, FL_NEAR_BUCKETS, sizeof(out->bucket[0]), by_number);
}

static void quantise(const struct school *s, struct fl_learner *m)
{
	size_t n = (size_t)FL_BUCKETS * (size_t)s->nlabels;
	float most = 1e-6f;

	for (size_t i = 0; i < n; i++)
		most = fabsf(s->weight[i]) > most ? fabsf(s->weight[i]) : most;
	m->scale = most / 32000;
	for (size_t i = 0; i < n; i++)
		m->weight[i] = (int16_t)lrintf(s->weight[i] / m->scale);
	memcpy(m->bias, s->bias, sizeof(m->bias));
}

static void free_scratch(void *p)
{
	fl_arena_free(p);
}

enum fl_rc fl_learner_train(struct fl_arena *a, const struct fl_label *labels, int nlabels, const struct fl_case *rows, int nrows,
                            struct fl_learner **out)
{
	struct school s = { .a = a, .nlabels = nlabels, .dice = 88172645463325252u };
	struct fl_learner *m = FL_NEW(a, struct fl_learner);
	struct fl_outcome *outcomes;
	int own, n = 0;

	if (nlabels < 1 || nlabels > FL_LABELS_MAX)
		return FL_INVALID;
	if (nrows > FL_CASES_MAX) {
		rows += nrows - FL_CASES_MAX;
		nrows = FL_CASES_MAX;
	}
	s.scratch = fl_arena_new((size_t)1 << 20);
	fl_defer(a, free_scratch, s.scratch);
	s.weight = FL_NEW_ARRAY(a, (size_t)FL_BUCKETS * (size_t)nlabels, float);
	s.lessons = FL_NEW_ARRAY(a, (size_t)nrows + FL_LABELS_MAX * LABEL_LESSONS, struct lesson);
	for (int k = 0; k < nlabels; k++)
		label_lessons(&s, &labels[k], k);
	own = s.nlessons;
	for (int i = 0; i < nrows; i++)
		add_lesson(&s, rows[i].subject, rows[i].body, rows[i].label);
	outcomes = FL_NEW_ARRAY(a, (size_t)nrows + 1, struct fl_outcome);
	if (nrows >= FL_CALIBRATE_MIN)
		n = outcomes_apart(&s, own, outcomes);
	m->platt = fl_platt_fit(outcomes, n, shipped);
	m->foreign_below = foreign;
	teach(&s, own, (struct apart){ -1, -2 });
	m->nlabels = nlabels;
	m->ncases = nrows;
	m->nnear = nrows < FL_NEAR_CASES ? nrows : FL_NEAR_CASES;
	m->weight = FL_NEW_ARRAY(a, (size_t)FL_BUCKETS * (size_t)nlabels, int16_t);
	m->near = FL_NEW_ARRAY(a, (size_t)m->nnear + 1, struct fl_near);
	for (int k = 0; k < nlabels; k++)
		memcpy(m->id[k], labels[k].id, strnlen(labels[k].id, 36));
	quantise(&s, m);
	for (int i = 0; i < m->nnear; i++) {
		const struct fl_case *row = &rows[nrows - m->nnear + i];

		memcpy(m->near[i].id, row->id, strnlen(row->id, 36));
		near_of(a, &s.lessons[own + nrows - m->nnear + i].f, &m->near[i]);
	}
	*out = m;
	return FL_OK;
}
