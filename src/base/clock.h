/* Time: int64 microseconds since 1970-01-01 00:00 UTC ("_us"). */
#ifndef FL_BASE_CLOCK_H
#define FL_BASE_CLOCK_H

#include <stdint.h>

#define FL_SECOND_US INT64_C(1000000)
#define FL_DAY_US (INT64_C(86400) * FL_SECOND_US)

/* Now, wall clock, for dates. */
int64_t fl_now_us(void);

/* Now, monotonic, for durations. Its zero is arbitrary. */
int64_t fl_tick_us(void);

#endif
