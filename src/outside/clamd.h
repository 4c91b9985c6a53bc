/* The virus scanner (clamd(8), command INSTREAM). */
#ifndef FL_OUTSIDE_CLAMD_H
#define FL_OUTSIDE_CLAMD_H

#include "outside/outside.h"

/* Sends the file open at fd, from its beginning, to the scanner CLAMD_SOCKET names (unix:/path or host:port) and waits for its word, at most timeout_ms and
 * cx's deadline. *finding: NULL when it is clean, else what was found, owned by cx's arena.
 * FL_LATER: not reached, no answer in time, or the breaker is open. FL_INVALID: the scanner did not look at all of it (its StreamMaxLength is
 * smaller, a broken archive): cx->err says what it answered. Only FL_OK with NULL means clean. */
enum fl_rc fl_clamd_scan(struct fl_cx *cx, struct fl_outside *o, int fd, int timeout_ms, const char **finding) FL_USE;

#endif
