/* Which addresses may be called (promises.md, section 3: server-side request forgery). */
#ifndef FL_OUTSIDE_GUARD_H
#define FL_OUTSIDE_GUARD_H

#include <sys/socket.h>

#include "base/str.h"

/* True for a globally reachable unicast address (IANA special-purpose registries, RFC 6890): refused are this-network, private,
 * shared (RFC 6598), loopback, link-local, unique local, multicast, documentation, benchmarking and reserved ranges, also
 * when the IPv4 address is inside an IPv6 one (mapped, 6to4 RFC 3056, NAT64 RFC 6052). Families other than IP are refused. */
bool fl_address_public(const struct sockaddr *sa);

/* True when "host:port" is one of the comma-separated `list` (ASCII case is folded). NULL is an empty list. */
bool fl_address_listed(const char *list, const char *host, int port);

#endif
