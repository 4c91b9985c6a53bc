/* Scheduling by message: a request that wants a meeting is read for its times, and a person puts one of them in the calendar. */
#include "app/app.h"
#include "app/schedule/read.h"

static const struct fl_job_kind jobs[] = {
	{ .kind = "schedule.read", .queue = "scheduling-agent", .timeout_s = 10, .load = schedule_read_load, .call = schedule_read_call, .save = schedule_read_save,
	  .rings = "t:intake" },
	{ 0 },
};

const struct fl_app schedule_app = { .name = "schedule", .jobs = jobs };
