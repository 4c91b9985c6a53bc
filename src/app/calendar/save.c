#include "app/calendar/calendar.h"

#include "app/calendar/recur.h"

/* What the choices of the form are as rules. */
static const char *const rules[][2] = {
	{ "daily", "FREQ=DAILY" },           { "workdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" }, { "weekly", "FREQ=WEEKLY" },
	{ "biweekly", "FREQ=WEEKLY;INTERVAL=2" }, { "monthly", "FREQ=MONTHLY" },                 { "yearly", "FREQ=YEARLY" },
};

/* The rule of a form or a body; {NULL, 0}: once. */
static struct fl_str rule_of(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str repeat = fl_req_get(req, "repeat"), until = fl_req_get(req, "repeat_until"), rule = { NULL, 0 };

	if (fl_str_eq(repeat, FL_STR("rule")))
		return fl_req_get(req, "rrule");
	for (size_t i = 0; i < FL_COUNT(rules); i++)
		if (fl_str_eq(repeat, fl_str(rules[i][0])))
			rule = fl_str(rules[i][1]);
	if (rule.n && until.n == 10)
		rule = fl_str(fl_fmt(cx->a, "%.*s;UNTIL=%.4s%.2s%.2s", (int)rule.n, rule.p, until.p, until.p + 5, until.p + 8));
	return rule;
}

static bool is_true(struct fl_str s)
{
	return fl_str_eq(s, FL_STR("true"));
}

enum fl_rc calendar_save(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str rule = rule_of(cx, req), dates = { NULL, 0 }, day = fl_req_get(req, "day"), from = fl_req_get(req, "from");
	bool all_day = is_true(fl_req_get(req, "all_day"));

	if (all_day)
		from = FL_STR("00:00");
	if (rule.n)
		FL_TRY(recur_dates(cx, fl_str(fl_fmt(cx->a, "%.*sT%.*s", (int)day.n, day.p, (int)from.n, from.n ? from.p : "")), (struct fl_str){ NULL, 0 }, rule, &dates));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_calendar_save(fl_req_get(req, "id"), fl_req_get(req, "version"), fl_req_get(req, "title"), fl_req_get(req, "note"), fl_req_get(req, "place"),
	                                 fl_req_get(req, "zone"), day, from, fl_req_get(req, "last_day"), fl_req_get(req, "until"), all_day, rule, dates,
	                                 fl_req_get(req, "people"), fl_req_get(req, "resources"), fl_req_get(req, "guests"), !is_true(fl_req_get(req, "free")), fl_req_get(req, "task")),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such event");
}
