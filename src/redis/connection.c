#include "redis/connection.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/time.h>

enum { ASK_MS = 300, PORT = 6379, WAIT_MAX_S = 8 };

void fl_redis_drop(redisContext **c)
{
	if (*c)
		redisFree(*c);
	*c = NULL;
}

/* Sends one command and tells whether the answer was fine. */
static bool said_ok(redisContext *c, redisReply *reply)
{
	bool good = reply && reply->type != REDIS_REPLY_ERROR && !c->err;

	if (reply)
		freeReplyObject(reply);
	return good;
}

static bool sign_in(redisContext *c, struct fl_str login)
{
	struct fl_str user, password = login;

	if (!login.n)
		return true;
	user = fl_str_cut(&password, ':');
	if (user.n)
		return said_ok(c, redisCommand(c, "AUTH %b %b", user.p, user.n, password.p, password.n));
	return said_ok(c, redisCommand(c, "AUTH %b", password.p, password.n));
}

/* The part before the last `sep`; *rest keeps what follows. Empty, and *rest as it was, when there is none. */
static struct fl_str cut_last(struct fl_str *rest, char sep)
{
	for (size_t i = rest->n; i > 0; i--)
		if (rest->p[i - 1] == sep) {
			struct fl_str head = { rest->p, i - 1 };

			rest->p += i;
			rest->n -= i;
			return head;
		}
	return (struct fl_str){ "", 0 };
}

/* The host of host[:port], an address of IPv6 without its brackets; *place becomes the port. */
static struct fl_str cut_host(struct fl_str *place)
{
	const char *end = place->n && place->p[0] == '[' ? memchr(place->p, ']', place->n) : NULL;
	struct fl_str host;

	if (!end)
		return fl_str_cut(place, ':');
	host = (struct fl_str){ place->p + 1, (size_t)(end - place->p) - 1 };
	*place = (struct fl_str){ end + 1, place->n - (size_t)(end + 1 - place->p) };
	(void)fl_str_cut(place, ':');
	return host;
}

/* redis://[[user]:password@]host[:port][/db] */
static redisContext *open_tcp(const char *url, struct timeval limit)
{
	struct fl_arena *a = fl_arena_new(64 * 1024);
	struct fl_str rest = fl_str(url), login = cut_last(&rest, '@'), place = fl_str_cut(&rest, '/'), host = cut_host(&place);
	int64_t port = PORT, db = 0;
	redisContext *c = NULL;

	if ((place.n == 0 || fl_str_int(place, 1, 65535, &port) == FL_OK) && (rest.n == 0 || fl_str_int(rest, 0, 10000, &db) == FL_OK))
		c = redisConnectWithTimeout(fl_strndup(a, host), (int)port, limit);
	if (c && !c->err) {
		redisSetTimeout(c, limit);
		if (!sign_in(c, login) || (db && !said_ok(c, redisCommand(c, "SELECT %lld", (long long)db))))
			fl_redis_drop(&c);
	}
	fl_arena_free(a);
	return c;
}

static redisContext *open_one(struct fl_redis *r)
{
	struct timeval limit = { .tv_usec = ASK_MS * 1000 };
	redisContext *c = NULL;

	if (strncmp(r->url, "unix:", 5) == 0)
		c = redisConnectUnixWithTimeout(r->url + 5, limit);
	else if (strncmp(r->url, "redis://", 8) == 0)
		c = open_tcp(r->url + 8, limit);
	if (c && c->err)
		fl_redis_drop(&c);
	if (c)
		redisSetTimeout(c, limit);
	return c;
}

/* Opens *c: at most once a second, and while nobody answers after 1, 2, 4 and then every 8 seconds (RES-04). */
static bool ensure(struct fl_redis *r, redisContext **c, struct fl_redis_pace *pace)
{
	if (*c && !(*c)->err)
		return true;
	fl_redis_drop(c);
	if (!r->url[0] || fl_tick_us() < pace->tick_us)
		return false;
	*c = open_one(r);
	if (*c || !pace->wait_us)
		pace->wait_us = FL_SECOND_US;
	else if (pace->wait_us < WAIT_MAX_S * FL_SECOND_US)
		pace->wait_us *= 2;
	pace->tick_us = fl_tick_us() + pace->wait_us;
	if (*c)
		pace->wait_us = 0;
	return *c != NULL;
}

redisContext *fl_redis_bell(struct fl_redis *r)
{
	bool had = r->bell != NULL;

	if (had) {
		/* Nothing is ever answered here: readable means that the other end is closed. */
		struct pollfd p = { .fd = r->bell->fd, .events = POLLIN };

		if (poll(&p, 1, 0) != 0) {
			fl_redis_drop(&r->bell);
			r->bell_pace.tick_us = 0;
			had = false;
		}
	}
	if (!ensure(r, &r->bell, &r->bell_pace))
		return NULL;
	if (!had)
		redisAppendCommand(r->bell, "CLIENT REPLY OFF");
	return r->bell;
}

redisContext *fl_redis_ask(struct fl_redis *r, bool to_wait)
{
	if (r->waiting && !to_wait) {
		fl_redis_drop(&r->ask);
		r->ask_pace.tick_us = 0;
	}
	if (!r->ask || !to_wait)
		r->waiting = false;
	return ensure(r, &r->ask, &r->ask_pace) ? r->ask : NULL;
}

redisReply *fl_redis_call(struct fl_redis *r, const char *format, ...)
{
	redisContext *c = fl_redis_ask(r, false);
	redisReply *reply;
	va_list ap;

	if (!c)
		return NULL;
	va_start(ap, format);
	reply = redisvCommand(c, format, ap);
	va_end(ap);
	if (!reply)
		fl_redis_drop(&r->ask);
	return reply;
}
