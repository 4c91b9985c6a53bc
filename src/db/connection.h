/* The inside of a connection, for the files of this room only. */
#ifndef FL_DB_CONNECTION_H
#define FL_DB_CONNECTION_H

#include <libpq-fe.h>

#include "db/db.h"

struct fl_db {
	PGconn *conn;
	char *url;       /* NUL-terminated copies, owned by the handle */
	char *role;
	bool *prepared;  /* by statement number: the server knows it */
	bool in_tx;      /* between fl_tx_begin and its end */
	int64_t asked, plan_anew_at; /* statements since the connection was opened; how many, when its plans are made anew */
	int64_t retry_tick_us; /* a lost connection is not tried again before */
};

/* Turns a failed result into a code, recorded in cx->err. `what` is the name of the statement. */
enum fl_rc fl_db_error(struct fl_cx *cx, const PGresult *res, const char *what);

/* Records that the connection itself is gone, closes it and answers FL_LATER. */
enum fl_rc fl_db_lost(struct fl_cx *cx, struct fl_db *db, const char *what);

/* Waits until the socket is readable (and writable when want_write) or the deadline of cx passes. FL_LATER when it passes. */
enum fl_rc fl_db_wait(struct fl_cx *cx, struct fl_db *db, bool want_write);

/* Opens the connection again when it was lost. A statement whose client has gone is ended by the server within half a second (client_connection_check_interval),
 * one that waits for a lock or runs too long by its time-outs. */
enum fl_rc fl_db_ensure(struct fl_cx *cx, struct fl_db *db);

/* Sends one parameterless command of this room (BEGIN, COMMIT, ROLLBACK, a migration file) and waits for its end. */
enum fl_rc fl_db_command(struct fl_cx *cx, struct fl_db *db, const char *sql);

#endif
