#include "view/inside.h"

/* Blocks a parent tag gives for those of its layout. The outermost given wins. */
struct override {
	struct fl_str name;
	const struct node *kids;
	const char *file;
};

enum { OVERRIDES_MAX = 64 };

struct walk {
	struct bind *b;
	struct override over[OVERRIDES_MAX];
	int from, n; /* those in force */
};

#define BIND_FAIL(b, ...) fl_fail_((b)->cx, FL_INVALID, NULL, (b)->file, (b)->line, __VA_ARGS__)

static enum fl_rc walk_list(struct walk *w, const struct node *n);

static struct step *emit(struct bind *b, enum step_kind kind)
{
	struct bound *room = b->v->bound;

	if (b->n == room->cap) {
		int cap = room->cap ? room->cap * 2 : 1024;
		struct step *more = fl_alloc_raw(b->cx->a, (size_t)cap * sizeof(*more));

		if (b->n)
			memcpy(more, room->step, (size_t)b->n * sizeof(*more));
		room->step = more;
		room->cap = cap;
	}
	room->step[b->n] = (struct step){ .kind = kind, .parent = -1 };
	return &room->step[b->n++];
}

static void emit_text(struct bind *b, struct fl_str text)
{
	if (text.n)
		emit(b, S_TEXT)->text = text;
}

static enum fl_rc walk_value(struct bind *b, const struct node *n)
{
	struct value v;
	struct step *s;

	FL_TRY(name_value(b, n->text, &v));
	if (v.kind == V_EMPTY)
		return FL_OK;
	if (v.kind == V_CONST) {
		emit_text(b, v.arg);
		return FL_OK;
	}
	s = emit(b, S_VALUE);
	s->value = v;
	s->raw = n->raw || b->t->text;
	return FL_OK;
}

/* The set whose current row the rows of `set` lie under, when it is open; -1: none. */
static int open_parent(const struct bind *b, int set)
{
	const struct fl_shape_set *s = set == SET_ERRORS ? NULL : &b->shape->set[set];

	for (int i = b->nopen - 1; s && s->under && i >= 0; i--)
		if (b->open[i] != SET_ERRORS && strcmp(b->shape->set[b->open[i]].name, s->under) == 0)
			return b->open[i];
	return -1;
}

static void close_section(struct bind *b, int at)
{
	b->v->bound->step[at].span = b->n - at;
}

static enum fl_rc walk_set(struct walk *w, const struct node *n, int set)
{
	struct bind *b = w->b;
	bool each = n->kind == N_SECTION;
	int at = b->n;
	struct step *s;

	if (set == SET_ERRORS)
		s = emit(b, each ? S_EACH_ERROR : S_NO_ERROR);
	else
		s = emit(b, each ? S_EACH : S_NONE);
	s->set = (short)set;
	s->parent = (short)open_parent(b, set);
	if (each && b->nopen == (int)FL_COUNT(b->open))
		return BIND_FAIL(b, "%s:%d: too many sections within each other", b->file, b->line);
	if (each)
		b->open[b->nopen++] = set;
	FL_TRY(walk_list(w, n->kids));
	if (each)
		b->nopen--;
	close_section(b, at);
	return FL_OK;
}

/* Cuts "=VALUE" or "!=VALUE" off a section's name. */
static void cut_compare(struct fl_str *name, struct step *s)
{
	const char *eq = memchr(name->p, '=', name->n);
	size_t at;

	if (!eq)
		return;
	at = (size_t)(eq - name->p);
	s->text = fl_str_trim((struct fl_str){ eq + 1, name->n - at - 1 });
	s->differ = at > 0 && name->p[at - 1] == '!';
	s->equal = !s->differ;
	*name = fl_str_trim((struct fl_str){ name->p, s->differ ? at - 1 : at });
}

static enum fl_rc walk_condition(struct walk *w, const struct node *n)
{
	struct bind *b = w->b;
	struct step s = { .kind = n->kind == N_SECTION ? S_IF : S_UNLESS };
	struct fl_str name = n->text;
	int at = b->n;

