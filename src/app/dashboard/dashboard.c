/* Today: what needs somebody now, what is next, how the desk did lately. */
#include "app/app.h"

static const struct fl_field order_fields[] = {
	{ "move", FL_K_CHOICE, .required = true, .choices = "tiles.up|tiles.down|lists.up|lists.down|trend.up|trend.down|latest.up|latest.down",
	  .help = "which part changes places with its neighbour" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/dashboard", "intake.read", .view = "dashboard/show",
	  .sets = { { "desk", Q_DESK, FL_ONE }, { "steps", Q_DESK_STEPS }, { "joining", Q_ONBOARDING_MINE }, { "mine", Q_DESK_MINE }, { "unsure", Q_DESK_UNSURE }, { "views", Q_DESK_VIEWS },
	            { "rows", Q_DESK_VIEW_ROWS, .under = "views", .by = "view_id" }, { "days", Q_DESK_DAYS },
	            { "latest", Q_DESK_LATEST }, { "parts", Q_DESK_PARTS } },
	  .flags = FL_FRAMED, .title = "dashboard.title", .nav = "today", .summary = "Counters, short lists, the trend of 14 days and the latest requests" },
	{ "POST", "/dashboard/order", "intake.read", order_fields, .does = Q_DESK_MOVE, .then = "/dashboard?done=desk_order#arrange", .summary = "Moves a part of the first page up or down" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "request-days", .every_s = 60, .skip_missed = true, .q = Q_SWEEP_REQUEST_DAYS, .help = "counts requests, decisions and answers by day" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "today", "/dashboard", "home", "intake.read", 10 },
	{ 0 },
};

const struct fl_app dashboard_app = { .name = "dashboard", .pages = pages, .sweeps = sweeps, .nav = nav };
