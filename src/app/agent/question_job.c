#include "app/agent/question.h"
#include "llm/llm.h"

static const char no_pipeline[] = "(none)";
static const char *const intents[] = { "SALES_INQUIRY", "SUPPORT_REQUEST", "BILLING_QUESTION", "SCHEDULING", "OTHER", NULL };
static const char *const priorities[] = { "urgent", "normal", "low", NULL };

static bool may(const struct agent_case *c, const char *capability)
{
	struct fl_str rest = fl_str(c->capabilities);

	while (rest.n)
		if (fl_str_eq(fl_str_cut(&rest, ' '), fl_str(capability)))
			return true;
	return false;
}

/* The actions a model may propose besides the destination, out of the agent's capabilities. */
static const char *const *action_labels(struct fl_arena *a, const struct agent_case *c)
{
	static const char *const all[] = { "SEND_NOTIFICATION", "ESCALATE" };
	const char **labels = FL_NEW_ARRAY(a, FL_COUNT(all) + 1, const char *);
	int n = 0;

	for (size_t i = 0; i < FL_COUNT(all); i++)
		if (may(c, all[i]))
			labels[n++] = all[i];
	return labels;
}

static const struct fl_answer_field *action_fields(struct fl_arena *a, const char *const *labels)
{
	const struct fl_answer_field fields[] = {
		{ "type", FL_ANSWER_LABEL, .labels = labels, .help = "what to do besides sending it on" },
		{ "text", FL_ANSWER_TEXT, .min = 1, .max = 300, .help = "one sentence for the people who work here" },
		{ 0 },
	};
	struct fl_answer_field *own = FL_NEW_ARRAY(a, FL_COUNT(fields), struct fl_answer_field);

	memcpy(own, fields, sizeof(fields));
	return own;
}

const struct fl_answer_field *agent_answer_fields(struct fl_cx *cx, const struct agent_case *c)
{
	const struct agent_known *k = c->known;
	const char **names = FL_NEW_ARRAY(cx->a, k->npipelines + 2, const char *);
	const char *const *actions = action_labels(cx->a, c);
	const struct fl_answer_field fields[] = {
		{ "destination", FL_ANSWER_LABEL, .labels = names, .help = "where the request belongs, (none) when no description fits" },
		{ "intent", FL_ANSWER_LABEL, .labels = intents },
		{ "confidence", FL_ANSWER_NUMBER, .min = 0, .max = 1, .help = "how likely the destination is right" },
		{ "reason", FL_ANSWER_TEXT, .min = 1, .max = 300, .help = "one sentence" },
		{ "evidence", FL_ANSWER_TEXTS, .max = AGENT_EVIDENCE, .help = "phrases copied from the request that weigh most" },
		{ "entities", FL_ANSWER_TEXTS, .max = 10, .help = "numbers, names, dates of the request: invoice 2291" },
		{ "priority", FL_ANSWER_LABEL, .labels = priorities },
		{ "actions", FL_ANSWER_OBJECTS, .max = AGENT_ACTIONS, .sub = action_fields(cx->a, actions), .help = "usually none" },
		{ 0 },
	};
	struct fl_answer_field *own = FL_NEW_ARRAY(cx->a, FL_COUNT(fields), struct fl_answer_field);

	for (int i = 0; i < k->npipelines; i++)
		names[i] = k->pipelines[i].name;
	names[k->npipelines] = no_pipeline;
	memcpy(own, fields, sizeof(fields));
	if (!actions[0])
		own[FL_COUNT(fields) - 2] = (struct fl_answer_field){ 0 };
	return own;
}

static struct fl_str pipelines_json(struct fl_arena *a, const struct agent_known *k)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);
	struct fl_jw w;

	*b = fl_buf(a, 128 * 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < k->npipelines; i++) {
		fl_jw_open(&w, NULL, '{');
		fl_jw_cstr(&w, "name", k->pipelines[i].name);
		fl_jw_cstr(&w, "takes", k->pipelines[i].description);
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	return fl_buf_get(b);
}

static struct fl_str json_text(struct fl_arena *a, const char *text)
{
	struct fl_buf *b = FL_NEW(a, struct fl_buf);

	*b = fl_buf(a, 64 * 1024);
	fl_buf_json(b, fl_str(text));
	return fl_buf_get(b);
}

