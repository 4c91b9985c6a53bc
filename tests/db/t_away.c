/* A server that takes a statement and says nothing more: whoever asked it gets his answer at his deadline, and does not wait for its leave to go. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "db/queries.h"

enum { PATIENCE_S = 60 };

/* What PostgreSQL says to a client that needs no password (protocol 3.0): authentication, its key, ready. */
static const unsigned char welcome[] = { 'R', 0, 0, 0, 8, 0, 0, 0, 0, 'K', 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2, 'Z', 0, 0, 0, 5, 'I' };

/* Welcomes the first who comes; keeps everybody, reads and answers nothing. */
static _Noreturn void serve(int listener)
{
	char said[65536];
	int first = accept(listener, NULL, NULL);

	if (first < 0 || recv(first, said, sizeof(said), 0) <= 0 || send(first, welcome, sizeof(welcome), MSG_NOSIGNAL) < 0)
		_exit(1);
	for (;;)
		(void)accept(listener, NULL, NULL);
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
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
	fl_arena_free(a);
	return done();
}
