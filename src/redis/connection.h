/* The inside of a handle, for the files of this room only. Two connections: bells are written with replies switched off, so
 * that ringing never waits; all else asks and reads. */
#ifndef FL_REDIS_CONNECTION_H
#define FL_REDIS_CONNECTION_H

#include <hiredis/hiredis.h>

#include "redis/redis.h"

enum { FL_REDIS_WINDOWS = 512 };

struct fl_redis {
	struct fl_arena *a;
	const char *url;
	redisContext *bell, *ask;
	struct fl_redis_pace {
		int64_t tick_us; /* not tried again before */
		int64_t wait_us; /* of the last attempt in vain, 0 after one that succeeded */
	} bell_pace, ask_pace;
	int64_t look_tick_us;              /* fl_redis_is_away does not ask again before */
	int misses;                        /* looks in a row that found nobody */
	unsigned rings;                    /* of this process so far */
	bool waiting;                      /* the answer of a BLPOP is due on `ask` */
	struct fl_redis_window {
		uint64_t key; /* hash of key and window */
		int used;
	} window[FL_REDIS_WINDOWS]; /* counted here while the server is away */
};

/* Closes a connection and forgets it. */
void fl_redis_drop(redisContext **c);

/* The connection for bells, opened when need be; NULL when the server is away. */
redisContext *fl_redis_bell(struct fl_redis *r);

/* The connection for questions; NULL when the server is away. `to_wait` keeps a BLPOP whose answer is due, otherwise it is given up
 * with its connection. */
redisContext *fl_redis_ask(struct fl_redis *r, bool to_wait);

/* One command and its answer within 300 ms; NULL when there is none. The caller frees it. */
redisReply *fl_redis_call(struct fl_redis *r, const char *format, ...) FL_PRINTF(2, 3);

#endif
