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
	struct message_part *part = FL_NEW_ARRAY(b->cx->a, PARTS_MAX, struct message_part);

	*out = (struct message_form){ .part = part };
	for (;;) {
		struct fl_str name = placeholder(s);
		struct value *v = NULL;

		if (out->n == PARTS_MAX)
			return MESSAGE_FAIL(b, "%s:%d: a message with over %d placeholders", b->file, b->line, PARTS_MAX);
		if (!name.p) {
			part[out->n++] = (struct message_part){ literal(b, s), NULL };
			return FL_OK;
		}
		v = FL_NEW(b->cx->a, struct value);
		FL_TRY(name_value(b, name, v));
		part[out->n++] = (struct message_part){ literal(b, (struct fl_str){ s.p, (size_t)(name.p - 1 - s.p) }), v };
		s.n -= (size_t)(name.p + name.n + 1 - s.p);
		s.p = name.p + name.n + 1;
	}
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

static enum fl_rc compile(struct bind *b, const struct catalogue *c, struct fl_str key, struct text_of_message *out)
{
	struct fl_str s = catalogue_get(c, key);

	return s.p ? compile_form(b, s, &out->other) : compile_plural(b, c, key, out);
}

enum fl_rc name_message(struct bind *b, struct fl_str key, struct value *out)
{
	if (b->in_message)
		return MESSAGE_FAIL(b, "%s:%d: a message within message %.*s", b->file, b->line, (int)key.n, key.p);
	b->in_message = true;
	out->kind = V_MESSAGE;
	for (int i = 0; i < LOCALES; i++) {
		struct text_of_message *m = FL_NEW(b->cx->a, struct text_of_message);
		enum fl_rc rc = compile(b, &b->v->cat[i], key, m);

		if (rc == FL_NOT_FOUND && i == EN)
			rc = MESSAGE_FAIL(b, "%s:%d: there is no message '%.*s'", b->file, b->line, (int)key.n, key.p);
		out->message[i] = rc == FL_NOT_FOUND ? out->message[EN] : m;
		if (rc != FL_OK && rc != FL_NOT_FOUND)
			return rc;
	}
	b->in_message = false;
	return FL_OK;
}