	cut_compare(&name, &s);
	FL_TRY(name_value(b, name, &s.value));
	if (s.value.kind == V_CONST || s.value.kind == V_MESSAGE)
		return BIND_FAIL(b, "%s:%d: {{#%.*s}} is always so", b->file, b->line, (int)n->text.n, n->text.p);
	*emit(b, s.kind) = s;
	FL_TRY(walk_list(w, n->kids));
	close_section(b, at);
	return FL_OK;
}

static struct fl_str indented(struct fl_arena *a, struct fl_str src, struct fl_str indent)
{
	struct fl_buf out = fl_buf(a, SIZE_MAX / 4);
	size_t from = 0;

	for (size_t i = 0; i < src.n; i++)
		if (src.p[i] == '\n' || i + 1 == src.n) {
			fl_buf_str(&out, indent);
			fl_buf_add(&out, src.p + from, i + 1 - from);
			from = i + 1;
		}
	return fl_buf_get(&out);
}

/* Goes through another file in place of a partial or parent tag. */
static enum fl_rc walk_file(struct walk *w, const struct node *n)
{
	struct bind *b = w->b;
	const struct source_file *s = view_find(b->v, n->text);
	struct node *nodes;
	const char *file = b->file;

	if (!s && b->flags & PARSE_LENIENT)
		return FL_OK;
	if (!s)
		return BIND_FAIL(b, "%s:%d: there is no template '%.*s'", b->file, b->line, (int)n->text.n, n->text.p);
	if (b->depth == DEPTH_MAX)
		return BIND_FAIL(b, "%s:%d: '%s' holds itself", b->file, b->line, s->name);
	nodes = s->nodes;
	if (n->indent.n)
		FL_TRY(view_parse(b->cx, s->file, indented(b->cx->a, s->src, n->indent), s->flags, &nodes));
	b->depth++;
	b->file = s->file;
	FL_TRY(walk_list(w, nodes));
	b->file = file;
	b->depth--;
	return FL_OK;
}

static enum fl_rc walk_within(struct walk *w, const struct node *n)
{
	int from = w->from;

	w->from = w->n; /* blocks given to a parent are not meant for the partials in it */
	FL_TRY(walk_file(w, n));
	w->from = from;
	return FL_OK;
}

/* The steps from `from` on, kept. */
static const struct step *steps_kept(const struct bind *b, int from)
{
	size_t bytes = (size_t)(b->n - from) * sizeof(struct step);

	return bytes ? memcpy(fl_alloc_raw(b->cx->a, bytes), b->v->bound->step + from, bytes) : NULL;
}

static bool same_base(const struct fl_shape_set *a, const struct fl_shape_set *b)
{
	for (int i = 0; i < SETS_SHARED; i++)
		if (a[i].cols != b[i].cols || a[i].one != b[i].one || strcmp(a[i].name, b[i].name) != 0)
			return false;
	return true;
}

/* What is known of a partial against the sets of this page; NULL: nothing yet. */
static struct part *find_part(const struct bind *b, const struct source_file *file)
{
	struct part *p = b->v->bound->parts;

	while (p && !(p->file == file && p->text == b->t->text && same_base(p->base, b->shape->set)))
		p = p->next;
	return p;
}

/* Binds a partial against what all pages have; when that fails it is none to be shared. */
static void make_part(struct walk *w, const struct node *n, struct part *p)
{
	struct bind *b = w->b, kept = *b;
	struct fl_error err = b->cx->err;
	struct fl_shape common = { .n = SETS_SHARED, .set = { p->base[0], p->base[1] } };
	uint64_t rights = b->t->rights;
	int from = w->from, had = w->n;

	b->shape = &common;
	b->for_all = true;
	b->t->rights = 0;
	if (walk_within(w, n) == FL_OK) {
		p->shared = true;
		p->step = steps_kept(b, kept.n);
		p->n = b->n - kept.n;
		p->rights = b->t->rights;
	}
	*b = kept;
	b->cx->err = err;
	b->t->rights = rights;
	w->from = from;
	w->n = had;
}

