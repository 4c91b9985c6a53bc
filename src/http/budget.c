#include "http/budget.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PLACES = 4096, PER_SECOND = 100 }; /* the rate of fl_principal in nginx/fairlead.conf */

/* Each place holds 32 bits of whose it is, 16 of the second, and the count. */
struct web_budget {
	_Atomic uint64_t place[PLACES];
};

struct web_budget *web_budget_new(void)
{
	void *b = mmap(NULL, sizeof(struct web_budget), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		abort();
	return b;
}

struct fl_limit web_budget_use(struct web_budget *b, const struct fl_digest *who, int64_t now_us)
{
	uint32_t at, tag;
	uint64_t begin, seen, next;
	int used;

	memcpy(&at, who->b, sizeof(at));
	memcpy(&tag, who->b + sizeof(at), sizeof(tag));
	begin = (uint64_t)tag << 32 | (uint64_t)(now_us / FL_SECOND_US & 0xffff) << 16;
	seen = atomic_load_explicit(&b->place[at % PLACES], memory_order_relaxed);
	do {
		next = seen >> 16 != begin >> 16 ? begin + 1 : (seen & 0xffff) == 0xffff ? seen : seen + 1;
	} while (!atomic_compare_exchange_weak_explicit(&b->place[at % PLACES], &seen, next, memory_order_relaxed, memory_order_relaxed));
	used = (int)(next & 0xffff);
	return (struct fl_limit){ .allowed = true, .limit = PER_SECOND, .remaining = used < PER_SECOND ? PER_SECOND - used : 0, .reset_s = 1 };
}
