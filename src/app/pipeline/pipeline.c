/* Pipelines with their stages, and the boards their cards are moved on. A card is named by its number, REQ-1042 without the letters. */
#include "app/app.h"

static const struct fl_field board_fields[] = {
	{ "more", FL_K_UUID, .help = "stage to show whole" },
	{ 0 },
};
static const struct fl_field card_fields[] = {
	{ "card", FL_K_INT, .required = true, .min = 1, .help = "number of a card" },
	{ "more", FL_K_UUID, .help = "stage to show whole" },
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
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "pipeline.stage_changed", "1.0", "item_id from to pipeline_id", "" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "boards", "/boards", "board", "board.read", 40 },
	{ 0 },
};

const struct fl_app pipeline_app = { .name = "pipeline", .pages = pages, .emits = emits, .nav = nav };
