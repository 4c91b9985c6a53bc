/* The state of the platform: what this process measures goes to the database as one document, and comes back as the rows of the page
 * beside what the database knows. */
#include "app/observe/health.h"
#include "base/conf.h"
#include "http/machine.h"
#include "http/metrics.h"

static double ms_since(int64_t tick_us)
{
	return (double)(fl_tick_us() - tick_us) / 1000.0;
}

static void dependency(struct fl_jw *w, const char *name, const char *state, double ms, const char *detail)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_cstr(w, "name", name);
	fl_jw_cstr(w, "state", state);
	if (ms >= 0)
		fl_jw_double(w, "ms", ms);
	fl_jw_cstr(w, "detail", detail);
	fl_jw_close(w, '}');
}

struct measured {
	bool redis, low;
	int64_t redis_bytes, disk_free;
	double redis_ms, database_ms;
	int nprocesses, nworkers;
	struct machine_process process[MACHINE_PROCESSES_MAX];
};

static struct measured *measure(struct fl_cx *cx, struct request *r)
{
	struct measured *m = FL_NEW(cx->a, struct measured);
	int64_t at = fl_tick_us();

	m->redis = fl_redis_ping(r->redis, &m->redis_bytes);
	m->redis_ms = ms_since(at);
	m->disk_free = machine_disk_free(r->web->conf->data_dir, &m->low);
	m->nprocesses = machine_processes(cx->a, m->process, MACHINE_PROCESSES_MAX);
	for (int i = 0; i < m->nprocesses; i++)
		m->nworkers += strcmp(m->process[i].name, "fairlead-worker") == 0;
	return m;
}

static void dependencies(struct fl_jw *w, struct fl_arena *a, const struct fl_conf *conf, const struct measured *m)
{
	bool wants_redis = conf->redis_url[0] != '\0';
	struct health_place place[HEALTH_PLACES_MAX];
	int n = health_places(a, conf, place);

	fl_jw_open(w, "dependencies", '[');
	dependency(w, "postgresql", "ok", m->database_ms, "");
	dependency(w, "redis", m->redis ? "ok" : wants_redis ? "away" : "off", m->redis ? m->redis_ms : -1, "");
	dependency(w, "worker", m->nworkers ? "ok" : "away", -1, fl_fmt(a, "%d", m->nworkers));
	dependency(w, "disk", m->disk_free < 0 ? "away" : m->low ? "low" : "ok", -1, conf->data_dir);
	/* These stand elsewhere: a page does not wait for them, a job asks them once a minute. */
	for (int i = 0; i < n; i++)
		dependency(w, place[i].name, place[i].at[0] ? "set" : "off", -1, place[i].at);
	fl_jw_close(w, ']');
}

static void machine(struct fl_jw *w, const struct request *r, const struct measured *m)
{
	bool redis_away = !m->redis && r->web->conf->redis_url[0];
	int64_t requests, uptime_s;

	web_metrics_totals(r->web, &requests, &uptime_s);
	fl_jw_open(w, "machine", '{');
	fl_jw_cstr(w, "status", redis_away ? "redis away" : !m->nworkers ? "worker away" : m->low ? "disk low" : "ok");
	fl_jw_int(w, "disk_free_bytes", m->disk_free);
	fl_jw_bool(w, "disk_low", m->low);
	fl_jw_int(w, "redis_bytes", m->redis_bytes);
	fl_jw_cstr(w, "fairlead", PACKAGE_VERSION);
	fl_jw_cstr(w, "env", r->web->conf->env);
	fl_jw_int(w, "uptime_s", uptime_s);
	fl_jw_close(w, '}');
}

static void processes(struct fl_jw *w, const struct measured *m)
{
	fl_jw_open(w, "processes", '[');
	for (int i = 0; i < m->nprocesses; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "name", m->process[i].name);
		fl_jw_int(w, "pid", m->process[i].pid);
		fl_jw_int(w, "rss_bytes", m->process[i].rss_bytes);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
}

static void settings(struct fl_jw *w, struct fl_arena *a, const struct fl_conf *conf)
{
	fl_jw_open(w, "settings", '[');
	for (const struct fl_conf_name *n = fl_conf_names; n->name; n++) {
		const char *v = fl_conf_show(a, conf, n->name);

		fl_jw_open(w, NULL, '{');
		fl_jw_cstr(w, "name", n->name);
		fl_jw_cstr(w, "value", v ? v : "");
		fl_jw_cstr(w, "help", n->help);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
}

static struct fl_str facts_of(struct fl_cx *cx, struct request *r, const struct measured *m)
{
	struct fl_buf b = fl_buf(cx->a, 256 * 1024);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	dependencies(&w, cx->a, r->web->conf, m);
	machine(&w, r, m);
	processes(&w, m);
	settings(&w, cx->a, r->web->conf);
	fl_jw_close(&w, '}');
	return fl_buf_get(&b);
}

enum fl_rc machine_status(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;
	struct measured *m;
	struct fl_batch *b;
	struct fl_str facts;
	double database_ms;
	int64_t at;
	int n = 0;

	FL_TRY(fl_req_enter(cx, req));
	at = fl_tick_us();
	FL_TRY(fl_db_run(cx, r->db, q_ping(), NULL));
	database_ms = ms_since(at);
	m = measure(cx, r);
	m->database_ms = database_ms;
	facts = facts_of(cx, r, m);
	b = fl_batch_new(cx->a);
	fl_batch_add(b, q_observe_total(facts), &r->set[n++]);
	fl_batch_add(b, q_observe_dependencies(facts), &r->set[n++]);
	fl_batch_add(b, q_observe_queue_list(), &r->set[n++]);
	fl_batch_add(b, q_observe_sweeps(), &r->set[n++]);
	fl_batch_add(b, q_observe_processes(facts), &r->set[n++]);
	fl_batch_add(b, q_observe_settings(facts), &r->set[n++]);
	if (!r->json)
		fl_batch_add(b, q_frame(), &r->frame);
	return fl_batch_run(cx, r->db, b);
}
