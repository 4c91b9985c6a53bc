/* WebDAV answers (RFC 4918, 13) as JSON. */
#ifndef FL_READER_DAV_H
#define FL_READER_DAV_H

#include "base/buf.h"
#include "base/cx.h"
#include "base/json.h"

enum { FL_DAV_RESPONSES = 5000 };

/* Writes one object
 *   {"token": "" (of a sync-collection, RFC 6578), "responses": [{"href", "status": int (0: none of its own), "etag", "name", "principal", "home": hrefs of RFC 5397 and
 *    RFC 4791, 6.2.1, "is_calendar": bool, "calendar": what reader/ical.h writes, of calendar-data}]}
 * What an answer does not say is "" or left out. FL_INVALID when it is no XML, or has more than FL_DAV_RESPONSES. */
enum fl_rc fl_dav_read(struct fl_cx *cx, struct fl_str xml, struct fl_jw *w) FL_USE;

#endif
