/* Addresses of the web, as far as somebody wants to know where they lead. */
#ifndef FL_BASE_URL_H
#define FL_BASE_URL_H

#include "base/arena.h"

/* "HOST:PORT" of "http://HOST[:PORT][/...]" or https, which conf_kind.c has looked at, with the port that goes without saying; an address of IPv6 keeps its brackets.
 * Owned by a. */
const char *fl_url_place(struct fl_arena *a, struct fl_str url);

#endif
