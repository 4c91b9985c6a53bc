#include "redis/redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "redis/connection.h"

/* Bells and hints nobody fetches are cut at these lengths, at the first ring of a process and every so many after it: a prime, so that rings which take turns all come to it. */
#define BELLS_KEPT "63"
#define HINTS_KEPT "1999"
enum { CUT_EVERY = 13 };

struct fl_redis *fl_redis_new(struct fl_arena *a, const char *url)
{
	struct fl_redis *r = FL_NEW(a, struct fl_redis);

	r->a = a;
	r->url = fl_strdup(a, url);
	/* A server that went away must not end the program that writes to it. */
	signal(SIGPIPE, SIG_IGN);
	return r;
}

void fl_redis_close(struct fl_redis *r)
{
	if (!r)
		return;
	fl_redis_drop(&r->bell);
	fl_redis_drop(&r->ask);
}

/* kept NULL: the list is not cut. */
static void push(redisContext *c, const char *key, struct fl_str value, const char *kept)
{
	redisAppendCommand(c, "LPUSH %s %b", key, value.p, value.n);
	if (kept)
		redisAppendCommand(c, "LTRIM %s 0 %s", key, kept);
}

static bool flush(redisContext *c)
{
	int done = 0;

	while (!done)
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return false;
	return true;
}

void fl_redis_ring(struct fl_redis *r, const char *org_id, const char *bells)
{
	struct fl_str rest = fl_str(bells);
	struct fl_arena *a;
	struct redisContext *c;
	bool cut;

	if (!bells || !bells[0])
		return;
	c = fl_redis_bell(r);
	if (!c)
		return;
	cut = r->rings++ % CUT_EVERY == 0;
	a = fl_arena_new(64 * 1024);
	while (rest.n) {
		struct fl_str bell = fl_str_cut(&rest, ' ');

		if (bell.n > 2 && bell.p[0] == 'q')
			push(c, fl_fmt(a, "fl:%.*s", (int)bell.n, bell.p), FL_STR("1"), cut ? BELLS_KEPT : NULL);
		else if (bell.n > 2 && org_id && org_id[0])
			push(c, "fl:hints", fl_str(fl_fmt(a, "%s %.*s", org_id, (int)bell.n - 2, bell.p + 2)), cut ? HINTS_KEPT : NULL);
	}
	fl_arena_free(a);
	if (!flush(c))
		fl_redis_drop(&r->bell);
}

static void doze(int timeout_ms)
{
	(void)poll(NULL, 0, timeout_ms < 1000 ? timeout_ms : 1000);
}

/* Sends BLPOP for the keys, unless the answer of an earlier one is still due. */
static bool begin_wait(struct fl_redis *r, redisContext *c, struct fl_arena *a, const char *const *keys, int n, int timeout_ms)
{
	const char **argv = FL_NEW_ARRAY(a, (size_t)n + 2, const char *);

	if (r->waiting)
		return true;
	argv[0] = "BLPOP";
	for (int i = 0; i < n; i++)
		argv[i + 1] = keys[i];
	argv[n + 1] = fl_fmt(a, "%d.%03d", timeout_ms / 1000, timeout_ms % 1000);
	if (redisAppendCommandArgv(c, n + 2, argv, NULL) != REDIS_OK || !flush(c))
		return false;
	r->waiting = true;
	return true;
}

/* The answer to BLPOP, freed by the caller; NULL when a signal or the time-out came first, or the connection broke, which drops it. */
static redisReply *wait_reply(struct fl_redis *r, redisContext *c, int timeout_ms)
{
	void *reply = NULL;

	while (!reply) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		int n = poll(&p, 1, timeout_ms);

		if (n < 0 && errno == EINTR)
			return NULL;
		if (n <= 0 || redisBufferRead(c) != REDIS_OK || redisGetReplyFromReader(c, &reply) != REDIS_OK) {
			fl_redis_drop(&r->ask);
			r->waiting = false;
			return NULL;
		}
	}
	r->waiting = false;
	return reply;
}

static struct fl_str kept(struct fl_arena *a, const redisReply *text)
{
	return fl_str(fl_strndup(a, (struct fl_str){ text->str, text->len }));
}

