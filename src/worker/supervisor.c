#include "worker/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/program.h"

enum {
	TICK_MS = 500,
	TICK_GONE_MS = 50, /* a dead child's last claim may come in after it */
	RENEW_US = 2 * 1000000,
	RECOVER_US = 1000000,
	DRAIN_US = 20 * 1000000,
	STATEMENTS_S = 4,
	TICK_BYTES = 8 << 20,
};

/* Child names as an array literal: those that live and are not stopped. */
static struct fl_str living(struct fl_supervisor *s)
{
	struct fl_buf b = fl_buf(s->tick, 16384);
	const char *sep = "{";

	for (int i = 0; i < s->nslots; i++)
		if (s->slots[i].pid && !s->slots[i].is_stopped && !s->slots[i].was_late) {
			fl_buf_printf(&b, "%s\"%s\"", sep, s->slots[i].worker);
			sep = ",";
		}
	fl_buf_puts(&b, *sep == '{' ? "{}" : "}");
	return fl_buf_get(&b);
}

static void add_progress(struct fl_supervisor *s, struct fl_batch *b, struct fl_rows **told)
{
	for (int i = 0; i < s->nslots; i++) {
		struct fl_slot *slot = &s->slots[i];
		int seq = atomic_load(&slot->progress.seq);

		if (seq == slot->progress_seen || !atomic_load(&slot->has_current) || b->n > FL_BATCH_MAX / 2)
			continue;
		slot->progress_seen = seq;
		fl_batch_add(b, q_job_progress(fl_str(slot->worker), fl_str(slot->current), slot->progress.done, slot->progress.total,
		                               fl_str(fl_strndup(s->tick, fl_str(slot->progress.text)))), &told[i]);
	}
}

/* Each answer names its job when that is to stop; null else. */
static void pass_stops(struct fl_supervisor *s, struct fl_rows *const *told)
{
	for (int i = 0; i < s->nslots; i++)
		if (told[i] && told[i]->nrows && !fl_rows_null(told[i], 0, JOB_PROGRESS_STOP))
			fl_rows_uuid(told[i], 0, JOB_PROGRESS_STOP, s->slots[i].progress.stop);
}

static void ring_rows(struct fl_supervisor *s, const struct fl_rows *rows)
{
	for (int i = 0; rows && i < rows->nrows; i++) {
		struct fl_str queue = fl_rows_str(rows, i, 0);

		fl_redis_ring(s->redis, "", fl_fmt(s->tick, "q:%.*s", (int)queue.n, queue.p));
	}
}

/* strnlen: gcc 12 with sanitizers takes the arrays of the second child on for empty regions. */
static struct fl_str text_of(const char *s, size_t size)
{
	return (struct fl_str){ s, strnlen(s, size) };
}

static struct fl_call release_of(const struct fl_gone *g)
{
	struct fl_str current = g->current[0] ? text_of(g->current, sizeof(g->current)) : (struct fl_str){ NULL, 0 };

	return q_job_release(text_of(g->worker, sizeof(g->worker)), current, text_of(g->outcome, sizeof(g->outcome)), g->signal, text_of(g->error, sizeof(g->error)),
	                     text_of(g->handed, sizeof(g->handed)));
}

/* A process that crashed is a fault (OBS-11), whether it held a job or not. */
static struct fl_call death_of(struct fl_cx *cx, const struct fl_gone *g)
{
	struct fl_str none = { NULL, 0 };
	const char *what = fl_fmt(cx->a, "%s%s%s", g->error, g->current[0] ? ", job " : "", g->current);

	return q_program_error(FL_STR("fairlead-worker"), fl_str(fl_fmt(cx->a, "signal %d", g->signal)), fl_str(what), 0, none, none, none, FL_STR(""));
}

/* Gives back the jobs of dead children: those of all by one commit, for they may have died together; singly when that fails, so that one does not hold up the rest.
 * Who has to be asked again is kept: for a claim that was under way, or because it failed. */
static void release_all(struct fl_supervisor *s, struct fl_cx *cx)
{
	struct fl_batch *all = fl_batch_new(cx->a), *deaths = fl_batch_new(cx->a);
	struct fl_rows *rows[FL_GONE_MAX] = { NULL };
	int kept = 0, together = s->ngone < FL_BATCH_MAX ? s->ngone : FL_BATCH_MAX;

	for (int i = 0; i < together; i++)
		fl_batch_add(all, release_of(&s->gone[i]), &rows[i]);
	if (together && fl_batch_run(cx, s->db, all) != FL_OK)
		together = 0;
	for (int i = 0; i < s->ngone; i++) {
		struct fl_gone *g = &s->gone[i];
		bool given = i < together || fl_db_run(cx, s->db, release_of(g), &rows[i]) == FL_OK;

		if (!given) {
			fl_log(cx, FL_WARN, "jobs of %s are not given back yet: %s", g->worker, cx->err.text);
		} else {
			ring_rows(s, rows[i]);
			if (strcmp(g->outcome, "killed") == 0 && deaths->n < FL_BATCH_MAX)
				fl_batch_add(deaths, death_of(cx, g), NULL);
			memcpy(g->outcome, "returned", sizeof("returned"));
		}
		if (!given || fl_tick_us() <= g->until_tick_us)
			s->gone[kept++] = *g;
	}
	s->ngone = kept;
	if (deaths->n && fl_batch_run(cx, s->db, deaths) != FL_OK)
		fl_log(cx, FL_WARN, "the death of a process could not be noted");
}

