#include "db/connection.h"

#include <stdlib.h>

static const struct {
	const char *state; /* five characters, or a class of two */
	enum fl_rc rc;
} codes[] = {
	{ "FL401", FL_DENIED },   { "FL403", FL_DENIED },   { "FL404", FL_NOT_FOUND }, { "FL409", FL_CONFLICT },
	{ "FL422", FL_INVALID },  { "FL429", FL_LATER },     { "FL503", FL_LATER },
	{ "23505", FL_CONFLICT }, { "23P01", FL_CONFLICT }, { "40001", FL_CONFLICT },  { "40P01", FL_LATER },
	{ "23503", FL_INVALID },  { "23514", FL_INVALID },  { "23502", FL_BUG },       { "22", FL_INVALID },
	{ "42501", FL_DENIED },   { "25006", FL_BUG },      { "55P03", FL_LATER },     { "57014", FL_LATER },
	{ "57P", FL_LATER },      { "08", FL_LATER },       { "53", FL_LATER },        { "58", FL_LATER },
};

static enum fl_rc code_of(const char *state)
{
	for (size_t i = 0; i < FL_COUNT(codes); i++)
		if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0)
			return codes[i].rc;
	return FL_BUG;
}

enum fl_rc fl_db_error(struct fl_cx *cx, const PGresult *res, const char *what)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
	const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	bool ours = state && strncmp(state, "FL", 2) == 0;
	enum fl_rc rc;

	if (!state)
		return FL_FAIL(cx, FL_LATER, "%s: %s", what, PQresultErrorMessage(res));
	rc = code_of(state);
	if (ours)
		(void)FL_FAIL(cx, rc, "%s", text ? text : "");
	else
		(void)FL_FAIL(cx, rc, "%s: %s %s %s", what, state, text ? text : "", constraint ? constraint : "");
	cx->err.sqlstate = fl_strdup(cx->a, state);
	cx->err.full = strcmp(state, "53100") == 0;
	if (ours && detail && detail[0])
		cx->err.field = fl_strdup(cx->a, detail);
	return rc;
}
