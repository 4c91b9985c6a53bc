#include "worker/supervisor.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/live/live.h"
#include "base/conf.h"
#include "base/log.h"

enum {
	HASTE_US = 1000000,        /* where one child after the other lived shorter, the next is not started before */
	HASTY_MAX = 4,             /* so many of them are replaced at once */
	GONE_US = 3000000,         /* how long a dead child's claims may still come in */
	STOPPED_US = 60 * 1000000, /* a child stopped longer is replaced */
};

/* host:random:number:pid. Both sides of the fork write the same. */
static void name_one(const struct fl_supervisor *s, struct fl_slot *slot, pid_t pid)
{
	(void)snprintf(slot->worker, sizeof(slot->worker), "%s:%u:%d", s->name, s->born, (int)pid);
}

/* Processors this machine gives us: no more processes than that read documents at once, the others are there for what waits for somebody. */
static int cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* In a child: it ends with its supervisor, also with one that ended before this was asked for. Nobody would renew its leases. */
static void end_with(pid_t supervisor)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor)
		_exit(0);
}

static void start_one(struct fl_supervisor *s, int i)
{
	struct fl_slot *slot = &s->slots[i];
	bool light = i < s->conf->worker_processes;
	int64_t born = fl_tick_us();
	int hasty = slot->born_tick_us && born - slot->born_tick_us < HASTE_US ? slot->hasty + 1 : 0;
	pid_t self = getpid(), pid;

	if (hasty > HASTY_MAX)
		return;
	memset(slot, 0, sizeof(*slot));
	slot->hasty = hasty;
	slot->light = light;
	slot->cpu = !light && i - s->conf->worker_processes < cores();
	slot->born_tick_us = born;
	s->born++;
	pid = fork();
	if (pid == 0) {
		end_with(self);
		name_one(s, slot, getpid());
		_exit(fl_worker_main(slot, s->conf, light));
	}
	if (pid < 0) {
		fl_log(NULL, FL_ERROR, "no more processes");
		return;
	}
	name_one(s, slot, pid);
	slot->pid = pid;
}

static void start_live(struct fl_supervisor *s)
{
	pid_t self = getpid();

	s->live_again_tick_us = fl_tick_us() + HASTE_US;
	s->live = fork();
	if (s->live == 0) {
		end_with(self);
		_exit(live_main(s->conf));
	}
	if (s->live < 0) {
		s->live = 0;
		fl_log(NULL, FL_ERROR, "no more processes");
	}
}

void fl_children_start(struct fl_supervisor *s)
{
	for (int i = 0; i < s->nslots; i++)
		if (!s->slots[i].pid)
			start_one(s, i);
	if (!s->live && s->conf->live_url[0] && s->conf->redis_url[0] && fl_tick_us() >= s->live_again_tick_us)
		start_live(s);
}

static void note_handed(struct fl_gone *g, const struct fl_progress *p)
{
	size_t at = 1;
	int n = atomic_load(&p->nhanded);

	g->handed[0] = '{';
	for (int i = 0; i < n && i < FL_ROUND_MAX; i++) {
		struct fl_str id = { p->handed[i], FL_UUID_TEXT - 1 };

		if (fl_uuid_valid(id)) /* who died may have written anywhere */
			at += (size_t)snprintf(g->handed + at, sizeof(g->handed) - at, "%s%.*s", at > 1 ? "," : "", (int)id.n, id.p);
	}
	g->handed[at] = '}';
}

/* Remembers what a dead child held. Exit 0 was asked for; FL_EXIT_GIVE_BACK blames nobody; the rest is its job's doing. */
static void bury(struct fl_supervisor *s, struct fl_slot *slot, int status)
{
	struct fl_gone *g = &s->gone[s->ngone < FL_GONE_MAX ? s->ngone++ : FL_GONE_MAX - 1];
	int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool blameless = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FL_EXIT_GIVE_BACK);

	*g = (struct fl_gone){ .signal = signal_number, .until_tick_us = fl_tick_us() + GONE_US };
	memcpy(g->worker, slot->worker, sizeof(g->worker));
	if (atomic_load(&slot->has_current))
		memcpy(g->current, slot->current, sizeof(g->current));
	if (blameless || s->end != FL_RUNNING) {
		(void)snprintf(g->outcome, sizeof(g->outcome), "returned");
		(void)snprintf(g->error, sizeof(g->error), "given back when the worker stopped");
	} else if (slot->was_late) {
		(void)snprintf(g->outcome, sizeof(g->outcome), "timeout");
		(void)snprintf(g->error, sizeof(g->error), "ran longer than its kind may");
	} else {
		(void)snprintf(g->outcome, sizeof(g->outcome), "killed");
		(void)snprintf(g->error, sizeof(g->error), signal_number
			? "its process was ended by signal %d" : "its process ended with status %d",
		               signal_number ? signal_number : WEXITSTATUS(status));
	}
	note_handed(g, &slot->progress);
	if (!blameless)
		fl_log(NULL, FL_ERROR, "worker process %d: %s%s%s", (int)slot->pid, g->error, g->current[0] ? ", job " : "", g->current);
	slot->pid = 0;
}

static void note(struct fl_supervisor *s, struct fl_slot *slot, int status)
{
	if (WIFSTOPPED(status)) {
		slot->is_stopped = true;
		slot->stopped_tick_us = fl_tick_us();
		fl_log(NULL, FL_WARN, "worker process %d is stopped; its leases run out", (int)slot->pid);
	} else if (WIFCONTINUED(status)) {
		slot->is_stopped = false;
	} else {
		bury(s, slot, status);
	}
}

/* The process of live updates holds no jobs. */
static void bury_live(struct fl_supervisor *s, int status)
{
	struct fl_gone *g;

	s->live = 0;
	if (!WIFSIGNALED(status) || s->end != FL_RUNNING)
		return;
	g = &s->gone[s->ngone < FL_GONE_MAX ? s->ngone++ : FL_GONE_MAX - 1];
	*g = (struct fl_gone){ .signal = WTERMSIG(status), .worker = "live", .outcome = "killed", .handed = "{}" };
	(void)snprintf(g->error, sizeof(g->error), "the process of live updates was ended by signal %d", g->signal);
	fl_log(NULL, FL_ERROR, "%s", g->error);
}

void fl_children_reap(struct fl_supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid == s->live && !WIFSTOPPED(status) && !WIFCONTINUED(status))
			bury_live(s, status);
		for (int i = 0; i < s->nslots; i++)
			if (s->slots[i].pid == pid)
				note(s, &s->slots[i], status);
	}
}

void fl_children_check(struct fl_supervisor *s)
{
	int64_t now = fl_tick_us();

	for (int i = 0; i < s->nslots; i++) {
		struct fl_slot *slot = &s->slots[i];
		int64_t deadline = atomic_load(&slot->deadline_tick_us);
		bool is_late = !slot->is_stopped && deadline && now > deadline;
		bool is_lost = slot->is_stopped && now - slot->stopped_tick_us > STOPPED_US;

		if (slot->pid && !slot->was_late && (is_late || is_lost)) {
			slot->was_late = true;
			(void)kill(slot->pid, SIGKILL);
		}
	}
}

bool fl_children_any(const struct fl_supervisor *s)
{
	for (int i = 0; i < s->nslots; i++)
		if (s->slots[i].pid)
			return true;
	return s->live != 0;
}
