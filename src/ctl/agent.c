/* fairlead replay, fairlead eval: what decisions would have been, and how sure was how right; from stored rows alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "ctl/ctl.h"

/* "30d", "12h" as an interval; NULL when it is neither. */
static const char *interval_of(struct fl_arena *a, const char *text)
{
	size_t n = strlen(text);
	int64_t v;

	if (n < 2 || (text[n - 1] != 'd' && text[n - 1] != 'h') || fl_str_int((struct fl_str){ text, n - 1 }, 1, 3660, &v) != FL_OK)
		return NULL;
	return fl_fmt(a, "%lld %s", (long long)v, text[n - 1] == 'd' ? "days" : "hours");
}

static const char *since(struct ctl *c)
{
	const char *said = ctl_option(c, "since", "30d"), *interval = interval_of(c->cx->a, said);

	if (!interval)
		fprintf(stderr, "fairlead: --since %s is no span of time; write for example 30d or 12h\n", said);
	return interval;
}

static struct fl_str option_str(struct ctl *c, const char *name)
{
	const char *v = ctl_option(c, name, NULL);

	return v ? fl_str(v) : (struct fl_str){ NULL, 0 };
}

/* A confidence from 0 to 1, or none at all. */
static bool threshold_fits(struct ctl *c)
{
	const char *said = ctl_option(c, "threshold", "1");
	char *end;
	double v = strtod(said, &end);

	if (end > said && *end == '\0' && v >= 0 && v <= 1)
		return true;
	fprintf(stderr, "fairlead: --threshold %s: a confidence is a number from 0 to 1, as 0.9\n", said);
	return false;
}

static double share(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static int print(struct fl_buf *b)
{
	fl_buf_putc(b, '\n');
	return fwrite(b->p, 1, b->n, stdout) == b->n ? 0 : 1;
}

int ctl_replay(struct ctl *c)
{
	const char *span = since(c);
	struct fl_buf b = fl_buf(c->cx->a, 4096);
	struct fl_jw w = fl_jw(&b);
	struct fl_rows *r;

	if (!span || !threshold_fits(c))
		return 2;
	if (!ctl_db(c) || !ctl_known(c, "org", "`fairlead org list` names them"))
		return 1;
	if (fl_db_run(c->cx, c->db, q_agent_replay(option_str(c, "org"), fl_str(span), option_str(c, "threshold")), &r) != FL_OK)
		return ctl_fail(c, "replay");
	fl_jw_open(&w, NULL, '{');
	fl_jw_int(&w, "decisions", fl_rows_int(r, 0, AGENT_REPLAY_DECISIONS));
	fl_jw_double(&w, "auto_rate", share(fl_rows_int(r, 0, AGENT_REPLAY_AUTO), fl_rows_int(r, 0, AGENT_REPLAY_DECISIONS)));
	fl_jw_double(&w, "auto_rate_now", share(fl_rows_int(r, 0, AGENT_REPLAY_AUTO_NOW), fl_rows_int(r, 0, AGENT_REPLAY_DECISIONS)));
	fl_jw_int(&w, "judged", fl_rows_int(r, 0, AGENT_REPLAY_JUDGED));
	fl_jw_double(&w, "error_rate", share(fl_rows_int(r, 0, AGENT_REPLAY_WRONG), fl_rows_int(r, 0, AGENT_REPLAY_JUDGED)));
	fl_jw_int(&w, "differing", fl_rows_int(r, 0, AGENT_REPLAY_DIFFERING));
	fl_jw_close(&w, '}');
	return print(&b);
}

int ctl_eval(struct ctl *c)
{
	const char *span = since(c);
	struct fl_buf b = fl_buf(c->cx->a, 16384);
	struct fl_jw w = fl_jw(&b);
	int64_t judged = 0, right = 0;
	double gap = 0;
	struct fl_rows *r;

	if (!span)
		return 2;
	if (!ctl_db(c) || !ctl_known(c, "org", "`fairlead org list` names them"))
		return 1;
	if (fl_db_run(c->cx, c->db, q_agent_eval(option_str(c, "org"), fl_str(span)), &r) != FL_OK)
		return ctl_fail(c, "eval");
	fl_jw_open(&w, NULL, '{');
	fl_jw_open(&w, "bands", '[');
	for (int i = 0; i < r->nrows; i++) {
		int64_t n = fl_rows_int(r, i, AGENT_EVAL_JUDGED), k = fl_rows_int(r, i, AGENT_EVAL_FOUND_RIGHT);

		fl_jw_open(&w, NULL, '{');
		fl_jw_double(&w, "from", fl_rows_float(r, i, AGENT_EVAL_LOW));
		fl_jw_double(&w, "to", fl_rows_float(r, i, AGENT_EVAL_HIGH));
		fl_jw_int(&w, "judged", n);
		fl_jw_double(&w, "predicted", n ? fl_rows_float(r, i, AGENT_EVAL_MEAN) : NAN);
		fl_jw_double(&w, "found_right", share(k, n));
		fl_jw_close(&w, '}');
		judged += n;
		right += k;
		if (n)
			gap += fabs(fl_rows_float(r, i, AGENT_EVAL_MEAN) * (double)n - (double)k);
	}
	fl_jw_close(&w, ']');
	fl_jw_int(&w, "judged", judged);
	fl_jw_double(&w, "found_right", share(right, judged));
	fl_jw_double(&w, "calibration_error", judged ? gap / (double)judged : NAN);
	fl_jw_close(&w, '}');
	return print(&b);
}
