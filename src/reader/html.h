/* The words of an HTML text. */
#ifndef FL_READER_HTML_H
#define FL_READER_HTML_H

#include "base/buf.h"

/* Appends the visible text: tags become breaks where browsers break lines, script, style, head and comments are left out,
 * references become characters, white space is folded. A reader for mail, not a parser of HTML: never fails, takes linear time. */
void fl_html_text(struct fl_buf *out, struct fl_str html);

/* Appends text as well-formed UTF-8: bytes that are none become U+FFFD, control characters but newline and tab are left out. */
void fl_text_clean(struct fl_buf *out, struct fl_str text);

#endif
