/* QR codes (ISO/IEC 18004) by libqrencode. */
#ifndef FL_APP_ACCOUNT_QR_H
#define FL_APP_ACCOUNT_QR_H

#include "base/buf.h"

/* The dark modules of the code of text as the path of an SVG whose view box is *size units wide and high, quiet zone included. Error correction M.
 * {NULL, 0} when text is too long for a code. Owned by a. */
struct fl_str qr_path(struct fl_arena *a, const char *text, int *size);

#endif
