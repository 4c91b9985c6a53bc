#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	/* Neither clock can fail on Linux. */
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * FL_SECOND_US + ts.tv_nsec / 1000;
}

int64_t fl_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t fl_tick_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}
