/* The card of the pages that need the edge's own state. */
#ifndef FL_HTTP_EDGE_H
#define FL_HTTP_EDGE_H

#include "http/web.h"

/* The audit log of one organisation as a file: NDJSON of the sealed chain, or CSV. */
enum fl_rc web_audit_export(struct fl_cx *cx, struct fl_req *req) FL_USE;

extern const struct fl_app web_edge_app;

#endif
