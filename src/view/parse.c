#include "view/inside.h"

struct parser {
	struct fl_cx *cx;
	const char *file;
	struct fl_str src;
	unsigned flags;
	size_t at;
	int line;
	struct fl_str open, close; /* delimiters */
	int depth;
};

struct tag {
	char sigil; /* of # ^ / > < $ ! = & { or 0 */
	struct fl_str name;
	size_t from, to; /* in src, with the delimiters */
	int line;
};

struct list {
	struct node *first, **last;
};

#define PARSE_FAIL(p, at_line, ...) fl_fail_((p)->cx, FL_INVALID, NULL, (p)->file, (at_line), __VA_ARGS__)

static bool starts(struct fl_str s, size_t at, struct fl_str with)
{
	return s.n - at >= with.n && memcmp(s.p + at, with.p, with.n) == 0;
}

static size_t find(struct fl_str s, size_t from, struct fl_str what)
{
	for (size_t i = from; i + what.n <= s.n; i++)
		if (starts(s, i, what))
			return i;
	return s.n;
}

static void count_lines(struct parser *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p->line += p->src.p[i] == '\n';
}

static struct node *add(struct parser *p, struct list *l, enum node_kind kind, struct fl_str text, int line)
{
	struct node *n = FL_NEW(p->cx->a, struct node);

	*n = (struct node){ .kind = kind, .text = text, .line = line };
	*l->last = n;
	l->last = &n->next;
	return n;
}

static void add_text(struct parser *p, struct list *l, size_t from, size_t to)
{
	if (to > from)
		add(p, l, N_TEXT, (struct fl_str){ p->src.p + from, to - from }, p->line);
}

/* Where the line's white space before `at` begins, or SIZE_MAX when something else stands there. */
static size_t blank_before(const struct parser *p, size_t at)
{
	while (at > 0 && (p->src.p[at - 1] == ' ' || p->src.p[at - 1] == '\t'))
		at--;
	return at == 0 || p->src.p[at - 1] == '\n' ? at : SIZE_MAX;
}

/* Where the next line begins when only white space follows `at`, else SIZE_MAX. */
static size_t blank_after(const struct parser *p, size_t at)
{
	while (at < p->src.n && (p->src.p[at] == ' ' || p->src.p[at] == '\t'))
		at++;
	if (at == p->src.n)
		return at;
	if (p->src.p[at] == '\r' && at + 1 < p->src.n)
		at++;
	return p->src.p[at] == '\n' ? at + 1 : SIZE_MAX;
}

static enum fl_rc set_delimiters(struct parser *p, const struct tag *t)
{
	struct fl_str rest = t->name, first = fl_str_cut(&rest, ' ');

	rest = fl_str_trim(rest);
	first = fl_str_trim(first);
	if (!first.n || !rest.n || memchr(rest.p, ' ', rest.n) || memchr(t->name.p, '=', t->name.n))
		return PARSE_FAIL(p, t->line, "%s:%d: delimiters are set as {{=<%% %%>=}}", p->file, t->line);
	p->open = first;
	p->close = rest;
	return FL_OK;
}

/* Reads the tag that starts at t->from. */
static enum fl_rc read_tag(struct parser *p, struct tag *t)
{
	size_t at = t->from + p->open.n, end;
	struct fl_str close = p->close, name;
	struct fl_str triple = FL_STR("}}}");

	t->sigil = 0;
	t->line = p->line;
	if (at < p->src.n && strchr("#^/><$!=&{", p->src.p[at]) && p->src.p[at])
		t->sigil = p->src.p[at++];
	if (t->sigil == '{')
		close = triple;
	end = find(p->src, at, close);
	if (end == p->src.n)
		return PARSE_FAIL(p, p->line, "%s:%d: this tag is not closed", p->file, p->line);
	name = (struct fl_str){ p->src.p + at, end - at };
	if (t->sigil == '=' && name.n && name.p[name.n - 1] == '=')
		name.n--;
	t->name = fl_str_trim(name);
	t->to = end + close.n;
	if (!t->name.n && t->sigil != '!')
		return PARSE_FAIL(p, p->line, "%s:%d: this tag has no name", p->file, p->line);
	count_lines(p, t->from, t->to);
	return FL_OK;
}

static enum fl_rc parse_list(struct parser *p, const struct tag *opener, size_t text_from, struct list *l, struct tag *closer);

static enum node_kind kind_of(char sigil)
{
	switch (sigil) {
	case '#':
		return N_SECTION;
	case '^':
		return N_INVERTED;
	case '>':
		return N_PARTIAL;
	case '<':
		return N_PARENT;
	case '$':
		return N_BLOCK;
	default:
		return N_VALUE;
	}
}

