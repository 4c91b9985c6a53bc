/* `fairlead files check` and `files tidy`: what lies in DATA_DIR/files against what rows name (promise 31). */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"
#include "ctl/ctl.h"

enum {
	PAGE = 500,
	PAGE_BYTES = 4 << 20,
	PAGE_S = 600,
	HASH_TEXT = 65,
	TIDY_S = 7 * 86400 /* a database restored from the backup of a day or a week before does not know newer files */
};

struct count {
	int64_t rows, files, missing, strange, loose;
};

/* The files of a folder that may go once it is known which of them a row names. */
struct look {
	const char *org;
	bool remove;
	int age_s, n;
	const char *name[PAGE];
};

static bool is_hash(const char *name)
{
	return strlen(name) == HASH_TEXT - 1 && strspn(name, "0123456789abcdef") == HASH_TEXT - 1;
}

/* There may be millions: each page of them has the memory and the time of the one before. */
static void begin_page(struct ctl *c)
{
	fl_arena_reset(c->cx->a);
	c->cx->deadline_tick_us = fl_tick_us() + PAGE_S * FL_SECOND_US;
}

static enum fl_rc check_row(struct ctl *c, const char *org, const char *hash, struct count *n)
{
	bool same = false;

	n->rows++;
	if (!fl_file_here(c->cx, org, hash)) {
		if (!fl_s3_on(c->conf) && ++n->missing)
			printf("missing %s/%s\n", org, hash);
		return FL_OK;
	}
	FL_TRY(fl_file_same(c->cx, org, hash, &same));
	if (!same && ++n->strange)
		printf("changed %s/%s\n", org, hash);
	return FL_OK;
}

/* Every file that a row names: is it here, and does it hold what its name says? In a store it need not be here. */
static enum fl_rc check_rows(struct ctl *c, struct count *n)
{
	char org[FL_UUID_TEXT] = "", hash[HASH_TEXT] = "";
	struct fl_rows *r;

	do {
		begin_page(c);
		FL_TRY(fl_db_run(c->cx, c->db, q_document_named(org[0] ? fl_str(org) : (struct fl_str){ NULL, 0 }, fl_str(hash), PAGE), &r));
		for (int i = 0; i < r->nrows; i++) {
			const char *name = fl_rows_dup(c->cx->a, r, i, DOCUMENT_NAMED_HASH);

			if (!is_hash(name))
				return FL_FAIL(c->cx, FL_BUG, "no name of a kept file: %s", name);
			fl_rows_uuid(r, i, DOCUMENT_NAMED_ORG_ID, org);
			memcpy(hash, name, sizeof(hash));
			FL_TRY(check_row(c, org, hash, n));
		}
	} while (r->nrows == PAGE);
	return FL_OK;
}

static enum fl_rc let_go(struct ctl *c, const struct look *l, const char *name, struct count *n)
{
	bool young = false;

	if (l->remove)
		FL_TRY(fl_file_retire(c->cx, l->org, name, l->age_s, &young));
	if (young)
		return FL_OK;
	n->loose++;
	printf("%s %s/%s\n", l->remove ? "removed" : "loose", l->org, name);
	return FL_OK;
}

/* Asks for all files gathered at once; no row names one that is no hash. */
static enum fl_rc look_up(struct ctl *c, struct look *l, struct count *n)
{
	struct fl_buf hashes = fl_buf(c->cx->a, (size_t)PAGE * (HASH_TEXT + 1));
	struct fl_rows *r;

	for (int i = 0; i < l->n; i++) {
		if (!is_hash(l->name[i])) {
			FL_TRY(let_go(c, l, l->name[i], n));
			continue;
		}
		fl_buf_putc(&hashes, hashes.n ? ',' : '{');
		fl_buf_puts(&hashes, l->name[i]);
	}
	if (hashes.n) {
		fl_buf_putc(&hashes, '}');
		FL_TRY(fl_db_run(c->cx, c->db, q_document_unnamed(fl_str(l->org), fl_buf_get(&hashes)), &r));
		for (int i = 0; i < r->nrows; i++)
			FL_TRY(let_go(c, l, fl_rows_dup(c->cx->a, r, i, DOCUMENT_UNNAMED_HASH), n));
	}
	l->n = 0;
	begin_page(c);
	return FL_OK;
}

static enum fl_rc check_file(struct ctl *c, struct look *l, DIR *dir, const char *name, struct count *n)
{
	struct stat st;

	if (fstatat(dirfd(dir), name, &st, 0) != 0 || !S_ISREG(st.st_mode))
		return FL_OK;
	n->files++;
	/* an upload writes its file before its row, and a part of it under a name with a point */
	if (st.st_mtime > c->cx->now_us / FL_SECOND_US - l->age_s)
		return FL_OK;
	l->name[l->n++] = fl_strdup(c->cx->a, name);
	return l->n == PAGE ? look_up(c, l, n) : FL_OK;
}

static enum fl_rc check_folder(struct ctl *c, struct look *l, struct count *n)
{
	DIR *dir = opendir(fl_file_path(c->cx, l->org, ""));
	enum fl_rc rc = FL_OK;
	struct dirent *e;

	while (dir && rc == FL_OK && (e = readdir(dir)))
		rc = check_file(c, l, dir, e->d_name, n);
	if (dir)
		(void)closedir(dir);
	return rc == FL_OK ? look_up(c, l, n) : rc;
}

static enum fl_rc check_folders(struct ctl *c, bool remove, int age_s, struct count *n)
{
	DIR *dir = opendir(fl_fmt(c->cx->a, "%s/files", c->conf->data_dir));
	enum fl_rc rc = FL_OK;
	struct dirent *e;

	while (dir && rc == FL_OK && (e = readdir(dir)))
		if (fl_uuid_valid(fl_str(e->d_name)))
			rc = check_folder(c, &(struct look){ .org = e->d_name, .remove = remove, .age_s = age_s }, n);
	if (dir)
		(void)closedir(dir);
	return rc;
}

/* Once connected: from here on memory is that of a page. */
static bool begin(struct ctl *c, bool connected)
{
	if (!connected)
		return false;
	c->cx->a = fl_arena_new(PAGE_BYTES);
	begin_page(c);
	return true;
}

static int end(struct ctl *c, struct fl_arena *whole, int status)
{
	fl_arena_free(c->cx->a);
	c->cx->a = whole;
	return status;
}

int ctl_files_tidy(struct ctl *c)
{
	struct fl_arena *whole = c->cx->a;
	struct count n = { 0 };

	if (!begin(c, ctl_sweep_db(c)))
		return 1;
	return end(c, whole, check_folders(c, true, TIDY_S, &n) == FL_OK ? 0 : ctl_fail(c, "files tidy"));
}

int ctl_files_check(struct ctl *c)
{
	bool remove = ctl_flag(c, "remove");
	struct fl_arena *whole = c->cx->a;
	struct count n = { 0 };

	if (!begin(c, ctl_db(c)))
		return 1;
	if (check_rows(c, &n) != FL_OK || check_folders(c, remove, FL_FILE_YOUNG_S, &n) != FL_OK)
		return end(c, whole, ctl_fail(c, "files check"));
	printf("%lld rows, %lld files: %lld missing, %lld changed, %lld loose\n", (long long)n.rows, (long long)n.files, (long long)n.missing, (long long)n.strange,
	       (long long)n.loose);
	return end(c, whole, n.missing || n.strange || (n.loose && !remove) ? 1 : 0);
}
