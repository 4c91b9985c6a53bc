/* Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds. */
#ifndef FL_APP_ACCOUNT_TOTP_H
#define FL_APP_ACCOUNT_TOTP_H

#include "base/arena.h"

enum { TOTP_KEY_BYTES = 20, TOTP_STEP_S = 30 };

/* The code of a step (RFC 4226, 5.3): 0 to 999999. */
int totp_code(struct fl_str key, int64_t step);

/* The step among now and its two neighbours whose code this is, 0 when none: clocks may differ by half a minute. */
int64_t totp_step(struct fl_str key, int64_t now_us, struct fl_str code);

/* Base32 (RFC 4648, 6) without padding, owned by a. */
char *totp_base32(struct fl_arena *a, struct fl_str data);

#endif
