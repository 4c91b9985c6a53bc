/* `fairlead files check` and `files tidy`: what lies in DATA_DIR/files against what rows name (promise 31). */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/s3.h"
#include "ctl/ctl.h"

enum { PAGE = 5000, FRESH_S = 3600 };

struct count {
	int64_t rows, files, missing, strange, loose;
};

static bool is_hash(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

/* Every file that a row names: is it here, and does it hold what its name says? In a store it need not be here. */
static enum fl_rc check_rows(struct ctl *c, struct count *n)
{
	char org[FL_UUID_TEXT] = "";
	const char *hash = "";
	struct fl_rows *r;

	do {
		FL_TRY(fl_db_run(c->cx, c->db, q_document_named(org[0] ? fl_str(org) : (struct fl_str){ NULL, 0 }, fl_str(hash), PAGE), &r));
		for (int i = 0; i < r->nrows; i++) {
			bool same = false;

			fl_rows_uuid(r, i, DOCUMENT_NAMED_ORG_ID, org);
			hash = fl_rows_dup(c->cx->a, r, i, DOCUMENT_NAMED_HASH);
			n->rows++;
			if (!fl_file_here(c->cx, org, hash)) {
				if (!fl_s3_on(c->conf) && ++n->missing)
					printf("missing %s/%s\n", org, hash);
				continue;
			}
			FL_TRY(fl_file_same(c->cx, org, hash, &same));
			if (!same && ++n->strange)
				printf("changed %s/%s\n", org, hash);
		}
	} while (r->nrows == PAGE);
	return FL_OK;
}

static enum fl_rc check_file(struct ctl *c, const char *org, const char *name, bool remove, struct count *n)
{
	const char *path = fl_fmt(c->cx->a, "%s/files/%s/%s", c->conf->data_dir, org, name);
	struct fl_rows *r;
	bool young = false;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return FL_OK;
	n->files++;
	/* an upload writes its file before its row, and a part of one under a name with a point */
	if (st.st_mtime > c->cx->now_us / FL_SECOND_US - FRESH_S)
		return FL_OK;
	if (is_hash(name)) {
		FL_TRY(fl_db_run(c->cx, c->db, q_document_names(fl_str(org), fl_str(name)), &r));
		if (r->nrows)
			return FL_OK;
	}
	if (remove)
		FL_TRY(fl_file_retire(c->cx, org, name, FRESH_S, &young));
	if (young)
		return FL_OK;
	n->loose++;
	printf("%s %s/%s\n", remove ? "removed" : "loose", org, name);
	return FL_OK;
}

static enum fl_rc check_folder(struct ctl *c, const char *org, bool remove, struct count *n)
{
	DIR *dir = opendir(fl_fmt(c->cx->a, "%s/files/%s", c->conf->data_dir, org));
	enum fl_rc rc = FL_OK;
	struct dirent *e;

	while (dir && rc == FL_OK && (e = readdir(dir)))
		rc = check_file(c, org, e->d_name, remove, n);
	if (dir)
		(void)closedir(dir);
	return rc;
}

static enum fl_rc check_folders(struct ctl *c, bool remove, struct count *n)
{
	DIR *dir = opendir(fl_fmt(c->cx->a, "%s/files", c->conf->data_dir));
	enum fl_rc rc = FL_OK;
	struct dirent *e;

	while (dir && rc == FL_OK && (e = readdir(dir)))
		if (fl_uuid_valid(fl_str(e->d_name)))
			rc = check_folder(c, e->d_name, remove, n);
	if (dir)
		(void)closedir(dir);
	return rc;
}

int ctl_files_tidy(struct ctl *c)
{
	struct count n = { 0 };

	if (!ctl_db(c))
		return 1;
	return check_folders(c, true, &n) == FL_OK ? 0 : ctl_fail(c, "files tidy");
}

int ctl_files_check(struct ctl *c)
{
	bool remove = ctl_flag(c, "remove");
	struct count n = { 0 };

	if (!ctl_db(c))
		return 1;
	if (check_rows(c, &n) != FL_OK || check_folders(c, remove, &n) != FL_OK)
		return ctl_fail(c, "files check");
	printf("%lld rows, %lld files: %lld missing, %lld changed, %lld loose\n", (long long)n.rows, (long long)n.files, (long long)n.missing, (long long)n.strange,
	       (long long)n.loose);
	return n.missing || n.strange || (n.loose && !remove) ? 1 : 0;
}
