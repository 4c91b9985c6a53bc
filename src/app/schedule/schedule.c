/* Scheduling by message: a request that wants a meeting is read for its times; where a booking page says whose time may be given away, it is booked, moved and
 * cancelled over several turns, else a person puts one of the times in the calendar. */
#include "app/app.h"
#include "app/schedule/read.h"
#include "app/words.h"

static const struct fl_field message_fields[] = {
	{ "text", FL_K_LONG, .required = true, .help = "what the person wrote" },
	{ "channel", FL_K_CHOICE, .choices = "chat|sms|email", .deflt = "chat", .help = "what carried it; answers go back by text message or mail where there is a number or address" },
	{ "name", FL_K_TEXT },
	{ "email", FL_K_EMAIL, .help = "of the person; needed of email" },
	{ "phone", FL_K_PHONE, .help = "needed of sms" },
	{ "subject", FL_K_TEXT, .max = 300 },
	{ "intake_id", FL_K_UUID, .help = "the id that was answered before: the message goes on with it" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "POST", "/scheduling-agent", "intake.create", message_fields, .run = schedule_door, .gives = Q_SCHEDULE_MESSAGE, .flags = FL_JSON_ONLY,
	  .rings = "q:scheduling-agent q:intake-routing q:events t:intake", .summary = "Takes a message of somebody who wants a meeting; the answer is made afterwards" },
	{ "GET", "/scheduling-agent/{id}", "intake.read", NULL, .sets = { { "task", Q_SCHEDULE_TASK, FL_ONE }, { "turns", Q_SCHEDULE_TURNS }, { "messages", Q_SCHEDULE_MESSAGES } },
	  .flags = FL_JSON_ONLY, .summary = "How far a meeting asked for by message is: what was understood, offered, answered and booked" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "schedule.read", .queue = "scheduling-agent", .timeout_s = 10, .load = schedule_read_load, .call = schedule_read_call, .save = schedule_read_save,
	  .rings = "q:scheduling-agent q:events t:intake t:notes" },
	{ .kind = "schedule.answer", .queue = "scheduling-agent", .timeout_s = 10, .load = schedule_answer_load, .call = schedule_answer_call, .save = schedule_answer_save,
	  .rings = "q:email q:sms t:intake t:notes", .cache_new = fl_words_new },
	{ 0 },
};

const struct fl_app schedule_app = { .name = "schedule", .pages = pages, .jobs = jobs };
