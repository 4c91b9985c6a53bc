/* The inside of a model, for the learner's files only. */
#ifndef FL_LLM_MODEL_H
#define FL_LLM_MODEL_H

#include "llm/learner.h"

enum { FL_NEAR_BUCKETS = 24, FL_NEAR_CASES = 1000 };

/* The strongest buckets of a labelled case, to find the nearest one. */
struct fl_near {
	char id[37];
	uint16_t bucket[FL_NEAR_BUCKETS]; /* sorted; FL_BUCKETS - 1 fills up */
};

struct fl_platt {
	double margin, best, bias; /* confidence = 1 / (1 + exp(-(margin * m + best * b + bias))) */
};

struct fl_learner {
	int nlabels, ncases, nnear;
	char id[FL_LABELS_MAX][37];
	float bias[FL_LABELS_MAX];
	float scale;      /* a weight is its int16 times this */
	int16_t *weight;  /* [bucket][label]: the labels of a bucket lie side by side */
	struct fl_platt platt;
	float foreign_below; /* a best logit under this: none fits */
	struct fl_near *near;
};

/* One outcome that calibration learns from. */
struct fl_outcome {
	double margin, best, weight;
	bool right;
};

/* Fits the three numbers by Newton steps on the logistic loss with Platt's smoothed targets; keeps `start` when there are too few rows of
 * either outcome. */
struct fl_platt fl_platt_fit(const struct fl_outcome *rows, int n, struct fl_platt start);
double fl_platt_confidence(const struct fl_platt *p, double margin, double best);

/* The margin between the two best logits of a text, and the best: what calibration goes by. */
void fl_learner_logits(struct fl_arena *a, const struct fl_learner *m, struct fl_str subject, struct fl_str body, double *margin, double *best);

#endif
