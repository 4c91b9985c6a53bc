/* Migrations: the files of sql/schema in the order of their numbers, each once, each in its own transaction. */
#ifndef FL_DB_MIGRATE_H
#define FL_DB_MIGRATE_H

#include "db/db.h"

/* Applies what is missing from dir (a path) as the owner role; the handle is good for nothing else afterwards. Each file and its row in schema_migrations commit
 * together, under an advisory lock: killed anywhere, run again. One that does not get its locks within 0.4 s is begun anew, for about two minutes (then
 * FL_LATER), so that requests never wait long behind it. A file whose text changed after it was applied is
 * FL_CONFLICT. `say` is called with each name applied. */
enum fl_rc fl_migrate(struct fl_cx *cx, struct fl_db *db, const char *dir, void (*say)(const char *name)) FL_USE;

/* Calls row(name, applied_us) for each known migration; applied_us is 0 for one not applied yet. */
enum fl_rc fl_migrate_status(struct fl_cx *cx, struct fl_db *db, const char *dir, void (*row)(const char *name, int64_t applied_us)) FL_USE;

/* How many known migrations are not applied yet; the handle is good for nothing else afterwards. */
enum fl_rc fl_migrate_missing(struct fl_cx *cx, struct fl_db *db, const char *dir, int *missing) FL_USE;

#endif
