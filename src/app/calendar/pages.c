/* Calendars: week, month and list, events, rooms and other things to take. */
#include "app/calendar/calendar.h"

static const struct fl_field view_fields[] = {
	{ "view", FL_K_CHOICE, .choices = "week|month|list", .deflt = "week" },
	{ "day", FL_K_DATE, .help = "a day within what is shown; none: today" },
	{ "who", FL_K_UUID, .help = "only what this person or resource takes part in" },
	{ 0 },
};
static const struct fl_field new_fields[] = {
	{ "day", FL_K_DATE },
	{ "task", FL_K_UUID, .help = "the task it is for" },
	{ "people", FL_K_LIST, .max = 4000 },
	{ "resources", FL_K_LIST, .max = 4000 },
	{ 0 },
};
static const struct fl_field event_fields[] = {
	{ "version", FL_K_INT, .help = "of the event as you saw it; 409 when it has changed" },
	{ "title", FL_K_TEXT, .required = true, .max = 300 },
	{ "day", FL_K_DATE, .required = true },
	{ "from", FL_K_TEXT, .max = 5, .help = "10:30, in the zone; not of an event that lasts all day" },
	{ "until", FL_K_TEXT, .max = 5 },
	{ "last_day", FL_K_DATE, .help = "none: it ends on the day it begins" },
	{ "all_day", FL_K_BOOL },
	{ "zone", FL_K_TEXT, .max = 64, .help = "as Europe/Lisbon; none: the reader's" },
	{ "place", FL_K_TEXT, .max = 300 },
	{ "note", FL_K_LONG, .max = 5000 },
	{ "repeat", FL_K_CHOICE, .choices = "never|daily|workdays|weekly|biweekly|monthly|yearly|rule", .deflt = "never" },
	{ "repeat_until", FL_K_DATE },
	{ "rrule", FL_K_TEXT, .max = 300, .help = "RFC 5545 RRULE, with repeat=rule" },
	{ "people", FL_K_LIST, .max = 4000, .help = "ids of people of the organisation" },
	{ "resources", FL_K_LIST, .max = 4000, .help = "ids of rooms and other things" },
	{ "guests", FL_K_LONG, .max = 5000, .help = "e-mail addresses, one a line" },
	{ "free", FL_K_BOOL, .help = "takes nobody's time" },
	{ "task", FL_K_UUID, .help = "the task it is for" },
	{ 0 },
};
static const struct fl_field do_fields[] = {
	{ "version", FL_K_INT },
	{ "what", FL_K_CHOICE, .choices = "cancel|leave_out|move|add", .required = true },
	{ "at", FL_K_TEXT, .max = 16, .help = "of an occurrence, 2026-11-23T10:00, as its series says" },
	{ "day", FL_K_DATE },
	{ "from", FL_K_TEXT, .max = 5 },
	{ "until", FL_K_TEXT, .max = 5 },
	{ 0 },
};
static const struct fl_field answer_fields[] = {
	{ "answer", FL_K_CHOICE, .choices = "ACCEPTED|DECLINED|TENTATIVE", .required = true },
	{ 0 },
};
static const struct fl_field resource_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 120 },
	{ "kind", FL_K_CHOICE, .choices = "room|equipment|other", .deflt = "room" },
	{ 0 },
};

