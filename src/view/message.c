#include "view/inside.h"

#define MESSAGE_FAIL(b, ...) fl_fail_((b)->cx, FL_INVALID, NULL, (b)->file, (b)->line, __VA_ARGS__)

enum { PARTS_MAX = 32 };

static struct fl_str literal(struct bind *b, struct fl_str s)
{
	struct fl_buf out = fl_buf(b->cx->a, 64 * 1024);

	if (b->t->text)
		return s;
	fl_buf_html(&out, s);
	return fl_buf_get(&out);
}

/* The next {name} in s, {NULL, 0} when there is none. */
static struct fl_str placeholder(struct fl_str s)
{
	const char *open = s.n ? memchr(s.p, '{', s.n) : NULL;
	const char *close = open ? memchr(open, '}', s.n - (size_t)(open - s.p)) : NULL;

	return close ? (struct fl_str){ open + 1, (size_t)(close - open - 1) } : (struct fl_str){ 0 };
}

static enum fl_rc compile_form(struct bind *b, struct fl_str s, struct message_form *out)
{
	struct message_part part[PARTS_MAX], *kept;
	int n = 0;

	for (;;) {
		struct fl_str name = placeholder(s);
		struct value *v = NULL;

		if (n == PARTS_MAX)
			return MESSAGE_FAIL(b, "%s:%d: a message with over %d placeholders", b->file, b->line, PARTS_MAX);
		if (!name.p)
			break;
		v = FL_NEW(b->cx->a, struct value);
		FL_TRY(name_value(b, name, v));
		part[n++] = (struct message_part){ literal(b, (struct fl_str){ s.p, (size_t)(name.p - 1 - s.p) }), v };
		s.n -= (size_t)(name.p + name.n + 1 - s.p);
		s.p = name.p + name.n + 1;
	}
	part[n++] = (struct message_part){ literal(b, s), NULL };
	kept = FL_NEW_ARRAY(b->cx->a, (size_t)n, struct message_part);
	memcpy(kept, part, (size_t)n * sizeof(*kept));
	*out = (struct message_form){ n, kept };
	return FL_OK;
}

/* The message whose key begins with "KEY[one:". */
static const struct message *find_plural(const struct catalogue *c, struct fl_str start)
{
	for (size_t i = 0; i < c->nbuckets; i++)
		for (const struct message *m = c->bucket[i]; m; m = m->next)
			if (m->key.n > start.n && memcmp(m->key.p, start.p, start.n) == 0)
				return m;
	return NULL;
}

static enum fl_rc compile_plural(struct bind *b, const struct catalogue *c, struct fl_str key, struct text_of_message *out)
{
	struct fl_str start = fl_str(fl_fmt(b->cx->a, "%.*s[one:", (int)key.n, key.p));
	const struct message *one = find_plural(c, start);
	struct value *count = FL_NEW(b->cx->a, struct value);
	struct fl_str name, other;

	if (!one)
		return FL_NOT_FOUND;
	name = (struct fl_str){ one->key.p + start.n, one->key.n - start.n - 1 };
	other = catalogue_get(c, fl_str(fl_fmt(b->cx->a, "%.*s[other:%.*s]", (int)key.n, key.p, (int)name.n, name.p)));
	if (!other.p)
		return MESSAGE_FAIL(b, "%s:%d: message %.*s lacks its [other:] form", b->file, b->line, (int)key.n, key.p);
	FL_TRY(name_value(b, name, count));
	if (count->kind != V_CELL || count->type != FL_T_INT)
		return MESSAGE_FAIL(b, "%s:%d: message %.*s counts '%.*s', which is no number", b->file, b->line, (int)key.n, key.p,
		                    (int)name.n, name.p);
	out->count = count;
	FL_TRY(compile_form(b, one->text, &out->one));
	return compile_form(b, other, &out->other);
}

/* A message that holds no value is the same on every page: it is made once. */
static enum fl_rc compile(struct bind *b, const struct catalogue *c, struct fl_str key, const struct text_of_message **out)
{
	struct message *found = catalogue_find(c, key);
	struct text_of_message *m;

	if (found && found->plain[b->t->text]) {
		*out = found->plain[b->t->text];
		return FL_OK;
	}
	m = FL_NEW(b->cx->a, struct text_of_message);
	*out = m;
	if (!found)
		return compile_plural(b, c, key, m);
	FL_TRY(compile_form(b, found->text, &m->other));
	if (m->other.n == 1)
		found->plain[b->t->text] = m;
	return FL_OK;
}

enum fl_rc name_message(struct bind *b, struct fl_str key, struct value *out)
{
	if (b->in_message)
		return MESSAGE_FAIL(b, "%s:%d: a message within message %.*s", b->file, b->line, (int)key.n, key.p);
	b->in_message = true;
	out->kind = V_MESSAGE;
	for (int i = 0; i < LOCALES; i++) {
		const struct text_of_message *m;
		enum fl_rc rc = compile(b, &b->v->cat[i], key, &m);

		if (rc == FL_NOT_FOUND && i == EN)
			rc = MESSAGE_FAIL(b, "%s:%d: there is no message '%.*s'", b->file, b->line, (int)key.n, key.p);
		out->message[i] = rc == FL_NOT_FOUND ? out->message[EN] : m;
		if (rc != FL_OK && rc != FL_NOT_FOUND)
			return rc;
	}
	b->in_message = false;
	return FL_OK;
}
