#include "http/budget.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PLACES = 4096, BURST = 2, AHEAD_MAX_S = 60 };

struct web_budget {
	int per_second;
	_Atomic uint64_t whose[PLACES]; /* 32 bits of a token's hash, 32 for its organisation */
	_Atomic uint64_t spent[PLACES]; /* 24 bits of whose, 16 of the second, 24 of the count */
};

struct web_budget *web_budget_new(int per_second)
{
	struct web_budget *b = mmap(NULL, sizeof(struct web_budget), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		abort();
	b->per_second = per_second;
	return b;
}

static uint32_t word(const struct fl_digest *d, int which)
{
	uint32_t w;

	memcpy(&w, d->b + (size_t)which * sizeof(w), sizeof(w));
	return w;
}

/* FNV-1a: nobody chooses the id of his organisation, so it needs no hash that withstands that. */
static uint32_t word_of(const char *org_id)
{
	uint32_t w = 2166136261U;

	for (; *org_id; org_id++)
		w = (w ^ (unsigned char)*org_id) * 16777619U;
	return w;
}

void web_budget_learn(struct web_budget *b, const struct fl_digest *token, const char *org_id)
{
	atomic_store_explicit(&b->whose[word(token, 0) % PLACES], (uint64_t)word(token, 1) << 32 | word_of(org_id), memory_order_relaxed);
}

/* What is left of a count after the seconds since. */
static uint32_t drained(uint32_t count, uint32_t since_s, int per_second)
{
	uint64_t paid = (uint64_t)since_s * (uint64_t)per_second;

	return count > paid ? count - (uint32_t)paid : 0;
}

/* Whether what was counted last was counted by another process, for a request that began a moment after this one. All else is the past: of eighteen hours the sixteen bits
 * tell no more than the last, and half of them would be the length of a night. */
static bool is_ahead(uint32_t then_s, uint32_t now_s)
{
	uint32_t ahead_s = (then_s - now_s) & 0xffff;

	return ahead_s > 0 && ahead_s <= AHEAD_MAX_S;
}

struct fl_limit web_budget_use(struct web_budget *b, const struct fl_digest *token, int64_t now_us)
{
	uint64_t whose = atomic_load_explicit(&b->whose[word(token, 0) % PLACES], memory_order_relaxed), seen, next;
	uint32_t who = whose >> 32 == word(token, 1) ? (uint32_t)whose : word(token, 0), now_s = (uint32_t)(now_us / FL_SECOND_US) & 0xffff, then_s, count;
	_Atomic uint64_t *place = &b->spent[who % PLACES];
	int most = b->per_second;
	bool allowed;

	seen = atomic_load_explicit(place, memory_order_relaxed);
	do {
		then_s = (uint32_t)(seen >> 24) & 0xffff;
		if (seen >> 40 != who >> 8)
			count = 0;
		else if (is_ahead(then_s, now_s)) {
			count = seen & 0xffffff;
			now_s = then_s;
		} else
			count = drained(seen & 0xffffff, (now_s - then_s) & 0xffff, most);
		allowed = count < (uint32_t)most * (1 + BURST);
		count += allowed;
		next = (uint64_t)(who >> 8) << 40 | (uint64_t)now_s << 24 | count;
	} while (!atomic_compare_exchange_weak_explicit(place, &seen, next, memory_order_relaxed, memory_order_relaxed));
	return (struct fl_limit){ .allowed = allowed, .limit = most, .remaining = count < (uint32_t)most ? most - (int)count : 0, .reset_s = 1 };
}
