/* Scheduling by message: a request that wants a meeting is read for its times; where a booking page says whose time may be given away, it is booked, moved and
 * cancelled over several turns, else a person puts one of the times in the calendar. */
#include "app/app.h"
#include "app/schedule/read.h"
#include "app/words.h"

static const struct fl_job_kind jobs[] = {
	{ .kind = "schedule.read", .queue = "scheduling-agent", .timeout_s = 10, .load = schedule_read_load, .call = schedule_read_call, .save = schedule_read_save,
	  .rings = "q:scheduling-agent q:events t:intake t:notes" },
	{ .kind = "schedule.answer", .queue = "scheduling-agent", .timeout_s = 10, .load = schedule_answer_load, .call = schedule_answer_call, .save = schedule_answer_save,
	  .rings = "q:email q:sms t:intake t:notes", .cache_new = fl_words_new },
	{ 0 },
};

const struct fl_app schedule_app = { .name = "schedule", .jobs = jobs };
