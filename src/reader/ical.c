#include "reader/ical.h"

#include "reader/html.h"
#include "reader/ical_time.h"

enum { LINE_BYTES = 64 * 1024, ZONE_BYTES = 100, PERIOD_BYTES = 2048, WORK_BYTES = 128 << 20 };

/* A content line (3.1) taken apart; all borrow the unfolded text. */
struct line {
	struct fl_str name, params, value;
};

struct when {
	struct fl_str at, zone; /* at.n 0: none */
	bool is_date;
};

struct event {
	struct fl_str uid, summary, location, description, status, organizer, rule, stamp;
	struct when start, end, recurrence, except[FL_ICAL_DATES], also[FL_ICAL_DATES];
	struct fl_str people[FL_ICAL_PEOPLE], answers[FL_ICAL_PEOPLE];
	int npeople, nexcept, nalso;
	int64_t sequence, duration_s;
	bool free;
};

struct reading {
	struct fl_arena *a;
	struct fl_jw *w;
	struct event e;
	struct fl_buf busy; /* finished periods, as JSON without brackets */
	struct fl_str method;
	int nevents;
	bool truncated;
};

/* Lines that go on in the next begin there with white space. */
static struct fl_str unfold(struct fl_arena *a, struct fl_str text)
{
	struct fl_buf b = fl_buf(a, text.n + 1);

	for (size_t i = 0; i < text.n; i++) {
		size_t eol = text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n' ? 2 : text.p[i] == '\n' ? 1 : 0;

		if (eol && i + eol < text.n && (text.p[i + eol] == ' ' || text.p[i + eol] == '\t'))
			i += eol;
		else if (eol) {
			fl_buf_putc(&b, '\n');
			i += eol - 1;
		} else {
			fl_buf_putc(&b, text.p[i]);
		}
	}
	return fl_buf_get(&b);
}

static bool cut(struct fl_str all, struct line *out)
{
	size_t i = 0, name;
	bool quoted = false;

	while (i < all.n && all.p[i] != ';' && all.p[i] != ':')
		i++;
	name = i;
	while (i < all.n && (quoted || all.p[i] != ':'))
		quoted ^= all.p[i++] == '"';
	if (name == 0 || i == all.n)
		return false;
	*out = (struct line){ { all.p, name }, { all.p + name, i - name }, { all.p + i + 1, all.n - i - 1 } };
	return true;
}

static bool is(struct fl_str s, const char *word)
{
	return fl_str_ieq(s, fl_str(word));
}

/* The value of a parameter without its quotes. */
static struct fl_str param(const struct line *l, const char *name)
{
	struct fl_str rest = l->params;

	while (rest.n) {
		struct fl_str one = fl_str_cut(&rest, ';'), key = fl_str_cut(&one, '=');

		if (is(key, name) && one.n >= 2 && one.p[0] == '"' && one.p[one.n - 1] == '"')
			return (struct fl_str){ one.p + 1, one.n - 2 };
		if (is(key, name))
			return one;
	}
	return (struct fl_str){ NULL, 0 };
}

/* A text value: its escapes undone, nothing in it that is not text. */
static struct fl_str read_text(struct fl_arena *a, struct fl_str v)
{
	struct fl_str s = fl_str_clip(v, FL_ICAL_VALUE_BYTES);
	struct fl_buf plain = fl_buf(a, s.n + 1), out = fl_buf(a, 3 * s.n + 8);

	for (size_t i = 0; i < s.n; i++) {
		bool escaped = s.p[i] == '\\' && i + 1 < s.n;
		char c = s.p[i + escaped];

		fl_buf_putc(&plain, escaped && (c == 'n' || c == 'N') ? '\n' : c);
		i += escaped;
	}
	fl_text_clean(&out, fl_buf_get(&plain));
	return fl_str_trim(fl_buf_get(&out));
}

static struct when read_when(struct fl_arena *a, const struct line *l, struct fl_str v)
{
	struct when out = { .at = ical_at(a, v), .is_date = v.n == 8 };

	if (out.at.n)
		out.zone = ical_is_utc(v) ? FL_STR("UTC") : read_text(a, fl_str_clip(param(l, "TZID"), ZONE_BYTES));
	return out;
}

static struct fl_str read_address(struct fl_arena *a, struct fl_str v)
{
	char *out;

