/* Dates and times as people write them, English and Spanish: "next Friday afternoon", "in two weeks", "del 3 al 5 de abril",
 * "every other Tuesday at 9". Pure: no clock, no zone, no I/O. All times are of the reader's wall clock; who calls turns them into
 * instants in the reader's zone. Recurrence is a rule of RFC 5545, 3.3.10. */
#ifndef FL_APP_SCHEDULE_PHRASE_H
#define FL_APP_SCHEDULE_PHRASE_H

#include <stdbool.h>

#include "base/str.h"

enum phrase_language { PHRASE_EN, PHRASE_ES };

enum phrase_grain { PHRASE_SECOND, PHRASE_MINUTE, PHRASE_HOUR, PHRASE_PART, PHRASE_DAY, PHRASE_WEEK, PHRASE_MONTH, PHRASE_QUARTER, PHRASE_YEAR };

/* What has to be asked before anything is booked; the worst one is kept. */
enum phrase_doubt {
	PHRASE_CLEAR,
	PHRASE_AM_PM,      /* "at 7": morning or evening; the start is our guess */
	PHRASE_WHICH_DAY,  /* "Tuesday", said on a Tuesday; the start is a week away */
	PHRASE_WHICH_ZONE, /* "10 Springfield time", "my time": the start is by the reader's clock */
	PHRASE_PAST,       /* it has been already */
	PHRASE_MISMATCH,   /* "Monday 24 December" is no Monday; the date counts */
	PHRASE_IMPOSSIBLE, /* 30 February, 25:00 */
};

/* Where the meant time lies: "after 3", "before Christmas", "by Friday". Start and end are those of what was named. */
enum phrase_bound {
	PHRASE_AT,
	PHRASE_FROM,   /* at the start or later */
	PHRASE_AFTER,  /* a time of day: as above; a day: when it is over */
	PHRASE_BEFORE, /* over by the start */
	PHRASE_BY,     /* a time of day: as above; a day: still on it */
};

/* Where and when the reader is. */
struct phrase_reader {
	int64_t now_s; /* seconds since 1970-01-01 00:00 on the reader's wall clock */
	enum phrase_language language;
	bool month_first; /* 3/4 is the fourth of March */
	struct fl_str zone; /* of the tz database, empty when it is not known: CST is said on both sides of the Pacific */
};

struct phrase {
	size_t from, to;           /* the bytes of the text it was read from */
	int64_t start_s, end_s;    /* wall clock, as now_s; the end is exclusive and after the start */
	enum phrase_grain grain;   /* how exact the start is */
	enum phrase_doubt doubt;
	enum phrase_bound bound;   /* PHRASE_AT when an end was said */
	unsigned not_days;         /* weekdays of it that were left out, bit 0 Monday: any day next week except Friday; what is left out behind the last of `max` is not seen */
	bool each_day;             /* "mornings next week": the hours from start to end on each of its days; start is on the first that is not over, end on the last */
	bool has_day;              /* a day was named or follows from the words; false: the next such time */
	bool has_time;             /* a time of day or part of one was named */
	bool same_time;            /* "the same time on Friday": start has the hour of now; who knows what was spoken of takes its hour */
	bool weekday;              /* the day is a weekday and nothing else was said of it: the next such */
	int64_t length_s;          /* "45 minutes on Thursday morning": a length beside a stretch in which it is sought, up to within_s; end_s is the first such end. 0: none */
	int64_t within_s;
	bool has_end;              /* an end or a length was said; else end_s is start_s plus one grain */
	bool has_offset;           /* a zone was named: offset_min counts, not the reader's zone */
	int offset_min;            /* minutes east of UTC, -720 to 840 */
	char rule[160];             /* RRULE value such as FREQ=WEEKLY;BYDAY=TU;UNTIL=20270630 (floating, as start_s), empty when it happens once; start_s and end_s are of the first time */
	const char *zone;          /* "London time": a name of the tz database, by whose clock start and end are; else NULL */
};

#define PHRASE_TEXT_MAX 4096 /* bytes read; the rest of a longer text is not looked at */

/* Finds up to `max` phrases in the text, in its order, and answers how many. Text of any encoding is safe; UTF-8 is understood. */
int phrase_find(const struct phrase_reader *reader, struct fl_str text, struct phrase *out, int max);

/* A length alone: "half an hour", "90 min", "una hora y media". Seconds, 0 when the text names none. */
int64_t phrase_length_s(enum phrase_language language, struct fl_str text);

#define PHRASE_TIME_SIZE 32
/* Writes a wall-clock time as 2026-11-21T15:30:00, ended by NUL. */
void phrase_print(int64_t wall_s, char out[PHRASE_TIME_SIZE]);

#endif
