#include "db/connection.h"

#include <assert.h>

#include "base/buf.h"
#include "base/log.h"

enum { SLOW_US = 100000 };

struct fl_rows *fl_query_rows(struct fl_arena *a, int q, int nrows)
{
	return fl_rows_new(a, fl_queries[q].out, fl_queries[q].nout, nrows);
}

struct fl_batch *fl_batch_new(struct fl_arena *a)
{
	struct fl_batch *b = FL_NEW(a, struct fl_batch);

	b->a = a;
	return b;
}

void fl_batch_add(struct fl_batch *b, struct fl_call call, struct fl_rows **out)
{
	assert(b->n < FL_BATCH_MAX && call.q > 0 && call.q < fl_query_count);
	b->call[b->n].q = call.q;
	b->call[b->n].nargs = call.nargs;
	b->call[b->n].args = FL_NEW_ARRAY(b->a, (size_t)call.nargs, struct fl_arg);
	if (call.nargs)
		memcpy(b->call[b->n].args, call.args, (size_t)call.nargs * sizeof(call.args[0]));
	b->call[b->n].out = out;
	if (out)
		*out = NULL;
	b->n++;
}

struct wire {
	const char *values[FL_ARGS_MAX];
	int lengths[FL_ARGS_MAX];
	int formats[FL_ARGS_MAX]; /* 0 text, 1 binary */
};

static const char *decimal(struct fl_arena *a, int64_t v)
{
	struct fl_buf b = fl_buf(a, 24);

	fl_buf_int(&b, v);
	return fl_buf_cstr(&b);
}

static void put_arg(struct fl_cx *cx, struct wire *w, int i, const struct fl_arg *arg)
{
	w->formats[i] = 0;
	w->lengths[i] = 0;
	switch (arg->kind) {
	case FL_A_NULL:
		w->values[i] = NULL;
		break;
	case FL_A_TEXT:
		w->values[i] = fl_strndup(cx->a, arg->s);
		break;
	case FL_A_INT:
		w->values[i] = decimal(cx->a, arg->i);
		break;
	case FL_A_FLOAT:
		w->values[i] = fl_fmt(cx->a, "%.17g", arg->d);
		break;
	case FL_A_BOOL:
		w->values[i] = arg->i ? "t" : "f";
		break;
	case FL_A_BYTES:
		w->values[i] = arg->s.n ? arg->s.p : "";
		w->lengths[i] = (int)arg->s.n;
		w->formats[i] = 1;
		break;
	}
}

/* True when the server knows the statement, or will by the time call number i arrives. */
static bool is_prepared(const struct fl_db *db, const struct fl_batch *b, int i)
{
	if (db->prepared[b->call[i].q])
		return true;
	for (int k = 0; k < i; k++)
		if (b->call[k].q == b->call[i].q)
			return true;
	return false;
}

/* Queues call number i, behind its PREPARE the first time on this connection; *results counts what will come back. */
static bool queue_call(struct fl_cx *cx, struct fl_db *db, const struct fl_batch *b, int i, int *results)
{
	const struct fl_query *q = &fl_queries[b->call[i].q];
	struct wire w;

	assert(b->call[i].nargs == q->nin);
	for (int k = 0; k < q->nin; k++)
		put_arg(cx, &w, k, &b->call[i].args[k]);
	*results = 1;
	if (!is_prepared(db, b, i)) {
		if (!PQsendPrepare(db->conn, q->name, q->sql, q->nin, NULL))
			return false;
		*results = 2;
	}
	return PQsendQueryPrepared(db->conn, q->name, q->nin, w.values, w.lengths, w.formats, 1) == 1;
}

/* Sends what is queued, taking in what comes back meanwhile, so that neither side blocks on a full socket. */
static enum fl_rc flush(struct fl_cx *cx, struct fl_db *db)
{
	for (;;) {
		int n = PQflush(db->conn);

		if (n == 0)
			return FL_OK;
		if (n < 0)
			return fl_db_lost(cx, db, "send");
		FL_TRY(fl_db_wait(cx, db, true));
		if (PQconsumeInput(db->conn) != 1)
			return fl_db_lost(cx, db, "send");
	}
}

static enum fl_rc next_result(struct fl_cx *cx, struct fl_db *db, PGresult **out)
{
	while (PQisBusy(db->conn)) {
		FL_TRY(fl_db_wait(cx, db, false));
		if (PQconsumeInput(db->conn) != 1)
			return fl_db_lost(cx, db, "receive");
	}
	*out = PQgetResult(db->conn);
	if (PQstatus(db->conn) == CONNECTION_BAD) {
		PQclear(*out);
		*out = NULL;
		return fl_db_lost(cx, db, "receive");
	}
	return FL_OK;
}

