#include "app/schedule/read.h"

#include "app/schedule/phrase.h"
#include "app/schedule/reply.h"
#include "base/buf.h"
#include "base/json.h"

enum { FOUND_MAX = 8, MEETING_S = 30 * 60, SAID_BYTES = 4000, PHRASE_BYTES = 200, DAY_S = 24 * 60 * 60, BOUND_DAYS = 14 };

static const char *const doubts[] = { "clear", "am_or_pm", "which_day", "which_zone", "past", "mismatch", "impossible" };
static const char *const acts[] = { "none", "move", "cancel", "yes", "no", "person" };

struct heard {
	struct fl_str text;
	struct reply reply;
	struct phrase times[FOUND_MAX];
	int n;
};

enum fl_rc schedule_read_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "intake_id");

	if (!fl_uuid_valid(id))
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no intake_id");
	fl_batch_add(b, q_schedule_text(id, fl_json_str(job->payload, "message_id")), NULL);
	return FL_OK;
}

static int find(const struct fl_rows *row, struct fl_str text, enum phrase_language language, struct phrase *found, size_t *covered)
{
	struct fl_str locale = fl_rows_str(row, 0, SCHEDULE_TEXT_LOCALE);
	struct phrase_reader who = {
		.now_s = fl_rows_int(row, 0, SCHEDULE_TEXT_NOW_S),
		.language = language,
		.month_first = fl_str_eq(locale, FL_STR("en")) || fl_str_eq(locale, FL_STR("en-US")),
		.zone = fl_rows_str(row, 0, SCHEDULE_TEXT_ZONE),
	};
	int n = phrase_find(&who, text, found, FOUND_MAX);

	*covered = 0;
	for (int i = 0; i < n; i++)
		*covered += found[i].to - found[i].from;
	return n;
}

/* A meeting is asked for at a day or a time; a month is no answer to "when", and a series is more than one meeting. */
static bool is_a_time(const struct phrase *p)
{
	return p->grain <= PHRASE_WEEK && (p->has_day || p->has_time) && !p->rule[0];
}

/* "between 2 and 4" names a span in which to look, "from 2 to 4" the meeting. */
static bool is_span(struct fl_str text, const struct phrase *p)
{
	static const char *const words[] = { "between", "entre" };

	for (size_t i = 0; i < FL_COUNT(words); i++)
		for (size_t at = p->from; at + strlen(words[i]) <= p->to; at++)
			if (fl_str_ieq((struct fl_str){ text.p + at, strlen(words[i]) }, fl_str(words[i])))
				return true;
	return p->grain > PHRASE_HOUR;
}

/* "not Thursday" names a day that is not wanted; "not before 11" is said so, and "I can't do before 11" is from 11 on. */
static bool is_wanted(struct fl_cx *cx, struct fl_str text, struct phrase *p)
{
	if (!is_a_time(p) || reply_is_shift(cx->a, text, p->from, p->to))
		return false;
	if (p->bound == PHRASE_FROM || p->bound == PHRASE_BY || !reply_negates(cx->a, text, p->from, p->to))
		return true;
	if (!p->has_time || p->bound == PHRASE_AT)
		return false;
	p->bound = p->bound == PHRASE_BEFORE ? PHRASE_FROM : PHRASE_BEFORE;
	return true;
}

/* "10" and nothing else answers the question for an hour; who calls knows whether it is the tenth of what was offered. How many times it is. */
static int hour_alone(struct fl_cx *cx, const struct fl_rows *row, struct heard *h)
{
	struct fl_str number = fl_str_trim(h->text);
	struct phrase *p = &h->times[0];
	size_t covered, lead = strlen("at ");

	while (number.n && strchr(".!", number.p[number.n - 1]))
		number.n--;
	if (number.n == 0 || number.n > 2 || number.p[0] < '0' || number.p[0] > '9' || number.p[number.n - 1] < '0' || number.p[number.n - 1] > '9')
		return 0;
	if (find(row, fl_str(fl_fmt(cx->a, "at %.*s", (int)number.n, number.p)), PHRASE_EN, p, &covered) != 1 || p->doubt == PHRASE_IMPOSSIBLE)
		return 0;
	p->from = 0;
	p->to -= lead;
	return 1;
}

static void listen(struct fl_cx *cx, const struct fl_rows *row, struct heard *h)
{
	struct phrase en[FOUND_MAX], es[FOUND_MAX], *found = en;
	size_t in_en, in_es;
	int n, n_es;

	h->text = reply_own_words(cx->a, fl_rows_str(row, 0, SCHEDULE_TEXT_TEXT));
	reply_read(cx->a, h->text, &h->reply);
	n = find(row, h->text, PHRASE_EN, en, &in_en);
	n_es = find(row, h->text, PHRASE_ES, es, &in_es);
	if (in_es > in_en || (in_es == in_en && h->reply.language_sure && h->reply.language == PHRASE_ES)) {
		found = es;
		n = n_es;
	}
	if (in_es != in_en) {
		h->reply.language = in_es > in_en ? PHRASE_ES : PHRASE_EN;
		h->reply.language_sure = true;
	}
	for (int i = 0; i < n; i++)
		if (is_wanted(cx, h->text, &found[i]))
			h->times[h->n++] = found[i];
	if (h->n == 0)
		h->n = hour_alone(cx, row, h);
	if (h->n > 0)
		h->reply.shift_s = 0;
}

/* By 4pm: at 4pm is still by it. */
static int64_t over_by(const struct phrase *p, bool hour)
{
	if (p->bound == PHRASE_BEFORE)
		return p->start_s;
	return hour ? p->start_s + (p->start_s % DAY_S > 0) : p->end_s;
}

