#include "app/agent/mind.h"
#include "app/schedule/reply.h"
#include "llm/intent.h"
#include "llm/learner.h"

enum { MODEL_BYTES = 64 << 20 };

int agent_labels(struct fl_arena *a, const struct agent_pipeline *pipelines, int n, struct fl_label **out)
{
	struct fl_label *l = FL_NEW_ARRAY(a, FL_LABELS_MAX, struct fl_label);

	if (n > FL_LABELS_MAX)
		n = FL_LABELS_MAX;
	for (int i = 0; i < n; i++)
		l[i] = (struct fl_label){ .id = pipelines[i].id, .name = fl_str(pipelines[i].name), .description = fl_str(pipelines[i].description),
			                  .keywords = fl_intent_words(pipelines[i].intent) };
	*out = l;
	return n;
}

static void forget(struct agent_known *k)
{
	fl_arena_free(k->model_a);
	k->model_a = fl_arena_new(MODEL_BYTES);
	k->learner = NULL;
	k->model_version = -1;
}

/* Before anybody was right or wrong: the pipelines' own words. */
static enum fl_rc begin_cold(struct fl_cx *cx, struct agent_known *k)
{
	struct fl_label *labels;
	int n;

	forget(k);
	k->model_version = 0;
	if (k->npipelines == 0)
		return FL_OK;
	n = agent_labels(k->model_a, k->pipelines, k->npipelines, &labels);
	if (fl_learner_train(k->model_a, labels, n, NULL, 0, &k->learner) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "no model of the pipelines");
	return FL_OK;
}

enum fl_rc agent_mind_take(struct fl_cx *cx, struct agent_known *k, int64_t version, struct fl_str bytes, bool fresh)
{
	if (version == 0 && (fresh || k->model_version != 0))
		return begin_cold(cx, k);
	if (version == k->model_version || !bytes.n)
		return k->model_version >= 0 ? FL_OK : FL_FAIL(cx, FL_LATER, "the model was not brought");
	forget(k);
	if (fl_learner_load(k->model_a, bytes, &k->learner) != FL_OK)
		return begin_cold(cx, k); /* of a form this program does not know: the next training mends it */
	k->model_version = version;
	return FL_OK;
}

static const struct agent_pipeline *pipeline_of(const struct agent_case *c, int label)
{
	return agent_pipeline_find(c->known, fl_str(fl_learner_label(c->known->learner, label)));
}

static void take_guess(const struct agent_case *c, const struct fl_guess *g, struct agent_decision *out)
{
	for (int i = 0; i < g->nlabels && out->nalternatives < AGENT_ALTERNATIVES; i++) {
		const struct agent_pipeline *p = pipeline_of(c, g->order[i]);

		if (i == 0 && !g->foreign) {
			out->pipeline = p;
			out->confidence = p ? g->confidence : 0;
		} else if (p) {
			out->alternatives[out->nalternatives].pipeline = p;
			out->alternatives[out->nalternatives++].confidence = g->probability[i];
		}
	}
	for (int i = 0; i < g->nreasons && i < AGENT_EVIDENCE; i++)
		out->evidence[out->nevidence++] = g->reasons[i];
}

/* What the text names, and the case most like it. */
static struct fl_str entities(struct fl_arena *a, const struct agent_case *c, const struct fl_guess *g)
{
	struct fl_str found = fl_entities_of(a, c->body);

	if (!g->nearest || !g->nearest[0])
		return found;
	if (found.n <= 2)
		return fl_str(fl_fmt(a, "{\"like\":\"%s\"}", g->nearest));
	return fl_str(fl_fmt(a, "{\"like\":\"%s\",%.*s", g->nearest, (int)found.n - 1, found.p + 1));
}

enum fl_rc agent_decide_builtin(struct fl_cx *cx, const struct agent_case *c, struct agent_decision *out)
{
	struct fl_guess *g = FL_NEW(cx->a, struct fl_guess);

	*out = (struct agent_decision){ .provider = "builtin", .prompt_version = "", .stated = -1, .reason = "" };
	out->model = fl_fmt(cx->a, "v%lld", (long long)c->known->model_version);
	if (!c->known->learner)
		return FL_OK;
	fl_learner_predict(cx->a, c->known->learner, c->subject, c->body, g);
	take_guess(c, g, out);
	out->entities = entities(cx->a, c, g);
	out->intent = reply_wants_meeting(cx->a, fl_str(fl_fmt(cx->a, "%.*s\n%.*s", (int)c->subject.n, c->subject.p, (int)c->body.n, c->body.p))) ? "SCHEDULING"
		: fl_intent_of(cx->a, c->subject, c->body);
	/* A guess that nobody would act on says nothing: the scheduling agent writes to whoever is said to want a meeting. */
	if (!out->intent && out->pipeline && out->confidence >= c->auto_threshold)
		out->intent = out->pipeline->intent;
	return FL_OK;
}
