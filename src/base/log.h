/* JSON lines on standard error (OBS-07): one a unit of work, and one a failure. Personal data stays out:
 * e-mail addresses, card and phone numbers in `msg` are masked. */
#ifndef FL_BASE_LOG_H
#define FL_BASE_LOG_H

#include "base/cx.h"

/* Numeric as pino and bunyan have it. */
enum fl_level { FL_TRACE = 10, FL_DEBUG = 20, FL_INFO = 30, FL_WARN = 40, FL_ERROR = 50, FL_FATAL = 60 };

/* The level of that name ("info"), FL_INVALID when there is none. */
enum fl_rc fl_level_parse(struct fl_str name, enum fl_level *out) FL_USE;

/* Whether a line of that level is written at all. */
bool fl_log_on(enum fl_level level);

/* One line: time, level, pid, hostname, component (set by fl_log_start), the ids in cx (which may be NULL), and msg, cut after 8 KB. */
void fl_log(const struct fl_cx *cx, enum fl_level level, const char *fmt, ...) FL_PRINTF(3, 4);

/* Extra members of a line, as a JSON fragment of at most 8 KB written by the caller with fl_jw (without braces): "method":"GET",... */
void fl_log_with(const struct fl_cx *cx, enum fl_level level, struct fl_str members, const char *msg);

/* Names the program ("web", "worker"), the level below which nothing is written, and further shapes to mask (LOG_MASK, which lives as long as the process):
 * comma-separated, # any digit, @ any letter, else itself. Called once, by main. */
void fl_log_start(const char *component, enum fl_level level, const char *shapes);

/* A copy with addresses, numbers of nine or more digits (cards, phones) and what has one of the shapes masked, in UTF-8; owned by the arena. */
struct fl_str fl_log_masked(struct fl_arena *a, struct fl_str msg);

#endif