/* A tag with content: reads up to its end. */
static enum fl_rc parse_nested(struct parser *p, struct list *l, const struct tag *t, struct fl_str indent, bool left)
{
	struct node *n = add(p, l, kind_of(t->sigil), t->name, t->line);
	struct list kids = { .last = &kids.first };
	struct tag closer = { 0 };
	size_t next;

	n->indent = indent;
	if (++p->depth > DEPTH_MAX)
		return PARSE_FAIL(p, t->line, "%s:%d: more than %d tags within each other", p->file, t->line, DEPTH_MAX);
	FL_TRY(parse_list(p, t, p->at, &kids, &closer));
	p->depth--;
	n->kids = kids.first;
	/* A parent whose two tags share a line with nothing else stands alone as one. */
	if (left && t->sigil == '<' && closer.to == p->at && (next = blank_after(p, closer.to)) != SIZE_MAX) {
		count_lines(p, p->at, next);
		p->at = next;
	}
	return FL_OK;
}

static enum fl_rc parse_tag(struct parser *p, struct list *l, const struct tag *t, struct fl_str indent, bool left)
{
	switch (t->sigil) {
	case '!':
		return FL_OK;
	case '=':
		return set_delimiters(p, t);
	case '#':
	case '^':
	case '<':
	case '$':
		return parse_nested(p, l, t, indent, left);
	case '>':
		add(p, l, N_PARTIAL, t->name, t->line)->indent = indent;
		return FL_OK;
	case '{':
	case '&':
		if (!(p->flags & PARSE_RAW))
			return PARSE_FAIL(p, t->line, "%s:%d: output is always escaped; write {{%.*s}}", p->file, t->line, (int)t->name.n,
			                  t->name.p);
		add(p, l, N_VALUE, t->name, t->line)->raw = true;
		return FL_OK;
	default:
		add(p, l, N_VALUE, t->name, t->line);
		return FL_OK;
	}
}

/* White space around a tag that has its line to itself goes; text up to the tag is added. */
static void stand_alone(struct parser *p, struct list *l, const struct tag *t, size_t text_from, struct fl_str *indent, bool *left)
{
	size_t before = blank_before(p, t->from), after = blank_after(p, t->to), text_to = t->from;
	bool can = t->sigil && t->sigil != '&' && t->sigil != '{';

	*left = can && before != SIZE_MAX;
	p->at = t->to;
	if (*left && (after != SIZE_MAX || t->sigil == '<')) {
		text_to = before > text_from ? before : text_from;
		*indent = (struct fl_str){ p->src.p + before, t->from - before };
		if (after != SIZE_MAX) {
			count_lines(p, p->at, after);
			p->at = after;
		}
	}
	add_text(p, l, text_from, text_to);
}

static enum fl_rc parse_list(struct parser *p, const struct tag *opener, size_t text_from, struct list *l, struct tag *closer)
{
	for (;;) {
		struct tag t = { .from = find(p->src, text_from, p->open) };
		struct fl_str indent = { 0 };
		bool left = false;

		count_lines(p, text_from, t.from);
		if (t.from == p->src.n) {
			add_text(p, l, text_from, t.from);
			p->at = t.from;
			if (opener)
				return PARSE_FAIL(p, opener->line, "%s:%d: {{%c%.*s}} is not closed", p->file, opener->line, opener->sigil,
				                  (int)opener->name.n, opener->name.p);
			return FL_OK;
		}
		FL_TRY(read_tag(p, &t));
		stand_alone(p, l, &t, text_from, &indent, &left);
		if (t.sigil == '/') {
			if (!opener || !fl_str_eq(opener->name, t.name))
				return PARSE_FAIL(p, t.line, "%s:%d: {{/%.*s}} closes nothing", p->file, t.line, (int)t.name.n, t.name.p);
			*closer = t;
			return FL_OK;
		}
		FL_TRY(parse_tag(p, l, &t, indent, left));
		text_from = p->at;
	}
}

enum fl_rc view_parse(struct fl_cx *cx, const char *file, struct fl_str src, unsigned flags, struct node **out)
{
	struct parser p = { .cx = cx, .file = file, .src = src, .flags = flags, .line = 1, .open = FL_STR("{{"), .close = FL_STR("}}") };
	struct list l = { .last = &l.first };
	struct tag closer;

	FL_TRY(parse_list(&p, NULL, 0, &l, &closer));
	*out = l.first;
	return FL_OK;
}
