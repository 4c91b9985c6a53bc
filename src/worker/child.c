#include "worker/worker.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/live/live.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"

enum {
	PROCESS_BYTES = 256 << 20,
	MEMORY_SOFT_KB = 384 * 1024, /* a process that ever grew beyond it ends after its round (QUE-22) */
	MEMORY_HARD_KB = 512 * 1024,
	POLL_MS = 1000,
	START_S = 5,
};

static void wake(int number)
{
	(void)number;
}

/* The supervisor alone decides when a child ends; signals to the whole group pass it by. FL_WAKE ends a wait and nothing else. */
static void be_a_child(void)
{
	struct sigaction woken = { .sa_handler = wake };
	sigset_t none;

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	(void)sigaction(FL_WAKE, &woken, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit = { .rlim_cur = MEMORY_HARD_KB * INT64_C(1024), .rlim_max = MEMORY_HARD_KB * INT64_C(1024) };

	(void)setrlimit(RLIMIT_DATA, &limit);
#endif
}

static bool is_too_big(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 && u.ru_maxrss > MEMORY_SOFT_KB;
}

/* Reads the queues of the process, and makes the orders in which they are asked: each begins with another one. */
static enum fl_rc read_queues(struct fl_worker *w)
{
	struct fl_cx cx;
	struct fl_rows *rows;

	fl_cx_init(&cx, w->process, w->conf, "", START_S);
	FL_TRY(fl_db_run(&cx, w->db, q_job_queues(w->light ? FL_STR("{light}") : w->slot->cpu ? FL_STR("{io,cpu}") : FL_STR("{io}")), &rows));
	w->nqueues = rows->nrows;
	w->queues = FL_NEW_ARRAY(w->process, (size_t)rows->nrows + 1, const char *);
	w->orders = FL_NEW_ARRAY(w->process, (size_t)rows->nrows + 1, const char *);
	for (int i = 0; i < rows->nrows; i++)
		w->queues[i] = fl_rows_dup(w->process, rows, i, JOB_QUEUES_NAME);
	for (int i = 0; i < rows->nrows; i++) {
		struct fl_buf b = fl_buf(w->process, 4096);

		for (int k = 0; k < rows->nrows; k++)
			fl_buf_printf(&b, "%s%s", k ? "," : "{", w->queues[(i + k) % rows->nrows]);
		fl_buf_putc(&b, '}');
		w->orders[i] = fl_buf_cstr(&b);
	}
	return FL_OK;
}

static void wait_for_work(struct fl_worker *w, int timeout_ms)
{
	atomic_store(&w->slot->deadline_tick_us, 0);
	w->rang = fl_redis_wait(w->redis, w->queues, w->nqueues, timeout_ms);
}

/* Until there is a database and at least one queue of this class. */
static bool start(struct fl_worker *w)
{
	struct fl_cx cx;

	fl_cx_init(&cx, w->process, w->conf, "", START_S);
	if (fl_db_open(&cx, w->conf->database_url, "worker", &w->db) != FL_OK)
		fl_log(&cx, FL_WARN, "waiting for the database: %s", cx.err.text);
	while (!atomic_load(&w->slot->stop)) {
		if (read_queues(w) == FL_OK && w->nqueues)
			return true;
		(void)fl_redis_wait(w->redis, NULL, 0, POLL_MS);
	}
	return false;
}

int fl_worker_main(struct fl_slot *slot, const struct fl_conf *conf, bool light)
{
	struct fl_arena *process = fl_arena_new(PROCESS_BYTES);
	struct fl_worker *w = FL_NEW(process, struct fl_worker);

	be_a_child();
	limit_memory();
	*w = (struct fl_worker){ .process = process, .conf = conf, .slot = slot, .light = light, .most = light ? FL_ROUND_LEAST : 1, .many = 1 };
	w->redis = fl_redis_new(process, conf->redis_url);
	if (!light)
		w->outside = live_outside(process, conf);
	memcpy(w->after, "00000000-0000-0000-0000-000000000000", FL_UUID_TEXT);
	if (!start(w))
		return 0;
	while (!atomic_load(&slot->stop) && !is_too_big())
		if (!fl_round_run(w)) {
			fl_rounds_trim(w);
			wait_for_work(w, POLL_MS);
		}
	fl_round_return(w);
	fl_redis_close(w->redis);
	fl_db_close(w->db);
	return 0;
}
