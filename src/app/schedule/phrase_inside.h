/* Between the parts of the phrase reader; nobody else includes this. How a text is read, from the bottom up:
 *
 *   words      phrase_words.c, the two languages; phrase_text.c cuts a text into tokens that know their meanings, and reads numbers and ordinals
 *              (phrase_thing.c knows the words behind a number that make it no hour)
 *   calendar   phrase_civil.c, without words
 *   bits       one thing read from a token on, as struct bit: days (day, date, named, nth, month, quarter, year, period, holiday, beside), hours (time, las, part, suit),
 *              lengths and what is so long from now (shift), zones (zone, abbreviation, place), what recurs (every, row, list)
 *   phrase     phrase.c takes the bits beside each other together as struct when (take, range, bound, except), phrase_settle.c and phrase_rule.c make a struct phrase
 *              of that; phrase_name.c says what is no date after all
 *
 * Bits call each other, as their grammar does: a month may stand behind a day, an hour before a zone, a holiday beside a week. */
#ifndef FL_APP_SCHEDULE_PHRASE_INSIDE_H
#define FL_APP_SCHEDULE_PHRASE_INSIDE_H

#include "app/schedule/phrase.h"

#define DAY_S INT64_C(86400)
#define TOKENS_MAX 768
#define TOKENS_BEHIND 8 /* empty ones behind the last, so that who looks ahead need not ask where the text ends */

enum word {
	W_NONE,
	W_WEEKDAY,  /* 0 Monday to 6 */
	W_MONTH,    /* 1 to 12 */
	W_UNIT,     /* enum unit */
	W_NUMBER,
	W_ORDINAL,
	W_REL,      /* days from today */
	W_PART,     /* enum part */
	W_NEXT, W_THIS, W_LAST, W_COMING /* after the noun: "que viene" */,
	W_IN, W_AGO, W_HENCE,
	W_FROM, W_TO, W_AT, W_FILL, W_ABOUT,
	W_EVERY, W_OTHER, W_FOR, W_HALF, W_QUARTER, W_PAST, W_TIL /* minutes before the hour */, W_AND, W_OF, W_THE, W_A,
	W_NOW, W_AFTER, W_BEFORE, W_UNTIL, W_EDGE /* 0 beginning, 1 middle, 2 end */,
	W_MERIDIEM /* 0 am, 12 pm */, W_CLOCK, W_ZONE /* minutes east */, W_ORDINAL_MARK, W_FEW, W_CLOSE /* end of the business day, or of the unit it says */, W_EXCEPT,
};

enum unit { U_SECOND, U_MINUTE, U_HOUR, U_DAY, U_WORKDAY, U_WEEKEND, U_WEEK, U_FORTNIGHT, U_MONTH, U_QUARTER, U_YEAR };
enum part { P_MORNING, P_NOON, P_LUNCH, P_AFTERNOON, P_EVENING, P_NIGHT, P_MIDNIGHT, P_TONIGHT, P_BREAKFAST, P_DINNER };

struct meaning {
	const char *word; /* folded: lower case, no accents */
	enum word class;
	int value;
};
extern const struct meaning phrase_words_en[], phrase_words_es[];

struct token {
	size_t from, to;
	char text[20]; /* folded; longer words mean nothing to us */
	bool number, glued; /* glued: no space before it */
	bool capital;       /* a word with a capital first letter */
	int digits;
	int64_t value;
	const struct meaning *means[3];
};

struct reading {
	const struct phrase_reader *who;
	int64_t today; /* day number */
	int count;
	struct token t[TOKENS_MAX + TOKENS_BEHIND];
};

/* One thing read at a place; a phrase is a few of them together. */
struct bit {
	enum { B_DAY, B_TIME, B_PART, B_INSTANT, B_LENGTH, B_EVERY, B_ZONE } kind;
	enum phrase_grain grain;
	enum phrase_doubt doubt;
	int64_t day, days;          /* B_DAY: first day and how many */
	bool weekday, of_month;     /* a weekday alone; the 5th alone */
	bool no_year;               /* B_DAY: the next such month and day; a year may be said behind the time */
	bool of_week;               /* so many weeks from now: a weekday beside it is one of that week */
	int day_of_month;           /* of the latter */
	int64_t from_s, to_s;       /* B_TIME, B_PART: seconds of the day, to_s -1 when none; B_INSTANT: wall clock; B_LENGTH: from_s */
	bool same;                  /* B_TIME, B_INSTANT: the same time as what was spoken of */
	int hour_said;              /* B_TIME: hour 1 to 12 without am or pm, else 0 */
	enum part part;
	enum unit every;
	int interval, weekdays;     /* B_EVERY: mask of weekdays, bit 0 Monday */
	unsigned nths;              /* B_EVERY: which of them in a month, 0 all, else a mask: bit 1 the first, bit 0 the last, bit 6 the last but one */
	int count;                  /* B_EVERY: so many times in a row, 0 none was said */
	unsigned month_days;        /* B_EVERY: mask of days of the month, bit 1 the first, bit 0 the last */
	int offset_min;
	const char *zone;           /* B_ZONE by its place, else NULL */
};

