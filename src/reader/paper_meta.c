/* What texts say of themselves: HTML by its title and meta elements (HTML, 4.2.5), Markdown by a block of "name: value" lines between "---" before it, else by its first heading. */
#include <strings.h>

#include "reader/html.h"
#include "reader/paper_inside.h"

enum { LOOK_BYTES = 64 * 1024, VALUE_BYTES = 2048 };

/* By the names both use. Dates: only what begins as ISO 8601 counts later. */
static struct fl_str *place_of(struct paper_meta *m, struct fl_str name)
{
	static const struct {
		const char *name;
		size_t at;
	} names[] = {
		{ "title", offsetof(struct paper_meta, title) },           { "author", offsetof(struct paper_meta, author) },
		{ "dc.creator", offsetof(struct paper_meta, author) },     { "subject", offsetof(struct paper_meta, subject) },
		{ "description", offsetof(struct paper_meta, subject) },   { "keywords", offsetof(struct paper_meta, keywords) },
		{ "tags", offsetof(struct paper_meta, keywords) },         { "categories", offsetof(struct paper_meta, keywords) },
		{ "category", offsetof(struct paper_meta, keywords) },     { "date", offsetof(struct paper_meta, created) },
		{ "dcterms.created", offsetof(struct paper_meta, created) },
	};

	for (size_t i = 0; i < FL_COUNT(names); i++)
		if (fl_str_ieq(name, fl_str(names[i].name)))
			return (struct fl_str *)(void *)((char *)m + names[i].at);
	return NULL;
}

/* What is said first counts. */
static void take(struct fl_cx *cx, struct paper_meta *m, struct fl_str name, struct fl_str value)
{
	struct fl_str *to = place_of(m, name);
	struct fl_buf *b;

	if (!to || to->n || !value.n || value.n > VALUE_BYTES)
		return;
	b = FL_NEW(cx->a, struct fl_buf);
	*b = fl_buf(cx->a, 2 * VALUE_BYTES);
	fl_html_text(b, value);
	*to = fl_str_trim(fl_buf_get(b));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static const char *past_spaces(const char *p, const char *end)
{
	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	return p;
}

/* What comes after the "=" of an attribute, in quotes or not; where it ends. */
static const char *attribute_value(const char *p, const char *end, struct fl_str *value)
{
	char quote = '\0';

	p = past_spaces(p, end);
	if (p < end && (*p == '"' || *p == '\''))
		quote = *p++;
	value->p = p;
	while (p < end && (quote ? *p != quote : !is_space(*p)))
		p++;
	value->n = (size_t)(p - value->p);
	return p < end && quote ? p + 1 : p;
}

/* The next attribute of a tag; false at its end. Without a value it is empty. */
static bool attribute(struct fl_str *tag, struct fl_str *name, struct fl_str *value)
{
	const char *end = tag->p + tag->n, *p = past_spaces(tag->p, end);

	name->p = p;
	while (p < end && !is_space(*p) && *p != '=' && *p != '/')
		p++;
	name->n = (size_t)(p - name->p);
	p = past_spaces(p, end);
	*value = (struct fl_str){ p, 0 };
	if (p < end && *p == '=')
		p = attribute_value(p + 1, end, value);
	*tag = (struct fl_str){ p, (size_t)(end - p) };
	return name->n > 0;
}

static void meta_tag(struct fl_cx *cx, struct fl_str tag, struct paper_meta *m)
{
	struct fl_str name, value, said = FL_STR(""), content = FL_STR("");

	while (attribute(&tag, &name, &value)) {
		if (fl_str_ieq(name, FL_STR("name")))
			said = value;
		else if (fl_str_ieq(name, FL_STR("content")))
			content = value;
	}
	take(cx, m, said, content);
}

void paper_html_meta(struct fl_cx *cx, struct fl_str html, struct paper_meta *out)
{
	struct fl_str s = fl_str_clip(html, LOOK_BYTES);

	for (;;) {
		const char *at = memchr(s.p, '<', s.n), *end;
		struct fl_str tag;

		if (!at || !(end = memchr(at, '>', (size_t)(s.p + s.n - at))))
			return;
		tag = (struct fl_str){ at + 1, (size_t)(end - at - 1) };
		s = (struct fl_str){ end + 1, (size_t)(s.p + s.n - end - 1) };
		if (tag.n >= 5 && strncasecmp(tag.p, "title", 5) == 0 && (tag.n == 5 || is_space(tag.p[5]))) {
			const char *closes = memchr(s.p, '<', s.n);

			if (closes)
				take(cx, out, FL_STR("title"), (struct fl_str){ s.p, (size_t)(closes - s.p) });
		} else if (tag.n > 5 && strncasecmp(tag.p, "meta", 4) == 0 && is_space(tag.p[4])) {
			meta_tag(cx, (struct fl_str){ tag.p + 4, tag.n - 4 }, out);
		}
	}
}

/* A value as it is written: without quotes, a list without its brackets. */
static struct fl_str bare(struct fl_str s)
{
	s = fl_str_trim(s);
	if (s.n >= 2 && ((s.p[0] == '"' && s.p[s.n - 1] == '"') || (s.p[0] == '\'' && s.p[s.n - 1] == '\'') || (s.p[0] == '[' && s.p[s.n - 1] == ']')))
		s = (struct fl_str){ s.p + 1, s.n - 2 };
	return s;
}

void paper_markdown_meta(struct fl_cx *cx, struct fl_str text, struct paper_meta *out)
{
	struct fl_str s = fl_str_clip(text, LOOK_BYTES), line = fl_str_trim(fl_str_cut(&s, '\n'));
	bool before = fl_str_eq(line, FL_STR("---"));

	for (; line.p; line = s.p ? fl_str_trim(fl_str_cut(&s, '\n')) : (struct fl_str){ NULL, 0 }) {
		if (before && s.p && !fl_str_eq(line, FL_STR("---"))) {
			struct fl_str name = fl_str_cut(&line, ':');

			if (line.p)
				take(cx, out, fl_str_trim(name), bare(line));
		} else if (line.n > 2 && line.p[0] == '#' && line.p[1] == ' ') {
			take(cx, out, FL_STR("title"), fl_str_trim((struct fl_str){ line.p + 2, line.n - 2 }));
			return;
		} else if (before && fl_str_eq(line, FL_STR("---")) && (out->title.n || out->author.n || out->keywords.n)) {
			before = false;
		}
	}
}
