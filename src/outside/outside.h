/* The door to everything elsewhere: the only room that knows libcurl. */
#ifndef FL_OUTSIDE_OUTSIDE_H
#define FL_OUTSIDE_OUTSIDE_H

#include "base/conf.h"
#include "base/cx.h"

struct fl_outside;

/* A handle for the life of the process: kept connections and one circuit breaker a host. `process` is the arena of the
 * process; the handle goes with it. Not to be shared with a forked child. `conf` is borrowed. */
struct fl_outside *fl_outside_new(struct fl_arena *process, const struct fl_conf *conf);

/* States of a circuit breaker (LLM-10). */
enum fl_breaker { FL_BREAKER_CLOSED, FL_BREAKER_OPEN, FL_BREAKER_HALF_OPEN };

/* The breaker of a host, for pages and metrics: `host` as "name:port", "~name:port" for addresses that people entered. A host never called is closed. */
enum fl_breaker fl_outside_breaker(const struct fl_outside *o, const char *host);

/* Five failures in a row open a breaker for 30 seconds, then one call is let through; these are for tests. */
void fl_outside_breaker_set(struct fl_outside *o, int failures, int open_ms);

#endif
