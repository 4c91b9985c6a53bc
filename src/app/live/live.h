/* Live updates: tells browsers, through each nginx, which topics of their organisation changed. Hints only, never data. */
#ifndef FL_APP_LIVE_LIVE_H
#define FL_APP_LIVE_LIVE_H

#include "base/conf.h"

struct fl_outside;

/* The live notifier: a process of its own that fetches hints from Redis
	and posts {"topics":[...]} to LIVE_PUBLISH_URL/ORGANISATION, at most
 * once an organisation and 100 ms. Runs until SIGTERM; answers the exit status. */
int live_main(const struct fl_conf *conf);

/* The handle to everything elsewhere, for the jobs of a worker process that are not light: the worker's room does not know that door. */
struct fl_outside *live_outside(struct fl_arena *process, const struct fl_conf *conf);

#endif
