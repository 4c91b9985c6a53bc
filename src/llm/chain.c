#include "llm/inside.h"

static const struct {
	const char *name, *model;
} providers[] = {
	[FL_PROVIDER_ANTHROPIC] = { "anthropic", "claude-sonnet-4-5-20250929" },
	[FL_PROVIDER_OPENAI] = { "openai", "gpt-4-turbo" },
	[FL_PROVIDER_BUILTIN] = { "builtin", "" },
};

/* List prices in micro-dollars for a million tokens. */
static const struct fl_llm_price prices_known[] = {
	{ "claude-sonnet-4-5-20250929", 3000000, 15000000 },
	{ "claude-sonnet-4-20250514", 3000000, 15000000 },
	{ "claude-haiku-4-5-20251001", 1000000, 5000000 },
	{ "gpt-4-turbo", 10000000, 30000000 },
	{ "gpt-4-turbo-preview", 10000000, 30000000 },
	{ "gpt-4", 30000000, 60000000 },
	{ "gpt-4o", 2500000, 10000000 },
	{ "gpt-4o-mini", 150000, 600000 },
	{ NULL, 0, 0 },
};

const char *fl_provider_name(enum fl_provider p)
{
	return providers[p].name;
}

static enum fl_rc link_parse(struct fl_cx *cx, struct fl_str entry, struct fl_llm_link *out)
{
	struct fl_str name = fl_str_trim(fl_str_cut(&entry, ':'));
	struct fl_str model = fl_str_trim(entry);

	for (size_t i = 0; i < FL_COUNT(providers); i++) {
		if (!fl_str_eq(name, fl_str(providers[i].name)))
			continue;
		out->provider = (enum fl_provider)i;
		out->model = model.n ? fl_strndup(cx->a, model) : providers[i].model;
		return FL_OK;
	}
	return FL_FAIL(cx, FL_INVALID, "Unsupported provider \"%.*s\"", name.n > 40 ? 40 : (int)name.n, name.n ? name.p : "");
}

enum fl_rc fl_llm_chain_parse(struct fl_cx *cx, const char *text, struct fl_llm_chain *out)
{
	struct fl_str rest = fl_str(text);

	*out = (struct fl_llm_chain){ .n = 0 };
	while (rest.p) {
		if (out->n == FL_LLM_CHAIN_MAX)
			return FL_FAIL(cx, FL_INVALID, "a chain has at most %d providers", FL_LLM_CHAIN_MAX);
		FL_TRY(link_parse(cx, fl_str_cut(&rest, ','), &out->links[out->n++]));
	}
	return out->n ? FL_OK : FL_FAIL(cx, FL_INVALID, "the chain of providers is empty");
}

static const struct fl_llm_price *price_of(const struct fl_llm_price *prices, const char *model)
{
	for (; prices && prices->model; prices++)
		if (strcmp(prices->model, model) == 0)
			return prices;
	return NULL;
}

int64_t fl_llm_cost_micro(const struct fl_llm_price *prices, const char *model, int64_t prompt_tokens, int64_t completion_tokens,
                          bool *known)
{
	const struct fl_llm_price *p = price_of(prices, model);
	double cost;

	if (!p)
		p = price_of(prices_known, model);
	*known = p != NULL;
	if (!p)
		return 0;
	cost = ((double)prompt_tokens * (double)p->prompt_micro + (double)completion_tokens * (double)p->completion_micro) / 1e6;
	return cost < 0 || cost > 1e15 ? 0 : (int64_t)(cost + 0.5);
}
