#include "db/migrate.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/connection.h"

enum { FILES_FIRST = 256, FILE_MAX_BYTES = 4 << 20, TRIES = 120, PAUSE_NS = 500000000 };

struct file {
	const char *name;
	const char *text;
	char hash[2 * FL_SHA256_SIZE + 1];
	char applied_hash[2 * FL_SHA256_SIZE + 1]; /* "" when not applied */
	int64_t applied_us;
};

static enum fl_rc run(struct fl_cx *cx, struct fl_db *db, const char *sql, PGresult **out)
{
	PGresult *res = PQexec(db->conn, sql);
	ExecStatusType st = PQresultStatus(res);

	fl_defer(cx->a, (void (*)(void *))PQclear, res);
	if (out)
		*out = res;
	if (st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK)
		return FL_OK;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return fl_db_lost(cx, db, "migrate");
	return fl_db_error(cx, res, "migrate");
}

static long number_of(const struct file *f)
{
	long n = 0;

	for (const char *p = f->name; *p >= '0' && *p <= '9' && n < 1000000; p++)
		n = n * 10 + (*p - '0');
	return n;
}

/* 1000_x comes after 999_x. */
static int by_number(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	long nx = number_of(x), ny = number_of(y);

	return nx != ny ? (nx > ny) - (nx < ny) : strcmp(x->name, y->name);
}

static enum fl_rc read_text(struct fl_cx *cx, const char *path, const char **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { .st_size = -1 };
	char *text;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > FILE_MAX_BYTES) {
		if (fd >= 0)
			(void)close(fd);
		return FL_FAIL(cx, FL_INVALID, "%s cannot be read or is too large", path);
	}
	text = fl_alloc(cx->a, (size_t)st.st_size + 1);
	got = read(fd, text, (size_t)st.st_size);
	(void)close(fd);
	if (got != st.st_size)
		return FL_FAIL(cx, FL_INVALID, "%s cannot be read", path);
	*out = text;
	return FL_OK;
}

static void close_dir(void *d)
{
	(void)closedir(d);
}

static enum fl_rc read_one(struct fl_cx *cx, const char *dir, const char *name, struct file *f)
{
	*f = (struct file){ .name = fl_strdup(cx->a, name) };
	FL_TRY(read_text(cx, fl_fmt(cx->a, "%s/%s", dir, name), &f->text));
	memcpy(f->hash, fl_sha256_hex(cx->a, fl_str(f->text)), sizeof(f->hash));
	return FL_OK;
}

/* The folder's files in the order of their numbers; owned by cx's arena. */
static enum fl_rc list(struct fl_cx *cx, const char *dir, struct file **out, int *n)
{
	struct file *files = NULL;
	DIR *d = opendir(dir);
	struct dirent *e;
	int room = 0;

	if (!d)
		return FL_FAIL(cx, FL_INVALID, "%s: no such folder; SHARE_DIR must name the one with sql/schema", dir);
	fl_defer(cx->a, close_dir, d);
	*n = 0;
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 4, ".sql") != 0)
			continue;
		if (*n == room) {
			struct file *more = FL_NEW_ARRAY(cx->a, (size_t)(room = room ? 2 * room : FILES_FIRST), struct file);

			if (*n)
				memcpy(more, files, (size_t)*n * sizeof(*files));
			files = more;
		}
		FL_TRY(read_one(cx, dir, e->d_name, &files[(*n)++]));
	}
	if (*n)
		qsort(files, (size_t)*n, sizeof(*files), by_number);
	*out = files;
	return FL_OK;
}

static enum fl_rc known(struct fl_cx *cx, struct fl_db *db, struct file *files, int n)
{
	PGresult *res;

	FL_TRY(run(cx, db, "set client_min_messages = warning", NULL));
	FL_TRY(run(cx, db, "create table if not exists schema_migrations (name text primary key, hash text not null, "
	                   "applied_at timestamptz not null default now())", NULL));
	FL_TRY(run(cx, db, "select name, hash, (extract(epoch from applied_at) * 1000000)::bigint from schema_migrations", &res));
	for (int row = 0; row < PQntuples(res); row++)
		for (int i = 0; i < n; i++) {
			if (strcmp(files[i].name, PQgetvalue(res, row, 0)) != 0)
				continue;
			memcpy(files[i].applied_hash, PQgetvalue(res, row, 1), strnlen(PQgetvalue(res, row, 1), sizeof(files[i].applied_hash) - 1));
			FL_TRY(fl_str_int(fl_str(PQgetvalue(res, row, 2)), 0, INT64_MAX, &files[i].applied_us));
		}
	return FL_OK;
}