/* What a phrase has said so far. */
struct when {
	struct bit day, time, part, instant, every;
	bool has_day, has_time, has_part, has_instant, has_every, has_zone;
	int64_t length_s, until_day, until_s; /* 0, -1 and -1 when none was said; until_s is an hour of the last day, on the wall clock */
	int64_t to_s;                /* end of a range of times, -1 */
	int to_said;
	int offset_min;
	const char *zone;            /* NULL: offset_min counts */
	bool which_zone;             /* one was named that we do not know */
	bool onward;                 /* starting in March, a partir de marzo: the day is only where it begins */
	bool between;                /* "between" stands before it */
	int weekday_said;            /* beside a date, 1 Monday; 0 none */
	int count;                   /* how often what recurs happens, 0 none was said */
	enum phrase_doubt doubt;
	enum phrase_bound bound;
};

/* phrase_bound.c: what stands before the phrase from tokens i to end, or behind it, makes it a bound. */
enum phrase_bound phrase_bound_beside(const struct reading *r, int i, int end);
/* The words of a bound that end at token i. */
enum phrase_bound phrase_bound_said(const struct reading *r, int i);
/* after lunch, despues de comer, after work: tokens taken. */
int phrase_after_meal(const struct reading *r, int i, struct bit *b, enum phrase_bound *bound);
/* Friday, say 3pm?: a time without a day behind a day without a time is one phrase with it. Answers how many are left. */
int phrase_join_times(const struct reading *r, struct phrase *out, int found);

int phrase_day_behind_bound(const struct reading *r, int i, struct when *w); /* "or later on" in "3 pm or later on Monday": tokens taken before the day, which is of the same phrase */

/* phrase.c: reads one phrase that begins at token i: tokens taken. */
int phrase_at(const struct reading *r, int i, struct phrase *p);

/* phrase_except.c */
int phrase_left_out(const struct reading *r, int i);                                         /* except on, but not, menos el: tokens taken before what is left out */
int phrase_leave_out(const struct reading *r, int i, struct phrase *spare, unsigned *gone); /* what is left out at token i, in `gone`, for all stretches that are said: tokens taken */

/* phrase_take.c */
bool phrase_take(struct when *w, const struct bit *b);                    /* false: another phrase begins */
void phrase_take_zone(struct when *w, const struct bit *b);
int phrase_year_behind(const struct reading *r, int i, struct when *w);   /* Tue Feb 18 15:00:00 2014: tokens taken by the year */

/* phrase_thing.c */
bool phrase_are_things(const struct reading *r, int i);                   /* such a word that looks like a plural: 5 to 10 people, de 2 a 3 metros */
bool phrase_is_measure(const struct reading *r, int i);                   /* kg, EUR, %: what makes the number before it no hour */
bool phrase_is_thing(const struct reading *r, int i);                     /* a word we do not know behind a number: so many of something */

/* phrase_name.c */
bool phrase_is_street(const struct reading *r, int i);                                     /* Downing Street behind a number */
bool phrase_is_name(const struct reading *r, int i, int end, const struct phrase *p);      /* what was read from tokens i to end is no date but part of a name */

/* phrase_settle.c */
void phrase_doubt(struct when *w, enum phrase_doubt d); /* the worst one stays */
void phrase_settle(const struct reading *r, struct when *w, struct phrase *p);

/* phrase_text.c */
/* Cuts the text into the first r->count tokens, with TOKENS_BEHIND empty ones behind them; the rest of r, and r->today, is not written. */
void phrase_tokens(struct reading *r, const struct phrase_reader *who, struct fl_str text);
/* Whether token i has this meaning; value may be NULL. */
bool phrase_is(const struct reading *r, int i, enum word class, int *value);
bool phrase_mark(const struct reading *r, int i, char c);
bool phrase_word(const struct reading *r, int i, const char *folded);
/* A number in digits, so many of them at most. */
bool phrase_digits(const struct reading *r, int i, int max_digits);
/* Numbers in digits or words from token i, times 60 (so that halves and quarters stay whole): tokens taken, 0 for none. */
int phrase_number(const struct reading *r, int i, int64_t *sixty);
/* first, 1st, last (-1), second to last (-2): tokens taken. */
int phrase_ordinal(const struct reading *r, int i, int *nth);
/* Whole numbers only. */
int phrase_whole(const struct reading *r, int i, int64_t *value);

