/* What a delivery status notification says (RFC 3464, in a multipart/report of RFC 6522). */
#ifndef FL_READER_REPORT_H
#define FL_READER_REPORT_H

#include <gmime/gmime.h>

#include "base/json.h"

enum { FL_REPORT_LIST = 50 }; /* recipients kept */

/* Writes member "report": null, or {"of": "<..>" the Message-ID of the mail that was reported on, or null,
 *   "recipients": [{"address": "", "original": "", "action": "failed", "status": "5.1.1", "why": ""}]}.
 * Damaged parts are left out. Temporary text is owned by a. */
void fl_report_add(struct fl_jw *w, struct fl_arena *a, GMimeMessage *m);

/* The Message-ID of the mail that came back, whole (message/rfc822) or only its headers (text/rfc822-headers); {NULL, 0} when m is no
 * report or does not say. Owned by a. */
struct fl_str fl_report_of(struct fl_arena *a, GMimeMessage *m);

#endif
