/* Presigned requests to an S3-compatible store (AWS Signature Version 4, query parameters: "Authenticating Requests: Using Query Parameters",
 * Amazon S3 API Reference). One signature is all that reading, writing and deleting need, for us and for a browser alike. */
#ifndef FL_BASE_S3_H
#define FL_BASE_S3_H

#include "base/conf.h"
#include "base/cx.h"

/* True when files lie in a store: S3_ENDPOINT is set. */
bool fl_s3_on(const struct fl_conf *conf);

/* The URL by which whoever has it may do `method` to the object `key` (path style: S3_ENDPOINT/S3_BUCKET/KEY, where the endpoint may have a path of its own; letters, digits, "-", "_", "." and "/") for
 * `seconds` (at most 604,800) from now_us on. disposition and type: what a GET is answered with, NULL for as stored. Owned by a. */
const char *fl_s3_presign(struct fl_arena *a, const struct fl_conf *conf, const char *method, const char *key, int seconds, int64_t now_us,
                          const char *disposition, const char *type);

#endif