/* phrase_civil.c: civil days (proleptic Gregorian), numbered from 1970-01-01. */
int64_t phrase_day_number(int64_t year, int month, int day);
void phrase_civil(int64_t day, int64_t *year, int *month, int *day_of_month);
int phrase_month_days(int64_t year, int month);
int phrase_weekday(int64_t day); /* 0 Monday */
int64_t phrase_monday(int64_t day); /* of its week */
int64_t phrase_add_months(int64_t day, int64_t months);
int64_t phrase_easter(int64_t year);

/* phrase_year.c */
/* next (1), this (0), last (-1): tokens taken. */
int phrase_which(const struct reading *r, int i, int *move);
/* ", 2027", "de 2027", "next year", "del año que viene" behind a month or day, sought from `now`: tokens taken, 0 when no year is said. */
int phrase_year(const struct reading *r, int i, int64_t now, int64_t *year);
/* -2014, /74, 14 behind a day and month: tokens taken. */
int phrase_short_year(const struct reading *r, int i, int64_t *year);
/* next month, cada mes: behind "the 15th of". Tokens taken; *move: months from this one. */
int phrase_month_meant(const struct reading *r, int i, int *move);

/* two thousand (and) fourteen, twenty thirteen, mil novecientos noventa: tokens taken. */
int phrase_year_words(const struct reading *r, int i, int64_t *year);
/* 1900 to 2199 in four digits. */
bool phrase_is_year(const struct reading *r, int i);
/* The first or last so many of a longer stretch, or any that is said: next year, the week, 2014, Q3. Tokens taken. */
int phrase_stretch_said(const struct reading *r, int i, struct bit *b);

/* 14 is 2014, 85 is 1985. */
int64_t phrase_full_year(const struct token *t);

/* phrase_time.c, phrase_las.c */
struct bit phrase_a_time(int64_t s, int hour_said);
int phrase_clock(const struct reading *r, int i, struct bit *b); /* 15:30, 3pm, 15h */
bool phrase_hour_mark(const struct reading *r, int i);           /* h, hs, hrs */
bool phrase_ends_clock(const struct reading *r, int i);          /* such a mark, pm, or the minutes behind a colon */
/* An hour and minute that were read in `took` tokens from i, and what follows them: am, pm. `digits` of the hour, 0 when in words. Tokens taken. */
int phrase_hour_said(const struct reading *r, int i, int took, int64_t hour, int64_t minute, int digits, bool zero, struct bit *b);
int phrase_las(const struct reading *r, int i, struct bit *b);
int phrase_para_las(const struct reading *r, int i, struct bit *b);
int phrase_and_half(const struct reading *r, int i, struct bit *b);
bool phrase_is_between(const struct reading *r, int i); /* entre 2 y 4: no minutes */
/* y media, menos cuarto behind an hour: tokens taken; *to: the minutes before it. */
int phrase_minutes_behind(const struct reading *r, int i, int64_t *minutes, bool *to);

/* phrase_range.c: what ends a phrase that has begun, two hours beside each other. Tokens taken. */
int phrase_range_end(const struct reading *r, int i, struct when *w);
int phrase_hours_range(const struct reading *r, int i, struct when *w);
bool phrase_hours_follow(const struct reading *r, int i); /* a day stands here: a number before it may be an hour */

/* phrase_suit.c: does 11 work? after 5: an hour by what is said of it. Tokens taken. */
int phrase_hour_suits(const struct reading *r, int i, struct when *w);
/* works, is fine, me va bien behind what is proposed: tokens taken. */
int phrase_said_well(const struct reading *r, int i);
/* early, late, mid- said of the part of the day between two tokens: it keeps that half of it. phrase_part.c */
void phrase_narrow_part(const struct reading *r, int i, int end, struct when *w);

