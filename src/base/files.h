/* Files people gave us, kept by the SHA-256 of their content: DATA_DIR/files/ORGANISATION/HASH. */
#ifndef FL_BASE_FILES_H
#define FL_BASE_FILES_H

#include "base/conf.h"
#include "base/cx.h"

/* A file is put before the row that names it is committed: once it is older than this in seconds, no writer is still on its way. A job is the
 * longest of them; on top, what its round takes to be saved. */
enum { FL_FILE_YOUNG_S = FL_JOB_TIMEOUT_MAX_S + 600 };

/* Keeps data under its hash (64 hex digits) for an organisation (a uuid as text). Written whole and synced under another name, then
 * renamed: a name that exists holds all of it. A file that is there already stays and counts as put now. FL_LATER when the disk does not take it. */
enum fl_rc fl_file_put(struct fl_cx *cx, const char *org, const char *hash, struct fl_str data) FL_USE;

/* Opens a kept file for reading; the caller closes *fd. FL_NOT_FOUND when it is not there. */
enum fl_rc fl_file_open(struct fl_cx *cx, const char *org, const char *hash, int *fd) FL_USE;

/* The path of a kept file: folder is an organisation, or a folder of our own. Owned by cx. */
const char *fl_file_path(struct fl_cx *cx, const char *folder, const char *name);

/* Removes what lies at "FOLDER/NAME" under DATA_DIR/files; a name that ends in a slash is a folder, which goes with the files and folders in it.
 * What is not there is gone already. FL_INVALID for a path that leads out, FL_LATER when the disk refuses. */
enum fl_rc fl_file_remove(struct fl_cx *cx, const char *path) FL_USE;

/* Removes a file that no row names, unless it was put within the last age_s seconds: then somebody may be about to name it, *young tells so and it stays. No put comes
 * between the look and the removal. FL_LATER when the disk refuses. */
enum fl_rc fl_file_retire(struct fl_cx *cx, const char *org, const char *name, int age_s, bool *young) FL_USE;

/* True when the file is there. */
bool fl_file_here(struct fl_cx *cx, const char *org, const char *hash);

/* Whether it holds what its name says; FL_NOT_FOUND when it is not there, FL_LATER when the disk refuses. */
enum fl_rc fl_file_same(struct fl_cx *cx, const char *org, const char *hash, bool *same) FL_USE;

/* The name somebody gave a file, fit to be kept and shown: what comes after the last slash or backslash, in UTF-8 (other bytes become "_"), without
 * control characters and without marks that turn the direction of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), at most 200 bytes
 * with its ending kept; "file" when nothing is left. Owned by a, or static. */
struct fl_str fl_file_name(struct fl_arena *a, struct fl_str sent);

/* Whether DATA_DIR is a folder this process may write in; if not, says so on standard error like fl_conf_read: FL_INVALID. */
enum fl_rc fl_files_check(const struct fl_conf *conf) FL_USE;

#endif
