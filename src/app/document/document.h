/* The parts of the card of documents. */
#ifndef FL_APP_DOCUMENT_DOCUMENT_H
#define FL_APP_DOCUMENT_DOCUMENT_H

#include "app/app.h"
#include "base/json.h"

/* The media type of a file by its first bytes (the signatures of the formats' own specifications), for texts also by its name; NULL: none of
 * those we take. */
const char *document_type(struct fl_str name, struct fl_str content);

struct document_kept {
	struct fl_str name; /* cleaned */
	int64_t size;
	const char *refused; /* type, empty or too_large: nothing was kept; NULL when it was */
	const char *type, *hash, *status, *reason, *scan; /* for document_add */
	int64_t quota_mb;
};

/* Keeps a file's content under its hash for an organisation; a file of a kind that is not taken is no failure. FL_LATER when the disk does not take it. */
enum fl_rc document_keep(struct fl_cx *cx, const char *org_id, struct fl_str name, struct fl_str content, struct document_kept *out) FL_USE;

/* Writes it as intake_files_add (sql/schema/131_intake_file.sql) wants it. */
void document_kept_json(struct fl_jw *w, const struct document_kept *k);

/* Keeps all, *json is their array. */
enum fl_rc document_keep_all(struct fl_cx *cx, const char *org_id, const struct fl_file *files, int n, struct fl_str *json) FL_USE;

/* The `run` of pages that make a request: its id is the first column of req->effect, the files that came become its documents. */
enum fl_rc document_of_request(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* POST /intake/{id}/files */
enum fl_rc document_attach(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc document_upload(struct fl_cx *cx, struct fl_req *req) FL_USE;
/* POST /documents/{id}/versions */
enum fl_rc document_version(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_download(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_image(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* What the way to a reader came to. */
struct document_seen {
	struct json_object *page; /* what the reader said; NULL when end is set */
	const char *end;          /* the state the document ends in here; NULL: it goes on */
	const char *reason;       /* why, NULL for none */
	const char *finding;      /* the scanner's name for what it found, NULL for nothing */
	const char *scan;         /* what the scanner said now, NULL when it was not asked */
	const char *image;        /* hash of the picture of the page, NULL without */
	struct fl_str attached;   /* documents to be made of what is attached (document_attached); n 0: none */
};

/* The hash in a key: what a file is called in the store is its hash, with "-N" after it when it was removed there before (452_file_key.sql). Owned by a. */
const char *document_hash(struct fl_arena *a, const char *key);

/* Opens a file, fetched from the store when it is not here. The caller closes *fd. FL_INVALID when
 * it is not the file that was kept. */
enum fl_rc document_open(struct fl_job *job, const char *key, int *fd) FL_USE;

enum { DOCUMENT_CHUNK = 256 * 1024 };
/* Appends a whole file to b, which has room for it and DOCUMENT_CHUNK bytes more; else FL_LATER, as when it cannot be read. As document_open otherwise. */
enum fl_rc document_take(struct fl_job *job, const char *key, struct fl_buf *b) FL_USE;

/* Sends what lies under key: by nginx when it is here, else from the store. how: its Content-Disposition, NULL to be shown. */
enum fl_rc document_hand_out(struct fl_cx *cx, struct fl_req *req, const char *org, const char *key, const char *how, const char *type) FL_USE;

/* GET /documents/{id}/link; GET /files/{link} */
enum fl_rc document_link(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_by_link(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc document_store_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_store_call(struct fl_job *job) FL_USE; /* state: not NULL when some could not be put there yet and stay here */
enum fl_rc document_store_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_remove_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_remove_call(struct fl_job *job) FL_USE;
enum fl_rc document_remove_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* What the store of files has under path, "ORG/KEY", in memory of a; FL_NOT_FOUND: nothing. */
enum fl_rc document_store_get(struct fl_job *job, struct fl_arena *a, const char *path, struct fl_str *data) FL_USE;
/* Removes it there; FL_OK too when there is nothing. */
enum fl_rc document_store_remove(struct fl_job *job, const char *path) FL_USE;

/* Has the scanner look at row 0 of document_load, unless it is known to be clean or was released; sets end and its kin when it may not be read. */
enum fl_rc document_scan(struct fl_job *job, struct document_seen *s) FL_USE;

/* Keeps the PDFs and pictures, twenty at most, that are attached to row 0 of document_load, a mail; *files is their array as document_attached
 * (sql/schema/831_document_attached.sql) takes it, owned by the job. */
enum fl_rc document_attached(struct fl_job *job, struct fl_str *files) FL_USE;

/* The host of fairlead-paper that both jobs of reading ask. */
void *document_read_cache(struct fl_arena *process);
enum fl_rc document_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_read_call(struct fl_job *job) FL_USE;
enum fl_rc document_read_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_page_call(struct fl_job *job) FL_USE;
enum fl_rc document_page_save(struct fl_job *job, struct fl_batch *b) FL_USE;
/* fairlead-paper: beside the program that runs; in a build tree two folders up. Owned by a. */
const char *document_paper_path(struct fl_arena *a);

enum fl_rc document_archive_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_archive_call(struct fl_job *job) FL_USE;
enum fl_rc document_archive_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_archive_dead(struct fl_job *job, struct fl_batch *b) FL_USE;
/* GET /documents/{id}/archive */
enum fl_rc document_archive(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Jobs and pages of fields (app/document/field.h). */
void *document_field_cache(struct fl_arena *process);
enum fl_rc document_field_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_field_call(struct fl_job *job) FL_USE;
enum fl_rc document_field_save(struct fl_job *job, struct fl_batch *b) FL_USE;
/* The tables of pages (rows of document_page_words) as document_tables_ruled takes them, up to the page with which they would be over 8 MB; owned by cx's arena. */
struct fl_str document_tables(struct fl_cx *cx, const struct fl_rows *pages);

/* Whether a model that sees is configured (LLM_VISION). */
bool document_vision_on(struct fl_cx *cx);
enum fl_rc document_vision_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_vision_call(struct fl_job *job) FL_USE;
enum fl_rc document_vision_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_vision_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc document_field_correct(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_field_add(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_fields_save(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc document_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
