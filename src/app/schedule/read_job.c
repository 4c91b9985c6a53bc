#include "app/schedule/read.h"

#include "app/schedule/phrase.h"
#include "base/buf.h"
#include "base/json.h"

enum { READINGS_MAX = 3, FOUND_MAX = 8, MEETING_S = 30 * 60 };

static const char *const doubts[] = { "clear", "am_or_pm", "which_day", "past", "mismatch", "impossible" };

enum fl_rc schedule_read_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "intake_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no intake_id");
	fl_batch_add(b, q_schedule_text(id), NULL);
	return FL_OK;
}

static int find(const struct fl_rows *row, enum phrase_language language, struct phrase *found, size_t *covered)
{
	struct fl_str locale = fl_rows_str(row, 0, SCHEDULE_TEXT_LOCALE);
	struct phrase_reader who = {
		.now_s = fl_rows_int(row, 0, SCHEDULE_TEXT_NOW_S),
		.language = language,
		.month_first = fl_str_eq(locale, FL_STR("en")) || fl_str_eq(locale, FL_STR("en-US")),
	};
	int n = phrase_find(&who, fl_rows_str(row, 0, SCHEDULE_TEXT_TEXT), found, FOUND_MAX);

	*covered = 0;
	for (int i = 0; i < n; i++)
		*covered += found[i].to - found[i].from;
	return n;
}

/* A meeting is asked for at a day or a time; a month is no answer to "when". */
static bool is_a_time(const struct phrase *p)
{
	return p->grain <= PHRASE_DAY && p->has_day && !p->rule[0];
}

static void put(struct fl_jw *w, struct fl_str text, struct fl_str zone, const struct phrase *p)
{
	char start[PHRASE_TIME_SIZE], end[PHRASE_TIME_SIZE];
	bool exact = p->grain <= PHRASE_HOUR;

	phrase_print(p->start_s, start);
	phrase_print(exact && !p->has_end ? p->start_s + MEETING_S : p->end_s, end);
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "phrase", (struct fl_str){ text.p + p->from, p->to - p->from });
	fl_jw_cstr(w, "start", start);
	fl_jw_cstr(w, "end", end);
	fl_jw_str(w, "zone", zone);
	fl_jw_bool(w, "timed", exact);
	fl_jw_cstr(w, "doubt", doubts[p->doubt]);
	fl_jw_close(w, '}');
}

enum fl_rc schedule_read_call(struct fl_job *job)
{
	const struct fl_rows *row = job->set[0];
	struct phrase en[FOUND_MAX], es[FOUND_MAX], *found = en;
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct fl_jw w;
	size_t in_en, in_es;
	int n, n_es, kept = 0;

	job->state = NULL;
	if (!row->nrows)
		return FL_OK; /* the request has gone */
	n = find(row, PHRASE_EN, en, &in_en);
	n_es = find(row, PHRASE_ES, es, &in_es);
	if (in_es > in_en) {
		found = es;
		n = n_es;
	}
	*b = fl_buf(job->cx->a, 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < n && kept < READINGS_MAX; i++)
		if (is_a_time(&found[i])) {
			put(&w, fl_rows_str(row, 0, SCHEDULE_TEXT_TEXT), fl_rows_str(row, 0, SCHEDULE_TEXT_ZONE), &found[i]);
			kept++;
		}
	fl_jw_close(&w, ']');
	job->state = b;
	return FL_OK;
}

enum fl_rc schedule_read_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_schedule_keep(fl_json_str(job->payload, "intake_id"), fl_buf_get(job->state)), NULL);
	return FL_OK;
}
