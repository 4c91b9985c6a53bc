/* What the people and keys of an organisation may still ask for (SEC-12, API-06, X-19: 100 requests a second). Counted in memory the processes of a machine
 * share, as nginx counts for a machine, so that it costs no round trip. */
#ifndef FL_HTTP_BUDGET_H
#define FL_HTTP_BUDGET_H

#include "base/hash.h"
#include "redis/redis.h"

struct web_budget;

/* Maps the counters, before the first fork. per_second: 1 to 1,000,000; twice as many more pass in a burst. Dies by abort() without memory. */
struct web_budget *web_budget_new(int per_second);

/* From now on requests with this token (its hash) count for the organisation. */
void web_budget_learn(struct web_budget *b, const struct fl_digest *token, const char *org_id);

/* Counts one request with this token, for its organisation, or for itself until that is known: the first on a machine. Not allowed: nothing was counted.
 * Two of one place in the table take turns and then see more left than they have. */
struct fl_limit web_budget_use(struct web_budget *b, const struct fl_digest *token, int64_t now_us);

#endif
