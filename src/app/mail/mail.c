/* Mail in and out: mailboxes, what went wrong with mail, the jobs that carry it. */
#include "app/mail/mail.h"
#include "app/words.h"

static const struct fl_field box_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80, .help = "what people call it" },
	{ "address", FL_K_EMAIL, .required = true, .help = "mail to it becomes requests" },
	{ "imap_url", FL_K_TEXT, .max = 300, .help = "imaps://host/INBOX; none: mail comes by fairlead mail receive" },
	{ "imap_user", FL_K_TEXT },
	{ "imap_password", FL_K_SECRET, .help = "none: stays as it is" },
	{ "plus", FL_K_BOOL, .help = "name+anything@ arrives in this mailbox too" },
	{ "active", FL_K_BOOL },
	{ 0 },
};
static const struct fl_field odd_fields[] = {
	{ "state", FL_K_CHOICE, .choices = "failed|ignored", .help = "only these" },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};

#define PAGE .nav = "channels"

static const struct fl_page pages[] = {
	{ "GET", "/channels/mail", "channel.manage", odd_fields, .view = "mailbox/list", .title = "mailbox.title", PAGE,
	  .sets = { { "odd", Q_MAIL_ODD }, { "boxes", Q_MAILBOX_LIST }, { "stuck", Q_EMAIL_STUCK }, { "stops", Q_MAIL_STOPS }, { "all", Q_MAIL_COUNTS, FL_ONE } },
	  .summary = "Mailboxes, mail that could not be read or sent" },
	{ "GET", "/channels/mail/new", "channel.manage", NULL, .view = "mailbox/new", .title = "mailbox.new", PAGE, .flags = FL_HTML_ONLY,
	  .summary = "Form for a new mailbox" },
	{ "POST", "/channels/mail", "channel.manage", box_fields, .view = "mailbox/new", .run = mail_box_save, .gives = Q_MAILBOX_SAVE, .title = "mailbox.new", PAGE,
	  .then = "/channels/mail/{id}?done=mailbox_saved", .rings = "q:ingest t:jobs", .flags = FL_CREATED, .summary = "Makes a mailbox" },
	{ "GET", "/channels/mail/{id}", "channel.manage", NULL, .view = "mailbox/edit", .sets = { { "box", Q_MAILBOX_SHOW, FL_ONE } },
	  .title = "mailbox.edit", PAGE, .summary = "A mailbox" },
	{ "POST", "/channels/mail/{id}", "channel.manage", box_fields, .view = "mailbox/edit", .sets = { { "box", Q_MAILBOX_SHOW, FL_ONE } },
	  .run = mail_box_save, .gives = Q_MAILBOX_SAVE, .title = "mailbox.edit", PAGE, .then = "/channels/mail/{id}?done=mailbox_saved", .rings = "q:ingest t:jobs",
	  .summary = "Changes a mailbox" },
	{ "POST", "/channels/mail/{id}/poll", "channel.manage", NULL, .does = Q_MAILBOX_POLL, .then = "/channels/mail/{id}?done=mailbox_asked",
	  .rings = "q:ingest t:jobs", .summary = "Looks into a mailbox now" },
	{ "POST", "/channels/mail/odd/{id}/replay", "channel.manage", NULL, .does = Q_MAIL_REPLAY, .then = "/channels/mail?done=mail_replayed",
	  .rings = "q:ingest t:jobs", .summary = "Reads a failed or ignored mail again; an ignored one becomes a request" },
	{ "POST", "/channels/mail/odd/{id}/ignore", "channel.manage", NULL, .does = Q_MAIL_IGNORE, .then = "/channels/mail?done=mail_ignored",
	  .rings = "t:jobs", .summary = "Puts a failed mail aside" },
	{ "POST", "/channels/mail/out/{id}/send", "channel.manage", NULL, .does = Q_EMAIL_AGAIN, .then = "/channels/mail?done=mail_sent_again",
	  .rings = "q:email t:jobs", .summary = "Sends a held or failed mail again" },
	{ "POST", "/channels/mail/out/send", "channel.manage", NULL, .does = Q_EMAIL_AGAIN_ALL, .then = "/channels/mail?done=mail_sent_again",
	  .rings = "q:email t:jobs", .summary = "Sends all held and failed mail again" },
	{ "POST", "/channels/mail/stops/{id}/lift", "channel.manage", NULL, .does = Q_MAIL_STOP_LIFT, .then = "/channels/mail?done=mail_lifted", .rings = "t:jobs",
	  .summary = "Lets an address that bounced have mail again" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "email.send", .queue = "email", .in_rounds = true, .timeout_s = 60, .max_attempts = 8, .load_all = mail_send_load, .call = mail_send_call,
	  .save_all = mail_send_save, .dead = mail_send_dead, .rings = "t:jobs", .cache_new = fl_words_new },
	{ .kind = "mail.poll", .queue = "ingest", .timeout_s = 120, .max_attempts = 1, .load = mail_poll_load, .call = mail_poll_call,
	  .save = mail_poll_save, .dead = mail_poll_dead, .rings = "q:ingest t:jobs" },
	{ .kind = "mail.seen", .queue = "ingest", .timeout_s = 60, .load = mail_poll_load, .call = mail_seen_call, .save = mail_seen_save,
	  .rings = "q:ingest" },
	{ .kind = "mail.parse", .queue = "ingest", .timeout_s = 60, .max_attempts = 5, .load = mail_parse_load, .call = mail_parse_call,
	  .save = mail_parse_save, .dead = mail_parse_dead, .rings = "q:intake-routing q:email t:intake t:jobs t:notes" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "mail-poll", .every_s = 60, .skip_missed = true, .q = Q_SWEEP_MAIL_POLL,
	  .help = "looks into the mailboxes", .rings = "q:ingest" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ .type = "email.received", .version = "1.0", .required = "mail_id" },
	{ 0 },
};

static const struct fl_listen listens[] = {
	{ .event = "email.received", .consumer = "mail.parse", .queue = "ingest", .kind = "mail.parse" },
	{ 0 },
};

const struct fl_app mail_app = { .name = "mail", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits, .listens = listens };
