/* Polls a mailbox by IMAP4rev1 (RFC 3501). Reading does not mark: a mail is marked \Seen only after it was stored, so a crash in
 * between loses nothing. */
#ifndef FL_OUTSIDE_IMAP_H
#define FL_OUTSIDE_IMAP_H

#include "outside/outside.h"

struct fl_imap;

struct fl_imap_box {
	const char *url; /* "imaps://host/INBOX", or "imap://host:port/INBOX", where STARTTLS is a must unless the host is in TENANT_ALLOW */
	const char *user, *password;
};

/* Connects, signs in and selects the mailbox (INBOX when the URL names none). The session ends with cx's arena.
 * FL_DENIED: user or password are wrong, or the address is private; FL_INVALID: malformed URL, no such mailbox;
 * FL_LATER: everything of the network. The calls below give FL_LATER likewise; the session is then over. */
enum fl_rc fl_imap_open(struct fl_cx *cx, struct fl_outside *o, const struct fl_imap_box *box, struct fl_imap **out) FL_USE;

/* The UIDs of mails without \Seen, as the server lists them, at most max; owned by the arena. */
enum fl_rc fl_imap_unseen(struct fl_imap *s, int max, uint32_t **uids, int *n) FL_USE;

/* One raw mail, owned by the arena. FL_INVALID: larger than max_bytes (the session goes on). FL_NOT_FOUND: gone. */
enum fl_rc fl_imap_fetch(struct fl_imap *s, uint32_t uid, size_t max_bytes, struct fl_str *raw) FL_USE;

/* Marks a mail \Seen. Doing so twice is fine. */
enum fl_rc fl_imap_seen(struct fl_imap *s, uint32_t uid) FL_USE;

#endif
