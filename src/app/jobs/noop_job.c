#include "app/jobs/jobs.h"

/* Does nothing, for `fairlead jobs test` and benches: what remains is the queue's own time. */
const struct fl_job_kind jobs_kinds[] = {
	{ .kind = "noop", .queue = "sync", .timeout_s = 10, .light = true },
	{ 0 },
};