static void clear(void *res)
{
	PQclear(res);
}

static struct fl_rows *rows_of(struct fl_cx *cx, const struct fl_query *q, const PGresult *res)
{
	int nrows = PQntuples(res);
	struct fl_rows *r = FL_NEW(cx->a, struct fl_rows);
	struct fl_cell *cells = FL_NEW_ARRAY(cx->a, (size_t)nrows * (size_t)q->nout + 1, struct fl_cell);
	struct fl_cell *cell = cells;
	struct fl_str touched = fl_str(PQcmdTuples((PGresult *)res));

	assert(PQnfields(res) == q->nout || q->nout == 0);
	for (int row = 0; row < nrows; row++)
		for (int col = 0; col < q->nout; col++, cell++) {
			int n = PQgetlength(res, row, col);

			/* A null has no length either; only then is it worth asking. */
			if (n > 0 || !PQgetisnull(res, row, col))
				*cell = (struct fl_cell){ .p = PQgetvalue(res, row, col), .n = (uint32_t)n };
		}
	*r = (struct fl_rows){ .cols = q->out, .ncols = q->nout, .nrows = nrows, .cells = cells };
	if (fl_str_int(touched, 0, INT64_MAX, &r->touched) != FL_OK)
		r->touched = 0;
	return r;
}

struct progress {
	enum fl_rc rc; /* the first failure */
	bool synced;
};

/* Takes the result of one statement (or of its PREPARE). */
static void take(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b, int i, bool is_prepare, PGresult *res, struct progress *p)
{
	const struct fl_query *q = &fl_queries[b->call[i].q];

	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		if (is_prepare)
			db->prepared[b->call[i].q] = true;
		else if (b->call[i].out)
			*b->call[i].out = rows_of(cx, q, res);
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		if (p->rc == FL_OK)
			p->rc = fl_db_error(cx, res, q->name);
	}
}

/* Reads the results of one queued command up to the NULL that ends them. */
static enum fl_rc drain_one(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b, int i, bool is_prepare, struct progress *p)
{
	for (;;) {
		PGresult *res;

		FL_TRY(next_result(cx, db, &res));
		if (!res)
			return FL_OK;
		fl_defer(cx->a, clear, res);
		take(cx, db, b, i, is_prepare, res, p);
	}
}

static enum fl_rc drain(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b, const int *results, struct progress *p)
{
	PGresult *res;

	for (int i = 0; i < b->n; i++)
		for (int k = results[i]; k > 0; k--)
			FL_TRY(drain_one(cx, db, b, i, k == 2, p));
	FL_TRY(next_result(cx, db, &res));
	if (!res)
		return fl_db_lost(cx, db, "sync");
	fl_defer(cx->a, clear, res);
	if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
		p->synced = true;
		return FL_OK;
	}
	/* A commit can itself fail (a deferred constraint, a full disk): its error stands in the place of the sync. */
	if (p->rc == FL_OK)
		p->rc = fl_db_error(cx, res, "commit");
	while (PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		FL_TRY(next_result(cx, db, &res));
		if (res)
			fl_defer(cx->a, clear, res);
	}
	return FL_OK;
}

/* After a time-out the connection holds answers to nobody's question: it is dropped. The server sees that its client is gone (connection.h) and ends the
 * statement; to ask it for that by PQcancel could wait for ever. */
static enum fl_rc drop(struct fl_cx *cx, struct fl_db *db, enum fl_rc rc)
{
	struct fl_error kept = cx->err;

	if (db->conn) {
		(void)fl_db_lost(cx, db, "time-out");
		cx->err = kept;
	}
	return rc;
}

static enum fl_rc run_once(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b)
{
	int results[FL_BATCH_MAX];
	struct progress p = { .rc = FL_OK };
	enum fl_rc rc = FL_OK;

	for (int i = 0; i < b->n; i++)
		if (!queue_call(cx, db, b, i, &results[i]))
			return fl_db_lost(cx, db, fl_queries[b->call[i].q].name);
	if (!PQpipelineSync(db->conn))
		return fl_db_lost(cx, db, "sync");
	rc = flush(cx, db);
	if (rc == FL_OK)
		rc = drain(cx, db, b, results, &p);
	if (rc != FL_OK)
		return drop(cx, db, p.rc != FL_OK ? p.rc : rc);
	cx->queries += b->n;
	return p.rc;
}

