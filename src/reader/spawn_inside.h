/* What starting a reader once and keeping one ready (host.c) share. */
#ifndef FL_READER_SPAWN_INSIDE_H
#define FL_READER_SPAWN_INSIDE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/cx.h"

enum { SPAWN_OUT_BYTES = 48 << 20 }; /* of an answer */

struct spawn {
	pid_t pid;
	int in, out, out_write; /* -1 when closed */
	int refused, refused_write; /* of the calls it was refused (refused.h); -1 when closed */
	int64_t until_us;
	char *argv[5], *env[2]; /* ended by NULL */
};

/* Closes *fd unless it is -1, which it then is. */
void spawn_shut(int *fd);

/* One at the beginning: nothing is open. */
struct spawn spawn_new(int64_t until_us);

/* Opens out, refused and their other ends. */
enum fl_rc spawn_pipe(struct fl_cx *cx, struct spawn *c) FL_USE;

/* Starts path with in as its input, out_write as its output, refused_write where there is one, nothing else open, and its environment; closes both. */
enum fl_rc spawn_start(struct fl_cx *cx, struct spawn *c, const char *path) FL_USE;

/* Closes its ends of the pipes; says first what it was refused. It must have ended. */
void spawn_close(struct fl_cx *cx, struct spawn *c);

/* When timeout_ms are over, or cx's deadline, in fl_tick_us; what is left until then. */
int64_t spawn_until(const struct fl_cx *cx, int timeout_ms);
int spawn_left_ms(const struct spawn *c);

/* Reads out to its end. FL_LATER: not in time. FL_INVALID: more than out takes. */
enum fl_rc spawn_collect(struct fl_cx *cx, struct spawn *c, struct fl_buf *out) FL_USE;

/* What the wait status of a reader means; that a signal ended it is logged too. */
enum fl_rc spawn_status(struct fl_cx *cx, int status) FL_USE;

/* An answer is the length of the JSON, a newline, the JSON, and what goes with it. */
enum fl_rc spawn_split(struct fl_cx *cx, struct fl_str all, struct fl_str *json, struct fl_str *more) FL_USE;

#endif
