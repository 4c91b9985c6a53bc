/* A plain connection to a place the operator configured: no foreign text is an address here, so private ones are fine. */
#ifndef FL_OUTSIDE_REACH_H
#define FL_OUTSIDE_REACH_H

#include "base/cx.h"

/* Connects to "unix:/path" or "host:port" (an address of IPv6 in brackets) within timeout_ms (looking up the name may take longer). A non-blocking socket that the caller closes, or -1. */
int fl_reach(struct fl_cx *cx, const char *at, int timeout_ms) FL_USE;

#endif
