#include "http/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CLASSES = 5, BUCKETS = 10 }; /* status 1xx to 5xx */

static const int bucket_us[BUCKETS] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000 };

struct cell {
	_Atomic int64_t requests, duration_us, in_bytes, out_bytes;
	_Atomic int64_t bucket[BUCKETS];
};

struct web_metrics {
	int64_t start_us;
	_Atomic int64_t db_us[2], db_queries[2], db_slow; /* of pages that only read, and of those that may write */
	struct cell cell[][CLASSES];
};

struct web_metrics *web_metrics_new(int nroutes)
{
	size_t n = sizeof(struct web_metrics) + (size_t)(nroutes + 1) * CLASSES * sizeof(struct cell);
	struct web_metrics *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		abort();
	m->start_us = fl_now_us();
	return m;
}

static const struct {
	const char *name, *help;
} known[] = {
	{ "agent_conversations_active", "Conversations of the chat that were written in within half an hour." },
	{ "db_commits_total", "Transactions the database committed." },
	{ "db_connections_idle", "Connections to the database that do nothing." },
	{ "db_connections_max", "Connections the database takes." },
	{ "db_connections_total", "Connections to the database." },
	{ "db_deadlocks_total", "Deadlocks the database broke." },
	{ "db_query_duration_seconds", "Time web processes waited for the database." },
	{ "db_rollbacks_total", "Transactions the database rolled back." },
	{ "db_slow_queries_total", "Round trips of web processes that took over 100 ms." },
	{ "db_up", "1 while the database answers." },
	{ "disk_free_bytes", "Room left where DATA_DIR lies." },
	{ "document_ingestions_total", "Documents by what became of them." },
	{ "http_request_duration_seconds", "Time from a request's arrival to its answer." },
	{ "http_request_size_bytes", "Bytes of the bodies of requests." },
	{ "http_requests_total", "Requests answered." },
	{ "http_response_size_bytes", "Bytes of answers." },
	{ "job_processing_duration_seconds", "Time jobs ran." },
	{ "job_queue_active", "Jobs that run." },
	{ "job_queue_completed", "Jobs done." },
	{ "job_queue_dead", "Dead letters that wait for a person." },
	{ "job_queue_failed", "Attempts that failed." },
	{ "job_queue_oldest_seconds", "Age of the oldest job that is due." },
	{ "job_queue_paused", "1 while a queue is paused." },
	{ "job_queue_waiting", "Jobs that wait." },
	{ "job_runs_lost", "Runs of the last day that did not end by themselves, by outcome." },
	{ "llm_api_calls_total", "Calls of language models." },
	{ "llm_tokens_used", "Tokens of language models." },
	{ "process_resident_memory_bytes", "Resident memory of each process." },
	{ "redis_memory_bytes", "Memory Redis uses." },
	{ "redis_up", "1 while Redis answers." },
	{ "sweep_last_run_age_seconds", "Time since a sweep last ended." },
	{ "sweep_late", "1 when a sweep that is not paused is two minutes late." },
};

void web_metrics_head(struct fl_buf *b, const char *name, const char *kind)
{
	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			fl_buf_printf(b, "# HELP %s %s\n", name, known[i].help);
	fl_buf_printf(b, "# TYPE %s %s\n", name, kind);
}

