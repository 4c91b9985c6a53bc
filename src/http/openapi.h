/* The API's description (https://spec.openapis.org/oas/v3.1.0). */
#ifndef FL_HTTP_OPENAPI_H
#define FL_HTTP_OPENAPI_H

#include "http/web.h"

/* Writes the document of all pages that answer JSON: some 700 kB, made for each who asks. */
void web_openapi(struct fl_buf *out, const struct web *web);

/* The member "content" of what a route answers when it is done: its sets with their columns and types, what its statement or its code gives back, or the types of a file. */
void web_openapi_answer(struct fl_jw *w, const struct web_route *t);

/* The JSON schema of a column of a statement's answer that is a document; NULL when there is none: whatever it is then. */
const char *web_openapi_shape(const struct fl_query *q, const char *column);

/* The route table with permissions, flags, fields and statements, as a JSON array. Owned by a. */
struct fl_str web_list(struct fl_arena *a, const struct web *web);

#endif
