/* Input and output of a caged reader: plain descriptors, as stdio would ask the system for more than the cage allows. */
#ifndef FL_READER_STDIO_H
#define FL_READER_STDIO_H

#include "base/buf.h"
#include "base/cx.h"

enum { FL_READER_CHUNK = 256 * 1024 }; /* bytes taken at once: a buffer needs room for two more than the input may have */

/* Standard input to its end into a fresh `in`. FL_INVALID when it is more than the buffer takes. */
enum fl_rc fl_reader_take(struct fl_cx *cx, struct fl_buf *in) FL_USE;

enum fl_rc fl_reader_give(struct fl_cx *cx, int fd, struct fl_str s);

/* Says what went wrong, if anything, and ends the process without the exit handlers of libraries, which have no business in the cage: status 0,
 * 65 (FL_INVALID: the input) or 70. */
_Noreturn void fl_reader_end(struct fl_cx *cx, const char *program, enum fl_rc rc);

#endif
