#include "worker/worker.h"

const struct fl_job_kind *fl_kind_find(struct fl_str kind, int *number)
{
	*number = 0;
	for (int i = 0; fl_apps[i]; i++)
		for (const struct fl_job_kind *k = fl_apps[i]->jobs; k && k->kind; k++, (*number)++)
			if (fl_str_eq(fl_str(k->kind), kind))
				return k;
	return NULL;
}

int fl_kind_count(void)
{
	int n;

	(void)fl_kind_find(FL_STR(""), &n);
	return n;
}
