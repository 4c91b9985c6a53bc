/* The queue of requests and what people do with one. */
#include "app/document/document.h"

#define VIEWS "open|review|approval|mine|unassigned|quarantined|closed"
#define CHANNELS "form|email|webhook|api|manual|sms|chat|phone"

static const struct fl_field post_fields[] = {
	{ "subject", FL_K_TEXT, .required = true, .max = 300 },
	{ "body", FL_K_LONG, .help = "the request in the requester's own words" },
	{ "name", FL_K_TEXT },
	{ "email", FL_K_EMAIL },
	{ "phone", FL_K_PHONE },
	{ "channel", FL_K_CHOICE, .choices = "api|form|webhook|sms|chat|phone|manual", .deflt = "api" },
	{ "fields", FL_K_OBJECT, .help = "anything else, as members" },
	{ "documents", FL_K_LIST, .max = 2000, .help = "documents uploaded before that belong to it; they are read before it is decided" },
	{ 0 },
};
static const struct fl_field add_fields[] = {
	{ "subject", FL_K_TEXT, .required = true, .max = 300 },
	{ "body", FL_K_LONG },
	{ "name", FL_K_TEXT },
	{ "email", FL_K_EMAIL },
	{ "phone", FL_K_PHONE },
	{ "channel", FL_K_CHOICE, .choices = "phone|manual|chat|sms|email", .deflt = "phone" },
	{ "pipeline_id", FL_K_UUID, .help = "none: Fairlead decides" },
	{ 0 },
};
static const struct fl_field index_fields[] = {
	{ "status", FL_K_CHOICE, .choices = "NEW|ROUTING|ASSIGNED|NEEDS_APPROVAL|NEEDS_REVIEW|REJECTED|CLOSED|QUARANTINED" },
	{ "channel", FL_K_CHOICE, .choices = CHANNELS },
	{ "pipeline_id", FL_K_UUID },
	{ "assignee_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field list_fields[] = {
	{ "view", FL_K_CHOICE, .choices = VIEWS, .deflt = "open" },
	{ "channel", FL_K_CHOICE, .choices = CHANNELS },
	{ "pipeline_id", FL_K_UUID },
	{ "assignee_id", FL_K_UUID },
	{ "q", FL_K_TEXT, .max = 100 },
	{ "saved", FL_K_UUID, .help = "the saved view these filters came from" },
	{ "since", FL_K_UUID, .help = "the newest request you saw: scope.newer counts those that came after it" },
	{ 0 },
};
static const struct fl_field view_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "query", FL_K_TEXT, .required = true, .max = 1000 },
	{ 0 },
};
static const struct fl_field assign_fields[] = {
	{ "version", FL_K_INT, .help = "of the request as you saw it; 409 when it has changed" },
	{ "pipeline_id", FL_K_UUID },
	{ "assignee_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field worth_fields[] = {
	{ "amount", FL_K_NUMBER, .min = 0, .max = 1000000000000, .help = "none: it has no worth" },
	{ "currency", FL_K_TEXT, .max = 3, .help = "as EUR; none: the organisation's" },
	{ 0 },
};
static const struct fl_field reply_fields[] = {
	{ "version", FL_K_INT },
	{ "text", FL_K_LONG, .required = true },
	{ "close", FL_K_BOOL },
	{ 0 },
};
static const struct fl_field note_fields[] = {
	{ "version", FL_K_INT, .help = "taken and not looked at: a note disturbs nobody" },
	{ "text", FL_K_LONG, .required = true },
	{ 0 },
};
static const struct fl_field version_fields[] = {
	{ "version", FL_K_INT },
	{ 0 },
};
static const struct fl_field wrong_fields[] = {
	{ "version", FL_K_INT },
	{ "pipeline_id", FL_K_UUID, .help = "what would have been right; none: nothing fits" },
	{ "reason", FL_K_TEXT, .max = 500 },
	{ 0 },
};
static const struct fl_field bulk_fields[] = {
	{ "act", FL_K_CHOICE, .choices = "assign|mine|close|release|reject|reopen", .required = true },
	{ "id", FL_K_LIST, .max = 40000 },
	{ "all", FL_K_BOOL, .help = "all that match the filter, not only those listed" },
	{ "to", FL_K_UUID, .help = "the pipeline, for act assign" },
	{ "view", FL_K_CHOICE, .choices = VIEWS, .deflt = "open" },
	{ "channel", FL_K_CHOICE, .choices = CHANNELS },
	{ "pipeline_id", FL_K_UUID },
	{ "assignee_id", FL_K_UUID },
	{ "q", FL_K_TEXT, .max = 100 },
	{ "saved", FL_K_UUID, .help = "the saved view these filters came from" },
	{ "since", FL_K_UUID, .help = "the newest request you saw: scope.newer counts those that came after it" },
	{ "after", FL_K_TEXT, .max = 300 },
	{ "limit", FL_K_INT, .min = 1, .max = 500, .deflt = "50" },
	{ 0 },
};

static const struct fl_field undo_fields[] = {
	{ "request", FL_K_TEXT, .required = true, .max = 64, .help = "the number of the request that is to be taken back, as its answer said in undo" },
	{ 0 },
};

#define LIST .view = "intake/list", \
	.sets = { { "items", Q_INTAKE_LIST }, { "counts", Q_INTAKE_COUNTS, FL_ONE }, { "scope", Q_INTAKE_SCOPE, FL_ONE }, { "views", Q_INTAKE_VIEWS }, \
	          { "pipelines", Q_PIPELINE_CHOICES }, { "people", Q_PEOPLE_CHOICES } }, \
	.title = "intake.title", .nav = "intake"

#define SHOW .view = "intake/show", \
	.sets = { { "request", Q_INTAKE_SHOW, FL_ONE }, { "decision", Q_INTAKE_DECISION }, { "acts", Q_INTAKE_ACTS }, { "evidence", Q_INTAKE_EVIDENCE }, \
	          { "alternatives", Q_INTAKE_ALTERNATIVES }, { "thread", Q_INTAKE_THREAD }, { "attributes", Q_INTAKE_FIELDS }, \
	          { "history", Q_INTAKE_HISTORY }, { "pipelines", Q_PIPELINE_CHOICES }, { "people", Q_PEOPLE_CHOICES }, \
	          { "tasks", Q_TASK_OF_INTAKE }, { "meeting", Q_SCHEDULE_OF_INTAKE }, { "talk", Q_SCHEDULE_TALK }, \
	          { "clocks", Q_SLA_OF_INTAKE }, { "papers", Q_INTAKE_PAPERS }, { "draft", Q_DRAFT_OF_INTAKE, FL_ONE }, { "draft_sources", Q_DRAFT_SOURCES } }, \
	.title = "intake.request", .nav = "intake"

static const struct fl_page pages[] = {
	{ "POST", "/intake", "intake.create", post_fields, .does = Q_INTAKE_POST, .run = document_of_request, .flags = FL_JSON_ONLY | FL_ACCEPTED | FL_FILES,
	  .rings = "q:intake-routing t:intake",
	  .summary = "Takes a request in; it is sorted afterwards" },
	{ "GET", "/intake", "intake.read", index_fields, .sets = { { "items", Q_INTAKE_INDEX } }, .flags = FL_JSON_ONLY, .summary = "Requests, newest first" },
	{ "GET", "/intake", "intake.read", list_fields, LIST, .flags = FL_HTML_ONLY },
	{ "POST", "/intake/bulk", "intake.route", bulk_fields, LIST, .does = Q_INTAKE_BULK,
	  .then = "/intake?view={view}&channel={channel}&pipeline_id={pipeline_id}&assignee_id={assignee_id}&q={q}&done=bulk&of={undo}",
	  .rings = "q:intake-routing t:intake t:board t:approvals", .summary = "Does one thing to many requests" },
	{ "POST", "/intake/undo", "intake.route", undo_fields, .does = Q_INTAKE_UNDO_ALL, .then = "/intake?done=taken_back", .rings = "t:intake t:board t:approvals",
	  .summary = "Takes back what one did to many requests a moment ago" },
	{ "POST", "/intake/{id}/undo", "intake.route", undo_fields, SHOW, .does = Q_INTAKE_UNDO, .then = "/intake/{id}?done=taken_back", .rings = "t:intake t:board t:approvals",
	  .summary = "Takes back what one did to a request a moment ago" },
	{ "POST", "/intake/views", "intake.read", view_fields, .does = Q_INTAKE_VIEW_ADD, .then = "/intake?done=view_saved", .flags = FL_CREATED, .summary = "Saves the filters of the queue" },
	{ "POST", "/intake/views/{id}/remove", "intake.read", NULL, .does = Q_INTAKE_VIEW_REMOVE, .then = "/intake?done=view_gone", .summary = "Forgets a saved view" },
	{ "GET", "/intake/new", "intake.create", NULL, .view = "intake/new", .sets = { { "pipelines", Q_PIPELINE_CHOICES } }, .flags = FL_HTML_ONLY,
	  .title = "intake.new", .nav = "intake" },
	{ "POST", "/intake/new", "intake.create", add_fields, .view = "intake/new", .sets = { { "pipelines", Q_PIPELINE_CHOICES } }, .does = Q_INTAKE_ADD, .run = document_of_request,
	  .then = "/intake/{id}?done=noted", .flags = FL_HTML_ONLY | FL_FILES, .rings = "q:intake-routing t:intake", .title = "intake.new", .nav = "intake" },
	{ "GET", "/intake/{id}", "intake.read", NULL, SHOW, .summary = "One request with its conversation and decision" },
	{ "POST", "/intake/{id}/assign", "intake.route", assign_fields, SHOW, .does = Q_INTAKE_ASSIGN, .then = "/intake/{id}?done=assigned&of={undo}", .rings = "t:intake t:board",
	  .summary = "Sends a request to a pipeline or gives it to a person" },
	{ "POST", "/intake/{id}/worth", "board.move", worth_fields, SHOW, .does = Q_ITEM_WORTH, .then = "/intake/{id}?done=saved", .rings = "t:intake t:board",
	  .summary = "Says what the card of a request is worth" },
	{ "POST", "/intake/{id}/reply", "intake.reply", reply_fields, SHOW, .does = Q_INTAKE_REPLY, .then = "/intake/{id}?done=replied", .rings = "q:email t:intake",
	  .summary = "Answers a request" },
	{ "POST", "/intake/{id}/note", "intake.reply", note_fields, SHOW, .does = Q_INTAKE_NOTE, .then = "/intake/{id}?done=note", .rings = "t:intake",
	  .summary = "Adds an internal note" },
	{ "POST", "/intake/{id}/close", "intake.route", version_fields, SHOW, .does = Q_INTAKE_CLOSE, .then = "/intake/{id}?done=closed&of={id}", .rings = "t:intake t:approvals",
	  .summary = "Closes a request" },
	{ "POST", "/intake/{id}/reopen", "intake.route", version_fields, SHOW, .does = Q_INTAKE_REOPEN, .then = "/intake/{id}?done=reopened&of={id}", .rings = "t:intake",
	  .summary = "Opens a closed request again" },
	{ "POST", "/intake/{id}/release", "intake.route", version_fields, SHOW, .does = Q_INTAKE_RELEASE, .then = "/intake/{id}?done=released",
	  .rings = "q:intake-routing t:intake", .summary = "Lets a request out of quarantine" },
	{ "POST", "/intake/{id}/reject", "intake.route", version_fields, SHOW, .does = Q_INTAKE_REJECT, .then = "/intake?view=quarantined&done=rejected&of={id}", .rings = "t:intake",
	  .summary = "Refuses a request in quarantine" },
	{ "POST", "/intake/{id}/wrong", "intake.route", wrong_fields, SHOW, .does = Q_INTAKE_WRONG, .then = "/intake/{id}?done=corrected",
	  .rings = "q:events t:intake t:board", .summary = "Says that a decision was wrong, and what is right" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "intake.created", "1.0", "intake_id channel", "" },
	{ "intake.updated", "1.0", "intake_id change", "" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "intake", "/intake", "inbox", "intake.read", 20 },
	{ 0 },
};

const struct fl_app intake_app = { .name = "intake", .pages = pages, .emits = emits, .nav = nav };
