/* The built-in provider in the hands of the agent: models by version, and what they are made of. */
#ifndef FL_APP_AGENT_MIND_H
#define FL_APP_AGENT_MIND_H

#include "app/agent/agent.h"

struct fl_label;

/* Makes the learner of k fit: the stored model when one came, else one of the pipelines alone where there is none. `fresh`: the pipelines changed. */
enum fl_rc agent_mind_take(struct fl_cx *cx, struct agent_known *k, int64_t version, struct fl_str bytes, bool fresh) FL_USE;

/* The pipelines as labels, in their order, at most FL_LABELS_MAX; returns how many. */
int agent_labels(struct fl_arena *a, const struct agent_pipeline *pipelines, int n, struct fl_label **out);

#endif
