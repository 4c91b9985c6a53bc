/* Polls: several times are proposed, people answer, one is picked (ux 1.5). */
#include "app/app.h"

#define ANSWERS { "answers", FL_K_OBJECT, .max = 4000, .help = "of each time, by its id: yes, maybe or no; left out is no" }
static const struct fl_field add_fields[] = {
	{ "title", FL_K_TEXT, .required = true, .max = 300 },
	{ "note", FL_K_LONG, .max = 2000 },
	{ "place", FL_K_TEXT, .max = 300 },
	{ "minutes", FL_K_INT, .min = 5, .max = 720, .deflt = "30" },
	{ "zone", FL_K_TEXT, .max = 64, .help = "of the times; none: yours" },
	{ "named", FL_K_BOOL, .deflt = "false", .help = "who answers sees the answers of the others" },
	{ "starts", FL_K_LIST, .required = true, .max = 4000, .help = "local times as 2026-12-01T10:00" },
	{ 0 },
};
static const struct fl_field new_fields[] = {
	{ "starts", FL_K_LIST, .max = 4000 },
	{ 0 },
};
static const struct fl_field times_fields[] = {
	{ "starts", FL_K_LIST, .required = true, .max = 4000, .help = "local times as 2026-12-01T10:00" },
	ANSWERS,
	{ 0 },
};
static const struct fl_field answer_fields[] = {
	ANSWERS,
	{ 0 },
};
static const struct fl_field pick_fields[] = {
	{ "option", FL_K_UUID, .required = true, .help = "one of its times" },
	ANSWERS,
	{ 0 },
};
static const struct fl_field look_fields[] = {
	{ "zone", FL_K_TEXT, .max = 64, .help = "the visitor's; none: the poll's" },
	ANSWERS,
	{ 0 },
};
static const struct fl_field visit_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 120 },
	{ "email", FL_K_EMAIL, .help = "where the invitation goes" },
	{ "zone", FL_K_TEXT, .max = 64 },
	ANSWERS,
	{ 0 },
};

#define DOOR FL_TOKEN_IN_PATH | FL_NO_FRAME
#define SHOW .view = "poll/show", \
	.sets = { { "poll", Q_POLL_SHOW, FL_ONE }, { "options", Q_POLL_OPTIONS }, { "votes", Q_POLL_VOTERS }, { "cells", Q_POLL_CELLS, .under = "votes", .by = "vote_id" } }, \
	.title = "poll.one", .nav = "calendar"
#define ASK .view = "poll/ask", \
	.sets = { { "poll", Q_POLL_ASK, FL_ONE }, { "options", Q_POLL_ASK_OPTIONS }, { "votes", Q_POLL_ASK_VOTERS }, { "cells", Q_POLL_ASK_CELLS, .under = "votes", .by = "vote_id" } }, \
	.title = "poll.one"
#define NEW .view = "poll/new", .sets = { { "fresh", Q_POLL_FRESH, FL_ONE }, { "starts", Q_POLL_STARTS } }, .title = "poll.new", .nav = "calendar"

static const struct fl_page pages[] = {
	{ "GET", "/poll/{token}", "poll.answer", look_fields, ASK, .flags = DOOR, .summary = "Times proposed to you" },
	{ "POST", "/poll/{token}", "poll.answer", visit_fields, ASK, .does = Q_POLL_VISIT, .then = "/vote/{vote_key}?done=answered", .flags = DOOR | FL_CREATED,
	  .rings = "q:events t:notes", .summary = "Says which of the times fit" },
	{ "GET", "/vote/{token}", "poll.change", look_fields, ASK, .flags = DOOR, .summary = "What you answered" },
	{ "POST", "/vote/{token}", "poll.change", visit_fields, ASK, .does = Q_POLL_REVISIT, .then = "/vote/{token}?done=answered", .flags = DOOR,
	  .rings = "q:events t:notes", .summary = "Answers otherwise" },

	{ "GET", "/polls", "poll.read", NULL, .view = "poll/list", .sets = { { "items", Q_POLL_LIST } }, .title = "poll.title", .nav = "calendar", .summary = "Polls" },
	{ "GET", "/polls/new", "poll.manage", new_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/polls", "poll.manage", add_fields, NEW, .does = Q_POLL_ADD, .then = "/polls/{id}?done=polled", .flags = FL_CREATED, .summary = "Proposes several times" },
	{ "GET", "/polls/{id}", "poll.read", answer_fields, SHOW, .summary = "A poll: who can when" },
	{ "POST", "/polls/{id}/times", "poll.manage", times_fields, SHOW, .does = Q_POLL_ADD_TIMES, .then = "/polls/{id}?done=saved", .summary = "Proposes further times" },
	{ "POST", "/polls/{id}/answer", "poll.manage", answer_fields, SHOW, .does = Q_POLL_ANSWER, .then = "/polls/{id}?done=answered", .rings = "q:events t:notes",
	  .summary = "Says which of the times fit" },
	{ "POST", "/polls/{id}/pick", "poll.manage", pick_fields, SHOW, .does = Q_POLL_PICK, .then = "/polls/{id}?done=picked", .rings = "q:email q:events t:notes",
	  .summary = "Makes one of the times an event, and invites" },
	{ "POST", "/polls/{id}/close", "poll.manage", NULL, .does = Q_POLL_CLOSE, .then = "/polls/{id}?done=saved", .summary = "Ends it without a time" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "poll.answered", "1.0", "poll_id vote_id", "" },
	{ "poll.decided", "1.0", "poll_id event_id", "" },
	{ 0 },
};

const struct fl_app poll_app = { .name = "poll", .pages = pages, .emits = emits };
