/* Onboarding: plans of procedures to acknowledge and tasks to do, and how far each newcomer is (ROL-14). A plan is begun by hand at a member's page, src/app/organization. */
#include "app/app.h"

#define PLAN                                                                                                                                   \
	{ "name", FL_K_TEXT, .required = true, .max = 80 }, { "description", FL_K_LONG, .max = 2000, .help = "the newcomer reads it" },        \
		{ "sops", FL_K_LIST, .max = 40000, .help = "ids of procedures to acknowledge" },                                               \
		{ "template_id", FL_K_UUID, .help = "blueprint of its tasks; steps given to nobody are the newcomer's" },                      \
		{ "by_itself", FL_K_BOOL, .deflt = "false", .help = "begins when somebody comes whom it is for; else by hand only" },          \
		{ "roles", FL_K_LIST, .max = 400, .help = "for people of these roles; none: of any" },                                         \
		{ "places", FL_K_LIST, .max = 8000, .help = "for people of these areas and teams: category.X, subcategory.X, team.ID; none: of any" }, \
	{                                                                                                                                      \
		"owner_id", FL_K_UUID, .help = "hears when somebody is through"                                                                \
	}

static const struct fl_field list_fields[] = {
	{ "view", FL_K_CHOICE, .choices = "open|over|all", .deflt = "open" },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};
static const struct fl_field stop_fields[] = {
	{ "why", FL_K_TEXT, .required = true, .max = 500 },
	{ 0 },
};
/* What a page of the form is asked with: what was chosen is shown again when the form comes back. */
static const struct fl_field choice_fields[] = {
	{ "sops", FL_K_LIST, .max = 40000 },
	{ "template_id", FL_K_UUID },
	{ "roles", FL_K_LIST, .max = 400 },
	{ "places", FL_K_LIST, .max = 8000 },
	{ "owner_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field add_fields[] = { PLAN, { 0 } };
static const struct fl_field set_fields[] = {
	{ "version", FL_K_INT, .min = 1, .help = "the version seen; 409 when it has changed" },
	PLAN,
	{ "archived", FL_K_BOOL, .deflt = "false", .help = "put away: not begun any more" },
	{ 0 },
};

#define SHOW .view = "onboarding/show", .sets = { { "onboarding", Q_ONBOARDING_SHOW, FL_ONE }, { "items", Q_ONBOARDING_ITEMS } }, .title = "onboarding.one", .nav = "settings"
#define NEW                                                                                                                                        \
	.view = "onboarding/new",                                                                                                                  \
	.sets = { { "fresh", Q_ONBOARDING_PLAN_FRESH, FL_ONE }, { "sops", Q_ONBOARDING_NEW_SOPS }, { "templates", Q_ONBOARDING_NEW_TEMPLATES },     \
	          { "roles", Q_SOP_NEW_ROLES }, { "places", Q_SOP_NEW_PLACES }, { "owners", Q_SOP_NEW_OWNERS } },                                   \
	.title = "onboarding.plan_new", .nav = "settings"
#define EDIT                                                                                                                                       \
	.view = "onboarding/plan",                                                                                                                 \
	.sets = { { "plan", Q_ONBOARDING_PLAN_SHOW, FL_ONE }, { "sops", Q_ONBOARDING_PLAN_SOPS }, { "templates", Q_ONBOARDING_PLAN_TEMPLATES },     \
	          { "roles", Q_ONBOARDING_PLAN_ROLES }, { "places", Q_ONBOARDING_PLAN_PLACES }, { "owners", Q_ONBOARDING_PLAN_OWNERS } },           \
	.title = "onboarding.plan", .nav = "settings"

static const struct fl_page pages[] = {
	{ "GET", "/onboarding", "member.read", list_fields, .view = "onboarding/list", .sets = { { "items", Q_ONBOARDING_LIST }, { "scope", Q_ONBOARDING_SCOPE, FL_ONE } },
	  .title = "onboarding.title", .nav = "settings", .summary = "Newcomers, and how far each is" },
	{ "GET", "/onboarding/{id}", "onboarding.read", NULL, SHOW, .summary = "The onboarding of one person" },
	{ "POST", "/onboarding/{id}/stop", "member.manage", stop_fields, SHOW, .does = Q_ONBOARDING_STOP, .then = "/onboarding/{id}?done=onboarding_stopped", .rings = "t:tasks t:notes q:events",
	  .summary = "Ends it before it is done; its open tasks are cancelled" },
	{ "GET", "/onboarding/plans", "member.read", NULL, .view = "onboarding/plans", .sets = { { "plans", Q_ONBOARDING_PLAN_LIST } }, .title = "onboarding.plans", .nav = "settings",
	  .summary = "What newcomers are to read and do" },
	{ "GET", "/onboarding/plans/new", "member.manage", choice_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/onboarding/plans", "member.manage", add_fields, NEW, .does = Q_ONBOARDING_PLAN_ADD, .then = "/onboarding/plans?done=saved", .flags = FL_CREATED, .summary = "Makes a plan" },
	{ "GET", "/onboarding/plans/{id}", "member.manage", choice_fields, EDIT, .summary = "A plan" },
	{ "POST", "/onboarding/plans/{id}", "member.manage", set_fields, EDIT, .does = Q_ONBOARDING_PLAN_SET, .then = "/onboarding/plans?done=saved",
	  .summary = "Changes a plan; what runs goes on as it began" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "onboarding.started", "1.0", "onboarding_id user_id", "" },
	{ "onboarding.ended", "1.0", "onboarding_id user_id state", "" },
	{ 0 },
};

const struct fl_app onboarding_app = { .name = "onboarding", .pages = pages, .emits = emits };
