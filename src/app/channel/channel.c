/* The doors requests come in by: forms, the submitter's link, signed webhooks. */
#include "app/channel/webhook.h"
#include "app/document/document.h"

static const struct fl_field form_fields[] = {
	{ "field", FL_K_OBJECT, .help = "the form's own fields; an address may fill them in" },
	{ 0 },
};
static const struct fl_field submit_fields[] = {
	{ "field", FL_K_OBJECT, .max = 200000, .help = "the form's own fields" },
	{ "website", FL_K_TEXT, .max = 500, .help = "leave it empty" },
	{ "answer", FL_K_TEXT, .max = 10, .help = "the sum asked for, if one was" },
	{ 0 },
};
static const struct fl_field status_fields[] = {
	{ "body", FL_K_LONG, .required = true, .max = 5000 },
	{ 0 },
};

#define KINDS "text|long|choice|name|email|phone|date|number|file"
#define SCHEMES "standard|github|stripe|token"

#define SETTINGS \
	{ "name", FL_K_TEXT, .required = true, .max = 80 }, { "title", FL_K_TEXT, .max = 120, .help = "none: the name" }, { "intro", FL_K_LONG, .max = 2000 }, \
	{ "thanks", FL_K_LONG, .max = 2000 }, { "pipeline_id", FL_K_UUID, .help = "none: Fairlead decides" }, \
	{ "embed_origins", FL_K_LONG, .max = 2000, .help = "origins of the sites that may show the form or send to it, one a line; none: every site may, but no script" }
static const struct fl_field new_fields[] = {
	SETTINGS,
	{ 0 },
};
static const struct fl_field settings_fields[] = {
	{ "version", FL_K_INT, .help = "of the form as you saw it; 409 when it has changed" },
	SETTINGS,
	{ 0 },
};
static const struct fl_field field_fields[] = {
	{ "version", FL_K_INT },
	{ "field", FL_K_TEXT, .max = 40, .help = "name of the field to change; none: a new one" },
	{ "label", FL_K_TEXT, .required = true, .max = 120 },
	{ "hint", FL_K_TEXT, .max = 200 },
	{ "kind", FL_K_CHOICE, .choices = KINDS, .required = true },
	{ "required", FL_K_BOOL },
	{ "choices", FL_K_LONG, .max = 5000, .help = "one a line, for kind choice" },
	{ 0 },
};
static const struct fl_field field_remove_fields[] = {
	{ "version", FL_K_INT },
	{ "field", FL_K_TEXT, .required = true, .max = 40 },
	{ 0 },
};
static const struct fl_field field_move_fields[] = {
	{ "version", FL_K_INT },
	{ "field", FL_K_TEXT, .required = true, .max = 40 },
	{ "where", FL_K_CHOICE, .choices = "up|down", .required = true },
	{ 0 },
};
static const struct fl_field switch_fields[] = {
	{ "active", FL_K_BOOL },
	{ 0 },
};
#define MAPS \
	{ "map_subject", FL_K_TEXT, .max = 100, .help = "dotted path into the body" }, { "map_body", FL_K_TEXT, .max = 100 }, \
	{ "map_name", FL_K_TEXT, .max = 100 }, { "map_email", FL_K_TEXT, .max = 100 }, { "map_phone", FL_K_TEXT, .max = 100 }
static const struct fl_field webhook_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "scheme", FL_K_CHOICE, .choices = SCHEMES, .deflt = "standard" },
	{ "secret", FL_K_SECRET, .required = true, .min = 16, .max = 200 },
	MAPS,
	{ 0 },
};
static const struct fl_field webhook_set_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "scheme", FL_K_CHOICE, .choices = SCHEMES, .deflt = "standard" },
	{ "secret", FL_K_SECRET, .max = 200, .help = "none: as it is" },
	MAPS,
	{ 0 },
};

#define EDITOR .view = "channel/form", .sets = { { "sheet", Q_FORM_SHOW, FL_ONE }, { "fields", Q_FORM_ROWS }, \
	          { "options", Q_FORM_ROW_OPTIONS, .under = "fields", .by = "field" }, { "pipelines", Q_PIPELINE_CHOICES } }, \
	.title = "channel.form", .nav = "channels"
#define SOURCE .view = "channel/webhook", .sets = { { "source", Q_WEBHOOK_SHOW, FL_ONE }, { "receipts", Q_WEBHOOK_RECEIPTS } }, \
	.title = "channel.webhook", .nav = "channels"
#define FORM(inputs) .view = "public/form", .sets = { { "form", Q_FORM_PUBLIC, FL_ONE }, { "inputs", inputs }, { "options", Q_FORM_OPTIONS, .under = "inputs", .by = "field" } }
#define STATUS .view = "public/status", .sets = { { "request", Q_STATUS_SHOW, FL_ONE }, { "thread", Q_STATUS_THREAD } }
#define DOOR FL_TOKEN_IN_PATH | FL_NO_FRAME | FL_EMBED

