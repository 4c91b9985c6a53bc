#include "http/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/conf.h"
#include "http/metrics.h"

static struct fl_str read_small(struct fl_arena *a, const char *path)
{
	char *p = fl_alloc(a, 256);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, p, 255);

	if (fd >= 0)
		(void)close(fd);
	return fl_str_trim((struct fl_str){ p, n < 0 ? 0 : (size_t)n });
}

/* The second number of statm: resident pages. */
static int64_t resident_bytes(struct fl_arena *a, const char *pid)
{
	struct fl_str rest = read_small(a, fl_fmt(a, "/proc/%s/statm", pid));
	int64_t pages = 0;

	(void)fl_str_cut(&rest, ' ');
	if (!rest.p || fl_str_int(fl_str_cut(&rest, ' '), 0, INT64_MAX, &pages) != FL_OK)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

int machine_processes(struct fl_arena *a, struct machine_process *out, int max)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (proc && n < max && (e = readdir(proc))) {
		struct machine_process *p = &out[n];
		struct fl_str comm;

		if (fl_str_int(fl_str(e->d_name), 1, INT64_MAX, &p->pid) != FL_OK)
			continue;
		comm = read_small(a, fl_fmt(a, "/proc/%s/comm", e->d_name));
		if (comm.n < 8 || memcmp(comm.p, "fairlead", 8) != 0)
			continue;
		p->name = fl_strndup(a, comm);
		p->rss_bytes = resident_bytes(a, e->d_name);
		n++;
	}
	if (proc)
		(void)closedir(proc);
	return n;
}

int64_t machine_disk_free(const char *path, bool *low)
{
	struct statvfs v;

	*low = false;
	if (statvfs(path, &v) != 0)
		return -1;
	*low = v.f_bavail < v.f_blocks / 10;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

/* Backslash, quote and newline are the three that the format escapes. */
static void label(struct fl_buf *b, char before, const char *name, const char *value)
{
	fl_buf_printf(b, "%c%s=\"", before, name);
	for (const char *p = value; *p; p++)
		if (*p == '\n')
			fl_buf_puts(b, "\\n");
		else if (*p == '\\' || *p == '"')
			fl_buf_printf(b, "\\%c", *p);
		else
			fl_buf_putc(b, *p);
	fl_buf_putc(b, '"');
}

static void gauge(struct fl_buf *b, const char *name, double value)
{
	web_metrics_head(b, name, "gauge");
	fl_buf_printf(b, "%s %.17g\n", name, value);
}

/* A summary's two samples share the type of their common name. */
static void type_line(struct fl_buf *b, struct fl_arena *a, const char *metric, const char *kind, const char **last)
{
	struct fl_str name = fl_str(metric);

	if (strcmp(kind, "summary") == 0)
		name.n -= strcmp(metric + name.n - 4, "_sum") == 0 ? 4 : 6;
	if (*last && fl_str_eq(fl_str(*last), name))
		return;
	*last = fl_strndup(a, name);
	web_metrics_head(b, *last, kind);
}

static void samples(struct fl_arena *a, const struct fl_rows *r, struct fl_buf *b)
{
	static const int keys[] = { OBSERVE_METRICS_K1, OBSERVE_METRICS_K2, OBSERVE_METRICS_K3 };
	const char *last = NULL;

	for (int i = 0; i < r->nrows; i++) {
		const char *metric = fl_rows_dup(a, r, i, OBSERVE_METRICS_METRIC);
		char before = '{';

		type_line(b, a, metric, fl_rows_dup(a, r, i, OBSERVE_METRICS_KIND), &last);
		fl_buf_puts(b, metric);
		for (size_t k = 0; k < FL_COUNT(keys) && !fl_rows_null(r, i, keys[k]); k++) {
			label(b, before, fl_rows_dup(a, r, i, keys[k]), fl_rows_dup(a, r, i, keys[k] + 1));
			before = ',';
		}
		fl_buf_printf(b, "%s %.17g\n", before == ',' ? "}" : "", fl_rows_float(r, i, OBSERVE_METRICS_VALUE));
	}
}

void machine_metrics(struct fl_cx *cx, struct request *r)
{
	struct machine_process *p = FL_NEW_ARRAY(cx->a, MACHINE_PROCESSES_MAX, struct machine_process);
	int n = machine_processes(cx->a, p, MACHINE_PROCESSES_MAX);
	struct fl_rows *rows = NULL;
	int64_t redis_bytes = 0;
	bool low, database = fl_db_run(cx, r->db, q_observe_metrics(), &rows) == FL_OK;

	cx->err = (struct fl_error){ 0 };
	gauge(&r->out, "db_up", database);
	gauge(&r->out, "redis_up", fl_redis_ping(r->redis, &redis_bytes));
	gauge(&r->out, "redis_memory_bytes", (double)redis_bytes);
	gauge(&r->out, "disk_free_bytes", (double)machine_disk_free(r->web->conf->data_dir, &low));
	web_metrics_head(&r->out, "process_resident_memory_bytes", "gauge");
	for (int i = 0; i < n; i++) {
		fl_buf_puts(&r->out, "process_resident_memory_bytes");
		label(&r->out, '{', "program", p[i].name);
		fl_buf_printf(&r->out, ",pid=\"%lld\"} %lld\n", (long long)p[i].pid, (long long)p[i].rss_bytes);
	}
	if (database)
		samples(cx->a, rows, &r->out);
}