/* The names of a slow batch's statements go to the log; arguments never do. */
static void note_time(struct fl_cx *cx, const struct fl_batch *b, int64_t took_us)
{
	struct fl_buf names = fl_buf(cx->a, 8192);

	cx->db_us += took_us;
	if (took_us <= SLOW_US)
		return;
	cx->slow_queries++;
	for (int i = 0; i < b->n && i < 12; i++)
		fl_buf_printf(&names, " %s", fl_queries[b->call[i].q].name);
	fl_log(cx, FL_WARN, "slow query: %lld ms,%s", (long long)(took_us / 1000), fl_buf_cstr(&names));
}

/* A migration while we run: functions of the server keep plans for rows as they were when this connection first called them. */
static bool is_outdated(const struct fl_cx *cx)
{
	return cx->err.sqlstate && (strcmp(cx->err.sqlstate, "42804") == 0 || strcmp(cx->err.sqlstate, "0A000") == 0);
}

/* On a new connection, which plans anew; within a transaction its beginning is lost. */
static enum fl_rc run_anew(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b)
{
	bool in_tx = db->in_tx;

	(void)fl_db_lost(cx, db, "the schema changed");
	db->retry_tick_us = 0;
	if (in_tx)
		return FL_LATER;
	cx->err = (struct fl_error){ .rc = FL_OK };
	FL_TRY(fl_db_ensure(cx, db));
	return run_once(cx, db, b);
}

/* PostgreSQL undid this transaction because another waited for it while it waited for that one. */
static bool is_deadlock(const struct fl_cx *cx)
{
	return cx->err.sqlstate && strcmp(cx->err.sqlstate, "40P01") == 0;
}

/* Nothing of the first time is left, and the other has what it waited for: now it is only waited for. */
static enum fl_rc run_after(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b)
{
	cx->err = (struct fl_error){ .rc = FL_OK };
	for (int i = 0; i < b->n; i++)
		if (b->call[i].out)
			*b->call[i].out = NULL;
	return run_once(cx, db, b);
}

/* A plan made while a table was nearly empty takes any index that fits: all cost the same then. PostgreSQL keeps it until it has analysed the table, a minute and
 * more. So all plans of a connection are made anew each time it has asked twice as much. (Measured on a new installation with 60,000 requests of its first minute:
 * 8 ms and 120 ms for two statements of each decision that take 0.02.) */
static enum fl_rc plan_anew(struct fl_cx *cx, struct fl_db *db)
{
	if (db->asked < db->plan_anew_at || db->in_tx)
		return FL_OK;
	db->plan_anew_at = db->asked * 2;
	return fl_db_command(cx, db, "discard plans");
}

enum fl_rc fl_batch_run(struct fl_cx *cx, struct fl_db *db, struct fl_batch *b)
{
	enum fl_rc rc = fl_db_ensure(cx, db);
	int64_t at = fl_tick_us();

	if (rc == FL_OK)
		rc = plan_anew(cx, db);
	if (rc == FL_OK) {
		db->asked += b->n;
		rc = run_once(cx, db, b);
		if (rc != FL_OK && is_outdated(cx))
			rc = run_anew(cx, db, b);
		else if (rc == FL_LATER && is_deadlock(cx) && !db->in_tx)
			rc = run_after(cx, db, b);
		note_time(cx, b, fl_tick_us() - at);
	}
	b->n = 0;
	return rc;
}

enum fl_rc fl_db_run(struct fl_cx *cx, struct fl_db *db, struct fl_call call, struct fl_rows **out)
{
	struct fl_batch *b = fl_batch_new(cx->a);

	fl_batch_add(b, call, out);
	return fl_batch_run(cx, db, b);
}

/* Reads up to the Sync. */
static enum fl_rc drain_command(struct fl_cx *cx, struct fl_db *db, struct progress *p)
{
	PGresult *res;

	while (!p->synced) {
		FL_TRY(next_result(cx, db, &res));
		if (!res)
			continue;
		fl_defer(cx->a, clear, res);
		p->synced = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
		if (PQresultStatus(res) == PGRES_FATAL_ERROR && p->rc == FL_OK)
			p->rc = fl_db_error(cx, res, "command");
	}
	return FL_OK;
}

enum fl_rc fl_db_command(struct fl_cx *cx, struct fl_db *db, const char *sql)
{
	struct progress p = { .rc = FL_OK };
	enum fl_rc rc;

	if (!PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 0) || !PQpipelineSync(db->conn))
		return fl_db_lost(cx, db, "command");
	rc = flush(cx, db);
	if (rc == FL_OK)
		rc = drain_command(cx, db, &p);
	return rc == FL_OK ? p.rc : drop(cx, db, rc);
}
