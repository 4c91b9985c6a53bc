/* Composes a mail: multipart/alternative of text and optional HTML (RFC 5322, 2045 to 2047), every header checked. */
#ifndef FL_OUTSIDE_MIME_OUT_H
#define FL_OUTSIDE_MIME_OUT_H

#include "base/buf.h"
#include "base/cx.h"

struct fl_mime_mail {
	const char *from_name, *from; /* the name may be "" */
	const char *reply_to;         /* NULL: none */
	const char *to_name, *to;
	struct fl_str subject;
	const char *message_id;  /* "<local@domain>" */
	const char *in_reply_to; /* "<...>" or NULL */
	const char *references;  /* "<...> <...>" or NULL */
	bool auto_submitted;     /* Auto-Submitted: auto-replied when in_reply_to is set, else auto-generated (RFC 3834) */
	const char *unsubscribe; /* https address for List-Unsubscribe and one-click POST (RFC 8058), or NULL */
	int64_t date_us;
	struct fl_str text; /* UTF-8 */
	struct fl_str html; /* {NULL, 0}: none */
	struct fl_str calendar; /* an iCalendar object (RFC 5545) as one more alternative (RFC 6047); {NULL, 0}: none. Only with html */
	const char *calendar_method; /* its METHOD, of letters only (RFC 5546, 1.4); NULL: REQUEST */
};

/* The message as RFC 5322 bytes with CRLF lines of at most 78 characters (a longer address is not broken), owned by cx's arena. FL_INVALID, naming the
 * header, when one holds a line break or NUL, an address is malformed, or the whole is over 4 MiB. */
enum fl_rc fl_mime_compose(struct fl_cx *cx, const struct fl_mime_mail *mail, struct fl_str *out) FL_USE;

#endif
