/* Live updates: tells browsers, through each nginx, which topics of their organisation changed. Hints only, never data. */
#ifndef FL_APP_LIVE_LIVE_H
#define FL_APP_LIVE_LIVE_H

#include "base/conf.h"
#include "base/cx.h"

struct fl_outside;

/* The live notifier: a process of its own that fetches hints from Redis and posts {"topics":[...]} to LIVE_PUBLISH_URL/ORGANISATION, at most
 * once an organisation and 100 ms. Runs until SIGTERM; answers the exit status. */
int live_main(const struct fl_conf *conf);

/* Tells whoever listens to the channel of that id (a UUID nobody guesses; who may listen is decided by the page that leads there) what stands in `body`,
 * JSON. For texts that grow: each message holds the whole, so that a lost one costs nothing. Never fails: a browser looks for itself in the end. May be
 * called in the middle of another call of the same handle. */
void live_say(struct fl_cx *cx, struct fl_outside *o, const char *channel, struct fl_str body);

/* The handle to everything elsewhere, which may reach the publishers too, for the jobs of a worker process that are not light: the worker's room does not know that door. */
struct fl_outside *live_outside(struct fl_arena *process, const struct fl_conf *conf);

#endif
