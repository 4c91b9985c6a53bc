/* Job privacy.pack: the parts and the files as one archive, with a manifest that names every entry with its size and hash. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/document/document.h"
#include "app/jobs/progress.h"
#include "app/privacy/archive.h"
#include "app/privacy/privacy.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/s3.h"

enum { MANIFEST_BYTES = 64 << 20, STORED_BYTES = 64 << 20 };

struct pack {
	struct fl_job *job;
	struct privacy_archive *z;
	struct fl_buf text;
	struct fl_jw manifest;
	const char *folder; /* where the parts lie */
	const char *hash; /* of the archive */
	int64_t bytes;
};

enum fl_rc privacy_pack_load(struct fl_job *job, struct fl_batch *b)
{
	if (!privacy_order_of(job).n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no order_id");
	fl_batch_add(b, q_privacy_pack(privacy_order_of(job)), NULL);
	if (fl_s3_on(job->cx->conf))
		fl_batch_add(b, q_privacy_pack_store(privacy_order_of(job)), NULL);
	return FL_OK;
}

static void note_entry(struct pack *p, const char *name, int64_t bytes, const char *hash)
{
	fl_jw_open(&p->manifest, NULL, '{');
	fl_jw_cstr(&p->manifest, "name", name);
	fl_jw_int(&p->manifest, "bytes", bytes);
	fl_jw_cstr(&p->manifest, "sha256", hash);
}

static enum fl_rc add_table(struct pack *p, int i)
{
	struct fl_cx *cx = p->job->cx;
	const struct fl_rows *r = p->job->set[0];
	char *parts = fl_rows_dup(cx->a, r, i, PRIVACY_PACK_PARTS), *rest = NULL;
	const char **paths, *hash;
	const char *name = fl_fmt(cx->a, "%s.jsonl", fl_rows_dup(cx->a, r, i, PRIVACY_PACK_NAME));
	int64_t bytes;
	int n = 1;

	for (const char *c = parts; *c; c++)
		n += *c == '\n';
	paths = FL_NEW_ARRAY(cx->a, n, const char *);
	n = 0;
	for (char *part = strtok_r(parts, "\n", &rest); part; part = strtok_r(NULL, "\n", &rest))
		paths[n++] = fl_file_path(cx, p->folder, part);
	FL_TRY(privacy_archive_files(cx, p->z, name, paths, n, &hash, &bytes));
	note_entry(p, name, bytes, hash);
	fl_jw_int(&p->manifest, "rows", fl_rows_int(r, i, PRIVACY_PACK_ROWS));
	fl_jw_str(&p->manifest, "left_out", fl_rows_str(r, i, PRIVACY_PACK_LEFT_OUT));
	fl_jw_close(&p->manifest, '}');
	return FL_OK;
}

/* A file that went meanwhile is not in the archive; its row in documents says what it was. */
static enum fl_rc add_file(struct pack *p, const char *org, const char *file)
{
	struct fl_cx *cx = p->job->cx;
	const char *name = fl_fmt(cx->a, "files/%s", file), *path = fl_file_path(cx, org, file), *hash;
	int64_t bytes;
	enum fl_rc rc = privacy_archive_files(cx, p->z, name, &path, 1, &hash, &bytes);

	if (rc == FL_NOT_FOUND)
		return FL_OK;
	FL_TRY(rc);
	note_entry(p, name, bytes, hash);
	fl_jw_close(&p->manifest, '}');
	return FL_OK;
}

/* Every file of an organisation, known to a row or not. Names that begin with a dot are being written. */
static enum fl_rc add_folder(struct pack *p, const char *org)
{
	DIR *d = opendir(fl_file_path(p->job->cx, org, ""));
	struct dirent *e;
	enum fl_rc rc = FL_OK;

	if (!d)
		return errno == ENOENT ? FL_OK : FL_FAIL(p->job->cx, FL_LATER, "the files of %s: %s", org, strerror(errno));
	while (rc == FL_OK && (e = readdir(d)))
		if (e->d_name[0] != '.' && e->d_type != DT_DIR)
			rc = add_file(p, org, e->d_name);
	(void)closedir(d);
	return rc;
}

/* Row i of what may lie in the store: added from there when it is not here. */
static enum fl_rc add_stored(struct pack *p, int i)
{
	const struct fl_rows *r = p->job->set[1];
	struct fl_cx *cx = p->job->cx;
	const char *hash = fl_rows_dup(cx->a, r, i, PRIVACY_PACK_STORE_HASH), *name = fl_fmt(cx->a, "files/%s", hash);
	char org[FL_UUID_TEXT];
	struct fl_arena *a;
	struct fl_str data;
	enum fl_rc rc;

