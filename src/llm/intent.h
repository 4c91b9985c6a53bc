/* What a request is about in general, by word lists (requirements INT-09, with Spanish words beside), and what it names, by rules. */
#ifndef FL_LLM_INTENT_H
#define FL_LLM_INTENT_H

#include "llm/features.h"

/* SALES_INQUIRY, SUPPORT_REQUEST, BILLING_QUESTION or SCHEDULING by the most words found; NULL when none is. Static. */
const char *fl_intent_of(struct fl_arena *a, struct fl_str subject, struct fl_str body);

/* The words of an intent separated by spaces, to teach a pipeline of that intent; empty for an unknown one. Static. */
struct fl_str fl_intent_words(const char *intent);

/* What the text names, as a JSON object: "emails", "phones", "dates", "amounts", "numbers" (of invoices, orders, tickets), each a list of at most
 * eight texts as they stand; members without any are left out; {NULL, 0} when there are none. Owned by a. */
struct fl_str fl_entities_of(struct fl_arena *a, struct fl_str text);

#endif
