/* A ZIP archive (APPNOTE 6.3, with ZIP64 where it must), written as a stream: memory does not grow with what is in it. The only user of libarchive. */
#ifndef FL_APP_PRIVACY_ARCHIVE_H
#define FL_APP_PRIVACY_ARCHIVE_H

#include "base/buf.h"
#include "base/cx.h"

struct privacy_archive;

/* Begins an archive at path, which is written over. Closed with the arena of cx when it was not ended. FL_LATER when the disk refuses. */
enum fl_rc privacy_archive_new(struct fl_cx *cx, const char *path, struct privacy_archive **out) FL_USE;

/* Adds an entry that is what the n files at paths hold, one after the other. Its hash (64 hex digits, in cx) and size come back when wanted. A file that
 * is not there: FL_NOT_FOUND. */
enum fl_rc privacy_archive_files(struct fl_cx *cx, struct privacy_archive *z, const char *name, const char *const *paths, int n, const char **hash, int64_t *bytes) FL_USE;

/* Adds an entry with this content. */
enum fl_rc privacy_archive_text(struct fl_cx *cx, struct privacy_archive *z, const char *name, struct fl_str content) FL_USE;

/* Ends the archive and syncs it. FL_LATER when the disk refuses. */
enum fl_rc privacy_archive_end(struct fl_cx *cx, struct privacy_archive *z) FL_USE;

/* The hash (64 hex digits, in cx) and size of a file. */
enum fl_rc privacy_file_hash(struct fl_cx *cx, const char *path, const char **hash, int64_t *bytes) FL_USE;

#endif