static void add(_Atomic int64_t *to, int64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

void web_metrics_count(const struct request *r)
{
	int route = r->route ? r->route->number : r->web->nroutes;
	int class = r->status / 100 - 1;
	struct cell *c = &r->web->metrics->cell[route][class < 0 || class >= CLASSES ? CLASSES - 1 : class];
	int64_t took_us = fl_tick_us() - r->cx.start_tick_us;

	add(&r->web->metrics->db_us[r->unsafe], r->cx.db_us);
	add(&r->web->metrics->db_queries[r->unsafe], r->cx.queries);
	add(&r->web->metrics->db_slow, r->cx.slow_queries);
	add(&c->requests, 1);
	add(&c->duration_us, took_us);
	add(&c->in_bytes, (int64_t)r->body.n);
	add(&c->out_bytes, (int64_t)r->out.n);
	for (int i = 0; i < BUCKETS; i++)
		if (took_us <= bucket_us[i]) {
			add(&c->bucket[i], 1);
			break;
		}
}

static void labels(const struct web *web, int route, int class, struct fl_buf *b)
{
	const struct fl_page *p = route < web->nroutes ? web->routes[route].page : NULL;

	fl_buf_printf(b, "{method=\"%s\",route=\"%s\",status=\"%dxx\"", p ? p->method : "", p ? p->path : "none", class + 1);
}

static void write_sum(const struct web *web, struct fl_buf *b, const char *name, const char *kind, size_t offset)
{
	web_metrics_head(b, name, kind);
	for (int i = 0; i <= web->nroutes; i++)
		for (int k = 0; k < CLASSES; k++) {
			struct cell *c = &web->metrics->cell[i][k];
			_Atomic int64_t *at = (_Atomic int64_t *)(void *)((char *)c + offset);

			if (atomic_load(&c->requests) == 0)
				continue;
			fl_buf_puts(b, name);
			labels(web, i, k, b);
			fl_buf_printf(b, "} %lld\n", (long long)atomic_load(at));
		}
}

static void write_histogram(const struct web *web, int i, int k, struct fl_buf *b)
{
	struct cell *c = &web->metrics->cell[i][k];
	int64_t sum = 0, n;

	for (int j = 0; j < BUCKETS; j++) {
		sum += atomic_load(&c->bucket[j]);
		fl_buf_puts(b, "http_request_duration_seconds_bucket");
		labels(web, i, k, b);
		fl_buf_printf(b, ",le=\"%g\"} %lld\n", bucket_us[j] / 1e6, (long long)sum);
	}
	n = atomic_load(&c->requests); /* after its buckets: a request that is counted meanwhile is not in one of them alone */
	fl_buf_puts(b, "http_request_duration_seconds_bucket");
	labels(web, i, k, b);
	fl_buf_printf(b, ",le=\"+Inf\"} %lld\nhttp_request_duration_seconds_sum", (long long)n);
	labels(web, i, k, b);
	fl_buf_printf(b, "} %.6f\nhttp_request_duration_seconds_count", (double)atomic_load(&c->duration_us) / 1e6);
	labels(web, i, k, b);
	fl_buf_printf(b, "} %lld\n", (long long)n);
}

void web_metrics_write(const struct web *web, struct fl_buf *b)
{
	write_sum(web, b, "http_requests_total", "counter", offsetof(struct cell, requests));
	write_sum(web, b, "http_request_size_bytes", "counter", offsetof(struct cell, in_bytes));
	write_sum(web, b, "http_response_size_bytes", "counter", offsetof(struct cell, out_bytes));
	web_metrics_head(b, "http_request_duration_seconds", "histogram");
	for (int i = 0; i <= web->nroutes; i++)
		for (int k = 0; k < CLASSES; k++)
			if (atomic_load(&web->metrics->cell[i][k].requests) > 0)
				write_histogram(web, i, k, b);
	web_metrics_head(b, "db_query_duration_seconds", "summary");
	for (int i = 0; i < 2; i++)
		fl_buf_printf(b, "db_query_duration_seconds_sum{operation=\"%s\"} %.6f\ndb_query_duration_seconds_count{operation=\"%s\"} %lld\n", i ? "write" : "read",
		              (double)atomic_load(&web->metrics->db_us[i]) / 1e6, i ? "write" : "read", (long long)atomic_load(&web->metrics->db_queries[i]));
	web_metrics_head(b, "db_slow_queries_total", "counter");
	fl_buf_printf(b, "db_slow_queries_total %lld\n", (long long)atomic_load(&web->metrics->db_slow));
}

void web_metrics_totals(const struct web *web, int64_t *requests, int64_t *uptime_s)
{
	*requests = 0;
	for (int i = 0; i <= web->nroutes; i++)
		for (int k = 0; k < CLASSES; k++)
			*requests += atomic_load(&web->metrics->cell[i][k].requests);
	*uptime_s = (fl_now_us() - web->metrics->start_us) / FL_SECOND_US;
}
