/* fairlead-batch: the sweeps of all cards. Cron calls it once a minute on every machine; each tick runs on one of them. */
#include <stdio.h>

#include "app/app.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/program.h"
#include "redis/redis.h"

enum { SWEEP_S = 300, SHORT_S = 10, ARENA_BYTES = 64 << 20 };

struct batch {
	struct fl_arena *a; /* given back after each sweep */
	const struct fl_conf *conf;
	struct fl_db *db;
	struct fl_redis *redis;
};

/* Passes a result on; cron's log is all that anybody sees of a failure. */
static enum fl_rc noted(const struct fl_cx *cx, const char *what, const struct fl_sweep *s, enum fl_rc rc)
{
	if (rc != FL_OK)
		fl_log(cx, FL_ERROR, "sweep %s cannot be %s: %s", s->name, what, cx->err.text);
	return rc;
}

static enum fl_rc begin(struct batch *b, struct fl_cx *cx, const struct fl_sweep *s, bool force, bool *mine)
{
	struct fl_rows *rows;

	FL_TRY(fl_db_run(cx, b->db, q_sweep_begin(fl_str(s->name), force), &rows));
	*mine = fl_rows_bool(rows, 0, SWEEP_BEGIN_MINE);
	return FL_OK;
}

/* One sweep, if its tick is due and nobody else has it. */
static enum fl_rc sweep(struct batch *b, const struct fl_sweep *s, bool force)
{
	struct fl_call call = { .q = (int)s->q };
	struct fl_rows *rows = NULL;
	bool mine = false;
	struct fl_cx cx, end;
	int64_t done = 0;
	enum fl_rc rc;

	fl_arena_reset(b->a);
	fl_cx_init(&cx, b->a, b->conf, "", SWEEP_S);
	FL_TRY(noted(&cx, "begun", s, begin(b, &cx, s, force, &mine)));
	if (!mine)
		return FL_OK;
	rc = fl_db_run(&cx, b->db, call, &rows);
	if (rc == FL_OK && rows->nrows && rows->ncols)
		done = fl_rows_int(rows, 0, 0);
	fl_cx_init(&end, b->a, b->conf, "", SHORT_S);
	FL_TRY(noted(&end, "ended", s, fl_db_run(&end, b->db, q_sweep_end(fl_str(s->name), done, rc == FL_OK ? (struct fl_str){ NULL, 0 } : fl_str(cx.err.text)), NULL)));
	if (rc == FL_OK && done && s->rings)
		fl_redis_ring(b->redis, "", s->rings);
	fl_log(&cx, rc == FL_OK ? FL_INFO : FL_ERROR, "sweep %s: %lld done in %lld ms%s%s", s->name, (long long)done,
	       (long long)(fl_tick_us() - cx.start_tick_us) / 1000, rc == FL_OK ? "" : ", failed: ", rc == FL_OK ? "" : cx.err.text);
	return rc;
}

static enum fl_rc declare(struct batch *b)
{
	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_sweep *s = fl_apps[i]->sweeps; s && s->name; s++) {
			struct fl_cx cx;

			fl_arena_reset(b->a);
			fl_cx_init(&cx, b->a, b->conf, "", SHORT_S);
			FL_TRY(noted(&cx, "declared", s, fl_db_run(&cx, b->db, q_sweep_declare(fl_str(s->name), s->every_s, s->skip_missed), NULL)));
		}
	return FL_OK;
}

/* All due ones, or the one named. One that fails does not keep the others. */
static enum fl_rc run(struct batch *b, const char *name)
{
	enum fl_rc worst = name ? FL_NOT_FOUND : FL_OK;

	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_sweep *s = fl_apps[i]->sweeps; s && s->name; s++) {
			enum fl_rc rc;

			if (name && strcmp(name, s->name) != 0)
				continue;
			rc = sweep(b, s, name != NULL);
			if (rc != FL_OK || worst == FL_NOT_FOUND)
				worst = rc;
		}
	return worst;
}

static void list(void)
{
	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_sweep *s = fl_apps[i]->sweeps; s && s->name; s++)
			printf("%-20s every %6d s  %s\n", s->name, s->every_s, s->help ? s->help : "");
}

static int use(void)
{
	fputs("usage:\nfairlead-batch [--config FILE] due        runs the sweeps that are due; cron calls it each minute\n"
	      "fairlead-batch [--config FILE] run NAME   runs one now\n"
	      "fairlead-batch list                       names them\n",
	      stderr);
	return 2;
}

static int work(struct batch *b, struct fl_arena *process, const char *config, const char *name)
{
	struct fl_conf *conf = FL_NEW(process, struct fl_conf);
	enum fl_level level = FL_INFO;
	struct fl_cx cx;
	enum fl_rc rc;

	if (fl_conf_read(process, config, conf) != FL_OK || fl_db_conf_check(process, conf) != FL_OK || fl_level_parse(fl_str(conf->log_level), &level) != FL_OK)
		return 2;
	b->conf = conf;
	fl_log_start("batch", level, conf->log_mask);
	fl_cx_init(&cx, process, conf, "", SHORT_S);
	b->redis = fl_redis_new(process, conf->redis_url);
	if (fl_db_open(&cx, conf->sweep_database_url, "batch", &b->db) != FL_OK) {
		fl_log(&cx, FL_ERROR, "no database: %s. Is DATABASE_SWEEP_URL right?", cx.err.text);
		return 1;
	}
	rc = declare(b);
	if (rc == FL_OK)
		rc = run(b, name);
	if (rc == FL_NOT_FOUND)
		fl_log(NULL, FL_ERROR, "no sweep is called %s; `fairlead-batch list` names them", name);
	return rc == FL_OK ? 0 : 1;
}

static int start(const char *config, const char *name)
{
	struct fl_arena *process = fl_arena_new(ARENA_BYTES);
	struct batch b = { .a = fl_arena_new(ARENA_BYTES) };
	int status = work(&b, process, config, name);

	fl_redis_close(b.redis);
	fl_db_close(b.db);
	fl_arena_free(b.a);
	fl_arena_free(process);
	return status;
}

int main(int argc, char **argv)
{
	const char *config = NULL;
	int at = 1;

	if (fl_program_told(argc, argv, "fairlead-batch", "usage: fairlead-batch [--config FILE] due | list | run NAME\nRuns the sweeps that are due; cron calls it each minute."))
		return 0;
	if (argc > 2 && strcmp(argv[1], "--config") == 0) {
		config = argv[2];
		at = 3;
	}
	if (argc - at == 1 && strcmp(argv[at], "list") == 0) {
		list();
		return 0;
	}
	if (argc - at == 1 && strcmp(argv[at], "due") == 0)
		return start(config, NULL);
	if (argc - at == 2 && strcmp(argv[at], "run") == 0)
		return start(config, argv[at + 1]);
	return use();
}