static enum fl_rc apply(struct fl_cx *cx, struct fl_db *db, const struct file *f)
{
	const char *params[] = { f->name, f->hash };
	enum fl_rc rc;
	PGresult *res;

	FL_TRY(run(cx, db, "begin", NULL));
	rc = run(cx, db, f->text, NULL);
	if (rc == FL_OK) {
		res = PQexecParams(db->conn, "insert into schema_migrations (name, hash) values ($1, $2)", 2, NULL, params, NULL, NULL, 0);
		fl_defer(cx->a, (void (*)(void *))PQclear, res);
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			rc = fl_db_error(cx, res, f->name);
	}
	if (rc == FL_OK)
		return run(cx, db, "commit", NULL);
	cx->err.text = fl_fmt(cx->a, "%s: %s", f->name, cx->err.text);
	if (db->conn) {
		struct fl_error kept = cx->err;

		if (run(cx, db, "rollback", NULL) == FL_OK)
			cx->err = kept;
	}
	return rc;
}

/* Who waits for a table's lock holds up all who come after: a file gives up soon, lets them by and begins anew. */
static enum fl_rc apply_between(struct fl_cx *cx, struct fl_db *db, const struct file *f)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	enum fl_rc rc = apply(cx, db, f);

	for (int i = 1; i < TRIES && rc == FL_LATER && cx->err.sqlstate && (strcmp(cx->err.sqlstate, "55P03") == 0 || strcmp(cx->err.sqlstate, "40P01") == 0); i++) {
		(void)nanosleep(&pause, NULL);
		rc = apply(cx, db, f);
	}
	return rc;
}

/* Migration files hold several statements each, which only the simple protocol takes: the pipeline is left for their time. */
static enum fl_rc plain_mode(struct fl_cx *cx, struct fl_db *db)
{
	FL_TRY(fl_db_ensure(cx, db));
	if (PQexitPipelineMode(db->conn) != 1 || PQsetnonblocking(db->conn, 0) != 0)
		return fl_db_lost(cx, db, "migrate");
	return run(cx, db, "set statement_timeout = 0; set lock_timeout = '60s'; select pg_advisory_lock(7235901); set lock_timeout = '400ms'", NULL);
}

enum fl_rc fl_migrate(struct fl_cx *cx, struct fl_db *db, const char *dir, void (*say)(const char *name))
{
	struct file *files;
	int n;

	FL_TRY(list(cx, dir, &files, &n));
	FL_TRY(plain_mode(cx, db));
	FL_TRY(known(cx, db, files, n));
	for (int i = 0; i < n; i++) {
		if (!files[i].applied_hash[0]) {
			FL_TRY(apply_between(cx, db, &files[i]));
			say(files[i].name);
		} else if (strcmp(files[i].applied_hash, files[i].hash) != 0) {
			return FL_FAIL(cx, FL_CONFLICT, "%s was changed after it had been applied; put the change into a new file", files[i].name);
		}
	}
	return FL_OK;
}

enum fl_rc fl_migrate_status(struct fl_cx *cx, struct fl_db *db, const char *dir, void (*row)(const char *name, int64_t applied_us))
{
	struct file *files;
	int n;

	FL_TRY(list(cx, dir, &files, &n));
	FL_TRY(plain_mode(cx, db));
	FL_TRY(known(cx, db, files, n));
	for (int i = 0; i < n; i++)
		row(files[i].name, files[i].applied_us);
	return FL_OK;
}

enum fl_rc fl_migrate_missing(struct fl_cx *cx, struct fl_db *db, const char *dir, int *missing)
{
	struct file *files;
	int n;

	*missing = 0;
	FL_TRY(list(cx, dir, &files, &n));
	FL_TRY(plain_mode(cx, db));
	FL_TRY(known(cx, db, files, n));
	for (int i = 0; i < n; i++)
		*missing += files[i].applied_us == 0;
	return FL_OK;
}
