/* The budget of an organisation at the moments that matter: a second, a night, a clock that goes back. */
#include "base/clock.h"
#include "http/budget.h"
#include "tests/tap.h"

enum { PER_SECOND = 100, BURST = 300, HOUR_S = 3600 };

static const int64_t begin_us = INT64_C(1774000000) * FL_SECOND_US;

/* How many of n requests at that second are let through. */
static int let(struct web_budget *b, const struct fl_digest *token, int64_t at_s, int n)
{
	int allowed = 0;

	while (n-- > 0)
		allowed += web_budget_use(b, token, begin_us + at_s * FL_SECOND_US).allowed;
	return allowed;
}

int main(void)
{
	const struct fl_digest token = fl_sha256(FL_STR("a key"));
	bool open = true;

	ok(let(web_budget_new(PER_SECOND), &token, 0, BURST + 5) == BURST, "a burst is let through, and no more");
	for (int hours = 1; hours <= 72; hours++) {
		struct web_budget *b = web_budget_new(PER_SECOND);

		if (let(b, &token, 0, BURST + 5) != BURST || let(b, &token, (int64_t)hours * HOUR_S, BURST) != BURST) {
			printf("# not after %d hours\n", hours);
			open = false;
		}
	}
	ok(open, "whatever was used before a pause of 1 to 72 hours, all of it is there afterwards");
	{
		struct web_budget *b = web_budget_new(PER_SECOND);

		ok(let(b, &token, 0, BURST + 5) == BURST && let(b, &token, 1, BURST) == PER_SECOND, "each second pays a second's share back");
		ok(let(b, &token, 0, 5) == 0, "one that began a second before the last finds nothing either");
		ok(let(b, &token, -HOUR_S, BURST) == BURST, "a clock set back by an hour locks nobody out");
	}
	return done();
}
