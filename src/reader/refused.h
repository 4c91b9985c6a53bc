/* What the cage of a reader (sandbox.h) refuses is written down, by a handler of SIGSYS in the caged process, and told by the process that started it. */
#ifndef FL_READER_REFUSED_H
#define FL_READER_REFUSED_H

#include "base/cx.h"

enum {
	FL_REFUSED_FD = 3,         /* where a caged process writes the number of each call it was refused, an int32_t; closed: nowhere */
	FL_REFUSED_MARK = 0x666c6f, /* sixth argument of the one openat that the filter lets pass: that of the handler */
};

/* Whether the handler can be had on this kind of processor: without it calls are refused all the same, but not written down. */
#if defined(__x86_64__) || defined(__aarch64__)
#define FL_REFUSED_TOLD 1
#else
#define FL_REFUSED_TOLD 0
#endif

/* Installs the handler. A refused call gives EPERM, one for memory ENOMEM; a socket, a program or a process ends the process by SIGSYS, written down before. opens: it asks the
 * system to open what is only to be read, which may refuse (Landlock); that is written down too. */
enum fl_rc fl_refused_catch(struct fl_cx *cx, bool opens) FL_USE;

/* Tells in the log, by name and in one line, what was written to fd, which does not block; nothing when nothing was. */
void fl_refused_tell(const struct fl_cx *cx, int fd);

#endif
