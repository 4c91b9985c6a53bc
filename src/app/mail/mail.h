/* Mail out and in: what the files of this capability share. */
#ifndef FL_APP_MAIL_MAIL_H
#define FL_APP_MAIL_MAIL_H

#include "app/app.h"

enum {
	MAIL_DEDUPE_MAX = 300,
	MAIL_RAW_BYTES = 25 << 20, /* of a mail that is taken; as much as the reader reads */
};

/* What makes a raw mail itself: its Message-ID "<...>" when it has one of printable ASCII, else "sha256:HEX" of its bytes (promise 20).
 * Owned by a. */
const char *mail_dedupe(struct fl_arena *a, struct fl_str raw);

/* The reply address of request `number` in a mailbox that takes plus addresses: "local+rNUMBER.SIGNATURE@domain", where the signature is
 * 80 bits of HMAC-SHA-256 over organisation and number under conf->secret. NULL when the address has no @. Owned by a. */
const char *mail_reply_address(struct fl_arena *a, struct fl_str secret, const char *org_id, struct fl_str address, int64_t number);

/* The number in such an address; 0 when it is none of ours. */
int64_t mail_reply_number(struct fl_arena *a, struct fl_str secret, const char *org_id, struct fl_str address);

/* What the password of a mailbox is sealed for (base/keyring.h). */
#define MAIL_SEAL "mailbox"

/* A mail rendered in the recipient's language. Texts are owned by the arena of cx. */
struct fl_words; /* app/words.h */

struct mail_body {
	const char *subject;
	struct fl_str text, html;
};

/* Renders row 0 of email_load by templates/mail/NAME. FL_INVALID: no such template; FL_BUG: the templates do not compile. */
enum fl_rc mail_render(struct fl_cx *cx, struct fl_words *words, const struct fl_rows *row, struct mail_body *out) FL_USE;

/* Where a person leaves mail of this kind (List-Unsubscribe, RFC 8058); NULL for a mail that is no notification. Owned by cx's arena. */
const char *mail_leave_link(struct fl_cx *cx, const struct fl_rows *row);

enum fl_rc mail_send_load(struct fl_job *const *jobs, int n, struct fl_batch *b) FL_USE;
enum fl_rc mail_send_call(struct fl_job *job) FL_USE;
enum fl_rc mail_send_save(struct fl_job *const *jobs, int n, struct fl_batch *b) FL_USE;
enum fl_rc mail_send_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc mail_poll_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc mail_poll_call(struct fl_job *job) FL_USE;
enum fl_rc mail_poll_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc mail_poll_dead(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc mail_seen_call(struct fl_job *job) FL_USE;
enum fl_rc mail_seen_save(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc mail_parse_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc mail_parse_call(struct fl_job *job) FL_USE;
enum fl_rc mail_parse_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc mail_parse_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* POST /channels/mail and /channels/mail/{id}: seals the password and saves. */
enum fl_rc mail_box_save(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