	if (v.n > 7 && is((struct fl_str){ v.p, 7 }, "mailto:"))
		v = (struct fl_str){ v.p + 7, v.n - 7 };
	out = fl_strndup(a, read_text(a, fl_str_clip(v, 254)));
	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	return fl_str(out);
}

static int read_list(struct fl_arena *a, const struct line *l, struct when *list, int n)
{
	struct fl_str rest = l->value;

	while (rest.n && n < FL_ICAL_DATES) {
		struct fl_str one = fl_str_cut(&rest, ',');

		list[n] = read_when(a, l, fl_str_cut(&one, '/'));
		n += list[n].at.n > 0;
	}
	return n;
}

static void take_person(struct reading *r, const struct line *l)
{
	struct event *e = &r->e;

	if (e->npeople == FL_ICAL_PEOPLE)
		return;
	e->answers[e->npeople] = read_text(r->a, fl_str_clip(param(l, "PARTSTAT"), 20));
	e->people[e->npeople++] = read_address(r->a, l->value);
}

static void take_times(struct reading *r, const struct line *l)
{
	struct event *e = &r->e;

	if (is(l->name, "DTSTART"))
		e->start = read_when(r->a, l, l->value);
	else if (is(l->name, "DTEND"))
		e->end = read_when(r->a, l, l->value);
	else if (is(l->name, "RECURRENCE-ID"))
		e->recurrence = read_when(r->a, l, l->value);
	else if (is(l->name, "DURATION"))
		e->duration_s = ical_duration_s(l->value);
	else if (is(l->name, "EXDATE"))
		e->nexcept = read_list(r->a, l, e->except, e->nexcept);
	else if (is(l->name, "RDATE"))
		e->nalso = read_list(r->a, l, e->also, e->nalso);
}

static void take_line(struct reading *r, const struct line *l)
{
	struct event *e = &r->e;
	const struct {
		const char *name;
		struct fl_str *to;
	} texts[] = {
		{ "UID", &e->uid },       { "SUMMARY", &e->summary }, { "LOCATION", &e->location }, { "DESCRIPTION", &e->description },
		{ "STATUS", &e->status }, { "RRULE", &e->rule },      { "DTSTAMP", &e->stamp },
	};

	for (size_t i = 0; i < FL_COUNT(texts); i++)
		if (is(l->name, texts[i].name))
			*texts[i].to = read_text(r->a, l->value);
	if (is(l->name, "SEQUENCE") && fl_str_int(fl_str_trim(l->value), 0, INT32_MAX, &e->sequence) != FL_OK)
		e->sequence = 0;
	else if (is(l->name, "TRANSP"))
		e->free = is(l->value, "TRANSPARENT");
	else if (is(l->name, "ORGANIZER"))
		e->organizer = read_address(r->a, l->value);
	else if (is(l->name, "ATTENDEE"))
		take_person(r, l);
	else
		take_times(r, l);
}

static void put_when(struct fl_jw *w, const char *key, const struct when *t)
{
	if (!t->at.n)
		return;
	fl_jw_open(w, key, '{');
	fl_jw_str(w, "at", t->at);
	fl_jw_str(w, "zone", t->zone.p ? t->zone : FL_STR(""));
	fl_jw_close(w, '}');
}

static void put_text(struct fl_jw *w, const char *key, struct fl_str s)
{
	if (s.n)
		fl_jw_str(w, key, s);
}

static void put_list(struct fl_jw *w, const char *key, const struct when *list, int n)
{
	if (!n)
		return;
	fl_jw_open(w, key, '[');
	for (int i = 0; i < n; i++)
		put_when(w, NULL, &list[i]);
	fl_jw_close(w, ']');
}

