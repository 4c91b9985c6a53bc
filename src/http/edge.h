/* The card of the pages that need the edge's own state. */
#ifndef FL_HTTP_EDGE_H
#define FL_HTTP_EDGE_H

#include "http/web.h"

extern const struct fl_app web_edge_app;

#endif
