/* Calendars elsewhere: connect one, see its state and last run, disconnect. */
#include "app/sync/google.h"
#include "app/sync/sync.h"

static const struct fl_field add_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 120, .help = "what you call it" },
	{ "url", FL_K_SECRET, .required = true, .max = 1000, .help = "address of an iCalendar file (https or webcal); kept sealed, for it may hold a key" },
	{ "kind", FL_K_CHOICE, .choices = "ics|caldav", .deflt = "ics", .help = "ics: counts as busy; caldav: kept in step, both ways" },
	{ "user", FL_K_TEXT, .max = 200, .help = "of the CalDAV server" },
	{ "password", FL_K_SECRET, .max = 200 },
	{ 0 },
};
static const struct fl_field choose_fields[] = {
	{ "href", FL_K_TEXT, .required = true, .max = 1000, .help = "of one of the calendars found" },
	{ 0 },
};

/* Google adds words of its own. */
static const struct fl_field callback_fields[] = {
	{ "state", FL_K_SECRET, .max = 200 }, { "code", FL_K_SECRET, .max = 4000 }, { "error", FL_K_TEXT },       { "scope", FL_K_TEXT, .max = 1000 },
	{ "iss", FL_K_TEXT, .max = 500 },     { "authuser", FL_K_TEXT },            { "hd", FL_K_TEXT, .max = 255 }, { "prompt", FL_K_TEXT },
	{ 0 },
};
static const struct fl_field claim_fields[] = {
	{ "claim", FL_K_TEXT, .required = true, .max = 12000 },
	{ 0 },
};
static const struct fl_field connect_fields[] = {
	{ "claim", FL_K_TEXT, .required = true, .max = 12000 },
	{ "name", FL_K_TEXT, .required = true, .max = 120 },
	{ 0 },
};

#define CONNECT .view = "sync/google", .title = "sync.google", .nav = "calendar", .flags = FL_HTML_ONLY
#define LIST .view = "sync/list", .sets = { { "items", Q_SYNC_LIST }, { "choices", Q_SYNC_CHOICES, .under = "items", .by = "link_id" } }, .title = "sync.title", .nav = "calendar"

static const struct fl_page pages[] = {
	{ "GET", "/calendar/links", "availability.manage", NULL, LIST, .summary = "Calendars elsewhere that count as busy" },
	{ "POST", "/calendar/links", "availability.manage", add_fields, LIST, .run = sync_save, .gives = Q_SYNC_ADD, .then = "/calendar/links?done=link_added", .rings = "q:calendar-sync",
	  .flags = FL_CREATED, .summary = "Connects a calendar elsewhere" },
	{ "POST", "/calendar/links/{id}/choose", "availability.manage", choose_fields, .does = Q_SYNC_CHOOSE, .then = "/calendar/links?done=link_added",
	  .rings = "q:calendar-sync", .summary = "Chooses which calendar of a CalDAV server is kept in step" },
	{ "POST", "/calendar/links/{id}/pull", "availability.manage", NULL, .does = Q_SYNC_NOW, .then = "/calendar/links?done=link_asked", .rings = "q:calendar-sync",
	  .summary = "Looks into a calendar elsewhere now" },
	{ "POST", "/calendar/links/{id}/remove", "availability.manage", NULL, .does = Q_SYNC_REMOVE, .then = "/calendar/links?done=link_removed",
	  .summary = "Disconnects a calendar elsewhere" },
	{ "GET", "/calendar/google/start", "availability.manage", NULL, .run = google_start, .flags = FL_HTML_ONLY, .summary = "Leads to Google to connect a calendar" },
	{ "GET", "/calendar/google/callback", "availability.manage", callback_fields, .run = google_callback, .flags = FL_HTML_ONLY, .summary = "Back from Google" },
	{ "GET", "/calendar/google/connect", "availability.manage", claim_fields, CONNECT },
	{ "POST", "/calendar/google/connect", "availability.manage", connect_fields, CONNECT, .run = google_connect, .gives = Q_SYNC_ADD, .then = "/calendar/links?done=link_added",
	  .rings = "q:calendar-sync", .summary = "Connects a calendar of Google" },
	{ "POST", "/webhooks/google-calendar", NULL, NULL, .run = google_pushed, .gives = Q_GOOGLE_PUSHED, .flags = FL_PUBLIC | FL_RAW_BODY | FL_JSON_ONLY | FL_NO_CSRF,
	  .summary = "Takes Google's word that a calendar changed; known by the token of its channel" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "sync.pull", .queue = "calendar-sync", .timeout_s = 60, .max_attempts = 2, .load = sync_pull_load, .call = sync_pull_call, .save = sync_pull_save,
	  .dead = sync_pull_dead },
	{ .kind = "sync.dav", .queue = "calendar-sync", .timeout_s = 120, .max_attempts = 3, .load = sync_dav_load, .call = sync_dav_call, .save = sync_dav_save,
	  .dead = sync_pull_dead, .rings = "q:calendar-sync q:events q:email t:notes" },
	{ .kind = "sync.google", .queue = "calendar-sync", .timeout_s = 120, .max_attempts = 3, .load = sync_google_load, .call = sync_google_call, .save = sync_google_save,
	  .dead = sync_pull_dead, .rings = "q:calendar-sync q:events q:email t:notes" },
	{ .kind = "sync.revoke", .queue = "calendar-sync", .timeout_s = 30, .call = sync_revoke_call },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "calendar-links", .every_s = 900, .skip_missed = true, .q = Q_SWEEP_SYNC, .help = "looks into the calendars elsewhere", .rings = "q:calendar-sync" },
	{ 0 },
};

const struct fl_app sync_app = { .name = "sync", .pages = pages, .jobs = jobs, .sweeps = sweeps };
