#include "app/agent/mind.h"

enum fl_rc agent_mind_take(struct fl_cx *cx, struct agent_known *k, int64_t version, struct fl_str bytes, bool fresh)
{
	(void)cx; (void)bytes; (void)fresh;
	k->model_version = version;
	return FL_OK;
}

static bool has(struct fl_str t, const char *w)
{
	size_t n = strlen(w);
	for (size_t i = 0; i + n <= t.n; i++)
		if (fl_str_ieq((struct fl_str){ t.p + i, n }, (struct fl_str){ w, n }))
			return true;
	return false;
}

enum fl_rc agent_decide_builtin(struct fl_cx *cx, const struct agent_case *c, struct agent_decision *out)
{
	static const struct { const char *intent, *words[4]; } k[] = { { "SALES_INQUIRY", { "price", "demo", "quote" } }, { "SUPPORT_REQUEST", { "help", "issue", "problem", "bug" } },
		{ "BILLING_QUESTION", { "billing", "invoice", "payment" } }, { "SCHEDULING", { "schedule", "meeting", "calendar", "book" } } };
	*out = (struct agent_decision){ .provider = "builtin", .model = "v0", .prompt_version = "", .stated = -1, .reason = "" };
	for (size_t i = 0; i < 4; i++)
		for (int w = 0; w < 4 && k[i].words[w]; w++)
			if (has(c->body, k[i].words[w]) || has(c->subject, k[i].words[w]))
				for (int p = 0; p < c->known->npipelines; p++)
					if (c->known->pipelines[p].intent && strcmp(c->known->pipelines[p].intent, k[i].intent) == 0 && !out->pipeline) {
						out->pipeline = &c->known->pipelines[p];
						out->intent = k[i].intent;
						out->confidence = 0.9;
						out->evidence[out->nevidence++] = fl_str(k[i].words[w]);
					}
	(void)cx;
	return FL_OK;
}