static enum fl_rc walk_partial(struct walk *w, const struct node *n)
{
	struct bind *b = w->b;
	const struct source_file *file = view_find(b->v, n->text);
	struct part *p;

	/* Within a section its names may be those of the rows. */
	if (!file || b->nopen || n->indent.n || b->shape->n < SETS_SHARED || b->flags & PARSE_LENIENT)
		return walk_within(w, n);
	p = find_part(b, file);
	if (!p) {
		p = FL_NEW(b->cx->a, struct part);
		*p = (struct part){ .file = file, .base = b->t->shape->set, .text = b->t->text, .next = b->v->bound->parts };
		b->v->bound->parts = p; /* first, so that one that holds itself comes to its end */
		make_part(w, n, p);
	}
	if (!p->shared)
		return walk_within(w, n);
	emit(b, S_PART)->part = p;
	b->t->rights |= p->rights;
	return FL_OK;
}

static enum fl_rc walk_parent(struct walk *w, const struct node *n)
{
	int had = w->n;

	for (const struct node *k = n->kids; k; k = k->next) {
		if (k->kind != N_BLOCK)
			continue;
		if (w->n == OVERRIDES_MAX)
			return BIND_FAIL(w->b, "%s:%d: more than %d blocks", w->b->file, k->line, OVERRIDES_MAX);
		w->over[w->n++] = (struct override){ k->text, k->kids, w->b->file };
	}
	FL_TRY(walk_file(w, n));
	w->n = had;
	return FL_OK;
}

static enum fl_rc walk_block(struct walk *w, const struct node *n)
{
	struct bind *b = w->b;
	const char *file = b->file;
	const struct node *kids = n->kids;

	for (int i = w->from; i < w->n; i++)
		if (fl_str_eq(w->over[i].name, n->text)) {
			kids = w->over[i].kids;
			b->file = w->over[i].file;
			break;
		}
	if (b->depth == DEPTH_MAX)
		return BIND_FAIL(b, "%s:%d: block '%.*s' holds itself", b->file, b->line, (int)n->text.n, n->text.p);
	b->depth++;
	FL_TRY(walk_list(w, kids));
	b->depth--;
	b->file = file;
	return FL_OK;
}

static enum fl_rc walk_section(struct walk *w, const struct node *n)
{
	int set = name_set(w->b, n->text);

	return set >= 0 ? walk_set(w, n, set) : walk_condition(w, n);
}

static enum fl_rc walk_node(struct walk *w, const struct node *n)
{
	w->b->line = n->line;
	switch (n->kind) {
	case N_TEXT:
		emit_text(w->b, n->text);
		return FL_OK;
	case N_VALUE:
		return walk_value(w->b, n);
	case N_SECTION:
	case N_INVERTED:
		return walk_section(w, n);
	case N_PARTIAL:
		return walk_partial(w, n);
	case N_PARENT:
		return walk_parent(w, n);
	case N_BLOCK:
		return walk_block(w, n);
	}
	return FL_OK;
}

static enum fl_rc walk_list(struct walk *w, const struct node *n)
{
	for (; n; n = n->next)
		FL_TRY(walk_node(w, n));
	return FL_OK;
}

enum fl_rc fl_view_bind(struct fl_cx *cx, const struct fl_view *v, const char *name, const struct fl_shape *shape,
                        const struct fl_template **out)
{
	const struct source_file *s = view_find(v, fl_str(name));
	struct fl_template *t = FL_NEW(cx->a, struct fl_template);
	struct bind b = { .cx = cx, .v = v, .shape = shape, .t = t };
	struct walk *w;

	if (!s)
		return FL_FAIL(cx, FL_INVALID, "there is no template '%s'", name);
	*t = (struct fl_template){ .view = v, .shape = shape, .text = (s->flags & PARSE_TEXT) != 0 };
	b.file = s->file;
	b.flags = s->flags;
	fl_arena_reset(v->scratch);
	w = FL_NEW(v->scratch, struct walk);
	w->b = &b;
	FL_TRY(walk_list(w, s->nodes));
	t->step = steps_kept(&b, 0);
	t->n = b.n;
	*out = t;
	return FL_OK;
}
