/* The context: who and what this piece of work is for. First argument of nearly everything. One a request or job. */
#ifndef FL_BASE_CX_H
#define FL_BASE_CX_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"

struct fl_conf;

/* The last failure, written once where it happened. */
struct fl_error {
	enum fl_rc rc;
	const char *text;     /* for the log, and for people when sqlstate is one of ours */
	const char *field;    /* the input field at fault, or NULL */
	const char *about;    /* what of it is at fault, as the one who sent it calls it: {about} in the message; or NULL */
	const char *sqlstate; /* five characters from the database, or NULL; "FL401" to "FL503" are ours */
	const char *file;
	int line;
	int retry_after_s; /* for FL_LATER; 0 when unknown */
	bool full;         /* FL_LATER because a disk has no room */
	bool crowded;      /* FL_LATER because the machine has no room for one more process */
};

/* Who asks. Filled by fl_enter (web) or from the job row (worker). All empty for a stranger. */
struct fl_who {
	char kind[16];              /* "session", "key", "form", "link", "webhook", "job" or "" */
	char org_id[FL_UUID_TEXT];  /* "" when no organisation */
	char user_id[FL_UUID_TEXT]; /* "" when no person */
	char role[16];
	const char *name;     /* of the person, for the page */
	const char *org_name; /* of the organisation, for the page */
	const char *zone;     /* IANA zone; "UTC" at least */
	const char *locale;   /* "en" or "es" */
	const char *dates;    /* how dates are written, "DD/MM/YYYY"; "" as the language does */
	const char *currency; /* ISO 4217 */
};

struct fl_cx {
	struct fl_arena *a;
	const struct fl_conf *conf;
	struct fl_who who;
	const char *request_id; /* of nginx, or of the job's cause; never NULL */
	char trace_id[33];      /* W3C Trace Context: 32 lower-case hex digits; "" outside requests and jobs */
	const char *job_id;     /* NULL outside jobs */
	int64_t now_us;         /* wall clock at the start of this work */
	int64_t start_tick_us;
	int64_t deadline_tick_us; /* work must be over by then */
	int queries;              /* statements run, for the page's foot */
	int slow_queries;         /* batches that took over 100 ms */
	int64_t db_us;            /* spent waiting for the database */
	struct fl_error err;
};

/* A context over an arena, for a stranger, at now, with the deadline after timeout_s seconds. */
void fl_cx_init(struct fl_cx *cx, struct fl_arena *a, const struct fl_conf *conf, const char *request_id, int timeout_s);

/* Records a failure and returns rc. Text is for operators; it never holds secrets or message bodies, and is UTF-8 whatever went into it. */
#define FL_FAIL(cx, rc, ...) fl_fail_((cx), (rc), NULL, __FILE__, __LINE__, __VA_ARGS__)
/* The same, naming the input field at fault. */
#define FL_FAIL_FIELD(cx, rc, field, ...) fl_fail_((cx), (rc), (field), __FILE__, __LINE__, __VA_ARGS__)

/* FL_LATER for a file that the system refuses, named `what`, by errno. */
#define FL_FAIL_FILE(cx, what) fl_fail_file_((cx), (what), __FILE__, __LINE__)

enum fl_rc fl_fail_(struct fl_cx *cx, enum fl_rc rc, const char *field, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
enum fl_rc fl_fail_file_(struct fl_cx *cx, const char *what, const char *file, int line);

/* The trace of a piece of work: that of a traceparent header when it is a valid one of version 00 (W3C Trace Context 1), else made from
 * the request id, so that all that one request causes shares it; "" when that is empty. */
void fl_trace_id(const char *traceparent, const char *request_id, char out[33]);

/* Milliseconds left until the deadline, at least 0. */
int fl_cx_left_ms(const struct fl_cx *cx);

#endif