enum fl_rc agent_prompt(struct fl_cx *cx, const struct agent_case *c, struct fl_str similar, const char *language,
                        struct fl_prompt_text *out)
{
	static const char *const instructions[] = {
		"Choose the destination whose description fits the request best; (none) when none fits.",
		"Follow the rules of the organisation in CONTEXT.rules where they say more.",
		"State as confidence how often you would be right about a hundred requests like this one.",
		"Copy the evidence word for word from the request.",
		"Propose an action only when the request cannot wait or somebody has to know something now.",
		"Write reason and texts in the language of CONTEXT.language. Answer with the object alone.",
		NULL,
	};
	const struct fl_prompt_item context[] = {
		{ "destinations", pipelines_json(cx->a, c->known), false },
		{ "rules", json_text(cx->a, c->instructions), false },
		{ "language", json_text(cx->a, language), false },
		{ "act_alone_from", fl_str(fl_fmt(cx->a, "%.3f", c->auto_threshold)), false },
		{ "subject", c->subject, true },
		{ "request", c->body, true },
		{ "past_cases", similar, true },
	};
	const struct fl_prompt p = { .system = "You sort requests at the front desk of an organisation. You decide where a request belongs; people and code do the rest.",
		                     .context = context, .ncontext = similar.n ? 7 : 6, .instructions = instructions };

	return fl_prompt_build(cx, &p, out);
}

/* Whether phrase stands in text, whatever the case of its ASCII letters. */
static bool stands_in(struct fl_str text, struct fl_str phrase)
{
	for (size_t i = 0; phrase.n && i + phrase.n <= text.n; i++)
		if (fl_str_ieq((struct fl_str){ text.p + i, phrase.n }, phrase))
			return true;
	return false;
}

static void read_evidence(const struct agent_case *c, struct json_object *list, struct agent_decision *out)
{
	for (size_t i = 0; list && i < json_object_array_length(list) && out->nevidence < AGENT_EVIDENCE; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct fl_str s = fl_str_trim((struct fl_str){ json_object_get_string(o), (size_t)json_object_get_string_len(o) });

		if (s.n <= 200 && (stands_in(c->subject, s) || stands_in(c->body, s)))
			out->evidence[out->nevidence++] = s;
	}
}

static void read_entities(struct fl_arena *a, struct json_object *list, struct agent_decision *out)
{
	struct fl_buf b = fl_buf(a, 16 * 1024);

	fl_buf_puts(&b, "{\"found\":");
	fl_buf_puts(&b, list ? json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN) : "[]");
	fl_buf_putc(&b, '}');
	if (!b.over)
		out->entities = fl_buf_get(&b);
}

static enum fl_rc read_actions(struct fl_cx *cx, struct json_object *list, struct agent_decision *out)
{
	struct fl_buf b = fl_buf(cx->a, 16 * 1024);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '[');
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct fl_str text = fl_str_trim(fl_json_str(o, "text"));

		if (!text.n)
			return FL_FAIL(cx, FL_INVALID, "unparsable: actions text is empty");
		fl_jw_open(&w, NULL, '{');
		fl_jw_str(&w, "type", fl_json_str(o, "type"));
		fl_jw_open(&w, "args", '{');
		fl_jw_str(&w, "text", text);
		fl_jw_close(&w, '}');
		fl_jw_close(&w, '}');
	}
	fl_jw_close(&w, ']');
	out->more = fl_buf_get(&b);
	return FL_OK;
}

enum fl_rc agent_answer_read(struct fl_cx *cx, const struct agent_case *c, struct json_object *answer, struct agent_decision *out)
{
	struct fl_str name = fl_json_str(answer, "destination"), priority = fl_json_str(answer, "priority"), intent = fl_json_str(answer, "intent");

	for (int i = 0; i < c->known->npipelines; i++)
		if (fl_str_eq(fl_str(c->known->pipelines[i].name), name))
			out->pipeline = &c->known->pipelines[i];
	out->intent = fl_str_eq(intent, FL_STR("OTHER")) ? NULL : fl_strndup(cx->a, intent);
	out->stated = out->confidence = fl_json_double(answer, "confidence", 0);
	out->reason = fl_strndup(cx->a, fl_json_str(answer, "reason"));
	out->priority = fl_str_eq(priority, FL_STR("urgent")) ? 1 : fl_str_eq(priority, FL_STR("low")) ? 9 : 5;
	read_evidence(c, fl_json_get(answer, "evidence"), out);
	read_entities(cx->a, fl_json_get(answer, "entities"), out);
	out->raw = fl_str(fl_strdup(cx->a, json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN)));
	return read_actions(cx, fl_json_get(answer, "actions"), out);
}