/* Pops one value of one of the keys. True when there was one: *key, *value (owned by a). */
static bool pop(struct fl_redis *r, struct fl_arena *a, const char *const *keys, int n, int timeout_ms, struct fl_str *key, struct fl_str *value)
{
	redisContext *c = fl_redis_ask(r, true);
	redisReply *reply;
	bool got;

	if (!c) {
		doze(timeout_ms);
		return false;
	}
	if (!begin_wait(r, c, a, keys, n, timeout_ms)) {
		fl_redis_drop(&r->ask);
		doze(timeout_ms);
		return false;
	}
	reply = wait_reply(r, c, timeout_ms + 1000);
	if (!reply)
		return false;
	got = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
	if (got) {
		*key = kept(a, reply->element[0]);
		*value = kept(a, reply->element[1]);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		doze(timeout_ms); /* loading, or out of memory: no busy loop */
	}
	freeReplyObject(reply);
	return got;
}

const char *fl_redis_wait(struct fl_redis *r, const char *const *queues, int n, int timeout_ms)
{
	struct fl_arena *a = fl_arena_new(64 * 1024);
	const char **keys = FL_NEW_ARRAY(a, (size_t)n + 1, const char *);
	const char *rang = NULL;
	struct fl_str key, value;

	for (int i = 0; i < n; i++)
		keys[i] = fl_fmt(a, "fl:q:%s", queues[i]);
	if (pop(r, a, keys, n, timeout_ms, &key, &value))
		for (int i = 0; i < n && !rang; i++)
			if (fl_str_eq(key, fl_str(keys[i])))
				rang = queues[i];
	fl_arena_free(a);
	return rang;
}

static int add_hint(struct fl_arena *a, struct fl_hint *out, int n, struct fl_str value)
{
	struct fl_str org = fl_str_cut(&value, ' ');

	for (int i = 0; i < n; i++)
		if (fl_str_eq(fl_str(out[i].org_id), org) && fl_str_eq(fl_str(out[i].topic), value))
			return n;
	out[n].org_id = fl_strndup(a, org);
	out[n].topic = fl_strndup(a, value);
	return n + 1;
}

int fl_redis_hints(struct fl_redis *r, struct fl_arena *a, struct fl_hint *out, int max, int timeout_ms)
{
	static const char *const keys[] = { "fl:hints" };
	struct fl_str key, value;
	redisReply *more;
	int n = 0;

	if (!pop(r, a, keys, 1, timeout_ms, &key, &value))
		return 0;
	n = add_hint(a, out, n, value);
	more = fl_redis_call(r, "LPOP fl:hints 500");
	for (size_t i = 0; more && more->type == REDIS_REPLY_ARRAY && i < more->elements && n < max; i++)
		if (more->element[i]->type == REDIS_REPLY_STRING)
			n = add_hint(a, out, n, (struct fl_str){ more->element[i]->str, more->element[i]->len });
	if (more)
		freeReplyObject(more);
	return n;
}

bool fl_redis_ping(struct fl_redis *r, int64_t *used_bytes)
{
	redisReply *reply = fl_redis_call(r, "INFO memory");
	bool up = reply && reply->type == REDIS_REPLY_STRING;

	if (up && used_bytes) {
		struct fl_str rest = { reply->str, reply->len };

		*used_bytes = 0;
		while (rest.n) {
			struct fl_str line = fl_str_trim(fl_str_cut(&rest, '\n'));
			struct fl_str name = fl_str_cut(&line, ':');

			if (fl_str_eq(name, FL_STR("used_memory")) && fl_str_int(line, 0, INT64_MAX, used_bytes) != FL_OK)
				*used_bytes = 0;
		}
	}
	if (reply)
		freeReplyObject(reply);
	return up;
}

bool fl_redis_is_away(struct fl_redis *r)
{
	int64_t now = fl_tick_us();

	if (r->url[0] && now >= r->look_tick_us) {
		r->misses = fl_redis_ping(r, NULL) ? 0 : r->misses + (r->misses < 2);
		r->look_tick_us = now + (r->misses ? 1 : 5) * FL_SECOND_US;
	}
	return r->misses > 1;
}
