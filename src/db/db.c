#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/log.h"
#include "db/connection.h"

enum { CONNECT_MS = 3000, COMMIT_S = 2, RETRY_US = 250000, PLAN_ANEW_FIRST = 256 };

static void set_up(struct fl_db *db)
{
	memset(db->prepared, 0, (size_t)fl_query_count * sizeof(*db->prepared));
	db->in_tx = false;
	db->asked = 0;
	db->plan_anew_at = PLAN_ANEW_FIRST;
}

static enum fl_rc finish_connect(struct fl_cx *cx, struct fl_db *db)
{
	int64_t until = fl_tick_us() + CONNECT_MS * 1000;
	PostgresPollingStatusType st = PGRES_POLLING_WRITING;

	while (st != PGRES_POLLING_OK) {
		struct pollfd p = { .fd = PQsocket(db->conn), .events = st == PGRES_POLLING_READING ? POLLIN : POLLOUT };
		int64_t left_ms = (until - fl_tick_us()) / 1000;

		if (st == PGRES_POLLING_FAILED || left_ms <= 0)
			return fl_db_lost(cx, db, "connect");
		int n = poll(&p, 1, (int)left_ms);

		if (n < 0 && errno != EINTR)
			return fl_db_lost(cx, db, "connect");
		if (n > 0)
			st = PQconnectPoll(db->conn);
	}
	if (PQsetnonblocking(db->conn, 1) != 0 || PQenterPipelineMode(db->conn) != 1)
		return fl_db_lost(cx, db, "connect");
	set_up(db);
	return FL_OK;
}

enum fl_rc fl_db_ensure(struct fl_cx *cx, struct fl_db *db)
{
	char name[64] = "fairlead-";
	const char *const keys[] = { "dbname", "fallback_application_name", "client_encoding", "options", NULL };
	const char *values[] = { db->url, name, "UTF8", "-c lock_timeout=4s -c statement_timeout=20s -c idle_in_transaction_session_timeout=60s -c client_connection_check_interval=500ms", NULL };

	if (db->conn)
		return FL_OK;
	if (fl_tick_us() < db->retry_tick_us)
		return FL_FAIL(cx, FL_LATER, "the database is away");
	memcpy(name + strlen(name), db->role, strnlen(db->role, 32));
	db->conn = PQconnectStartParams(keys, values, 1);
	if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD)
		return fl_db_lost(cx, db, "connect");
	return finish_connect(cx, db);
}

/* The handle outlives the arenas of requests: it is of the process, with memory of its own. */
static void *own(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		abort();
	return p;
}

static bool readable(struct fl_arena *a, const char *name, const char *url)
{
	PQconninfoOption *o = PQconninfoParse(url, NULL);

	/* What libpq says of it repeats the string, with its password. */
	if (o)
		fl_defer(a, (void (*)(void *))PQconninfoFree, o);
	else
		fprintf(stderr, "%s: is no connection string of PostgreSQL, such as postgresql:///fairlead?host=/run/postgresql&user=fl_app\n", name);
	return o != NULL;
}

enum fl_rc fl_db_conf_check(struct fl_arena *a, const struct fl_conf *conf)
{
	bool good = readable(a, "DATABASE_URL", conf->database_url);

	good = readable(a, "DATABASE_SWEEP_URL", conf->sweep_database_url) && good;
	good = readable(a, "DATABASE_OWNER_URL", conf->owner_database_url) && good;
	return good ? FL_OK : FL_INVALID;
}

enum fl_rc fl_db_open(struct fl_cx *cx, const char *url, const char *role, struct fl_db **out)
{
	struct fl_db *db = own(sizeof(*db));

	*out = db;
	db->url = own(strlen(url) + 1);
	memcpy(db->url, url, strlen(url));
	db->role = own(strlen(role) + 1);
	memcpy(db->role, role, strlen(role));
	db->prepared = own((size_t)fl_query_count * sizeof(*db->prepared));
	return fl_db_ensure(cx, db);
}

void fl_db_close(struct fl_db *db)
{
	if (!db)
		return;
	PQfinish(db->conn);
	free(db->url);
	free(db->role);
	free(db->prepared);
	free(db);
}

bool fl_db_alive(const struct fl_db *db)
{
	return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}

/* The last words of the server and the end behind them are read one after the other. */
void fl_db_drop_if_ended(struct fl_db *db)
{
	struct pollfd p = { .events = POLLIN };

	if (!db->conn || db->in_tx || PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		return;
	p.fd = PQsocket(db->conn);
	for (int i = 0; i < 3 && poll(&p, 1, 0) > 0; i++)
		if (PQconsumeInput(db->conn) == 0) {
			PQfinish(db->conn);
			db->conn = NULL;
			return;
		}
}

enum fl_rc fl_db_lost(struct fl_cx *cx, struct fl_db *db, const char *what)
{
	const char *said = db->conn ? PQerrorMessage(db->conn) : "";
	struct fl_str line = fl_str(said);
	enum fl_rc rc;

	line = fl_str_trim(fl_str_cut(&line, '\n'));
	rc = FL_FAIL(cx, FL_LATER, "the database is away (%s): %.*s", what, (int)line.n, line.n ? line.p : "");
	cx->err.retry_after_s = 2;
	PQfinish(db->conn);
	db->conn = NULL;
	db->in_tx = false;
	db->retry_tick_us = fl_tick_us() + RETRY_US;
	return rc;
}

enum fl_rc fl_db_wait(struct fl_cx *cx, struct fl_db *db, bool want_write)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = (short)(POLLIN | (want_write ? POLLOUT : 0)) };

	for (;;) {
		int n = poll(&p, 1, fl_cx_left_ms(cx));

		if (n > 0)
			return FL_OK;
		if (n == 0)
			return FL_FAIL(cx, FL_LATER, "the database did not answer in time");
		if (errno != EINTR)
			return FL_FAIL(cx, FL_LATER, "waiting for the database failed");
	}
}

enum fl_rc fl_tx_begin(struct fl_cx *cx, struct fl_db *db)
{
	FL_TRY(fl_db_ensure(cx, db));
	FL_TRY(fl_db_command(cx, db, "BEGIN"));
	db->in_tx = true;
	return FL_OK;
}

enum fl_rc fl_tx_commit(struct fl_cx *cx, struct fl_db *db)
{
	int64_t until = cx->deadline_tick_us;
	enum fl_rc rc;

	/* COMMIT of a transaction that failed, or of none since the connection broke, is no error to the server. */
	if (!db->in_tx || PQtransactionStatus(db->conn) != PQTRANS_INTRANS)
		rc = FL_FAIL(cx, FL_LATER, "the transaction had failed before it was committed");
	else if (fl_cx_left_ms(cx) == 0)
		rc = FL_FAIL(cx, FL_LATER, "no time was left to commit");
	else {
		/* Once it is asked for, only its answer tells whether it is done: this is waited for a while longer. */
		cx->deadline_tick_us = until + COMMIT_S * FL_SECOND_US;
		rc = fl_db_command(cx, db, "COMMIT");
		cx->deadline_tick_us = until;
	}
	if (rc != FL_OK) {
		fl_tx_abort(cx, db);
		return rc;
	}
	db->in_tx = false;
	return FL_OK;
}

void fl_tx_abort(struct fl_cx *cx, struct fl_db *db)
{
	struct fl_error kept = cx->err;

	if (db->conn && db->in_tx && fl_db_command(cx, db, "ROLLBACK") != FL_OK && db->conn)
		(void)fl_db_lost(cx, db, "rollback");
	db->in_tx = false;
	cx->err = kept;
}
