/* Looks at everything Fairlead needs. One line each; a line "not ok" says what to do. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/url.h"
#include "ctl/ctl.h"
#include "db/migrate.h"
#include "outside/http.h"
#include "outside/reach.h"
#include "redis/redis.h"

enum { CONNECT_MS = 3000, CLOCK_SLACK_US = 5 * 1000000, SWEEPS_US = 300 * 1000000 };

static int say(bool good, const char *what, const char *else_do)
{
	printf("%s %s%s%s\n", good ? "ok    " : "not ok", what, good ? "" : ": ", good ? "" : else_do);
	return !good;
}

/* Whether something listens there: "host:port" or "unix:/path". */
static bool answers(struct ctl *c, const char *at)
{
	int fd = fl_reach(c->cx, at, CONNECT_MS);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static int check_role(struct ctl *c, const char *url, const char *name, const char *role)
{
	struct fl_db *db = NULL;
	bool up;

	if (!url[0])
		return say(false, name, fl_fmt(c->cx->a, "set it to the connection string of the role %s", role));
	up = fl_db_open(c->cx, url, "doctor", &db) == FL_OK;
	fl_db_close(db);
	return say(up, fl_fmt(c->cx->a, "%s: the database answers as %s", name, role),
	           fl_fmt(c->cx->a, "%s. Is PostgreSQL running, was sql/bootstrap.sql run, and does pg_hba.conf admit the role %s?",
	                  up ? "" : c->cx->err.text, role));
}

static int check_schema(struct ctl *c)
{
	struct fl_rows *r;
	int bad = 0, missing;

	if (fl_migrate_missing(c->cx, c->db, fl_fmt(c->cx->a, "%s/sql/schema", c->conf->share_dir), &missing) != FL_OK)
		return say(false, "schema", c->cx->err.text);
	bad += say(missing == 0, "schema is up to date", "run `fairlead migrate`");
	/* That connection has left the ways of the others. */
	fl_db_close(c->db);
	c->db = NULL;
	if (!ctl_db(c))
		return bad + say(false, "the database answers again", c->cx->err.text);
	if (missing)
		return bad;
	if (fl_db_run(c->cx, c->db, q_ctl_unforced(), &r) != FL_OK)
		return bad + say(false, "row-level security", c->cx->err.text);
	bad += say(r->nrows == 0, "every table with org_id has forced row-level security",
	           r->nrows ? fl_fmt(c->cx->a, "%s and %d more have not; call fl_tenant_table for it", fl_rows_dup(c->cx->a, r, 0, 0), r->nrows - 1) : "");
	return bad;
}

static int check_clock(struct ctl *c)
{
	struct fl_rows *r;
	int64_t off_us;

	if (fl_db_run(c->cx, c->db, q_ctl_clock(), &r) != FL_OK)
		return say(false, "clock", c->cx->err.text);
	off_us = fl_rows_time_us(r, 0, CTL_CLOCK_AT) - fl_now_us();
	return say(off_us < CLOCK_SLACK_US && off_us > -CLOCK_SLACK_US, "the clock agrees with the database's", "run a time service (apt install systemd-timesyncd)");
}

/* Most are due each minute. */
static int check_sweeps(struct ctl *c)
{
	int64_t last_us = 0;
	struct fl_rows *r;

	if (fl_db_run(c->cx, c->db, q_observe_sweeps(), &r) != FL_OK)
		return say(false, "sweeps", c->cx->err.text);
	for (int i = 0; i < r->nrows; i++)
		if (fl_rows_time_us(r, i, OBSERVE_SWEEPS_LAST_FINISHED) > last_us)
			last_us = fl_rows_time_us(r, i, OBSERVE_SWEEPS_LAST_FINISHED);
	return say(fl_now_us() - last_us < SWEEPS_US, "cron runs the sweeps", "put cron/fairlead into /etc/cron.d and wait two minutes; `journalctl -t fairlead-batch` has what they say");
}

static int check_places(struct ctl *c)
{
	const struct fl_conf *f = c->conf;
	struct statvfs v;
	bool known = statvfs(f->data_dir, &v) == 0;
	int bad = 0;

	bad += say(access(f->data_dir, W_OK | X_OK) == 0, fl_fmt(c->cx->a, "DATA_DIR %s can be written", f->data_dir), "make it, owned by the user of the programs");
	bad += say(access(f->run_dir, W_OK | X_OK) == 0, fl_fmt(c->cx->a, "RUN_DIR %s can be written", f->run_dir), "make it, owned by the user of the programs");
	bad += say(access(fl_fmt(c->cx->a, "%s/templates", f->share_dir), R_OK) == 0, fl_fmt(c->cx->a, "SHARE_DIR %s holds the templates", f->share_dir),
	           "give the folder that make install filled");
	bad += say(known && v.f_bavail >= v.f_blocks / 10, "a tenth of the disk is free", "free space, or move DATA_DIR to a larger volume");
	bad += say(answers(c, fl_fmt(c->cx->a, "unix:%s/web.sock", f->run_dir)), "fairlead-web listens", "start it: systemctl start fairlead-web");
	bad += say(answers(c, fl_fmt(c->cx->a, "unix:%s/slow.sock", f->run_dir)), "fairlead-web listens for sign-in", "start it: systemctl start fairlead-web");
	return bad;
}

/* Host and port of FAIRLEAD_URL; only whether something accepts there. */
static int check_site(struct ctl *c)
{
	return say(answers(c, fl_url_place(c->cx->a, fl_str(c->conf->url))), "nginx answers at FAIRLEAD_URL", "check `nginx -t`, DNS and the listen lines");
}

/* Where vectors are searched, when that is not in files. */
static int check_vectors(struct ctl *c)
{
	const struct fl_conf *f = c->conf;
	const struct fl_http_header key = { "api-key", fl_str(f->qdrant_key) };
	const struct fl_http_request ask = { .method = "GET", .url = fl_fmt(c->cx->a, "%s/collections", f->qdrant_url), .headers = &key, .nheaders = f->qdrant_key[0] ? 1 : 0,
		                             .total_ms = CONNECT_MS };
	struct fl_http_answer answer;
	struct fl_rows *r;

	if (strcmp(f->vector_store, "qdrant") == 0)
		return say(fl_http(c->cx, fl_outside_new(c->cx->a, f), &ask, &answer) == FL_OK, "Qdrant answers at QDRANT_URL",
		           "check QDRANT_URL, QDRANT_API_KEY and OUTSIDE_ALLOW; documents are found by words alone meanwhile");
	if (strcmp(f->vector_store, "pgvector") == 0 && c->db)
		return say(fl_db_run(c->cx, c->db, q_pgvector_ready(), &r) == FL_OK && fl_rows_bool(r, 0, PGVECTOR_READY_READY), "pgvector is set up",
		           "run `create extension vector` in the database as a superuser, then `fairlead migrate`; documents are found by words alone meanwhile");
	return 0;
}

/* It holds the secret that seals all others (SEC-17). */
static int check_configuration(struct ctl *c)
{
	struct stat st;
	bool open = stat(c->conf_path, &st) == 0 && (st.st_mode & S_IRWXO) != 0;

	return say(!open, "configuration", fl_fmt(c->cx->a, "everybody on this machine can open %s; chmod o-rwx, and give it to the group of the programs", c->conf_path));
}

int ctl_doctor(struct ctl *c)
{
	const struct fl_conf *f = c->conf;
	int bad = 0;

	bad += check_configuration(c);
	bad += check_role(c, f->database_url, "DATABASE_URL", "fl_app");
	bad += check_role(c, f->sweep_database_url, "DATABASE_SWEEP_URL", "fl_sweep");
	bad += check_role(c, f->owner_database_url, "DATABASE_OWNER_URL", "fl_owner");
	if (bad == 0 && ctl_db(c)) {
		bad += check_schema(c);
		bad += c->db ? check_clock(c) + check_sweeps(c) : 1;
	}
	bad += check_vectors(c);
	if (f->redis_url[0]) {
		struct fl_redis *redis = fl_redis_new(c->cx->a, f->redis_url);

		bad += say(fl_redis_ping(redis, NULL), "Redis answers", "start it, check REDIS_URL and who may open its socket");
		fl_redis_close(redis);
	}
	bad += check_places(c);
	bad += check_site(c);
	if (f->smtp_host[0])
		bad += say(answers(c, fl_fmt(c->cx->a, "%s:%d", f->smtp_host, f->smtp_port)), "the mail server answers", "check SMTP_HOST and SMTP_PORT; mail waits in the queue meanwhile");
	if (bad)
		printf("%d to mend\n", bad);
	else
		puts("all well");
	return bad ? 1 : 0;
}
