/* Text messages out and in. */
#include "app/sms/sms.h"

#include "app/words.h"

static const struct fl_field list_fields[] = {
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field again_fields[] = {
	{ "id", FL_K_UUID, .help = "one message; none: all that did not arrive" },
	{ 0 },
};

#define FROM_GATEWAY .flags = FL_PUBLIC | FL_RAW_BODY | FL_JSON_ONLY | FL_NO_CSRF

static const struct fl_page pages[] = {
	{ "GET", "/channels/sms", "channel.manage", list_fields, .view = "sms/list", .sets = { { "items", Q_SMS_LIST }, { "counts", Q_SMS_COUNTS, FL_ONE } },
	  .title = "sms.title", .nav = "channels", .summary = "Text messages with what became of each" },
	{ "POST", "/channels/sms/send", "channel.manage", again_fields, .does = Q_SMS_AGAIN, .then = "/channels/sms?done=sms_again", .rings = "q:sms t:jobs",
	  .summary = "Sends text messages again that did not arrive" },
	{ "POST", "/webhooks/sms", NULL, NULL, .run = sms_webhook_in, .gives = Q_SMS_RECEIVE, FROM_GATEWAY, .summary = "Takes a text message from the gateway" },
	{ "POST", "/webhooks/sms/status", NULL, NULL, .run = sms_webhook_status, .gives = Q_SMS_REPORT, FROM_GATEWAY, .summary = "Takes the gateway's report of a message on its way" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "sms.send", .queue = "sms", .timeout_s = 60, .max_attempts = 8, .load = sms_send_load, .call = sms_send_call, .save = sms_send_save,
	  .dead = sms_send_dead, .rings = "t:jobs t:notes" },
	{ .kind = "sms.say", .queue = "sms", .timeout_s = 20, .max_attempts = 5, .load = sms_say_load, .call = sms_say_call, .save = sms_say_save, .rings = "q:sms",
	  .cache_new = fl_words_new },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "sms.received", "1.0", "sms_id intake_id", "" },
	{ 0 },
};

const struct fl_app sms_app = { .name = "sms", .pages = pages, .jobs = jobs, .emits = emits };
