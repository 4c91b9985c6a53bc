#include "view/inside.h"

/* A table from parents' ids to their rows, open addressing; slots hold row + 1. */
struct ids {
	const struct fl_rows *rows;
	int col;
	int *slot;
	size_t mask;
};

static size_t hash_of(const struct fl_cell *c)
{
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < c->n; i++)
		h = (h ^ (unsigned char)c->p[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool same(const struct fl_cell *a, const struct fl_cell *b)
{
	return a->p && b->p && a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* The slot of an id, taken or free. */
static int *slot_of(const struct ids *t, const struct fl_cell *id)
{
	size_t i = hash_of(id) & t->mask;

	while (t->slot[i] && !same(fl_rows_cell(t->rows, t->slot[i] - 1, t->col), id))
		i = (i + 1) & t->mask;
	return &t->slot[i];
}

static void link_set(struct fl_arena *a, const struct fl_rows *parents, int id, const struct fl_rows *kids, int by, const int **first,
                     const int **after)
{
	struct ids t = { .rows = parents, .col = id, .mask = 15 };
	int *head = FL_NEW_ARRAY(a, (size_t)parents->nrows + 1, int), *next = FL_NEW_ARRAY(a, (size_t)kids->nrows + 1, int);

	while (t.mask < (size_t)parents->nrows * 2)
		t.mask = t.mask * 2 + 1;
	t.slot = FL_NEW_ARRAY(a, t.mask + 1, int);
	for (int i = 0; i < parents->nrows; i++) {
		head[i] = -1;
		*slot_of(&t, fl_rows_cell(parents, i, id)) = i + 1;
	}
	/* From the end, so that each list keeps the order of the rows. Most have the parent of their neighbour. */
	for (int i = kids->nrows - 1, parent = -1; i >= 0; i--) {
		const struct fl_cell *of = fl_rows_cell(kids, i, by);

		if (i == kids->nrows - 1 || !same(of, fl_rows_cell(kids, i + 1, by)))
			parent = *slot_of(&t, of) - 1;
		if (parent < 0)
			continue;
		next[i] = head[parent];
		head[parent] = i;
	}
	*first = head;
	*after = next;
}

void link_children(struct fl_arena *a, const struct fl_shape *shape, const struct fl_model *m, const int **first, const int **after)
{
	for (int i = 0; i < shape->n; i++) {
		const struct fl_shape_set *s = &shape->set[i];

		for (int p = 0; s->under && m->set[i] && p < shape->n; p++) {
			int id, by;

			if (strcmp(shape->set[p].name, s->under) != 0 || !m->set[p])
				continue;
			id = fl_rows_col(m->set[p], "id");
			by = fl_rows_col(m->set[i], s->by);
			if (id >= 0 && by >= 0)
				link_set(a, m->set[p], id, m->set[i], by, &first[i], &after[i]);
		}
	}
}
