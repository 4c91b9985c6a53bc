#include "outside/inside.h"

static struct breaker *breaker_find(struct fl_outside *o, const char *host)
{
	for (int i = 0; i < BREAKERS; i++)
		if (strcmp(o->breakers[i].host, host) == 0)
			return &o->breakers[i];
	return NULL;
}

static struct breaker *breaker_of(struct fl_outside *o, const char *host)
{
	struct breaker *b = breaker_find(o, host);

	if (!b) {
		b = &o->breakers[0];
		for (int i = 1; i < BREAKERS; i++)
			if (o->breakers[i].used_us < b->used_us)
				b = &o->breakers[i];
		*b = (struct breaker){ .state = FL_BREAKER_CLOSED };
		memcpy(b->host, host, strlen(host) + 1);
	}
	b->used_us = fl_tick_us();
	return b;
}

enum fl_rc breaker_enter(struct fl_cx *cx, struct fl_outside *o, const char *host)
{
	struct breaker *b = breaker_of(o, host);
	int64_t left_us;

	if (b->state != FL_BREAKER_OPEN)
		return FL_OK;
	left_us = b->until_us - b->used_us;
	if (left_us <= 0) {
		b->state = FL_BREAKER_HALF_OPEN;
		return FL_OK;
	}
	(void)FL_FAIL(cx, FL_LATER, "%s failed %d times in a row and is left alone for now", host, b->failures);
	cx->err.retry_after_s = (int)((left_us + FL_SECOND_US - 1) / FL_SECOND_US);
	return FL_LATER;
}

void breaker_leave(struct fl_outside *o, const char *host, bool good)
{
	struct breaker *b = breaker_of(o, host);

	if (good) {
		b->state = FL_BREAKER_CLOSED;
		b->failures = 0;
		return;
	}
	b->failures++;
	if (b->state == FL_BREAKER_HALF_OPEN || b->failures >= o->max_failures) {
		b->state = FL_BREAKER_OPEN;
		b->until_us = fl_tick_us() + (int64_t)o->open_ms * 1000;
	}
}

enum fl_breaker fl_outside_breaker(const struct fl_outside *o, const char *host)
{
	for (int i = 0; i < BREAKERS; i++)
		if (strcmp(o->breakers[i].host, host) == 0)
			return o->breakers[i].state;
	return FL_BREAKER_CLOSED;
}

void fl_outside_breaker_set(struct fl_outside *o, int failures, int open_ms)
{
	o->max_failures = failures;
	o->open_ms = open_ms;
}