/* Where to look for a time of which only a bound was said: the day from an hour on or up to it, the days before or after one. */
static void within_bound(const struct phrase *p, int64_t now_s, int64_t *from, int64_t *to)
{
	bool hour = p->has_time && p->grain <= PHRASE_HOUR, later = p->bound == PHRASE_FROM || p->bound == PHRASE_AFTER;
	int64_t start = p->start_s, end = p->end_s, day = start - start % DAY_S;

	if (later)
		start = p->bound == PHRASE_FROM || hour ? start : end;
	else
		end = over_by(p, hour);
	if (later)
		end = p->has_time ? day + DAY_S : start + BOUND_DAYS * DAY_S;
	else
		start = p->has_time ? day : now_s - now_s % DAY_S;
	*from = start < end ? start : p->start_s;
	*to = start < end ? end : p->end_s;
}

static void put_span(struct fl_jw *w, const struct heard *h, struct fl_str zone, const struct phrase *p, bool exact, int64_t from, int64_t to)
{
	char start[PHRASE_TIME_SIZE], end[PHRASE_TIME_SIZE];

	phrase_print(from, start);
	phrase_print(to, end);
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "phrase", fl_str_clip((struct fl_str){ h->text.p + p->from, p->to - p->from }, PHRASE_BYTES));
	fl_jw_cstr(w, "start", start);
	fl_jw_cstr(w, "end", end);
	fl_jw_str(w, "zone", zone);
	fl_jw_bool(w, "timed", p->grain <= PHRASE_HOUR && p->bound == PHRASE_AT);
	fl_jw_bool(w, "exact", exact);
	fl_jw_bool(w, "has_day", p->has_day);
	fl_jw_bool(w, "has_end", exact && p->has_end);
	if (p->has_offset)
		fl_jw_int(w, "offset_min", p->offset_min);
	if (p->zone)
		fl_jw_cstr(w, "named_zone", p->zone);
	fl_jw_cstr(w, "doubt", doubts[p->doubt]);
	if (p->each_day)
		fl_jw_bool(w, "each_day", true);
	if (p->same_time)
		fl_jw_bool(w, "same_time", true);
	if (p->weekday)
		fl_jw_bool(w, "weekday", true);
	if (p->length_s)
		fl_jw_int(w, "minutes", p->length_s / 60);
	if (p->not_days && !exact)
		fl_jw_int(w, "not_days", p->not_days);
	fl_jw_close(w, '}');
}

/* now, as soon as possible: any hour of the days to come, the next ones first. */
static void put_soon(struct fl_jw *w, const struct heard *h, struct fl_str zone, int64_t now_s, const struct phrase *p)
{
	struct phrase soon = *p;

	soon.has_day = soon.has_time = false;
	soon.grain = PHRASE_DAY;
	soon.doubt = PHRASE_CLEAR;
	put_span(w, h, zone, &soon, false, now_s - now_s % DAY_S, now_s - now_s % DAY_S + DAY_S);
}

static void put_time(struct fl_jw *w, const struct heard *h, struct fl_str zone, int64_t now_s, const struct phrase *p)
{
	if (p->grain == PHRASE_SECOND && p->start_s == now_s && p->bound == PHRASE_AT) {
		put_soon(w, h, zone, now_s, p);
		return;
	}
	bool exact = p->bound == PHRASE_AT && !is_span(h->text, p);
	int64_t from = p->start_s, to = exact && !p->has_end ? p->start_s + MEETING_S : p->end_s;

	if (p->bound != PHRASE_AT)
		within_bound(p, now_s, &from, &to);
	else if (p->length_s)
		to = p->within_s;
	put_span(w, h, zone, p, exact, from, to);
}

enum fl_rc schedule_read_call(struct fl_job *job)
{
	const struct fl_rows *row = job->set[0];
	struct fl_buf *b = FL_NEW(job->cx->a, struct fl_buf);
	struct heard *h = FL_NEW(job->cx->a, struct heard);
	struct fl_jw w;

	job->state = NULL;
	if (!row->nrows)
		return FL_OK; /* the request has gone */
	listen(job->cx, row, h);
	*b = fl_buf(job->cx->a, 64 * 1024);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '{');
	fl_jw_str(&w, "text", fl_str_clip(h->text, SAID_BYTES));
	fl_jw_cstr(&w, "act", acts[h->reply.act]);
	if (h->reply.choice)
		fl_jw_int(&w, "choice", h->reply.choice);
	fl_jw_bool(&w, "none", h->reply.none);
	fl_jw_bool(&w, "asks", h->reply.asks);
	if (h->reply.told)
		fl_jw_bool(&w, "told", true);
	if (memchr(h->text.p, '?', h->text.n))
		fl_jw_bool(&w, "question", true);
	if (h->reply.language_sure)
		fl_jw_cstr(&w, "language", h->reply.language == PHRASE_ES ? "es" : "en");
	if (h->reply.shift_s)
		fl_jw_int(&w, "shift_s", h->reply.shift_s);
	fl_jw_open(&w, "times", '[');
	for (int i = 0; i < h->n; i++)
		put_time(&w, h, fl_rows_str(row, 0, SCHEDULE_TEXT_ZONE), fl_rows_int(row, 0, SCHEDULE_TEXT_NOW_S), &h->times[i]);
	fl_jw_close(&w, ']');
	fl_jw_close(&w, '}');
	job->state = b;
	return FL_OK;
}

enum fl_rc schedule_read_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_schedule_turn(fl_json_str(job->payload, "intake_id"), fl_json_str(job->payload, "message_id"),
		                                fl_rows_int(job->set[0], 0, SCHEDULE_TEXT_TURNS), fl_buf_get(job->state)), NULL);
	return FL_OK;
}
