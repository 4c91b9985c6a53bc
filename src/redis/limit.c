#include "redis/connection.h"

#include <stdlib.h>

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
static uint64_t hash_of(const char *s, int64_t window)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)window;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

/* Counts in this process. Another key in the same place begins anew: too lenient by a little, and bounded. */
static int count_here(struct fl_redis *r, const char *key, int64_t window)
{
	uint64_t h = hash_of(key, window);
	struct fl_redis_window *w = &r->window[h % FL_REDIS_WINDOWS];

	if (w->key != h)
		*w = (struct fl_redis_window){ .key = h };
	return ++w->used;
}

/* The use counted by the server, 0 when it is away. */
static int count_there(struct fl_redis *r, const char *key, int64_t window, int window_s)
{
	redisReply *reply = fl_redis_call(r, "INCR fl:l:%s:%lld", key, (long long)window);
	int used = reply && reply->type == REDIS_REPLY_INTEGER ? (int)(reply->integer < INT32_MAX ? reply->integer : INT32_MAX) : 0;

	if (reply)
		freeReplyObject(reply);
	if (used == 1) {
		reply = fl_redis_call(r, "EXPIRE fl:l:%s:%lld %d", key, (long long)window, window_s * 2);
		if (reply)
			freeReplyObject(reply);
	}
	return used;
}

struct fl_limit fl_redis_limit(struct fl_redis *r, const char *key, int limit, int window_s)
{
	int64_t now_s = fl_now_us() / FL_SECOND_US, window = now_s / window_s;
	int used = count_there(r, key, window, window_s);

	if (used == 0)
		used = count_here(r, key, window);
	return (struct fl_limit){
		.allowed = used <= limit,
		.limit = limit,
		.remaining = used < limit ? limit - used : 0,
		.reset_s = (int)((window + 1) * window_s - now_s),
	};
}
