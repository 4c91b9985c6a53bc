/* Sends one composed message by SMTP (RFC 5321) to the host of SMTP_HOST. */
#ifndef FL_OUTSIDE_SMTP_H
#define FL_OUTSIDE_SMTP_H

#include "outside/outside.h"

struct fl_smtp_mail {
	const char *from;      /* envelope sender; "" is the empty return path */
	const char *const *to; /* recipients, ended by NULL; at least one */
	struct fl_str message; /* RFC 5322, lines ended by CRLF: fl_mime_compose */
};

/* True for an address that can stand in a command: local@domain of printable ASCII (or UTF-8) without white space, angle
 * brackets and control characters, at most 254 bytes. */
bool fl_mail_address_valid(struct fl_str s);

/* Hands the message over. FL_OK: the server took it for all recipients. FL_INVALID: an address is malformed, or a 5xx reply
 * to the message (for good). FL_LATER: a 4xx reply, no connection, no TLS where SMTP_SECURE wants it, a server that lets us not in (530, 534,
 * 535, 538), timeout; after a timeout the server may have taken it, so send again with the same Message-ID.
 * *reply is the server's last line ("550 5.1.1 no such user"), "" when there was none; owned by cx's arena. */
enum fl_rc fl_smtp_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_smtp_mail *mail, const char **reply) FL_USE;

#endif
