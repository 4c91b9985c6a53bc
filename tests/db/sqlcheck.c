/* Prepares every statement of sql/query against a database with the real schema and compares names and types of what goes in and
 * comes out with what the file says. usage: sqlcheck CONNECTION-STRING */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "db/queries.h"
#include "tests/tap.h"

static const struct {
	const char *type;
	unsigned oids[12];
} types[] = {
	/* Arrays travel as text, "{a,b}". */
	{ "text", { 25, 1043, 19, 1009, 2951, 1016, 1007, 1000, 1022, 1185, 0 } },
 { "int8", { 20, 23, 21, 0 } }, { "bool", { 16, 0 } },    { "float8", { 701, 700, 0 } },
	{ "timestamptz", { 1184, 0 } },  { "date", { 1082, 0 } },       { "uuid", { 2950, 0 } },  { "jsonb", { 3802, 0 } },
	{ "bytea", { 17, 0 } },
};

static int fits(const char *type, unsigned oid)
{
	for (size_t i = 0; i < FL_COUNT(types); i++)
		for (size_t k = 0; strcmp(types[i].type, type) == 0 && types[i].oids[k]; k++)
			if (types[i].oids[k] == oid)
				return 1;
	return 0;
}

/* What travels as text the server reads as what the statement makes of it: so an argument that may be null is written. */
static int takes(const char *type, unsigned oid)
{
	return fits(type, oid) || (strcmp(type, "text") == 0 && (oid == 20 || oid == 23 || oid == 701 || oid == 1186));
}

static void check_result(const struct fl_query *q, const PGresult *res)
{
	int good = PQnparams(res) == q->nin;

	for (int i = 0; good && i < q->nin; i++)
		if (!takes(q->in_types[i], PQparamtype(res, i))) {
			printf("# %s: argument %s is %s in the file, type %u in the schema\n", q->name, q->in[i].name, q->in_types[i], PQparamtype(res, i));
			good = 0;
		}
	ok(good, "%s: arguments", q->name);
	/* A call for its effect alone may answer a void column. */
	good = PQnfields(res) == q->nout || q->nout == 0;
	for (int i = 0; good && i < q->nout; i++)
		if (!fits(q->out_types[i], PQftype(res, i))) {
			printf("# %s: column %s is %s in the file, type %u in the schema\n", q->name, q->out[i].name, q->out_types[i], PQftype(res, i));
			good = 0;
		}
	ok(good, "%s: columns", q->name);
}

int main(int argc, char **argv)
{
	PGconn *conn;

	if (argc != 2) {
		fputs("usage: sqlcheck CONNECTION-STRING\n", stderr);
		return 2;
	}
	conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK) {
		printf("Bail out! %s", PQerrorMessage(conn));
		return 1;
	}
	for (int i = 1; i < fl_query_count; i++) {
		const struct fl_query *q = &fl_queries[i];
		PGresult *res = PQprepare(conn, q->name, q->sql, 0, NULL);
		int prepared = PQresultStatus(res) == PGRES_COMMAND_OK;

		ok(prepared, "%s: prepares", q->name);
		if (!prepared)
			printf("# %s", PQresultErrorMessage(res));
		PQclear(res);
		if (!prepared)
			continue;
		res = PQdescribePrepared(conn, q->name);
		check_result(q, res);
		PQclear(res);
	}
	PQfinish(conn);
	return done();
}