static const struct fl_page pages[] = {
	{ "GET", "/f/{token}", "form.submit", form_fields, FORM(Q_FORM_INPUTS), .flags = DOOR, .title = "public.form", .summary = "A public form" },
	{ "POST", "/f/{token}", "form.submit", submit_fields, FORM(Q_FORM_INPUTS_AGAIN), .does = Q_FORM_SUBMIT, .run = document_of_request, .then = "/status/{status_key}?done=received",
	  .flags = DOOR | FL_ACCEPTED | FL_FILES | FL_ONCE, .rings = "q:intake-routing q:email t:intake", .title = "public.form", .summary = "Sends a request through a form" },
	{ "GET", "/status/{token}", "status.read", NULL, STATUS, .flags = DOOR, .title = "public.status", .summary = "Where a request of yours stands" },
	{ "POST", "/status/{token}", "status.write", status_fields, STATUS, .does = Q_STATUS_ADD, .then = "/status/{token}?done=added", .flags = DOOR,
	  .rings = "t:intake t:notes", .title = "public.status", .summary = "Adds a word to your request" },
	{ "POST", "/status/{token}/withdraw", "status.write", NULL, .does = Q_STATUS_WITHDRAW, .then = "/status/{token}?done=withdrawn", .flags = DOOR,
	  .rings = "t:intake", .summary = "Takes your request back" },
	{ "POST", "/webhooks/{token}", "webhook.receive", NULL, .run = webhook_receive, .gives = Q_WEBHOOK_TAKE, .flags = FL_TOKEN_IN_PATH | FL_RAW_BODY | FL_JSON_ONLY | FL_ACCEPTED,
	  .summary = "Takes a signed webhook" },

	{ "GET", "/channels", "channel.manage", NULL, .view = "channel/list",
	  .sets = { { "forms", Q_CHANNEL_FORMS }, { "webhooks", Q_CHANNEL_WEBHOOKS }, { "mailboxes", Q_CHANNEL_MAILBOXES } },
	  .title = "channel.title", .nav = "channels", .summary = "Forms, webhook sources and mailboxes" },
	{ "GET", "/channels/forms/new", "channel.manage", NULL, .view = "channel/form-new", .sets = { { "pipelines", Q_PIPELINE_CHOICES } },
	  .flags = FL_HTML_ONLY, .title = "channel.form_new", .nav = "channels" },
	{ "POST", "/channels/forms", "channel.manage", new_fields, .view = "channel/form-new", .sets = { { "pipelines", Q_PIPELINE_CHOICES } },
	  .does = Q_FORM_ADD, .then = "/channels/forms/{id}?done=form_made", .title = "channel.form_new", .nav = "channels", .flags = FL_CREATED, .summary = "Makes a form" },
	{ "GET", "/channels/forms/{id}", "channel.manage", NULL, EDITOR, .summary = "A form with its fields" },
	{ "POST", "/channels/forms/{id}", "channel.manage", settings_fields, EDITOR, .does = Q_FORM_SET, .then = "/channels/forms/{id}?done=saved",
	  .summary = "Changes a form" },
	{ "POST", "/channels/forms/{id}/fields", "channel.manage", field_fields, EDITOR, .does = Q_FORM_FIELD_SET,
	  .then = "/channels/forms/{id}?done=field_saved", .summary = "Adds or changes a field of a form" },
	{ "POST", "/channels/forms/{id}/fields/remove", "channel.manage", field_remove_fields, EDITOR, .does = Q_FORM_FIELD_REMOVE,
	  .then = "/channels/forms/{id}?done=field_gone", .summary = "Takes a field off a form" },
	{ "POST", "/channels/forms/{id}/fields/move", "channel.manage", field_move_fields, EDITOR, .does = Q_FORM_FIELD_MOVE,
	  .then = "/channels/forms/{id}?done=field_moved", .summary = "Moves a field of a form" },
	{ "POST", "/channels/forms/{id}/switch", "channel.manage", switch_fields, EDITOR, .does = Q_FORM_SWITCH, .then = "/channels/forms/{id}?done=saved",
	  .summary = "Opens or shuts a form" },
	{ "GET", "/channels/webhooks/new", "channel.manage", NULL, .view = "channel/webhook-new", .sets = { { "fresh", Q_WEBHOOK_FRESH, FL_ONE } },
	  .flags = FL_HTML_ONLY, .title = "channel.webhook_new", .nav = "channels" },
	{ "POST", "/channels/webhooks", "channel.manage", webhook_fields, .view = "channel/webhook-new", .sets = { { "fresh", Q_WEBHOOK_FRESH, FL_ONE } },
	  .run = webhook_add, .gives = Q_WEBHOOK_ADD, .then = "/channels/webhooks/{id}?done=webhook_made", .title = "channel.webhook_new", .nav = "channels",
	  .flags = FL_CREATED, .summary = "Makes a webhook source" },
	{ "GET", "/channels/webhooks/{id}", "channel.manage", NULL, SOURCE, .summary = "A webhook source and what came from it" },
	{ "POST", "/channels/webhooks/{id}", "channel.manage", webhook_set_fields, SOURCE, .run = webhook_set, .gives = Q_WEBHOOK_SET, .then = "/channels/webhooks/{id}?done=saved",
	  .summary = "Changes a webhook source" },
	{ "POST", "/channels/webhooks/{id}/switch", "channel.manage", switch_fields, SOURCE, .does = Q_WEBHOOK_SWITCH,
	  .then = "/channels/webhooks/{id}?done=saved", .summary = "Opens or shuts a webhook source" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "webhook.form_submitted", "1.0", "intake_id source_id", "" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "form-visits", .every_s = 3600, .skip_missed = true, .q = Q_SWEEP_FORM_VISITS, .help = "forgets who sent through public forms more than a day ago" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "channels", "/channels", "form", "channel.manage", 110 },
	{ 0 },
};

const struct fl_app channel_app = { .name = "channel", .pages = pages, .sweeps = sweeps, .emits = emits, .nav = nav };
