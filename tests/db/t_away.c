/* A server that takes a statement and says nothing more: whoever asked it gets his answer at his deadline, and does not wait for its leave to go. One that takes its
 * time for a COMMIT: only its answer tells whether what was asked is done. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "db/queries.h"

enum { PATIENCE_S = 60, DEADLINE_S = 2, COMMIT_TAKES_MS = 2600 };

/* What PostgreSQL says to a client that needs no password (protocol 3.0): authentication, its key, ready. */
static const unsigned char welcome[] = { 'R', 0, 0, 0, 8, 0, 0, 0, 0, 'K', 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2, 'Z', 0, 0, 0, 5, 'I' };

/* To a statement without parameters and rows, sent for itself: parsed, bound, no rows, done, ready. */
static const unsigned char begun[] = { '1', 0, 0, 0, 4, '2', 0, 0, 0, 4, 'n', 0, 0, 0, 4, 'C', 0, 0, 0, 10, 'B', 'E', 'G', 'I', 'N', 0, 'Z', 0, 0, 0, 5, 'T' };
static const unsigned char committed[] = { '1', 0, 0, 0, 4, '2', 0, 0, 0, 4, 'n', 0, 0, 0, 4, 'C', 0, 0, 0, 11, 'C', 'O', 'M', 'M', 'I', 'T', 0, 'Z', 0, 0, 0, 5, 'I' };

/* Takes what a client says and gives this answer. */
static void answer(int fd, const unsigned char *bytes, size_t n)
{
	char said[65536];

	if (fd < 0 || recv(fd, said, sizeof(said), 0) <= 0 || send(fd, bytes, n, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* Welcomes the first who comes and says no more; answers the second, the last time late. Keeps everybody else, reads and answers nothing. */
static _Noreturn void serve(int listener)
{
	struct pollfd p = { .events = POLLIN };

	answer(accept(listener, NULL, NULL), welcome, sizeof(welcome));
	p.fd = accept(listener, NULL, NULL);
	answer(p.fd, welcome, sizeof(welcome));
	answer(p.fd, begun, sizeof(begun));
	(void)poll(&p, 1, -1);
	(void)poll(NULL, 0, COMMIT_TAKES_MS);
	answer(p.fd, committed, sizeof(committed));
	for (;;)
		(void)accept(listener, NULL, NULL);
}

static void commits(struct fl_arena *a, const char *url)
{
	struct fl_db *db = NULL;
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "", PATIENCE_S);
	ok(fl_db_open(&cx, url, "test", &db) == FL_OK && fl_tx_begin(&cx, db) == FL_OK, "a transaction: %s", cx.err.text ? cx.err.text : "");
	fl_cx_init(&cx, a, NULL, "", DEADLINE_S);
	ok(fl_tx_commit(&cx, db) == FL_OK && fl_cx_left_ms(&cx) == 0, "a commit that was asked for in time is waited for: %s", cx.err.text ? cx.err.text : "");
	fl_db_close(db);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(4 << 20);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/fl-away-XXXXXX";
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct fl_db *db = NULL;
	struct fl_cx cx;
	int64_t from_us;
	pid_t server;

	if (!mkdtemp(dir))
		return 1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", dir);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, 8) != 0)
		return 1;
	server = fork();
	if (server == 0)
		serve(listener);
	alarm(PATIENCE_S);
	fl_cx_init(&cx, a, NULL, "", 1);
	ok(fl_db_open(&cx, fl_fmt(a, "host=%s port=5432 user=x dbname=x", dir), "test", &db) == FL_OK, "a connection: %s", cx.err.text ? cx.err.text : "");
	from_us = fl_tick_us();
	ok(fl_db_run(&cx, db, q_ping(), NULL) == FL_LATER && !fl_db_alive(db), "no answer by the deadline: try again later, and the connection is given up");
	ok(fl_tick_us() - from_us < PATIENCE_S * FL_SECOND_US / 2, "nobody waits for the server to let go");
	fl_db_close(db);
	commits(a, fl_fmt(a, "host=%s port=5432 user=x dbname=x", dir));
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
	fl_arena_free(a);
	return done();
}
