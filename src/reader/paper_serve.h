/* The host of the processes that read pages (reader/host.h). */
#ifndef FL_READER_PAPER_SERVE_H
#define FL_READER_PAPER_SERVE_H

#include "base/cx.h"

/* Loads what reading needs, then takes a struct fl_paper_asked with two descriptors at a time from standard input, a socket that keeps messages apart; a child reads that page in
 * its cage, and its wait status is the answer. FL_OK when the other side is gone or asked nothing for a minute. FL_BUG: it cannot work here. It never
 * looks into a file itself. */
enum fl_rc fl_paper_serve(struct fl_cx *cx) FL_USE;

#endif
