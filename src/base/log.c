#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"

/* With every sign of it escaped, such a message leaves room for the members in a line. */
enum { MESSAGE_BYTES = 8192, LINE_BYTES = 64 * 1024 };

/* Set once by main before anything else runs, constant from then on. */
static struct {
	const char *component;
	enum fl_level level;
	const char *shapes;
	char host[64];
} start = { .component = "fairlead", .level = FL_INFO, .shapes = "" };

void fl_log_start(const char *component, enum fl_level level, const char *shapes)
{
	start.shapes = shapes;
	start.component = component;
	start.level = level;
	if (gethostname(start.host, sizeof(start.host) - 1) != 0)
		start.host[0] = '\0';
}

enum fl_rc fl_level_parse(struct fl_str name, enum fl_level *out)
{
	static const char *const names[] = { "trace", "debug", "info", "warn", "error", "fatal" };

	for (size_t i = 0; i < FL_COUNT(names); i++)
		if (fl_str_eq(name, fl_str(names[i]))) {
			*out = (enum fl_level)((i + 1) * 10);
			return FL_OK;
		}
	return FL_INVALID;
}

bool fl_log_on(enum fl_level level)
{
	return level >= start.level;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' || c == '+';
}

/* Masks the word with the @ at i; the place of its last letter. */
static size_t mask_address(char *p, size_t n, size_t i)
{
	size_t from = i, to = i;

	while (from > 0 && is_word(p[from - 1]))
		from--;
	while (to + 1 < n && is_word(p[to + 1]))
		to++;
	if (from < i && to > i)
		memset(p + from, '*', to - from + 1);
	return to;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Masks nine or more digits from i on (cards, phones; blanks and hyphens inside count as part); the place of the last. */
static size_t mask_number(char *p, size_t n, size_t i)
{
	size_t to = i, ndigits = 0;

	while (to < n && (is_digit(p[to]) || p[to] == ' ' || p[to] == '-'))
		ndigits += is_digit(p[to++]);
	if (ndigits >= 9)
		memset(p + i, '*', to - i);
	return to - 1;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_shape(struct fl_str shape, struct fl_str s)
{
	for (size_t i = 0; i < shape.n; i++)
		if (i == s.n || !(shape.p[i] == '#' ? is_digit(s.p[i]) : shape.p[i] == '@' ? is_letter(s.p[i]) : shape.p[i] == s.p[i]))
			return false;
	return shape.n > 0;
}

/* Before the others: they would leave half of it. */
static void mask_shapes(char *p, size_t n)
{
	for (struct fl_str rest = fl_str(start.shapes), shape; rest.p;) {
		shape = fl_str_trim(fl_str_cut(&rest, ','));
		for (size_t i = 0; i + shape.n <= n; i++)
			if (has_shape(shape, (struct fl_str){ p + i, n - i }))
				memset(p + i, '*', shape.n);
	}
}

struct fl_str fl_log_masked(struct fl_arena *a, struct fl_str msg)
{
	char *p = fl_strndup(a, msg);

	fl_str_scrub(p, msg.n);
	mask_shapes(p, msg.n);
	for (size_t i = 0; i < msg.n; i++) {
		if (p[i] == '@')
			i = mask_address(p, msg.n, i);
		else if (is_digit(p[i]))
			i = mask_number(p, msg.n, i);
	}
	return (struct fl_str){ p, msg.n };
}

static void write_ids(struct fl_jw *w, const struct fl_cx *cx)
{
	if (cx->request_id && cx->request_id[0])
		fl_jw_cstr(w, "reqId", cx->request_id);
	if (cx->trace_id[0])
		fl_jw_cstr(w, "trace_id", cx->trace_id);
	if (cx->job_id)
		fl_jw_cstr(w, "jobId", cx->job_id);
	if (cx->who.org_id[0])
		fl_jw_cstr(w, "org_id", cx->who.org_id);
	if (cx->who.user_id[0])
		fl_jw_cstr(w, "user_id", cx->who.user_id);
}

void fl_log_with(const struct fl_cx *cx, enum fl_level level, struct fl_str members, const char *msg)
{
	struct fl_arena *a;
	struct fl_buf b;
	struct fl_jw w;

	if (!fl_log_on(level))
		return;
	a = fl_arena_new(256 * 1024);
	b = fl_buf(a, LINE_BYTES);
	w = fl_jw(&b);
	fl_jw_open(&w, NULL, '{');
	fl_jw_int(&w, "level", level);
	fl_jw_int(&w, "time", fl_now_us() / 1000);
	fl_jw_int(&w, "pid", getpid());
	fl_jw_cstr(&w, "hostname", start.host);
	fl_jw_cstr(&w, "component", start.component);
	if (cx)
		write_ids(&w, cx);
	if (members.n) {
		fl_buf_putc(&b, ',');
		fl_buf_str(&b, members);
	}
	fl_jw_str(&w, "msg", fl_log_masked(a, fl_str_clip(fl_str(msg), MESSAGE_BYTES)));
	fl_jw_close(&w, '}');
	fl_buf_putc(&b, '\n');
	/* One write a line, so that lines of several processes do not mix. A log that cannot be written stops nobody. */
	if (write(STDERR_FILENO, b.p, b.n) < 0)
		(void)0;
	fl_arena_free(a);
}

void fl_log(const struct fl_cx *cx, enum fl_level level, const char *fmt, ...)
{
	struct fl_arena *a;
	va_list ap;

	if (!fl_log_on(level))
		return;
	a = fl_arena_new(64 * 1024);
	va_start(ap, fmt);
	fl_log_with(cx, level, (struct fl_str){ NULL, 0 }, fl_vfmt(a, fmt, ap));
	va_end(ap);
	fl_arena_free(a);
}
