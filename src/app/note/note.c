/* Notifications in the app, and what each person wants to hear of. */
#include "app/note/leave.h"
#include "app/note/remind.h"
#include "app/words.h"

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
	{ "in_app", FL_K_LIST, .max = 4000, .help = "kinds shown in the app" },
	{ "email", FL_K_LIST, .max = 4000, .help = "kinds sent by mail" },
	{ "sms", FL_K_LIST, .max = 4000, .help = "kinds sent as text messages" },
	{ "quiet_from", FL_K_TEXT, .max = 5, .help = "22:00 in your zone; nothing but what is urgent leaves until quiet_until" },
	{ "quiet_until", FL_K_TEXT, .max = 5 },
	{ "digest", FL_K_CHOICE, .choices = "off|hourly|daily", .deflt = "off", .help = "mail that is not urgent, gathered" },
	{ "digest_hour", FL_K_INT, .min = 0, .max = 23, .deflt = "8", .help = "of the daily one, in your zone" },
	{ 0 },
};
static const struct fl_field phone_fields[] = {
	{ "phone", FL_K_PHONE, .help = "for text messages; none: no number" },
	{ 0 },
};
static const struct fl_field code_fields[] = {
	{ "code", FL_K_TEXT, .required = true, .max = 12, .help = "of the text message" },
	{ 0 },
};
static const struct fl_field leave_fields[] = {
	{ "token", FL_K_TEXT, .max = 200, .help = "as it stands in the mail" },
	{ "List-Unsubscribe", FL_K_TEXT, .max = 20, .help = "One-Click, from a mail program (RFC 8058)" },
	{ 0 },
};

#define CHOOSE .view = "note/choose", .sets = { { "choices", Q_NOTE_CHOICES }, { "settings", Q_NOTE_SETTINGS, FL_ONE } }, .title = "note.choose"
#define LEAVE .view = "note/leave", .sets = { { "door", Q_NOTE_DOOR, FL_ONE } }, .title = "note.leave", .run = note_leave_page

static const struct fl_page pages[] = {
	{ "GET", "/notifications", "app.use", list_fields, .view = "note/list", .title = "note.title",
	  .sets = { { "notes", Q_NOTE_LIST }, { "all", Q_NOTE_COUNTS, FL_ONE } }, .summary = "Your notifications, unread first" },
	{ "POST", "/notifications/read", "app.use", read_fields, .does = Q_NOTE_READ, .then = "/notifications", .rings = "t:notes",
	  .summary = "Marks one notification, or all, as read" },
	{ "GET", "/me/notifications", "app.use", NULL, CHOOSE, .summary = "What you want to hear of, and when" },
	{ "POST", "/me/notifications", "app.use", choice_fields, CHOOSE, .does = Q_NOTE_CHOOSE, .then = "/me/notifications?done=saved",
	  .summary = "Changes what you want to hear of" },
	{ "POST", "/me/notifications/phone", "app.use", phone_fields, CHOOSE, .does = Q_NOTE_PHONE, .then = "/me/notifications?done=phone_asked", .rings = "q:sms",
	  .summary = "Your number for text messages; a code is sent to it" },
	{ "POST", "/me/notifications/phone/prove", "app.use", code_fields, CHOOSE, .does = Q_NOTE_PHONE_PROVE, .then = "/me/notifications?done={said}",
	  .summary = "The code that came with the text message" },
	{ "GET", "/unsubscribe/{token}", NULL, leave_fields, LEAVE, .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY },
	{ "POST", "/unsubscribe/{token}", NULL, leave_fields, .run = note_leave_page, .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY | FL_NO_CSRF, .summary = "No more mail of a kind" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "reminders", .every_s = 60, .q = Q_SWEEP_REMINDERS, .help = "makes reminders of the next minutes ready", .rings = "q:scheduling-reminders" },
	{ .name = "digests", .every_s = 60, .q = Q_SWEEP_NOTE_DIGEST, .help = "sends what was gathered for people", .rings = "q:email" },
	{ .name = "notifications", .every_s = 86400, .q = Q_SWEEP_NOTE_FORGET, .help = "removes notifications read 90 days ago" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "remind.send", .queue = "scheduling-reminders", .timeout_s = 20, .light = true, .max_attempts = 5, .save_all = remind_send_save, .rings = "t:notes q:email q:sms" },
	{ .kind = "note.deliver", .queue = "scheduling-reminders", .timeout_s = 20, .light = true, .max_attempts = 5, .load = note_deliver_load, .call = note_deliver_call,
	  .save = note_deliver_save, .rings = "q:email q:sms", .cache_new = fl_words_new },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "reminder.due", "1.0", "reminder_id subject_kind subject_id late", "user_id" },
	{ 0 },
};

const struct fl_app note_app = { .name = "note", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits };
