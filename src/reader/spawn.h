/* Runs fairlead-reader for one foreign file. For jobs: it waits. */
#ifndef FL_READER_SPAWN_H
#define FL_READER_SPAWN_H

#include "base/cx.h"

/* Where fairlead-reader is: beside the program that runs, in a build tree two folders up. Owned by a. */
const char *fl_reader_path(struct fl_arena *a);

/* Gives raw to a fresh reader with empty environment and no descriptor but its input and output, and waits at most timeout_ms
 * (and until cx's deadline). path: the program, absolute. *json is what reader/mail.h says, checked as strict JSON, *files the contents of
 * its attachments one after the other; both owned by cx's arena.
 * FL_INVALID: the reader refused the mail, or crashed over it; keep the raw mail (promises.md, 21). FL_LATER: no answer in time, or the
 * system had no process to give. FL_BUG: no program at path, or it cannot work here. */
enum fl_rc fl_reader_mail(struct fl_cx *cx, const char *path, struct fl_str raw, int timeout_ms, struct fl_str *json,
                          struct fl_str *files) FL_USE;

/* The same for an iCalendar text; *json is what reader/ical.h says. */
enum fl_rc fl_reader_calendar(struct fl_cx *cx, const char *path, struct fl_str text, int timeout_ms, struct fl_str *json) FL_USE;

/* The same for an answer of WebDAV; *json is what reader/dav.h says. */
enum fl_rc fl_reader_dav(struct fl_cx *cx, const char *path, struct fl_str xml, int timeout_ms, struct fl_str *json) FL_USE;

/* Has fairlead-paper make a searchable PDF: `in` and the answer as of fl_paper_archive (reader/paper.h). Codes as above; path is that of fairlead-paper. */
enum fl_rc fl_reader_archive(struct fl_cx *cx, const char *path, const char *type, struct fl_str in, int timeout_ms, struct fl_str *json, struct fl_str *pdf) FL_USE;

/* Has fairlead-paper draw the picture of a person anew: *image as of fl_paper_face, {NULL, 0} when it could not. */
enum fl_rc fl_reader_face(struct fl_cx *cx, const char *path, const char *type, struct fl_str raw, int timeout_ms, struct fl_str *json, struct fl_str *image) FL_USE;

#endif
