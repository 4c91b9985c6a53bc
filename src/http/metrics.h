/* Counters of all web processes in memory they share; Prometheus text format 0.0.4 (OBS-01, 02). */
#ifndef FL_HTTP_METRICS_H
#define FL_HTTP_METRICS_H

#include "http/web.h"

/* The lines that stand before the samples of a metric: what it is, and its kind ("counter", "gauge", "histogram", "summary"). */
void web_metrics_head(struct fl_buf *b, const char *name, const char *kind);

/* Maps the shared counters for nroutes routes, before the first fork. Dies by abort() without memory. */
struct web_metrics *web_metrics_new(int nroutes);

/* Counts a finished request. Requests without a route count under route "none". */
void web_metrics_count(const struct request *r);

/* Writes http_requests_total, http_request_duration_seconds, http_request_size_bytes, http_response_size_bytes,
 * db_query_duration_seconds and db_slow_queries_total (over 100 ms). */
void web_metrics_write(const struct web *web, struct fl_buf *b);

/* Requests served and seconds since start, for the JSON form. */
void web_metrics_totals(const struct web *web, int64_t *requests, int64_t *uptime_s);

#endif
