/* Personal data out of text that is kept for looking at (LLM-08). */
#ifndef FL_APP_AGENT_REDACT_H
#define FL_APP_AGENT_REDACT_H

#include "base/buf.h"

/* A copy in which e-mail addresses read [address] and runs of six or more digits, with the blanks, dots, dashes and slashes inside them, [number];
 * clipped to max bytes. Owned by a. */
struct fl_str agent_redact(struct fl_arena *a, struct fl_str text, size_t max);

#endif