	fl_rows_uuid(r, i, PRIVACY_PACK_STORE_ORG_ID, org);
	if (fl_file_here(cx, org, hash))
		return FL_OK;
	a = fl_arena_new(STORED_BYTES);
	rc = document_store_get(p->job, a, fl_fmt(cx->a, "%s/%s", org, fl_rows_dup(cx->a, r, i, PRIVACY_PACK_STORE_KEY)), &data);
	if (rc == FL_OK)
		rc = privacy_archive_text(cx, p->z, name, data);
	if (rc == FL_OK) {
		note_entry(p, name, (int64_t)data.n, fl_sha256_hex(cx->a, data));
		fl_jw_close(&p->manifest, '}');
	}
	fl_arena_free(a);
	return rc == FL_NOT_FOUND ? FL_OK : rc;
}

static enum fl_rc add_row(struct pack *p, int i)
{
	const struct fl_rows *r = p->job->set[0];
	char org[FL_UUID_TEXT];

	jobs_progress(p->job, i, r->nrows, NULL);
	if (!fl_rows_null(r, i, PRIVACY_PACK_NAME))
		return add_table(p, i);
	fl_rows_uuid(r, i, PRIVACY_PACK_ORG_ID, org);
	if (fl_rows_str(r, i, PRIVACY_PACK_HASH).n == 0)
		return add_folder(p, org);
	return add_file(p, org, fl_rows_dup(p->job->cx->a, r, i, PRIVACY_PACK_HASH));
}

static void begin_manifest(struct pack *p)
{
	const struct fl_rows *r = p->job->set[0];
	struct fl_str order = privacy_order_of(p->job);
	char id[FL_UUID_TEXT];

	fl_rows_uuid(r, 0, PRIVACY_PACK_SUBJECT_ID, id);
	p->text = fl_buf(p->job->cx->a, MANIFEST_BYTES);
	p->manifest = fl_jw(&p->text);
	fl_jw_open(&p->manifest, NULL, '{');
	fl_jw_int(&p->manifest, "fairlead_export", 1);
	fl_jw_str(&p->manifest, "order", order);
	fl_jw_str(&p->manifest, "subject", fl_rows_str(r, 0, PRIVACY_PACK_SUBJECT));
	fl_jw_cstr(&p->manifest, "id", id);
	fl_jw_open(&p->manifest, "entries", '[');
}

static const char readme[] =
	"An export of Fairlead.\n\n"
	"NAME/TABLE.jsonl  the rows of a table, one a line, as JSON (UTF-8); account/ holds what belongs to the account itself\n"
	"files/HASH        files that were given to Fairlead, named by the SHA-256 of their content; documents.jsonl has their names\n"
	"manifest.json     every entry with its size, SHA-256 and number of rows, and the columns that were left out:\n"
	"                  hashes and seals of secrets, and indexes that are made of the rest\n";

enum fl_rc privacy_pack_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_str order = privacy_order_of(job);
	struct pack *p = FL_NEW(cx->a, struct pack);
	const char *to = fl_file_path(cx, "exports", fl_fmt(cx->a, "%.*s.zip", (int)order.n, order.p));
	/* a folder that exists, and a name of this attempt alone */
	const char *part = fl_file_path(cx, "exports", fl_fmt(cx->a, ".%.*s-%d", (int)order.n, order.p, job->attempt));

	p->job = job;
	if (!job->set[0]->nrows)
		return FL_OK;
	p->folder = fl_fmt(cx->a, "exports/%.*s", (int)order.n, order.p);
	begin_manifest(p);
	FL_TRY(privacy_archive_new(cx, part, &p->z));
	FL_TRY(privacy_archive_text(cx, p->z, "README.txt", FL_STR(readme)));
	for (int i = 0; i < job->set[0]->nrows; i++)
		FL_TRY(add_row(p, i));
	for (int i = 0; fl_s3_on(cx->conf) && i < job->set[1]->nrows; i++)
		FL_TRY(add_stored(p, i));
	fl_jw_close(&p->manifest, ']');
	fl_jw_close(&p->manifest, '}');
	FL_TRY(privacy_archive_text(cx, p->z, "manifest.json", fl_buf_get(&p->text)));
	FL_TRY(privacy_archive_end(cx, p->z));
	FL_TRY(privacy_file_hash(cx, part, &p->hash, &p->bytes));
	if (rename(part, to) != 0)
		return FL_FAIL(cx, FL_LATER, "%s: %s", to, strerror(errno));
	job->state = p;
	return FL_OK;
}

enum fl_rc privacy_pack_save(struct fl_job *job, struct fl_batch *b)
{
	struct pack *p = job->state;

	if (p)
		fl_batch_add(b, q_privacy_packed(privacy_order_of(job), p->bytes, fl_str(p->hash)), NULL);
	return FL_OK;
}
