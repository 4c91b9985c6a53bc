/* What tasks are made with: blueprints and teams. */
#include "app/app.h"

#define BLUEPRINT                                                                                                                                    \
	{ "name", FL_K_TEXT, .required = true, .max = 80 }, { "description", FL_K_LONG, .max = 2000 },                                               \
	{                                                                                                                                            \
		"pipeline_id", FL_K_UUID, .help = "requests that reach it get these tasks; none: only by hand"                                       \
	}
static const struct fl_field add_fields[] = { BLUEPRINT, { 0 } };
static const struct fl_field set_fields[] = {
	{ "version", FL_K_INT, .min = 1 },
	BLUEPRINT,
	{ "archived", FL_K_BOOL, .help = "put away: not used any more" },
	{ 0 },
};
static const struct fl_field step_fields[] = {
	{ "title", FL_K_TEXT, .required = true, .max = 300 },
	{ "description", FL_K_LONG, .max = 5000 },
	{ "priority", FL_K_INT, .min = 1, .max = 9, .deflt = "5" },
	{ "due_min", FL_K_INT, .min = 0, .max = 527040, .deflt = "1440", .help = "due so many minutes after the start" },
	{ "after_n", FL_K_INT, .min = 0, .max = 50, .deflt = "0", .help = "number of the earlier step it waits for; 0: none" },
	{ "assignee_id", FL_K_UUID },
	{ "team_id", FL_K_UUID },
	{ "checklist", FL_K_LONG, .max = 5000, .help = "a point a line" },
	{ "to_agent", FL_K_BOOL, .help = "the agent does it and gives it to a person to look at" },
	{ 0 },
};
static const struct fl_field remove_fields[] = {
	{ "step", FL_K_UUID, .required = true },
	{ 0 },
};
static const struct fl_field stage_fields[] = {
	{ "stage_id", FL_K_UUID, .help = "a card that enters it gets these tasks; none: only by the pipeline" },
	{ 0 },
};
static const struct fl_field use_fields[] = {
	{ "intake_id", FL_K_UUID, .help = "the request they are about" },
	{ "start", FL_K_TEXT, .max = 40, .help = "when due dates begin to count; none: now" },
	{ 0 },
};
static const struct fl_field team_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "rule", FL_K_CHOICE, .choices = "turn|load", .deflt = "turn", .help = "who gets the next task: one after the other, or who has the fewest" },
	{ "member", FL_K_LIST, .max = 20000, .help = "ids of people" },
	{ 0 },
};

#define LIST .view = "task/templates", .sets = { { "templates", Q_TASK_TEMPLATE_LIST }, { "pipelines", Q_PIPELINE_CHOICES } }, .title = "task.templates", .nav = "task-templates"
#define SHOW                                                                                                                                          \
	.view = "task/template",                                                                                                                      \
	.sets = { { "template", Q_TASK_TEMPLATE_SHOW, FL_ONE }, { "steps", Q_TASK_TEMPLATE_STEPS }, { "pipelines", Q_PIPELINE_CHOICES },              \
	          { "people", Q_TASK_PEOPLE }, { "teams", Q_TEAM_LIST }, { "stages", Q_STAGE_CHOICES } },                                         \
	.title = "task.templates", .nav = "task-templates"
#define TEAMS .view = "task/teams", .sets = { { "teams", Q_TEAM_LIST }, { "people", Q_TASK_PEOPLE } }, .title = "task.teams", .nav = "teams"
#define TEAM .view = "task/team", .sets = { { "team", Q_TEAM_SHOW, FL_ONE }, { "people", Q_TEAM_PEOPLE } }, .title = "task.teams", .nav = "teams"

static const struct fl_page pages[] = {
	{ "GET", "/task-templates", "task.read", NULL, LIST, .summary = "Blueprints of tasks" },
	{ "POST", "/task-templates", "task.setup", add_fields, LIST, .does = Q_TASK_TEMPLATE_ADD, .then = "/task-templates/{id}?done=saved", .flags = FL_CREATED, .summary = "Makes a blueprint" },
	{ "GET", "/task-templates/{id}", "task.read", NULL, SHOW, .summary = "A blueprint with its steps" },
	{ "POST", "/task-templates/{id}", "task.setup", set_fields, SHOW, .does = Q_TASK_TEMPLATE_SET, .then = "/task-templates/{id}?done=saved",
	  .summary = "Changes a blueprint or puts it away" },
	{ "POST", "/task-templates/{id}/steps", "task.setup", step_fields, SHOW, .does = Q_TASK_TEMPLATE_STEP_ADD, .then = "/task-templates/{id}?done=saved",
	  .summary = "Adds a step to a blueprint" },
	{ "POST", "/task-templates/{id}/remove", "task.setup", remove_fields, SHOW, .does = Q_TASK_TEMPLATE_STEP_REMOVE, .then = "/task-templates/{id}?done=saved",
	  .summary = "Takes a step off a blueprint" },
	{ "POST", "/task-templates/{id}/stage", "task.setup", stage_fields, SHOW, .does = Q_TASK_TEMPLATE_STAGE, .then = "/task-templates/{id}?done=saved",
	  .summary = "The stage whose cards get the tasks of a blueprint" },
	{ "POST", "/task-templates/{id}/use", "task.manage", use_fields, SHOW, .does = Q_TASK_TEMPLATE_USE, .then = "/tasks/{first}?done=task_template_used",
	  .rings = "t:tasks t:notes q:events", .flags = FL_CREATED, .summary = "Makes the tasks of a blueprint" },
	{ "GET", "/settings/teams", "task.read", NULL, TEAMS, .summary = "Teams" },
	{ "POST", "/settings/teams", "task.setup", team_fields, TEAMS, .does = Q_TEAM_ADD, .then = "/settings/teams?done=saved", .rings = "t:notes t:tasks q:events q:email", .flags = FL_CREATED, .summary = "Makes a team" },
	{ "GET", "/settings/teams/{id}", "task.setup", NULL, TEAM, .summary = "A team" },
	{ "POST", "/settings/teams/{id}", "task.setup", team_fields, TEAM, .does = Q_TEAM_SET, .then = "/settings/teams?done=saved", .rings = "t:notes t:tasks q:events q:email",
	  .summary = "Changes a team" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "task-templates", "/task-templates", "copy", "task.setup", 122 },
	{ "teams", "/settings/teams", "person", "task.setup", 124 },
	{ 0 },
};

const struct fl_app task_setup_app = { .name = "task_setup", .pages = pages, .nav = nav };
