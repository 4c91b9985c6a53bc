/* The doors requests come in by: forms, the submitter's link, signed webhooks. */
#include "app/app.h"

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

#define FORM(inputs) .view = "public/form", .sets = { { "form", Q_FORM_PUBLIC, FL_ONE }, { "inputs", inputs }, { "options", Q_FORM_OPTIONS, .under = "inputs", .by = "field" } }
#define STATUS .view = "public/status", .sets = { { "request", Q_STATUS_SHOW, FL_ONE }, { "thread", Q_STATUS_THREAD } }
#define DOOR FL_TOKEN_IN_PATH | FL_NO_FRAME

static const struct fl_page pages[] = {
	{ "GET", "/f/{token}", "form.submit", form_fields, FORM(Q_FORM_INPUTS), .flags = DOOR, .title = "public.form", .summary = "A public form" },
	{ "POST", "/f/{token}", "form.submit", submit_fields, FORM(Q_FORM_INPUTS_AGAIN), .does = Q_FORM_SUBMIT, .then = "/status/{status_key}?done=received",
	  .flags = DOOR | FL_ACCEPTED, .rings = "q:intake-routing t:intake", .title = "public.form", .summary = "Sends a request through a form" },
	{ "GET", "/status/{token}", "status.read", NULL, STATUS, .flags = DOOR, .title = "public.status", .summary = "Where a request of yours stands" },
	{ "POST", "/status/{token}", "status.write", status_fields, STATUS, .does = Q_STATUS_ADD, .then = "/status/{token}?done=added", .flags = DOOR,
	  .rings = "t:intake t:notes", .title = "public.status", .summary = "Adds a word to your request" },
	{ "POST", "/status/{token}/withdraw", "status.write", NULL, .does = Q_STATUS_WITHDRAW, .then = "/status/{token}?done=withdrawn", .flags = DOOR,
	  .rings = "t:intake", .summary = "Takes your request back" },
	{ 0 },
};

const struct fl_app channel_app = { .name = "channel", .pages = pages };
