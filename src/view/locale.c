#include "view/inside.h"

#include <assert.h>
#include <stdarg.h>

const char *const view_locales[LOCALES] = { "en", "es" };

void catalogue_init(struct fl_arena *a, struct catalogue *c, const char *locale)
{
	*c = (struct catalogue){ .locale = locale, .nbuckets = 4096 };
	c->bucket = FL_NEW_ARRAY(a, c->nbuckets, struct message *);
}

size_t name_hash(struct fl_str s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

struct message *catalogue_find(const struct catalogue *c, struct fl_str key)
{
	struct message *m = c->bucket[name_hash(key) % c->nbuckets];

	while (m && !fl_str_eq(m->key, key))
		m = m->next;
	return m;
}

struct fl_str catalogue_get(const struct catalogue *c, struct fl_str key)
{
	const struct message *m = catalogue_find(c, key);

	return m ? m->text : (struct fl_str){ 0 };
}

static enum fl_rc add_line(struct fl_cx *cx, struct catalogue *c, const char *file, int line_no, struct fl_str line)
{
	struct fl_str text = line, key = fl_str_trim(fl_str_cut(&text, '='));
	const struct message *old;
	struct message *m;
	size_t at;

	text = fl_str_trim(text);
	if (!key.n || !text.n)
		return fl_fail_(cx, FL_INVALID, NULL, file, line_no, "%s:%d: a line is: key = text", file, line_no);
	if ((old = catalogue_find(c, key)) != NULL)
		return fl_fail_(cx, FL_INVALID, NULL, file, line_no, "%s:%d: %.*s is in %s:%d already", file, line_no, (int)key.n, key.p,
		                old->file, old->line);
	at = name_hash(key) % c->nbuckets;
	m = FL_NEW(cx->a, struct message);
	*m = (struct message){ .key = key, .text = text, .file = file, .line = line_no, .next = c->bucket[at] };
	c->bucket[at] = m;
	c->n++;
	return FL_OK;
}

enum fl_rc catalogue_read(struct fl_cx *cx, struct catalogue *c, const char *file, struct fl_str src)
{
	int line_no = 0;

	while (src.n) {
		struct fl_str line = fl_str_trim(fl_str_cut(&src, '\n'));

		line_no++;
		/* A plural's key holds '=' nowhere, so that the first one ends it. */
		if (line.n && line.p[0] != '#')
			FL_TRY(add_line(cx, c, file, line_no, line));
	}
	return FL_OK;
}

int locale_index(const char *locale)
{
	for (int i = 0; locale && i < LOCALES; i++)
		if (strcmp(view_locales[i], locale) == 0)
			return i;
	return EN;
}

/* CLDR 42: en "one" is 1, es "one" is 1; the "many" of es (whole millions in compact forms) reads as "other". */
const char *plural_of(int64_t n)
{
	return n == 1 ? "one" : "other";
}

static struct fl_str text_of(const struct fl_view *v, int locale, struct fl_str key)
{
	struct fl_str s = catalogue_get(&v->cat[locale], key);

	return s.p ? s : catalogue_get(&v->cat[EN], key);
}

/* The value of a pair by name; NULL when it was not given. */
static const char *pair_value(struct fl_str name, va_list pairs)
{
	const char *k, *value, *found = NULL;
	va_list ap;

	va_copy(ap, pairs);
	while (!found && (k = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (fl_str_eq(fl_str(k), name))
			found = value ? value : "";
	}
	va_end(ap);
	return found;
}

/* A plural message by the first pair whose KEY[one:NAME] there is. */
static struct fl_str plural_text(const struct fl_view *v, struct fl_arena *a, int locale, const char *key, va_list pairs)
{
	struct fl_str s = { 0 };
	const char *k, *value;
	int64_t n;
	va_list ap;

	va_copy(ap, pairs);
	while (!s.p && (k = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (value && fl_str_int(fl_str(value), INT64_MIN, INT64_MAX, &n) == FL_OK)
			s = text_of(v, locale, fl_str(fl_fmt(a, "%s[%s:%s]", key, plural_of(n), k)));
	}
	va_end(ap);
	return s;
}

const char *fl_view_message(const struct fl_view *v, struct fl_arena *a, const char *locale, const char *key, ...)
{
	struct fl_buf out = fl_buf(a, 64 * 1024);
	int at = locale_index(locale);
	struct fl_str s = text_of(v, at, fl_str(key));
	va_list ap;

	va_start(ap, key);
	if (!s.p)
		s = plural_text(v, a, at, key, ap);
	if (!s.p)
		s = fl_str(key);
	while (s.n) {
		const char *open = memchr(s.p, '{', s.n), *close = open ? memchr(open, '}', s.n - (size_t)(open - s.p)) : NULL;
		const char *value;

		if (!close)
			break;
		value = pair_value((struct fl_str){ open + 1, (size_t)(close - open - 1) }, ap);
		fl_buf_add(&out, s.p, (size_t)(open - s.p));
		if (value)
			fl_buf_puts(&out, value);
		else
			fl_buf_add(&out, open, (size_t)(close + 1 - open));
		s.n -= (size_t)(close + 1 - s.p);
		s.p = close + 1;
	}
	va_end(ap);
	fl_buf_str(&out, s);
	return fl_buf_cstr(&out);
}

/* Quality in thousandths (RFC 9110, 12.4.2); -1 when malformed. */
static int quality(struct fl_str q)
{
	int v = 0, unit = 1000;

	if (!q.n || (q.p[0] != '0' && q.p[0] != '1') || q.n > 5 || (q.n > 1 && q.p[1] != '.'))
		return -1;
	for (size_t i = 0; i < q.n; i++) {
		if (i == 1)
			continue;
		if (q.p[i] < '0' || q.p[i] > '9')
			return -1;
		v += (q.p[i] - '0') * unit;
		unit /= 10;
	}
	return v > 1000 ? -1 : v;
}

/* How well a locale fits a language range: 0 not, 1 by "*", 2 by its language. */
static int fit(struct fl_str range, const char *locale)
{
	struct fl_str rest = range, language = fl_str_cut(&rest, '-');

	if (fl_str_eq(range, FL_STR("*")))
		return 1;
	return fl_str_ieq(language, fl_str(locale)) ? 2 : 0;
}

static int range_quality(struct fl_str *params)
{
	while (params->n) {
		struct fl_str param = fl_str_trim(fl_str_cut(params, ';'));

		if (param.n > 2 && (param.p[0] == 'q' || param.p[0] == 'Q') && param.p[1] == '=')
			return quality((struct fl_str){ param.p + 2, param.n - 2 });
	}
	return 1000;
}

const char *fl_view_locale(const struct fl_view *v, const char *accept_language, const char *fallback)
{
	int best_q = 0, q_of[LOCALES] = { 0 }, fit_of[LOCALES] = { 0 };
	struct fl_str rest = fl_str(accept_language);
	const char *best = fallback;

	while (rest.n) {
		struct fl_str params = fl_str_cut(&rest, ','), range = fl_str_trim(fl_str_cut(&params, ';'));
		int q = range_quality(&params);

		for (int i = 0; i < LOCALES && q >= 0; i++) {
			int f = fit(range, v->cat[i].locale);

			/* The more exact range decides (RFC 4647, 3.4); among equals the better. */
			if (f > fit_of[i] || (f && f == fit_of[i] && q > q_of[i])) {
				fit_of[i] = f;
				q_of[i] = q;
			}
		}
	}
	for (int i = 0; i < LOCALES; i++)
		if (q_of[i] > best_q || (q_of[i] == best_q && best_q && fallback && strcmp(view_locales[i], fallback) == 0)) {
			best_q = q_of[i];
			best = view_locales[i];
		}
	return best;
}
