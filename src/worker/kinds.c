#include <stdio.h>

#include "base/conf.h"
#include "worker/worker.h"

const struct fl_job_kind *fl_kind_find(struct fl_str kind)
{
	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_job_kind *k = fl_apps[i]->jobs; k && k->kind; k++)
			if (fl_str_eq(fl_str(k->kind), kind))
				return k;
	return NULL;
}

int fl_kind_timeout_s(const struct fl_conf *conf, const struct fl_job_kind *kind)
{
	struct fl_str rest = fl_str(conf->job_timeouts);
	int64_t n = kind->timeout_s;

	while (rest.n) {
		struct fl_str value = fl_str_trim(fl_str_cut(&rest, ',')), name = fl_str_cut(&value, '=');

		if (fl_str_eq(name, fl_str(kind->kind)) && fl_str_int(value, 1, FL_JOB_TIMEOUT_MAX_S, &n) == FL_OK)
			break;
	}
	return (int)n;
}

enum fl_rc fl_kinds_check(const struct fl_conf *conf)
{
	struct fl_str rest = fl_str(conf->job_timeouts);

	while (rest.n) {
		struct fl_str pair = fl_str_trim(fl_str_cut(&rest, ',')), name = fl_str_cut(&pair, '=');

		if (!fl_kind_find(name)) {
			fprintf(stderr, "JOB_TIMEOUTS: there is no kind of job named %.*s; /jobs shows the kinds\n", (int)name.n, name.p);
			return FL_INVALID;
		}
	}
	return FL_OK;
}