/* The queue's clock: leases renewed, jobs of the dead released, due ones promoted, lost ones recovered, progress written. */
static void tick(struct fl_supervisor *s)
{
	struct fl_rows *promoted, *recovered = NULL, *told[FL_CHILDREN_MAX] = { NULL };
	int64_t now = fl_tick_us();
	struct fl_batch *b;
	struct fl_cx cx;

	fl_arena_reset(s->tick);
	fl_cx_init(&cx, s->tick, s->conf, "", STATEMENTS_S);
	release_all(s, &cx);
	b = fl_batch_new(s->tick);
	if (now >= s->renew_tick_us) {
		fl_batch_add(b, q_job_renew(living(s), FL_LEASE_S), NULL);
		/* The sweep's minute is long under a flood: each page would add up tens of thousands of deltas. */
		fl_batch_add(b, q_sweep_counters(), NULL);
		add_progress(s, b, told);
	}
	fl_batch_add(b, q_job_promote(), &promoted);
	if (now >= s->recover_tick_us)
		fl_batch_add(b, q_job_recover(), &recovered);
	if (fl_batch_run(&cx, s->db, b) != FL_OK) {
		fl_log(&cx, FL_WARN, "leases and due jobs wait: %s", cx.err.text);
		return;
	}
	if (now >= s->renew_tick_us)
		s->renew_tick_us = now + RENEW_US;
	if (now >= s->recover_tick_us)
		s->recover_tick_us = now + RECOVER_US;
	pass_stops(s, told);
	ring_rows(s, promoted);
	ring_rows(s, recovered);
}

static int watch_signals(void)
{
	sigset_t set;

	signal(FL_WAKE, SIG_IGN); /* a child has it so until its own handler stands */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void begin_end(struct fl_supervisor *s, enum fl_end end)
{
	if (s->end != FL_RUNNING)
		return;
	s->end = end;
	s->end_tick_us = fl_tick_us() + DRAIN_US;
	for (int i = 0; i < s->nslots; i++) {
		struct fl_slot *slot = &s->slots[i];

		atomic_store(&slot->stop, true);
		if (slot->pid && !atomic_load(&slot->deadline_tick_us))
			(void)kill(slot->pid, FL_WAKE);
	}
	if (s->live)
		(void)kill(s->live, SIGTERM);
}

static void take_signals(struct fl_supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			begin_end(s, FL_STOPPING);
		else if (info.ssi_signo == SIGHUP && fl_program_is_sound(s->program, s->config))
			begin_end(s, FL_RELOADING);
		else if (info.ssi_signo == SIGHUP)
			fl_log(NULL, FL_ERROR, "not reloaded: %s --check fails; it goes on as before", s->program);
	}
	fl_children_reap(s);
}

static void kill_rest(struct fl_supervisor *s)
{
	for (int i = 0; i < s->nslots; i++)
		if (s->slots[i].pid)
			(void)kill(s->slots[i].pid, SIGKILL);
	if (s->live)
		(void)kill(s->live, SIGKILL);
}

static void set_up(struct fl_supervisor *s)
{
	char host[48] = "host";
	struct fl_cx cx;
	uint32_t random;

	s->tick = fl_arena_new(TICK_BYTES);
	s->nslots = s->conf->worker_processes + s->conf->worker_io_processes;
	if (s->nslots > FL_CHILDREN_MAX)
		s->nslots = FL_CHILDREN_MAX;
	s->slots = mmap(NULL, (size_t)s->nslots * sizeof(*s->slots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->slots == MAP_FAILED)
		abort();
	(void)gethostname(host, sizeof(host) - 1);
	fl_random(&random, sizeof(random));
	(void)snprintf(s->name, sizeof(s->name), "%s:%08x", host, (unsigned)random);
	s->signal_fd = watch_signals();
	s->redis = fl_redis_new(s->process, s->conf->redis_url);
	fl_children_start(s);
	fl_cx_init(&cx, s->tick, s->conf, "", STATEMENTS_S);
	if (fl_db_open(&cx, s->conf->database_url, "supervisor", &s->db) != FL_OK)
		fl_log(&cx, FL_WARN, "waiting for the database: %s", cx.err.text);
}

enum fl_end fl_supervise(struct fl_arena *process, const struct fl_conf *conf, const char *program, const char *config)
{
	struct fl_supervisor *s = FL_NEW(process, struct fl_supervisor);

	s->process = process;
	s->conf = conf;
	s->program = program;
	s->config = config;
	set_up(s);
	while (s->end == FL_RUNNING || fl_children_any(s)) {
		struct pollfd p = { .fd = s->signal_fd, .events = POLLIN };

		(void)poll(&p, 1, s->ngone ? TICK_GONE_MS : TICK_MS);
		take_signals(s);
		fl_children_check(s);
		if (s->end == FL_RUNNING)
			fl_children_start(s);
		else if (fl_tick_us() > s->end_tick_us)
			kill_rest(s);
		tick(s);
	}
	tick(s);
	fl_db_close(s->db);
	fl_redis_close(s->redis);
	fl_arena_free(s->tick);
	return s->end;
}
