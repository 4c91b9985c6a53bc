/* A raw mail to one JSON object. */
#ifndef FL_READER_MAIL_H
#define FL_READER_MAIL_H

#include "base/buf.h"
#include "base/cx.h"

enum {
	FL_MAIL_BYTES = 25 << 20,     /* of the raw mail */
	FL_MAIL_TEXT_BYTES = 1 << 20, /* of the text kept */
	FL_MAIL_PARTS = 500,          /* parts looked at; the rest is left out and "truncated" is true */
	FL_MAIL_DEPTH = 30,           /* of multiparts; deeper ones are left out likewise */
	FL_MAIL_FILES_BYTES = 25 << 20, /* of the contents of attachments */
	FL_MAIL_LIST = 100,           /* addresses, references, attachments kept of each */
};

/* Writes the mail (RFC 5322, MIME) as
 *   {"message_id": "<..>" or null, "in_reply_to": "<..>" or null, "references": ["<..>"], "from": {"name","address"} or null,
 *    "to": [{"name","address"}], "cc": [..], "subject": "", "date_us": int or null, "text": "", "auto_submitted": bool, "bulk": bool,
 *    "empty_return_path": bool, "report": {..} or null (reader/report.h), "attachments": [{"name","type","size","kept"}], "parts": int, "truncated": bool,
 *    "calendar": what reader/ical.h writes, of the first part that is one; left out without}
 * Texts are UTF-8 without control characters; text comes from the text/plain parts, else from text/html without its markup.
 * A report of delivery refers to the mail it is about. Attached mails are attachments, not looked into. The contents of those with kept true follow each other in *files, each of its size; kept is false when
 * they would pass FL_MAIL_FILES_BYTES together. bulk: Precedence bulk, list or junk, or a List-Id. Whatever is damaged is
 * left empty; FL_INVALID only when there is nothing, or more than FL_MAIL_BYTES. Call fl_mail_start once before. */
enum fl_rc fl_mail_read(struct fl_cx *cx, struct fl_str raw, struct fl_buf *out, struct fl_buf *files) FL_USE;

/* Starts GMime and loads the converters of common character sets, so that no file is opened later. */
void fl_mail_start(void);

#endif
