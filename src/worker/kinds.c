#include "worker/worker.h"

const struct fl_job_kind *fl_kind_find(struct fl_str kind)
{
	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_job_kind *k = fl_apps[i]->jobs; k && k->kind; k++)
			if (fl_str_eq(fl_str(k->kind), kind))
				return k;
	return NULL;
}
