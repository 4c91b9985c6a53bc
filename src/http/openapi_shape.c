/* What documents (jsonb) in answers hold, by statement and column: the database keeps them whole, so no statement says it. */
#include "http/openapi.h"

#define TEXT "{\"type\":\"string\"}"
#define NUMBER "{\"type\":\"integer\"}"
#define TRUTH "{\"type\":\"boolean\"}"
#define ID "{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}"
#define INSTANT "{\"type\":\"string\",\"format\":\"date-time\"}"
#define LIST(of, said) "{\"type\":[\"array\",\"null\"],\"description\":\"" said "\",\"items\":" of "}"
#define OBJECT(members, said) "{\"type\":[\"object\",\"null\"],\"description\":\"" said "\",\"properties\":{" members "}}"

#define EVIDENCE LIST(TEXT, "phrases of the text that weighed most")
#define MEETING "\"booking_id\":" ID ",\"starts_at\":" INSTANT ",\"minutes\":" NUMBER ",\"page\":" TEXT
#define SPANS                                                                                                                                                        \
	LIST(OBJECT("\"phrase\":" TEXT ",\"start\":" TEXT ",\"end\":" TEXT ",\"zone\":" TEXT ",\"timed\":" TRUTH ",\"exact\":" TRUTH ",\"has_day\":" TRUTH               \
	            ",\"has_end\":" TRUTH ",\"doubt\":" TEXT ",\"offset_min\":" NUMBER ",\"named_zone\":" TEXT ",\"each_day\":" TRUTH ",\"same_time\":" TRUTH             \
	            ",\"weekday\":" TRUTH ",\"of_offer\":" TRUTH ",\"minutes\":" NUMBER ",\"not_days\":" NUMBER, "one phrase, start and end without a zone being in zone"), \
	     "times the text names")

static const struct {
	const char *query, *column, *schema;
} shapes[] = {
	{ "decision_acts", "args", OBJECT("\"pipeline_id\":" ID ",\"title\":" TEXT ",\"priority\":" NUMBER ",\"assignee_id\":" ID ",\"text\":" TEXT "," MEETING ",\"times\":" LIST(INSTANT, "offered")
	                 ",\"asks\":" TEXT, "what the action was told; which members depends on its type") },
	{ "document_table_list", "columns", LIST(TEXT, "heads of the columns; none: it has no heads") },
	{ "decision_show", "entities", OBJECT("\"emails\":" LIST(TEXT, "") ",\"phones\":" LIST(TEXT, "") ",\"dates\":" LIST(TEXT, "") ",\"amounts\":" LIST(TEXT, "") ",\"numbers\":" LIST(TEXT, "")
	                     ",\"found\":" LIST(TEXT, "by a language model") ",\"times\":" SPANS ",\"like\":" TEXT, "what the text names; like: the case most like it") },
	{ "approval_show", "evidence", EVIDENCE },
	{ "decision_show", "evidence", EVIDENCE },
	{ "schedule_turns", "offers", LIST(INSTANT, "times that were offered") },
	{ "decision_acts", "result", OBJECT("\"item_id\":" ID ",\"stage_id\":" ID ",\"item_version\":" NUMBER ",\"task_id\":" ID ",\"lead_id\":" ID "," MEETING, "what the action made or changed") },
	{ "document_table_list", "rows", LIST(LIST(TEXT, ""), "cells, row by row") },
	{ "schedule_turns", "understood", OBJECT("\"text\":" TEXT ",\"act\":" TEXT ",\"choice\":" NUMBER ",\"none\":" TRUTH ",\"asks\":" TRUTH ",\"told\":" TRUTH ",\"question\":" TRUTH ",\"language\":" TEXT
	                       ",\"shift_s\":" NUMBER ",\"times\":" SPANS, "what the message was taken for") },
};

const char *web_openapi_shape(const struct fl_query *q, const char *column)
{
	size_t n = strlen(column), end = strlen("_marks");

	if (n > end && strcmp(column + n - end, "_marks") == 0)
		return LIST(TEXT, "phrases to be marked");
	for (size_t i = 0; i < FL_COUNT(shapes); i++)
		if (strcmp(shapes[i].query, q->name) == 0 && strcmp(shapes[i].column, column) == 0)
			return shapes[i].schema;
	return NULL;
}
