/* What a key or session has left of this second (API-06, X-19): told, not enforced; nginx enforces it. Counted in memory the processes of a machine
 * share, as nginx counts for a machine, so that telling it costs no round trip. */
#ifndef FL_HTTP_BUDGET_H
#define FL_HTTP_BUDGET_H

#include "base/hash.h"
#include "redis/redis.h"

struct web_budget;

/* Maps the counters, before the first fork. Dies by abort() without memory. */
struct web_budget *web_budget_new(void);

/* Counts one request of `who` (the hash of a token) in the second of now_us. Two of a place in the table take turns and then see more left than they have. */
struct fl_limit web_budget_use(struct web_budget *b, const struct fl_digest *who, int64_t now_us);

#endif
