/* Result codes: what the caller does next, not what went wrong. */
#ifndef FL_BASE_RC_H
#define FL_BASE_RC_H

enum fl_rc {
	FL_OK = 0,
	FL_NOT_FOUND, /* no such thing, or not for this tenant: 404 */
	FL_DENIED,    /* who asks may not: 401 when nobody is signed in, else 403 */
	FL_INVALID,   /* the input is wrong and stays wrong: 400, 413 or 422; a job dies */
	FL_CONFLICT,  /* the state has moved on: 409, show both */
	FL_LATER,     /* try again later: 429 or 503 with Retry-After; a job is retried */
	FL_BUG,       /* ours to mend: 500; a job is retried, then dies */
};

#define FL_USE __attribute__((warn_unused_result))
#define FL_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Passes any result but FL_OK up to the caller. */
#define FL_TRY(expr)                     \
	do {                             \
		enum fl_rc rc_ = (expr); \
		if (rc_ != FL_OK)        \
			return rc_;      \
	} while (0)

#define FL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The name of a result code in lower case, for logs. Static. */
const char *fl_rc_name(enum fl_rc rc);

#endif
