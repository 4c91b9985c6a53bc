/* The learner: where an organisation's requests belong, from the words of its own pipelines and past requests. Softmax over hashed features,
 * plain stochastic gradient descent, in this process, without a network.
 *
 * Confidence is the probability that the first label is right, by Platt scaling (Platt 1999) of two numbers: the margin between the two best
 * logits and the best logit. It is fitted on rows predicted by models that had not learned them (five folds), each of which also knew nothing of
 * one label, so that it shows how sure a model gets about requests that belong nowhere; with fewer than FL_CALIBRATE_MIN rows the constants measured on the shipped corpus are used (tests/bench/b_learner derives them again).
 * A model never changes after training: who trains stores its bytes, others load them. */
#ifndef FL_LLM_LEARNER_H
#define FL_LLM_LEARNER_H

#include "llm/features.h"

enum { FL_LABELS_MAX = 64, FL_CASES_MAX = 5000, FL_CALIBRATE_MIN = 40, FL_REASONS_MAX = 5 };

struct fl_label {
	const char *id;       /* 36 characters */
	struct fl_str name, description;
	struct fl_str keywords; /* of its intent, separated by spaces; may be empty */
};

struct fl_case {
	const char *id;   /* of the request it was, 36 characters; "" when unknown */
	int label;        /* number of its label, -1: none fits */
	struct fl_str subject, body;
};

struct fl_learner;

/* Learns. labels 1 to FL_LABELS_MAX (FL_INVALID otherwise), rows oldest first; beyond FL_CASES_MAX the oldest are left out. Deterministic.
 * The model lives in a. */
enum fl_rc fl_learner_train(struct fl_arena *a, const struct fl_label *labels, int nlabels, const struct fl_case *rows, int nrows,
                            struct fl_learner **out) FL_USE;

/* The model as bytes that another process loads; owned by a. */
struct fl_str fl_learner_save(struct fl_arena *a, const struct fl_learner *m);
/* FL_INVALID for bytes of another form, version or length. The model lives in a and does not borrow the bytes. */
enum fl_rc fl_learner_load(struct fl_arena *a, struct fl_str bytes, struct fl_learner **out) FL_USE;

struct fl_guess {
	int nlabels;
	int order[FL_LABELS_MAX];          /* label numbers, best first */
	double probability[FL_LABELS_MAX]; /* by that order; sums to 1 */
	double confidence;                 /* that order[0] is right, calibrated */
	bool foreign;                      /* none of the organisation's words are in it: none fits */
	int nreasons;
	struct fl_str reasons[FL_REASONS_MAX]; /* as they stand in the text; borrow it */
	const char *nearest; /* id of the labelled case most like it, "" when there is none */
};

/* Where a text belongs. Features are made in a. */
void fl_learner_predict(struct fl_arena *a, const struct fl_learner *m, struct fl_str subject, struct fl_str body, struct fl_guess *out);

/* The id of label number i; what training was told of. */
const char *fl_learner_label(const struct fl_learner *m, int i);

#endif
