#include <signal.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/live/live.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "outside/http.h"
#include "redis/redis.h"

enum {
	HINTS_MAX = 256,
	WAIT_MS = 5000,
	GATHER_MS = 100, /* changes that come together are told together */
	POST_MS = 2000,
	PROCESS_BYTES = 64 << 20,
	WORK_BYTES = 4 << 20,
	PUBLISHERS_MAX = 8,
};

/* A publisher is our own nginx and may be private: its address joins OUTSIDE_ALLOW for this process. */
static const struct fl_conf *with_publishers(struct fl_arena *process, const struct fl_conf *conf, const char **urls, int *nurls)
{
	struct fl_conf *own = FL_NEW(process, struct fl_conf);
	struct fl_str rest = fl_str(conf->live_url);

	*own = *conf;
	while (rest.n && *nurls < PUBLISHERS_MAX) {
		struct fl_str url = fl_str_trim(fl_str_cut(&rest, ','));

		if (!url.n)
			continue;
		urls[(*nurls)++] = fl_strndup(process, url);
		own->outside_allow = fl_fmt(process, "%s%s%s", own->outside_allow, own->outside_allow[0] ? "," : "", fl_url_place(process, url));
	}
	return own;
}

struct fl_outside *live_outside(struct fl_arena *process, const struct fl_conf *conf)
{
	const char *urls[PUBLISHERS_MAX];
	int nurls = 0;

	return fl_outside_new(process, with_publishers(process, conf, urls, &nurls));
}

/* {"topics":[...]} of the organisation of hint `from`; those told are crossed out. */
static struct fl_str body_of(struct fl_arena *a, struct fl_hint *hints, int n, int from)
{
	struct fl_buf b = fl_buf(a, 16384);
	struct fl_jw w = fl_jw(&b);
	const char *org = hints[from].org_id;

	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&w, "topics", '[');
	for (int i = from; i < n; i++)
		if (hints[i].org_id && strcmp(hints[i].org_id, org) == 0) {
			fl_jw_cstr(&w, NULL, hints[i].topic);
			if (i > from)
				hints[i].org_id = NULL;
		}
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	return fl_buf_get(&b);
}

static void post(struct fl_arena *a, const struct fl_conf *conf, struct fl_outside *o, const char *url, const char *channel, struct fl_str body, bool meanwhile)
{
	static const struct fl_http_header headers[] = { { "Content-Type", { "application/json", 16 } } };
	struct fl_http_request req = { .method = "POST", .headers = headers, .nheaders = 1, .body = body, .total_ms = POST_MS, .meanwhile = meanwhile };
	struct fl_http_answer answer;
	struct fl_cx cx;

	fl_cx_init(&cx, a, conf, "", POST_MS / 1000);
	req.url = fl_fmt(a, "%s/%s", url, channel);
	/* A hint that is lost costs seconds: browsers look for themselves every half minute. */
	if (fl_http(&cx, o, &req, &answer) != FL_OK)
		fl_log(&cx, FL_DEBUG, "live hint not told: %s", cx.err.text);
}

void live_say(struct fl_cx *cx, struct fl_outside *o, const char *channel, struct fl_str body)
{
	struct fl_arena *a = fl_arena_new(WORK_BYTES);
	struct fl_str rest = fl_str(cx->conf->live_url);

	for (int i = 0; rest.n && i < PUBLISHERS_MAX; i++) {
		struct fl_str url = fl_str_trim(fl_str_cut(&rest, ','));

		if (url.n)
			post(a, cx->conf, o, fl_strndup(a, url), channel, body, true);
	}
	fl_arena_free(a);
}

int live_main(const struct fl_conf *conf)
{
	struct fl_arena *process = fl_arena_new(PROCESS_BYTES), *a = fl_arena_new(WORK_BYTES);
	const char *urls[PUBLISHERS_MAX];
	int nurls = 0;
	const struct fl_conf *own = with_publishers(process, conf, urls, &nurls);
	struct fl_outside *o = fl_outside_new(process, own);
	struct fl_redis *redis = fl_redis_new(process, conf->redis_url);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_NAME, "fairlead-live"); /* in ps and top; it is no worker of jobs */
	for (;;) {
		struct fl_hint *hints;
		int n;

		fl_arena_reset(a);
		hints = FL_NEW_ARRAY(a, HINTS_MAX, struct fl_hint);
		n = fl_redis_hints(redis, a, hints, HINTS_MAX, WAIT_MS);
		for (int i = 0; i < n; i++) {
			struct fl_str body;

			if (!hints[i].org_id)
				continue;
			body = body_of(a, hints, n, i);
			for (int k = 0; k < nurls; k++)
				post(a, own, o, urls[k], hints[i].org_id, body, false);
		}
		if (n)
			(void)poll(NULL, 0, GATHER_MS);
	}
}
