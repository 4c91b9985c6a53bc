/* Leaving by the link in a mail: no more mail of one kind, or of any. */
#ifndef FL_APP_NOTE_LEAVE_H
#define FL_APP_NOTE_LEAVE_H

#include "app/app.h"

/* The last part of /unsubscribe/TOKEN, "ORG.PERSON.KIND.MAC" with ids in hexadecimal and 80 bits of HMAC-SHA-256 under conf->secret. kind: a
 * notification's, or "*" for all. Owned by cx's arena. */
const char *note_leave_token(struct fl_cx *cx, struct fl_str org_id, struct fl_str user_id, struct fl_str kind);

/* GET and POST /unsubscribe/{token}. FL_NOT_FOUND when the signature does not hold. */
enum fl_rc note_leave_page(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
