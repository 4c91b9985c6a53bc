#include "worker/ended.h"

void fl_ended_add(struct fl_ended *e, const struct fl_job *job)
{
	const char *sep = e->n++ ? "," : "{";

	fl_buf_printf(&e->orgs, "%s%s", sep, job->org_id);
	fl_buf_printf(&e->ids, "%s%s", sep, job->id);
	fl_buf_printf(&e->fences, "%s%lld", sep, (long long)job->fence);
}

struct fl_ended fl_ended_new(struct fl_arena *a)
{
	return (struct fl_ended){ .orgs = fl_buf(a, 4096), .ids = fl_buf(a, 4096), .fences = fl_buf(a, 4096) };
}

void fl_ended_close(struct fl_ended *e)
{
	fl_buf_putc(&e->orgs, '}');
	fl_buf_putc(&e->ids, '}');
	fl_buf_putc(&e->fences, '}');
}