static void put_event(struct reading *r)
{
	const struct event *e = &r->e;
	struct fl_jw *w = r->w;

	if (!e->start.at.n && !e->uid.n)
		return;
	if (r->nevents == FL_ICAL_EVENTS) {
		r->truncated = true;
		return;
	}
	r->nevents++;
	fl_jw_open(w, NULL, '{');
	put_text(w, "uid", e->uid);
	fl_jw_int(w, "sequence", e->sequence);
	put_text(w, "stamp", e->stamp);
	put_when(w, "recurrence", &e->recurrence);
	put_when(w, "start", &e->start);
	put_when(w, "end", &e->end);
	if (e->duration_s > 0)
		fl_jw_int(w, "duration_s", e->duration_s);
	fl_jw_bool(w, "all_day", e->start.is_date);
	put_text(w, "summary", e->summary);
	put_text(w, "location", e->location);
	put_text(w, "description", e->description);
	put_text(w, "status", e->status);
	fl_jw_bool(w, "free", e->free);
	put_text(w, "organizer", e->organizer);
	put_text(w, "rule", e->rule);
	put_list(w, "except", e->except, e->nexcept);
	put_list(w, "also", e->also, e->nalso);
	fl_jw_open(w, "people", '[');
	for (int i = 0; i < e->npeople; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_str(w, "email", e->people[i]);
		put_text(w, "answer", e->answers[i]);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
	fl_jw_close(w, '}');
}

/* FREEBUSY;FBTYPE=BUSY:20261124T100000Z/PT1H,... (3.8.2.6); times are in UTC. */
static void take_busy(struct reading *r, const struct line *l)
{
	struct fl_str rest = l->value;

	if (!is(l->name, "FREEBUSY") || is(param(l, "FBTYPE"), "FREE"))
		return;
	while (rest.n) {
		struct fl_str one = fl_str_cut(&rest, ','), from = fl_str_cut(&one, '/');
		struct when start = read_when(r->a, l, from), end = read_when(r->a, l, one);
		struct fl_buf b = fl_buf(r->a, PERIOD_BYTES);
		struct fl_jw w = fl_jw(&b);

		if (!start.at.n || r->nevents == FL_ICAL_EVENTS)
			continue;
		r->nevents++;
		if (r->busy.n)
			fl_buf_putc(&b, ',');
		fl_jw_open(&w, NULL, '{');
		put_when(&w, "start", &start);
		put_when(&w, "end", &end);
		if (!end.at.n)
			fl_jw_int(&w, "duration_s", ical_duration_s(one));
		fl_jw_close(&w, '}');
		fl_buf_str(&r->busy, fl_buf_get(&b));
		r->truncated = r->truncated || r->busy.over;
	}
}

/* A line inside of a VCALENDAR: of the calendar itself, or of the component that is open in it; what is deeper (an alarm) is not ours. */
static void take(struct reading *r, const struct line *l, int depth, struct fl_str component)
{
	if (depth == 1 && is(l->name, "METHOD"))
		r->method = read_text(r->a, fl_str_clip(l->value, 20));
	else if (depth == 2 && is(component, "VEVENT"))
		take_line(r, l);
	else if (depth == 2 && is(component, "VFREEBUSY"))
		take_busy(r, l);
}

static void walk(struct reading *r, struct fl_str rest)
{
	struct fl_str component = { NULL, 0 };
	int depth = 0;

	while (rest.n) {
		struct line l;

		if (!cut(fl_str_clip(fl_str_cut(&rest, '\n'), LINE_BYTES), &l))
			continue;
		if (is(l.name, "BEGIN")) {
			if (++depth == 2) {
				component = fl_str_trim(l.value);
				memset(&r->e, 0, sizeof r->e);
			}
		} else if (is(l.name, "END")) {
			if (depth == 2 && is(component, "VEVENT"))
				put_event(r);
			depth -= depth > 0;
		} else {
			take(r, &l, depth, component);
		}
	}
}

void fl_ical_read(struct fl_str text, struct fl_jw *w, const char *key)
{
	/* Given back at the end: a calendar of a server comes as thousands of texts with one event each. */
	struct fl_arena *a = fl_arena_new(WORK_BYTES);
	struct reading *r = FL_NEW(a, struct reading);

	r->a = a;
	r->w = w;
	r->busy = fl_buf(a, FL_ICAL_BYTES);
	r->truncated = text.n > FL_ICAL_BYTES;
	fl_jw_open(w, key, '{');
	fl_jw_open(w, "events", '[');
	walk(r, unfold(a, (struct fl_str){ text.p, text.n > FL_ICAL_BYTES ? FL_ICAL_BYTES : text.n }));
	fl_jw_close(w, ']');
	fl_jw_raw(w, "busy", fl_str(fl_fmt(a, "[%.*s]", (int)r->busy.n, r->busy.n ? r->busy.p : "")));
	fl_jw_str(w, "method", r->method);
	fl_jw_bool(w, "truncated", r->truncated);
	fl_jw_close(w, '}');
	fl_arena_free(a);
}
