/* Only that a connection is taken: no mail is begun, no model is asked, nothing is paid for. Whether calls then fail is known from their own records. */
#include <unistd.h>

#include "app/app.h"
#include "app/observe/health.h"
#include "base/conf.h"
#include "outside/reach.h"
#include "redis/redis.h"

enum { REACH_MS = 3000 };

static void note(struct fl_jw *w, const char *name, const char *at, bool good, int64_t tick_us)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "name", name);
	fl_jw_cstr(w, "at", at);
	fl_jw_cstr(w, "state", good ? "ok" : "away");
	fl_jw_double(w, "ms", (double)(fl_tick_us() - tick_us) / 1000.0);
	fl_jw_close(w, '}');
}

static void ask_redis(struct fl_job *job, struct fl_jw *w)
{
	int64_t tick_us = fl_tick_us();
	struct fl_redis *redis;

	if (!job->cx->conf->redis_url[0])
		return;
	redis = fl_redis_new(job->cx->a, job->cx->conf->redis_url);
	note(w, "redis", "", fl_redis_ping(redis, NULL), tick_us);
	fl_redis_close(redis);
}

enum fl_rc health_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct health_place place[HEALTH_PLACES_MAX];
	int n = health_places(cx->a, cx->conf, place);
	struct fl_buf b = fl_buf(cx->a, 16384);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '[');
	ask_redis(job, &w);
	for (int i = 0; i < n; i++) {
		int64_t tick_us = fl_tick_us();
		int fd = place[i].at[0] ? fl_reach(cx, place[i].at, REACH_MS) : -1;

		if (place[i].at[0])
			note(&w, place[i].name, place[i].at, fd >= 0, tick_us);
		if (fd >= 0)
			(void)close(fd);
	}
	fl_jw_close(&w, ']');
	job->state = fl_strndup(cx->a, fl_buf_get(&b));
	return FL_OK;
}

enum fl_rc health_save(struct fl_job *job, struct fl_batch *b)
{
	fl_batch_add(b, q_health_note(fl_str(job->state)), NULL);
	return FL_OK;
}
