/* learner.train: a model of the pipelines as they are and of what people said is right. */
#include "app/agent/mind.h"
#include "llm/learner.h"

struct train {
	struct fl_str bytes;
	int64_t cases;
	bool is_nothing;
};

enum fl_rc agent_train_load(struct fl_job *job, struct fl_batch *b)
{
	(void)job;
	fl_batch_add(b, q_learner_pipelines(), NULL);
	fl_batch_add(b, q_learner_cases(FL_CASES_MAX), NULL);
	return FL_OK;
}

static struct agent_pipeline *read_pipelines(struct fl_arena *a, const struct fl_rows *s)
{
	struct agent_pipeline *p = FL_NEW_ARRAY(a, s->nrows + 1, struct agent_pipeline);

	for (int i = 0; i < s->nrows; i++)
		p[i] = (struct agent_pipeline){ fl_rows_dup(a, s, i, LEARNER_PIPELINES_ID), fl_rows_dup(a, s, i, LEARNER_PIPELINES_NAME),
			                        fl_rows_dup(a, s, i, LEARNER_PIPELINES_DESCRIPTION), fl_rows_dup(a, s, i, LEARNER_PIPELINES_INTENT) };
	return p;
}

/* Number of the label with that id; -2 when there is none. */
static int label_of(const struct fl_label *labels, int n, const char *id)
{
	for (int i = 0; i < n; i++)
		if (strcmp(labels[i].id, id) == 0)
			return i;
	return -2;
}

static int read_cases(struct fl_arena *a, const struct fl_rows *s, const struct fl_label *labels, int nlabels, struct fl_case **out)
{
	struct fl_case *c = FL_NEW_ARRAY(a, s->nrows + 1, struct fl_case);
	int n = 0;

	/* They come newest first, and are learned oldest first. */
	for (int i = s->nrows - 1; i >= 0; i--) {
		const char *id = fl_rows_dup(a, s, i, LEARNER_CASES_INTAKE_ID);
		int label = -1;

		if (!fl_rows_null(s, i, LEARNER_CASES_PIPELINE_ID))
			label = label_of(labels, nlabels, fl_rows_dup(a, s, i, LEARNER_CASES_PIPELINE_ID));
		if (label == -2)
			continue;
		c[n++] = (struct fl_case){ .id = id ? id : "", .label = label, .subject = fl_rows_str(s, i, LEARNER_CASES_SUBJECT),
			                   .body = fl_rows_str(s, i, LEARNER_CASES_BODY) };
	}
	*out = c;
	return n;
}

enum fl_rc agent_train_call(struct fl_job *job)
{
	struct fl_arena *a = job->cx->a;
	struct train *t = FL_NEW(a, struct train);
	struct fl_learner *m;
	struct fl_label *labels;
	struct fl_case *cases;
	int nlabels = agent_labels(a, read_pipelines(a, job->set[0]), job->set[0]->nrows, &labels);

	job->state = t;
	t->is_nothing = nlabels == 0;
	if (t->is_nothing)
		return FL_OK;
	t->cases = read_cases(a, job->set[1], labels, nlabels, &cases);
	if (fl_learner_train(a, labels, nlabels, cases, (int)t->cases, &m) != FL_OK)
		return FL_FAIL(job->cx, FL_BUG, "no model could be made");
	t->bytes = fl_learner_save(a, m);
	return FL_OK;
}

enum fl_rc agent_train_save(struct fl_job *job, struct fl_batch *b)
{
	const struct train *t = job->state;

	if (!t->is_nothing)
		fl_batch_add(b, q_learner_keep(t->bytes, t->cases), NULL);
	return FL_OK;
}
