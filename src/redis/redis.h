/* Redis: doorbell, rate limits, live hints. The only hiredis. Nothing here is truth: every call has a working answer when
 * Redis is gone, and a lost connection is tried anew at most once a second. */
#ifndef FL_REDIS_REDIS_H
#define FL_REDIS_REDIS_H

#include "base/cx.h"

struct fl_redis;

/* A handle for url ("unix:/path", "redis://[[user]:password@]host[:port][/db]", "" for none). Does not connect yet; never fails. Lives in a. From now on this process ignores SIGPIPE. */
struct fl_redis *fl_redis_new(struct fl_arena *a, const char *url);
void fl_redis_close(struct fl_redis *r);

/* Rings the bells named, separated by spaces: "q:NAME" wakes one worker waiting for that queue, "t:TOPIC" tells the live
 * notifier that TOPIC of org_id changed. Written without waiting for the answer. */
void fl_redis_ring(struct fl_redis *r, const char *org_id, const char *bells);

/* Waits until one of the queues (names without "q:") rings or timeout_ms pass. The one of `queues` that rang, or NULL: of several the
 * earliest in their order. Without Redis sleeps at most one second, so that the caller polls. Returns early (NULL) on a signal. */
const char *fl_redis_wait(struct fl_redis *r, const char *const *queues, int n, int timeout_ms);

struct fl_limit {
	bool allowed;
	int limit, remaining, reset_s; /* seconds until the window ends */
};

/* Counts one use of key ("ip:1.2.3.4:signin") in a fixed window. Without Redis counts in this process (limit divided by nothing:
 * the edge in nginx still holds). */
struct fl_limit fl_redis_limit(struct fl_redis *r, const char *key, int limit, int window_s);

/* The live notifier's side: waits for hints and gives the organisations and topics that changed, coalesced; at most max
 * pairs; owned by a. 0 after timeout_ms. */
struct fl_hint {
	const char *org_id, *topic;
};
int fl_redis_hints(struct fl_redis *r, struct fl_arena *a, struct fl_hint *out, int max, int timeout_ms);

/* True when the server answers PING now. *used_bytes (may be NULL) gets its memory. */
bool fl_redis_ping(struct fl_redis *r, int64_t *used_bytes);

/* Whether the server was away at the last two looks; looks at most once a second, once in five while it answers. False when there is none to be. */
bool fl_redis_is_away(struct fl_redis *r);

#endif
