/* Tasks: what has to be done, by whom and by when; blueprints of tasks and the teams they are given to. */
#include "app/task/agent.h"
#include "app/words.h"

#define VIEWS "open|mine|unassigned|review|late|over|all"
#define STATES "NEW|IN_PROGRESS|NEEDS_REVIEW|BLOCKED|DONE|CANCELLED"
#define DUE_HELP "2026-03-31T14:30 in your zone, or with an offset"

static const struct fl_field list_fields[] = {
	{ "view", FL_K_CHOICE, .choices = VIEWS, .deflt = "open" },
	{ "status", FL_K_CHOICE, .choices = STATES },
	{ "priority", FL_K_INT, .min = 0, .max = 9, .deflt = "0", .help = "1 to 9; 0: any" },
	{ "assignee_id", FL_K_UUID },
	{ "team_id", FL_K_UUID },
	{ "pipeline_id", FL_K_UUID },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field board_fields[] = {
	{ "pipeline_id", FL_K_UUID, .help = "only tasks of this pipeline" },
	{ 0 },
};
static const struct fl_field card_fields[] = {
	{ "card", FL_K_UUID, .required = true },
	{ "version", FL_K_INT, .min = 1 },
	{ "stage", FL_K_CHOICE, .choices = STATES, .required = true },
	{ "position", FL_K_INT, .min = 1, .help = "taken and not looked at: the board orders by urgency" },
	{ "pipeline_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field about_fields[] = {
	{ "intake_id", FL_K_UUID, .help = "the request it is about" },
	{ 0 },
};
#define TASK_FIELDS                                                                                    \
	{ "title", FL_K_TEXT, .required = true, .max = 300 }, { "description", FL_K_LONG },            \
		{ "priority", FL_K_INT, .min = 1, .max = 9, .deflt = "5", .help = "1 urgent, 9 low" }, \
		{ "reviewer_id", FL_K_UUID, .help = "who looks at it when it is done" }, { "due", FL_K_TEXT, .max = 40, .help = DUE_HELP }
static const struct fl_field add_fields[] = {
	TASK_FIELDS, { "assignee_id", FL_K_UUID }, { "team_id", FL_K_UUID, .help = "which picks one of its own" }, { "intake_id", FL_K_UUID }, { "pipeline_id", FL_K_UUID }, { 0 },
};
static const struct fl_field set_fields[] = {
	{ "version", FL_K_INT, .min = 1, .help = "the version seen; 409 when it has changed" },
	TASK_FIELDS,
	{ 0 },
};
static const struct fl_field step_fields[] = {
	{ "version", FL_K_INT, .min = 1 },
	{ "status", FL_K_CHOICE, .choices = STATES, .required = true },
	{ "feedback", FL_K_LONG, .max = 2000, .help = "why; needed when a review sends it back" },
	{ 0 },
};
static const struct fl_field drop_fields[] = {
	{ "version", FL_K_INT, .min = 1 },
	{ "feedback", FL_K_LONG, .max = 2000, .help = "why" },
	{ 0 },
};
static const struct fl_field assign_fields[] = {
	{ "version", FL_K_INT, .min = 1 },
	{ "assignee_id", FL_K_UUID },
	{ "team_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field version_fields[] = {
	{ "version", FL_K_INT, .min = 1 },
	{ 0 },
};
static const struct fl_field text_fields[] = {
	{ "text", FL_K_LONG, .required = true },
	{ 0 },
};
static const struct fl_field point_fields[] = {
	{ "text", FL_K_TEXT, .required = true, .max = 300 },
	{ 0 },
};
static const struct fl_field check_fields[] = {
	{ "check", FL_K_UUID, .required = true },
	{ "ticked", FL_K_BOOL },
	{ 0 },
};
static const struct fl_field blocker_fields[] = {
	{ "blocker_id", FL_K_UUID, .required = true },
	{ 0 },
};
static const struct fl_field bulk_fields[] = {
	{ "act", FL_K_CHOICE, .choices = "mine|assign|start|done|cancel", .required = true },
	{ "id", FL_K_LIST, .max = 40000 },
	{ "assignee_id", FL_K_UUID, .help = "for act assign" },
	{ "team_id", FL_K_UUID, .help = "for act assign" },
	{ "view", FL_K_CHOICE, .choices = VIEWS, .deflt = "open" },
	{ "status", FL_K_CHOICE, .choices = STATES },
	{ "priority", FL_K_INT, .min = 0, .max = 9, .deflt = "0" },
	{ "pipeline_id", FL_K_UUID },
	{ "after", FL_K_UUID },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};

static const struct fl_field undo_fields[] = {
	{ "request", FL_K_TEXT, .required = true, .max = 64, .help = "the number of the request that is to be taken back, as its answer said in undo" },
	{ 0 },
};
static const struct fl_field board_undo_fields[] = {
	{ "request", FL_K_TEXT, .required = true, .max = 64, .help = "the number of the request that is to be taken back, as its answer said in undo" },
	{ "pipeline_id", FL_K_UUID, .help = "the pipeline the board was cut to" },
	{ 0 },
};
static const struct fl_field all_fields[] = {
	{ "act", FL_K_CHOICE, .choices = "mine|assign|start|done|cancel", .required = true },
	{ "to_assignee_id", FL_K_UUID, .help = "for act assign" },
	{ "to_team_id", FL_K_UUID, .help = "for act assign" },
	{ "count", FL_K_INT, .required = true, .max = 100000000, .help = "how many they were when you looked; 409 when they are others in number" },
	{ "view", FL_K_CHOICE, .choices = VIEWS, .deflt = "open" },
	{ "status", FL_K_CHOICE, .choices = STATES },
	{ "priority", FL_K_INT, .min = 0, .max = 9, .deflt = "0" },
	{ "assignee_id", FL_K_UUID },
	{ "team_id", FL_K_UUID },
	{ "pipeline_id", FL_K_UUID },
	{ 0 },
};

#define ALL \
	.view = "task/all", .sets = { { "matching", Q_TASK_MATCHING, FL_ONE }, { "people", Q_TASK_PEOPLE }, { "teams", Q_TEAM_LIST } }, .title = "task.matching", .nav = "tasks"
#define LIST                                                                                                                  \
	.view = "task/list",                                                                                                  \
	.sets = { { "items", Q_TASK_LIST }, { "scope", Q_TASK_SCOPE, FL_ONE }, { "people", Q_TASK_PEOPLE }, { "teams", Q_TEAM_LIST }, \
	          { "pipelines", Q_PIPELINE_CHOICES }, { "priorities", Q_TASK_PRIORITIES } },                                 \
	.title = "task.title", .nav = "tasks"
#define BOARD                                                                                                                   \
	.view = "task/board",                                                                                                   \
	.sets = { { "board", Q_TASK_BOARD_SCOPE, FL_ONE }, { "stages", Q_TASK_LANES }, { "cards", Q_TASK_CARDS, .under = "stages", .by = "lane" }, \
	          { "pipelines", Q_PIPELINE_CHOICES } },                                                                        \
	.title = "task.board", .nav = "tasks"
#define NEW                                                                                                                  \
	.view = "task/new",                                                                                                  \
	.sets = { { "about", Q_TASK_ABOUT, FL_ONE }, { "people", Q_TASK_PEOPLE }, { "teams", Q_TEAM_LIST }, { "pipelines", Q_PIPELINE_CHOICES }, \
	          { "templates", Q_TASK_TEMPLATE_CHOICES }, { "reviewers", Q_PEOPLE_CHOICES } },                             \
	.title = "task.new", .nav = "tasks"
#define SHOW                                                                                                                      \
	.view = "task/show",                                                                                                      \
	.sets = { { "task", Q_TASK_SHOW, FL_ONE }, { "comments", Q_TASK_COMMENTS }, { "checklist", Q_TASK_CHECKS }, { "blockers", Q_TASK_BLOCKERS }, \
	          { "blocked", Q_TASK_BLOCKED }, { "history", Q_TASK_HISTORY }, { "people", Q_TASK_PEOPLE_OF }, { "teams", Q_TEAM_LIST }, \
	          { "others", Q_TASK_OTHERS }, { "reviewers", Q_PEOPLE_CHOICES }, { "planned", Q_CALENDAR_OF_TASK } }, \
	.title = "task.one", .nav = "tasks"

static const struct fl_page pages[] = {
	{ "GET", "/tasks", "task.read", list_fields, LIST, .summary = "Tasks, newest first" },
	{ "POST", "/tasks", "task.manage", add_fields, NEW, .does = Q_TASK_NEW, .then = "/tasks/{id}?done=task_added", .rings = "t:tasks t:notes q:events",
	  .flags = FL_CREATED, .summary = "Adds a task" },
	{ "GET", "/tasks/mine", "task.read", NULL, .view = "task/mine",
	  .sets = { { "day", Q_TASK_DAY }, { "review", Q_TASK_DAY_REVIEW }, { "counts", Q_TASK_DAY_COUNTS, FL_ONE },
	            { "joining", Q_ONBOARDING_MINE }, { "reading", Q_SOP_MINE } }, .title = "task.mine", .nav = "tasks",
	  .summary = "My day: what is mine, by when it is due" },
	{ "GET", "/tasks/board", "task.read", board_fields, BOARD, .summary = "Tasks as a board of their states" },
	{ "POST", "/tasks/board", "task.manage", card_fields, BOARD, .does = Q_TASK_CARD_STEP, .then = "/tasks/board?pipeline_id={pipeline_id}&done=task_moved&of={undo}",
	  .rings = "t:tasks t:notes q:events", .summary = "Moves a task on the board" },
	{ "POST", "/tasks/board/undo", "task.manage", board_undo_fields, .does = Q_TASK_UNDO_ALL, .then = "/tasks/board?pipeline_id={pipeline_id}&done=taken_back",
	  .rings = "t:tasks t:notes q:events",
	  .summary = "Takes back a move on the board" },
	{ "GET", "/tasks/new", "task.manage", about_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/tasks/bulk", "task.manage", bulk_fields, LIST, .does = Q_TASK_BULK, .then = "/tasks?view={view}&done=task_bulk&of={undo}", .rings = "t:tasks t:notes q:events",
	  .summary = "Does one thing to many tasks" },
	{ "POST", "/tasks/undo", "task.manage", undo_fields, .does = Q_TASK_UNDO_ALL, .then = "/tasks?done=taken_back", .rings = "t:tasks t:notes q:events",
	  .summary = "Takes back what one did to many tasks a moment ago" },
	{ "GET", "/tasks/all", "task.manage", list_fields, ALL, .summary = "How many tasks match a filter, before one thing is done to them all" },
	{ "POST", "/tasks/all", "task.manage", all_fields, ALL, .does = Q_TASK_BULK_ALL, .then = "/tasks?view={view}&done=task_bulk_all", .flags = FL_ACCEPTED, .rings = "q:events t:jobs",
	  .summary = "Does one thing to all tasks that match a filter" },
	{ "GET", "/tasks/{id}", "task.read", NULL, SHOW, .summary = "One task with its checklist, comments and history" },
	{ "POST", "/tasks/{id}", "task.manage", set_fields, SHOW, .does = Q_TASK_SET, .then = "/tasks/{id}?done=saved", .rings = "t:tasks", .summary = "Changes a task" },
	{ "POST", "/tasks/{id}/step", "task.do", step_fields, SHOW, .does = Q_TASK_STEP, .then = "/tasks/{id}?done=task_moved&of={undo}", .rings = "t:tasks t:notes q:events",
	  .summary = "Moves a task to another state" },
	{ "POST", "/tasks/{id}/cancel", "task.manage", drop_fields, SHOW, .does = Q_TASK_DROP, .then = "/tasks/{id}?done=task_moved&of={undo}", .rings = "t:tasks t:notes q:events",
	  .summary = "Cancels a task; what is blocked or in review goes through work" },
	{ "POST", "/tasks/{id}/assign", "task.manage", assign_fields, SHOW, .does = Q_TASK_ASSIGN, .then = "/tasks/{id}?done=assigned&of={undo}", .rings = "t:tasks t:notes",
	  .summary = "Gives a task to a person or a team" },
	{ "POST", "/tasks/{id}/undo", "task.do", undo_fields, SHOW, .does = Q_TASK_UNDO, .then = "/tasks/{id}?done=taken_back", .rings = "t:tasks t:notes q:events",
	  .summary = "Takes back what one did to a task a moment ago" },
	{ "POST", "/tasks/{id}/agent", "task.manage", version_fields, SHOW, .does = Q_TASK_TO_AGENT, .then = "/tasks/{id}?done=task_agent", .rings = "t:tasks q:events",
	  .summary = "Gives a task to the agent" },
	{ "POST", "/tasks/{id}/comment", "task.do", text_fields, SHOW, .does = Q_TASK_COMMENT, .then = "/tasks/{id}?done=task_said", .rings = "t:tasks t:notes",
	  .summary = "Says something about a task" },
	{ "POST", "/tasks/{id}/points", "task.do", point_fields, SHOW, .does = Q_TASK_CHECK_ADD, .then = "/tasks/{id}#checklist", .rings = "t:tasks",
	  .summary = "Adds a point to the checklist" },
	{ "POST", "/tasks/{id}/tick", "task.do", check_fields, SHOW, .does = Q_TASK_CHECK, .then = "/tasks/{id}#checklist", .rings = "t:tasks",
	  .summary = "Ticks a point of the checklist" },
	{ "POST", "/tasks/{id}/wait", "task.manage", blocker_fields, SHOW, .does = Q_TASK_DEPEND, .then = "/tasks/{id}?done=task_waits", .rings = "t:tasks q:events",
	  .summary = "Makes a task wait for another" },
	{ "POST", "/tasks/{id}/free", "task.manage", blocker_fields, SHOW, .does = Q_TASK_FREE, .then = "/tasks/{id}?done=task_free", .rings = "t:tasks q:events",
	  .summary = "Lets a task wait for another no more" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "task.status_changed", "1.0", "task_id from to", "" },
	{ "task.completed", "1.0", "task_id", "" },
	{ "task.sla_breached", "1.0", "task_id due_at", "" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "task.react", .queue = "events", .timeout_s = 20, .light = true, .max_attempts = 5, .save = task_react_save, .rings = "t:tasks t:board t:notes q:events q:email" },
	{ .kind = "task.bulk", .queue = "events", .timeout_s = 30, .light = true, .save = task_bulk_save, .rings = "t:tasks t:board t:notes q:events q:email" },
	{ .kind = "task.agent", .queue = "events", .timeout_s = 20, .light = true, .max_attempts = 5, .load = task_agent_load, .call = task_agent_call, .save = task_agent_save,
	  .rings = "t:tasks t:notes q:email", .cache_new = fl_words_new },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "tasks", "/tasks/mine", "list", "task.read", 41 },
	{ 0 },
};

const struct fl_app task_app = { .name = "task", .pages = pages, .jobs = jobs, .emits = emits, .nav = nav };
