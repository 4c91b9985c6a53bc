/* A model's answer over any bytes, against a table with every kind of member. */
#include <stdint.h>

#include "llm/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const labels[] = { "A", "B", NULL };
static const struct fl_answer_field inner[] = { { "what", FL_ANSWER_TEXT, .min = 1, .max = 5 }, { 0 } };
static const struct fl_answer_field table[] = {
	{ "label", FL_ANSWER_LABEL, .labels = labels },
	{ "sure", FL_ANSWER_NUMBER, .min = 0, .max = 1 },
	{ "n", FL_ANSWER_INT, .optional = true, .min = 1, .max = 5 },
	{ "go", FL_ANSWER_BOOL, .optional = true },
	{ "why", FL_ANSWER_TEXTS, .optional = true },
	{ "tags", FL_ANSWER_LABELS, .optional = true, .labels = labels },
	{ "steps", FL_ANSWER_OBJECTS, .optional = true, .sub = inner },
	{ "one", FL_ANSWER_OBJECT, .optional = true, .sub = inner },
	{ 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_arena *a = fl_arena_new(16 << 20);
	struct json_object *obj;
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "fuzz", 10);
	(void)!fl_answer_parse(&cx, table, (struct fl_str){ (const char *)data, size }, &obj);
	fl_arena_free(a);
	return 0;
}