/* Each reads one kind of bit from token i: tokens taken, 0 when there is none. */
int phrase_day(const struct reading *r, int i, struct bit *b);         /* phrase_day.c */
int phrase_numeric_day(const struct reading *r, int i, struct bit *b); /* phrase_date.c */
int phrase_calendar_day(const struct reading *r, int i, struct bit *b);
int phrase_period(const struct reading *r, int i, struct bit *b);      /* phrase_period.c */
int phrase_holiday(const struct reading *r, int i, struct bit *b);     /* phrase_holiday.c */
int phrase_time(const struct reading *r, int i, struct bit *b);        /* phrase_time.c */
int phrase_bare_hour(const struct reading *r, int i, struct bit *b);
int phrase_part(const struct reading *r, int i, struct bit *b);       /* phrase_part.c */
bool phrase_ends_hours(const struct reading *r, int i);               /* the 11 in "las 9 y las 11", "las 9 a las 11" */
int phrase_length(const struct reading *r, int i, struct bit *b);      /* phrase_shift.c */
int phrase_shift(const struct reading *r, int i, struct bit *b);
int phrase_every(const struct reading *r, int i, struct bit *b);       /* phrase_every.c */
int phrase_zone(const struct reading *r, int i, struct bit *b);        /* phrase_zone.c */
int phrase_zone_before(const struct reading *r, int i, struct bit *b); /* London time at 10, EST 3pm: the time or day that follows is not taken */
int phrase_place(const struct reading *r, int i, struct bit *b);       /* phrase_place.c */
int phrase_abbreviation(const struct reading *r, int i, struct bit *b); /* phrase_abbreviation.c: CET, CST */
int phrase_this_time(const struct reading *r, int i, struct bit *b);
int phrase_quarter(const struct reading *r, int i, struct bit *b);      /* phrase_quarter.c: Q3 2027, H1 2015 */
int phrase_month_number(const struct reading *r, int i, struct bit *b); /* 4/2016 */
/* Whether one of the words, up to a NULL, is token i. phrase_text.c */
bool phrase_one_of(const struct reading *r, int i, const char *const *words);
/* Whether the words (so many, or up to a NULL) stand at token i: tokens taken. phrase_text.c */
int phrase_row(const struct reading *r, int i, const char *const *words, int most);
/* phrase_list.c: tokens taken. */
int phrase_list_gap(const struct reading *r, int i);                                    /* a comma, a slash, "and", an article behind it */
int phrase_weekday_list(const struct reading *r, int i, bool ranges, int *mask);        /* bit 0 Monday; ranges: also "Monday to Friday" */
int phrase_day_list(const struct reading *r, int i, unsigned *mask, int *count);        /* days of the month */
int phrase_but_days(const struct reading *r, int i, struct bit *b);                     /* except Sunday: the days that are left */
/* first and third Monday, every 2nd and 4th Thursday, the last day of each month; first Monday of the month. Only "of every month", or several of them,
 * recur when there is no "every" before it. Tokens taken. */
int phrase_monthly(const struct reading *r, int i, bool every, struct bit *b); /* phrase_nth.c */
int phrase_in_a_row(const struct reading *r, int i, struct bit *b); /* three Mondays in a row: phrase_row.c, tokens taken */
int phrase_nth(const struct reading *r, int i, struct bit *b); /* first Monday, 2nd and last Friday: tokens taken */
/* of the month, of each month, de cada mes, del mes: tokens taken; *each: it recurs by these words alone. */
int phrase_of_month(const struct reading *r, int i, bool *each);

/* phrase_named.c, phrase_beside.c */
int phrase_named(const struct reading *r, int i, struct bit *b);
int phrase_beside(const struct reading *r, int i, struct bit *b);
/* business day, dia habil: tokens taken. */
int phrase_workday(const struct reading *r, int i);
/* March 2014, next month, el mes que viene behind "of": tokens taken; the first day, and the months to the next such (0: a year was said). */
int phrase_month_said(const struct reading *r, int i, int64_t *start, int *step);
/* que viene, proximo, pasada, after next behind a noun: tokens taken. */
int phrase_after_noun(const struct reading *r, int i, int *move);
/* next, this, last, the, que viene. Tokens taken before the noun at most; *said: whether one of them was there. */
int phrase_before_noun(const struct reading *r, int i, int *move, bool *said);
int phrase_month_period(const struct reading *r, int i, struct bit *b); /* phrase_month.c */
/* week, fin de semana, week-end, w/c: tokens taken. */
int phrase_unit_noun(const struct reading *r, int i, int *unit);
/* after next (2), before last, antepasada (-2): tokens taken. */
int phrase_beyond(const struct reading *r, int i, int *move);
struct bit phrase_stretch(int64_t from, int64_t to, enum phrase_grain grain); /* days [from, to) */

/* phrase_rule.c: writes the rule of w->every and moves start and end to the first time, unless one day was said. */
void phrase_rule(const struct reading *r, const struct when *w, struct phrase *p);
/* The weekdays of a rule that is nothing but weekdays without end, bit 0 Monday; else 0. */
unsigned phrase_rule_weekdays(const char *rule);

#endif
