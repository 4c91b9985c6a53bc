/* Procedures: how things are done here, for whom, and who has acknowledged which version (ROL-14). */
#include "app/app.h"

#define SEEN { "version", FL_K_INT, .min = 1, .help = "the version seen; 409 when it has changed" }
#define SHOWN { "v", FL_K_INT, .min = 0, .max = 1000000, .help = "which of its versions is shown; 0: as it is being written; none: the one that counts" }
#define TEXT                                                                                                                                        \
	{ "title", FL_K_TEXT, .required = true, .max = 200 },                                                                                       \
		{ "body", FL_K_LONG, .max = 100000, .help = "lines that begin with #, a number and a point, or - are headings, steps and points" }, \
	{                                                                                                                                           \
		"document_id", FL_K_UUID, .help = "a stored document that holds the procedure, or more of it"                                       \
	}
#define RULES                                                                                                                                       \
	{ "must", FL_K_BOOL, .deflt = "false", .help = "whom it is for has to acknowledge it" },                                                    \
		{ "due_days", FL_K_INT, .min = 1, .max = 365, .deflt = "7", .help = "days to do so, from when it is asked for" },                   \
		{ "roles", FL_K_LIST, .max = 400, .help = "for people of these roles; none: of any" },                                              \
		{ "places", FL_K_LIST, .max = 8000, .help = "for people of these areas and teams: category.X, subcategory.X, team.ID; none: of any" }, \
		{ "owner_id", FL_K_UUID, .help = "who looks after it" },                                                                            \
	{                                                                                                                                           \
		"review_on", FL_K_DATE, .help = "when it is to be looked at again"                                                                  \
	}

static const struct fl_field list_fields[] = {
	{ "view", FL_K_CHOICE, .choices = "all|mine|draft|archived", .deflt = "all", .help = "mine: what waits for you" },
	{ "after", FL_K_TEXT, .max = 300, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};
static const struct fl_field show_fields[] = { SHOWN, { 0 } };
/* What a page of a form is asked with: what was chosen is shown again when the form comes back. */
static const struct fl_field text_fields[] = {
	{ "document_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field choice_fields[] = {
	{ "document_id", FL_K_UUID },
	{ "roles", FL_K_LIST, .max = 400 },
	{ "places", FL_K_LIST, .max = 8000 },
	{ "owner_id", FL_K_UUID },
	{ 0 },
};
static const struct fl_field add_fields[] = { TEXT, RULES, { 0 } };
static const struct fl_field save_fields[] = { SEEN, TEXT, { 0 } };
static const struct fl_field rules_fields[] = { SEEN, RULES, { 0 } };
static const struct fl_field version_fields[] = { SEEN, SHOWN, { 0 } };
static const struct fl_field publish_fields[] = {
	SEEN,
	SHOWN,
	{ "small", FL_K_BOOL, .deflt = "false", .help = "a correction: what was acknowledged still counts" },
	{ "note", FL_K_LONG, .max = 500, .help = "what changed" },
	{ 0 },
};
static const struct fl_field acknowledge_fields[] = {
	{ "n", FL_K_INT, .min = 1, .max = 1000000, .required = true, .help = "the version that was read" },
	SHOWN,
	{ 0 },
};

#define SHOW                                                                                                                                         \
	.view = "sop/show",                                                                                                                          \
	.sets = { { "sop", Q_SOP_SHOW, FL_ONE }, { "blocks", Q_SOP_BLOCKS }, { "lines", Q_SOP_LINES, .under = "blocks", .by = "block" },             \
	          { "versions", Q_SOP_VERSIONS }, { "people", Q_SOP_PEOPLE }, { "audience", Q_SOP_AUDIENCE } },                                                                      \
	.title = "sop.one", .nav = "settings"
#define NEW                                                                                                                                          \
	.view = "sop/new",                                                                                                                           \
	.sets = { { "fresh", Q_SOP_FRESH, FL_ONE }, { "roles", Q_SOP_NEW_ROLES }, { "places", Q_SOP_NEW_PLACES }, { "owners", Q_SOP_NEW_OWNERS }, { "documents", Q_SOP_NEW_DOCUMENTS } }, \
	.title = "sop.new", .nav = "settings"
#define EDIT .view = "sop/edit", .sets = { { "sop", Q_SOP_EDIT, FL_ONE }, { "documents", Q_SOP_DOCUMENTS } }, .title = "sop.edit", .nav = "settings"
#define FOR                                                                                                                                          \
	.view = "sop/for", .sets = { { "sop", Q_SOP_EDIT, FL_ONE }, { "roles", Q_SOP_ROLES }, { "places", Q_SOP_PLACES }, { "owners", Q_SOP_OWNERS } },  \
	.title = "sop.rules", .nav = "settings"

static const struct fl_page pages[] = {
	{ "GET", "/procedures", "sop.read", list_fields, .view = "sop/list", .sets = { { "items", Q_SOP_LIST }, { "scope", Q_SOP_SCOPE, FL_ONE } },
	  .title = "sop.title", .nav = "settings", .summary = "Procedures you may see" },
	{ "GET", "/procedures/new", "sop.write", choice_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/procedures", "sop.write", add_fields, NEW, .does = Q_SOP_ADD, .then = "/procedures/{id}?done=sop_added", .flags = FL_CREATED, .summary = "Writes down a new procedure, which nobody else reads before it is published" },
	{ "GET", "/procedures/{id}", "sop.read", show_fields, SHOW, .summary = "A procedure, its versions, and who has acknowledged the one shown" },
	{ "GET", "/procedures/{id}/edit", "sop.write", text_fields, EDIT, .summary = "A procedure as it is being written" },
	{ "POST", "/procedures/{id}", "sop.write", save_fields, EDIT, .does = Q_SOP_SAVE, .then = "/procedures/{id}?v=0&done=sop_saved", .summary = "Changes the words; they count once they are published" },
	{ "GET", "/procedures/{id}/rules", "sop.write", choice_fields, FOR, .summary = "Whom a procedure is for, and by when it is acknowledged" },
	{ "POST", "/procedures/{id}/rules", "sop.write", rules_fields, FOR, .does = Q_SOP_RULES, .then = "/procedures/{id}?done=saved", .rings = "t:notes",
	  .summary = "Changes whom it is for and by when it is acknowledged; counts at once" },
	{ "POST", "/procedures/{id}/publish", "sop.write", publish_fields, SHOW, .does = Q_SOP_PUBLISH, .then = "/procedures/{id}?done=sop_published", .rings = "t:notes q:events",
	  .summary = "Makes what is written the version that counts" },
	{ "POST", "/procedures/{id}/archive", "sop.write", version_fields, SHOW, .does = Q_SOP_ARCHIVE, .then = "/procedures/{id}?done=sop_archived", .rings = "q:events",
	  .summary = "Puts a procedure away" },
	{ "POST", "/procedures/{id}/restore", "sop.write", version_fields, SHOW, .does = Q_SOP_RESTORE, .then = "/procedures/{id}?done=sop_restored", .rings = "t:notes",
	  .summary = "Takes it out again" },
	{ "POST", "/procedures/{id}/acknowledge", "sop.read", acknowledge_fields, SHOW, .does = Q_SOP_ACKNOWLEDGE, .then = "/procedures/{id}?done={said}", .rings = "t:notes q:events",
	  .summary = "Acknowledges, in your own name, the version you read" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "sop.published", "1.0", "sop_id n", "" },
	{ "sop.acknowledged", "1.0", "sop_id n user_id", "" },
	{ "sop.archived", "1.0", "sop_id", "" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "procedures", .every_s = 900, .q = Q_SWEEP_SOPS, .help = "tells who is late with a procedure, and who has to look at one again", .rings = "t:notes q:email" },
	{ 0 },
};

const struct fl_app sop_app = { .name = "sop", .pages = pages, .emits = emits, .sweeps = sweeps };