static const struct fl_field import_fields[] = {
	{ "name", FL_K_TEXT, .max = 200, .help = "of the file" },
	{ "text", FL_K_LONG, .max = 1000000, .help = "an iCalendar text (RFC 5545), in place of a file" },
	{ 0 },
};
static const struct fl_field import_show_fields[] = {
	{ "after", FL_K_INT, .max = 100000, .help = "cursor of the last event seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 500, .deflt = "100", .help = "events wanted" },
	{ 0 },
};
static const struct fl_field import_take_fields[] = {
	{ "clashes", FL_K_CHOICE, .choices = "skip|free", .deflt = "skip", .help = "events at times that are taken: skip leaves them out, free takes them without taking time" },
	{ 0 },
};

#define IMPORT .view = "calendar/import", .sets = { { "items", Q_CALENDAR_IMPORTS } }, .title = "calendar.import", .nav = "calendar"
#define SHOW .view = "calendar/show", \
	.sets = { { "event", Q_CALENDAR_SHOW, FL_ONE }, { "dates", Q_CALENDAR_DATES }, { "answers", Q_CALENDAR_ANSWERS }, { "people", Q_CALENDAR_PEOPLE }, \
	          { "resources", Q_CALENDAR_RESOURCES }, { "reminders", Q_CALENDAR_REMINDERS } }, \
	.title = "calendar.one", .nav = "calendar"
#define NEW .view = "calendar/new", .sets = { { "fresh", Q_CALENDAR_NEW, FL_ONE }, { "people", Q_CALENDAR_PEOPLE_NEW }, { "resources", Q_CALENDAR_RESOURCES_NEW } }, \
	.title = "calendar.new", .nav = "calendar"
#define RESOURCES .view = "calendar/resources", .sets = { { "items", Q_RESOURCE_LIST } }, .title = "calendar.resources", .nav = "calendar"

static const struct fl_page pages[] = {
	{ "GET", "/calendar", "calendar.read", view_fields, .view = "calendar/view",
	  .sets = { { "scope", Q_CALENDAR_SCOPE, FL_ONE }, { "heads", Q_CALENDAR_HEADS }, { "rows", Q_CALENDAR_ROWS }, { "cells", Q_CALENDAR_CELLS, .under = "rows", .by = "row" },
	            { "items", Q_CALENDAR_ITEMS, .under = "cells", .by = "cell" }, { "list", Q_CALENDAR_LIST }, { "upnext", Q_CALENDAR_NEXT } },
	  .flags = FL_HTML_ONLY, .title = "calendar.title", .nav = "calendar" },
	{ "GET", "/calendar", "calendar.read", view_fields, .sets = { { "scope", Q_CALENDAR_SCOPE, FL_ONE }, { "items", Q_CALENDAR_LIST } }, .flags = FL_JSON_ONLY,
	  .summary = "Events of a week, a month or thirty days" },
	{ "GET", "/calendar/new", "calendar.manage", new_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/calendar", "calendar.manage", event_fields, NEW, .run = calendar_save, .gives = Q_CALENDAR_SAVE, .then = "/calendar/{id}?done=event_saved", .rings = "q:events q:email",
	  .flags = FL_CREATED, .summary = "Makes an event" },
	{ "GET", "/calendar/resources", "calendar.manage", NULL, RESOURCES, .summary = "Rooms and other things events take" },
	{ "POST", "/calendar/resources", "calendar.manage", resource_fields, RESOURCES, .does = Q_RESOURCE_ADD, .then = "/calendar/resources?done=saved",
	  .flags = FL_CREATED, .summary = "Adds a room or another thing" },
	{ "GET", "/calendar/imports", "calendar.manage", NULL, IMPORT, .summary = "Files of events of yours that were read" },
	{ "POST", "/calendar/imports", "calendar.manage", import_fields, IMPORT, .run = calendar_import, .gives = Q_CALENDAR_IMPORT_ADD, .then = "/calendar/imports/{id}", .flags = FL_FILES | FL_ACCEPTED,
	  .rings = "q:calendar-sync", .summary = "Reads an iCalendar file; nothing is taken yet" },
	{ "GET", "/calendar/imports/{id}", "calendar.manage", import_show_fields, .view = "calendar/import-show",
	  .sets = { { "file", Q_CALENDAR_IMPORT_SHOW, FL_ONE }, { "items", Q_CALENDAR_IMPORT_ROWS } }, .title = "calendar.import", .nav = "calendar",
	  .summary = "What an iCalendar file would bring: new, changed, known, at odds with what is here" },
	{ "POST", "/calendar/imports/{id}/take", "calendar.manage", import_take_fields, .does = Q_CALENDAR_IMPORT_TAKE, .then = "/calendar/imports/{id}", .flags = FL_ACCEPTED,
	  .rings = "q:calendar-sync", .summary = "Takes the events of an iCalendar file" },
	{ "GET", "/calendar/{id}", "calendar.read", NULL, SHOW, .summary = "An event with its next dates and who takes part" },
	{ "POST", "/calendar/{id}", "calendar.manage", event_fields, SHOW, .run = calendar_save, .gives = Q_CALENDAR_SAVE, .then = "/calendar/{id}?done=event_saved", .rings = "q:events q:email",
	  .summary = "Changes an event" },
	{ "POST", "/calendar/{id}/do", "calendar.manage", do_fields, SHOW, .does = Q_CALENDAR_DO, .then = "/calendar/{id}?done=event_saved", .rings = "q:events q:email",
	  .summary = "Cancels an event, or leaves out, moves or adds one of its dates" },
	{ "POST", "/calendar/{id}/answer", "calendar.manage", answer_fields, SHOW, .does = Q_CALENDAR_ANSWER, .then = "/calendar/{id}?done=event_answered",
	  .rings = "q:events q:email", .summary = "Answers an invitation of somebody else" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "calendar.changed", "1.0", "event_id change", "" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "calendar-reminders", .every_s = 3600, .q = Q_SWEEP_CALENDAR_REMIND, .help = "makes the reminders of the events of the next eight days" },
	{ .name = "calendar-series", .every_s = 86400, .q = Q_SWEEP_CALENDAR_SERIES, .help = "keeps the dates of series two years ahead", .rings = "q:calendar-sync" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "calendar.series", .queue = "calendar-sync", .timeout_s = 20, .load = calendar_series_load, .call = calendar_series_call, .save = calendar_series_save },
	{ .kind = "calendar.import", .queue = "calendar-sync", .timeout_s = 60, .load = calendar_import_load, .call = calendar_import_call, .save = calendar_import_save,
	  .dead = calendar_import_dead, .rings = "q:calendar-sync t:jobs" },
	{ .kind = "calendar.import_look", .queue = "calendar-sync", .timeout_s = 60, .save = calendar_import_some, .dead = calendar_import_dead, .rings = "q:calendar-sync t:jobs" },
	{ .kind = "calendar.import_take", .queue = "calendar-sync", .timeout_s = 60, .save = calendar_import_some, .rings = "q:calendar-sync q:events q:email t:jobs" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "calendar", "/calendar", "calendar", "calendar.read", 45 },
	{ 0 },
};

const struct fl_app calendar_app = { .name = "calendar", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits, .nav = nav };
