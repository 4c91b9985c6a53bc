/* A fairlead-paper kept ready by a process that reads pages: the models of OCR are loaded once, each page is still read by a process of its own. */
#ifndef FL_READER_HOST_H
#define FL_READER_HOST_H

#include "base/cx.h"

struct fl_host;

/* None is started yet. path: that of fairlead-paper, borrowed. Owned by a; what was started ends with it, with this process, when nothing is
 * asked for a minute, after 200 pages and after a page whose process a signal ended. */
struct fl_host *fl_host_new(struct fl_arena *a, const char *path);

/* Reads page `page` (from 1) of the document open at fd; page 0 tells only how many there are. type: a media type of fl_paper_read (reader/paper.h), whose answer
 * this is: *json checked as strict JSON, *image the picture of the page or {NULL, 0}; both owned by cx's arena. Waits at most timeout_ms and until
 * cx's deadline. FL_INVALID: the reader refused the document, or crashed over it. FL_LATER: no answer in time, or no process to be had.
 * FL_BUG: it cannot work here. */
enum fl_rc fl_reader_paper(struct fl_cx *cx, struct fl_host *h, int fd, const char *type, int page, int timeout_ms, struct fl_str *json, struct fl_str *image) FL_USE;

#endif
