/* Notifications in the app, and what each person wants to hear of. */
#include "app/note/remind.h"

static const struct fl_field list_fields[] = {
	{ "after", FL_K_TEXT, .max = 37, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field read_fields[] = {
	{ "id", FL_K_UUID, .help = "one notification; none: all" },
	{ 0 },
};
static const struct fl_field choice_fields[] = {
	{ "in_app", FL_K_LIST, .max = 40, .help = "kinds shown in the app" },
	{ "email", FL_K_LIST, .max = 40, .help = "kinds sent by mail" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/notifications", "app.use", list_fields, .view = "note/list", .title = "note.title",
	  .sets = { { "notes", Q_NOTE_LIST }, { "all", Q_NOTE_COUNTS, FL_ONE } }, .summary = "Your notifications, unread first" },
	{ "POST", "/notifications/read", "app.use", read_fields, .does = Q_NOTE_READ, .then = "/notifications", .rings = "t:notes",
	  .summary = "Marks one notification, or all, as read" },
	{ "GET", "/me/notifications", "app.use", NULL, .view = "note/choose", .title = "note.choose", .sets = { { "choices", Q_NOTE_CHOICES } },
	  .summary = "What you want to hear of" },
	{ "POST", "/me/notifications", "app.use", choice_fields, .view = "note/choose", .title = "note.choose",
	  .sets = { { "choices", Q_NOTE_CHOICES } }, .does = Q_NOTE_CHOOSE, .then = "/me/notifications?done=saved",
	  .summary = "Changes what you want to hear of" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "reminders", .every_s = 60, .q = Q_SWEEP_REMINDERS, .help = "makes reminders of the next minutes ready", .rings = "q:scheduling-reminders" },
	{ .name = "notifications", .every_s = 86400, .q = Q_SWEEP_NOTE_FORGET, .help = "removes notifications read 90 days ago" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "remind.send", .queue = "scheduling-reminders", .timeout_s = 20, .light = true, .max_attempts = 5, .save = remind_send_save, .rings = "t:notes q:email q:sms" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "reminder.due", "1.0", "reminder_id subject_kind subject_id user_id late", "" },
	{ 0 },
};

const struct fl_app note_app = { .name = "note", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits };
