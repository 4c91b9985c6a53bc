/* Pipelines with their stages, and the boards their cards are moved on. A card is named by its number, REQ-1042 without the letters. */
#include "app/app.h"

static const struct fl_field board_fields[] = {
	{ "more", FL_K_UUID, .help = "stage to show 500 cards of" },
	{ "from", FL_K_TEXT, .max = 80, .help = "begin that stage after this place: the `next` of its last page" },
	{ 0 },
};
static const struct fl_field card_fields[] = {
	{ "card", FL_K_INT, .required = true, .min = 1, .help = "number of a card" },
	{ "more", FL_K_UUID, .help = "stage to show 500 cards of" },
	{ "from", FL_K_TEXT, .max = 80, .help = "begin that stage after this place: the `next` of its last page" },
	{ 0 },
};
static const struct fl_field move_fields[] = {
	{ "card", FL_K_TEXT, .required = true, .max = 40, .help = "number of the card" },
	{ "version", FL_K_INT, .min = 1, .help = "the version seen; none: move whatever it is" },
	{ "stage", FL_K_UUID, .required = true },
	{ "position", FL_K_INT, .min = 1, .help = "place in the stage from 1; none: at the end" },
	{ 0 },
};
static const struct fl_field next_fields[] = {
	{ "card", FL_K_TEXT, .required = true, .max = 40, .help = "number of the card, and after a point the version seen: 1042.3" },
	{ "stage", FL_K_UUID },
	{ "position", FL_K_INT, .min = 1 },
	{ 0 },
};

#define KINDS "open|done|lost"
#define PIPELINE_FIELDS                                                                                                                               \
	{ "name", FL_K_TEXT, .required = true, .max = 80 },                                                                                           \
		{ "description", FL_K_LONG, .max = 2000, .help = "what belongs here, in your own words; Fairlead learns from it" },                   \
		{ "intent", FL_K_CHOICE, .choices = "SALES_INQUIRY|SUPPORT_REQUEST|BILLING_QUESTION|SCHEDULING" },                                    \
	{                                                                                                                                             \
		"makes_lead", FL_K_BOOL, .help = "requests sent here become leads"                                                                    \
	}
static const struct fl_field add_fields[] = { PIPELINE_FIELDS, { 0 } };
static const struct fl_field update_fields[] = {
	{ "version", FL_K_INT, .min = 1, .help = "the version seen; 409 when it has changed" },
	PIPELINE_FIELDS,
	{ "archived", FL_K_BOOL, .help = "put away: nothing is sent here any more" },
	{ 0 },
};
static const struct fl_field area_fields[] = {
	{ "category", FL_K_TEXT, .max = 60, .help = "area of the organisation, as Finance; empty: none" },
	{ "subcategory", FL_K_TEXT, .max = 60, .help = "part of that area; empty: none" },
	{ 0 },
};
static const struct fl_field stage_add_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "kind", FL_K_CHOICE, .choices = KINDS, .deflt = "open" },
	{ "wip_limit", FL_K_INT, .min = 1, .max = 1000, .help = "how many cards it should hold; empty: no limit" },
	{ 0 },
};
static const struct fl_field stage_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ "kind", FL_K_CHOICE, .choices = KINDS, .required = true },
	{ "wip_limit", FL_K_INT, .min = 1, .max = 1000 },
	{ "collapsed", FL_K_BOOL },
	{ "position", FL_K_INT, .min = 1, .max = 100, .help = "place among the stages from 1; none: where it is" },
	{ 0 },
};
static const struct fl_field tasks_fields[] = {
	{ "needs_tasks", FL_K_BOOL, .help = "a card goes on only when its tasks of this stage are done" },
	{ "advances", FL_K_BOOL, .help = "and goes on by itself when they are" },
	{ 0 },
};
static const struct fl_field remove_fields[] = {
	{ "cards_to", FL_K_UUID, .help = "stage its cards go to; none: only when it holds none" },
	{ 0 },
};

#define SHOW .view = "pipeline/show", .sets = { { "pipeline", Q_PIPELINE, FL_ONE }, { "stages", Q_PIPELINE_STAGES }, { "others", Q_PIPELINE_STAGES }, { "areas", Q_AREA_LIST } }, .title = "pipeline.title", .nav = "pipelines"
#define BOARD                                                                                                                                         \
	{ "board", Q_BOARD, FL_ONE }, { "stages", Q_BOARD_STAGES },                                                                                   \
	{                                                                                                                                             \
		"cards", Q_BOARD_CARDS, .under = "stages", .by = "stage_id"                                                                           \
	}
#define CLASH { { "board", Q_BOARD, FL_ONE }, { "clash", Q_BOARD_CLASH, FL_ONE } }

static const struct fl_page pages[] = {
	{ "GET", "/boards", "board.read", .view = "board/list", .sets = { { "boards", Q_BOARD_LIST } }, .title = "board.all", .nav = "boards",
	  .summary = "Boards, one a pipeline" },
	{ "GET", "/boards/{id}", "board.read", board_fields, .view = "board/show", .sets = { BOARD }, .nav = "boards",
	  .summary = "A board: stages with their cards in order" },
	{ "GET", "/boards/{id}/move", "board.move", card_fields, .view = "board/move",
	  .sets = { BOARD, { "picked", Q_BOARD_PICKED, .under = "cards", .by = "card_id" }, { "columns", Q_BOARD_COLUMNS }, { "places", Q_BOARD_PLACES } },
	  .flags = FL_HTML_ONLY, .nav = "boards", .summary = "A board with the Move form of a card" },
	{ "GET", "/boards/{id}/moved", "board.read", card_fields, .view = "board/moved", .sets = { BOARD, { "picked", Q_BOARD_PICKED } },
	  .flags = FL_HTML_ONLY, .nav = "boards", .summary = "A board with what became of a card that was moved" },
	{ "POST", "/boards/{id}/move", "board.move", move_fields, .view = "board/clash", .sets = CLASH, .does = Q_ITEM_MOVE,
	  .then = "/boards/{id}/moved?card={number}#c-{number}", .title = "board.clash", .nav = "boards", .rings = "t:board",
	  .summary = "Moves a card to a stage and a place in it" },
	{ "POST", "/boards/{id}/next", "board.move", next_fields, .view = "board/clash", .sets = CLASH, .does = Q_ITEM_NEXT,
	  .then = "/boards/{id}/moved?card={number}#c-{number}", .title = "board.clash", .nav = "boards", .rings = "t:board",
	  .summary = "Moves a card to the stage after its own" },
	{ "GET", "/pipelines", "pipeline.read", .view = "pipeline/list", .sets = { { "pipelines", Q_PIPELINES } }, .title = "pipeline.all", .nav = "pipelines",
	  .summary = "Pipelines with their stages" },
	{ "POST", "/pipelines", "pipeline.manage", add_fields, .view = "pipeline/list", .sets = { { "pipelines", Q_PIPELINES } }, .does = Q_PIPELINE_ADD,
	  .then = "/pipelines/{id}?done=pipeline_added", .title = "pipeline.all", .nav = "pipelines", .rings = "t:board", .flags = FL_CREATED, .summary = "Adds a pipeline" },
	{ "POST", "/pipelines/seed", "pipeline.manage", .does = Q_PIPELINES_SEED, .then = "/pipelines?done=pipelines_seeded", .rings = "t:board",
	  .summary = "Makes Sales, Support, Billing and Scheduling where there is none yet" },
	{ "GET", "/pipelines/{id}", "pipeline.read", NULL, SHOW, .summary = "A pipeline with its stages" },
	{ "POST", "/pipelines/{id}", "pipeline.manage", update_fields, SHOW, .does = Q_PIPELINE_UPDATE, .then = "/pipelines/{id}?done=saved", .rings = "t:board",
	  .summary = "Changes a pipeline or puts it away" },
	{ "POST", "/pipelines/{id}/area", "member.manage", area_fields, SHOW, .does = Q_PIPELINE_AREA, .then = "/pipelines/{id}?done=saved",
	  .summary = "Puts a pipeline in an area, which decides who of those narrowed to areas sees it" },
	{ "POST", "/pipelines/{id}/stages", "pipeline.manage", stage_add_fields, SHOW, .does = Q_STAGE_ADD, .then = "/pipelines/{id}?done=saved",
	  .rings = "t:board", .flags = FL_CREATED, .summary = "Adds a stage" },
	{ "POST", "/pipelines/{id}/stages/{stage}", "pipeline.manage", stage_fields, SHOW, .does = Q_STAGE_UPDATE, .then = "/pipelines/{id}?done=saved",
	  .rings = "t:board", .summary = "Changes a stage or its place" },
	{ "POST", "/pipelines/{id}/stages/{stage}/tasks", "pipeline.manage", tasks_fields, SHOW, .does = Q_STAGE_TASKS, .then = "/pipelines/{id}?done=saved",
	  .summary = "What a stage asks of the tasks of its cards" },
	{ "POST", "/pipelines/{id}/stages/{stage}/remove", "pipeline.manage", remove_fields, SHOW, .does = Q_STAGE_REMOVE,
	  .then = "/pipelines/{id}?done=stage_removed", .rings = "t:board", .summary = "Removes a stage; its cards go to another" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "pipeline.stage_changed", "1.0", "item_id from to pipeline_id", "" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "boards", "/boards", "board", "board.read", 40 },
	{ "pipelines", "/pipelines", "board", "pipeline.manage", 120 },
	{ 0 },
};

const struct fl_app pipeline_app = { .name = "pipeline", .pages = pages, .emits = emits, .nav = nav };
