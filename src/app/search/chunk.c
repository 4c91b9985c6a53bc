#include "app/search/pieces.h"

enum { SIZE = 1000, OVERLAP = 200, LOOK_BYTES = 400, LOOK_MIN = 40 };

struct chunk_rules chunk_rules_named(struct fl_str preset, struct fl_str strategy)
{
	struct chunk_rules r = { .by = CHUNK_FIXED, .size = SIZE, .overlap = OVERLAP };

	r.tokens = fl_str_eq(preset, FL_STR("knowledge"));
	if (fl_str_eq(strategy, FL_STR("paragraph")))
		r.by = CHUNK_PARAGRAPH;
	if (fl_str_eq(strategy, FL_STR("semantic")))
		r.by = CHUNK_SEMANTIC;
	return r;
}

/* Of the pieces [from, to), with the white space between them. */
static int size_of(const struct piece *p, int from, int to, const struct chunk_rules *r)
{
	return r->tokens ? p[to - 1].before + p[to - 1].weight - p[from].before : p[to - 1].end - p[from].start;
}

/* The last sentence that ends in the upper two fifths. */
static int end_fixed(const struct piece *p, int from, int to, const struct chunk_rules *r)
{
	for (int end = to; end > from; end--)
		if (p[end - 1].ends >= PIECE_SENTENCE && size_of(p, from, end, r) * 5 >= r->size * 3)
			return end;
	return to;
}

/* The last paragraph that ends beyond a third, else as fixed. */
static int end_paragraph(const struct piece *p, int from, int to, const struct chunk_rules *r)
{
	for (int end = to; end > from; end--)
		if (p[end - 1].ends == PIECE_PARAGRAPH && !p[end - 1].heading && size_of(p, from, end, r) * 3 >= r->size)
			return end;
	return end_fixed(p, from, to, r);
}

/* Before a heading, else at the sentence where the words change most, beyond a third. */
static int end_semantic(struct fl_str body, const struct piece *p, int n, int from, int to, const struct chunk_rules *r)
{
	int best = -1;
	double least = 2;

	for (int end = from + 1; end <= to && end < n; end++) {
		double alike;

		if (p[end - 1].ends < PIECE_SENTENCE || p[end - 1].heading || size_of(p, from, end, r) * 3 < r->size)
			continue;
		alike = p[end].heading ? -1 : pieces_alike(body, p, n, end - 1);
		if (alike < least) {
			least = alike;
			best = end;
		}
	}
	return best > 0 ? best : end_fixed(p, from, to, r);
}

static int end_of(struct fl_str body, const struct piece *p, int n, int from, const struct chunk_rules *r)
{
	int to = from + 1;

	while (to < n && size_of(p, from, to + 1, r) <= r->size)
		to++;
	if (to == n)
		return n;
	if (r->by == CHUNK_SEMANTIC)
		return end_semantic(body, p, n, from, to, r);
	return r->by == CHUNK_PARAGRAPH ? end_paragraph(p, from, to, r) : end_fixed(p, from, to, r);
}

/* Where the next passage begins: as much before the end of this one as may be shared. */
static int next_of(const struct piece *p, int from, int to, const struct chunk_rules *r)
{
	int next = to;

	if (r->by == CHUNK_SEMANTIC || (r->by == CHUNK_PARAGRAPH && p[to - 1].ends == PIECE_PARAGRAPH))
		return to;
	while (next > from + 1 && size_of(p, next - 1, to, r) <= r->overlap)
		next--;
	return next;
}

/* The words of a heading, without the marks of Markdown. */
static struct fl_str heading_of(struct fl_str body, const struct piece *p)
{
	size_t from = p->from;

	while (from < p->to && (body.p[from] == '#' || body.p[from] == ' '))
		from++;
	return (struct fl_str){ body.p + from, p->to - from };
}

/* The heading that most of the pieces [from, to) stand under; `heading` is the last one before them. */
static struct fl_str heading_over(struct fl_str body, const struct piece *p, int from, int to, struct fl_str heading)
{
	struct fl_str best = heading;
	int size = 0, most = 0;

	for (int i = from; i < to; i++) {
		if (p[i].heading) {
			heading = heading_of(body, &p[i]);
			size = 0;
		}
		size += p[i].end - p[i].start;
		if (size > most) {
			most = size;
			best = heading;
		}
	}
	return best;
}

int chunk_cut(struct fl_arena *a, struct fl_str body, const struct chunk_rules *rules, struct fl_str *heading, struct chunk **out)
{
	struct piece *p;
	int npieces = pieces_of(a, body, rules->tokens, rules->overlap ? rules->overlap : rules->size, &p), n = 0, seen = 0;
	struct chunk *c = FL_NEW_ARRAY(a, npieces + 1, struct chunk);

	for (int from = 0, to; from < npieces; from = to == npieces ? npieces : next_of(p, from, to, rules)) {
		to = end_of(body, p, npieces, from, rules);
		for (; seen < from; seen++)
			if (p[seen].heading)
				*heading = heading_of(body, &p[seen]);
		c[n++] = (struct chunk){ .text = { body.p + p[from].from, p[to - 1].to - p[from].from }, .from = p[from].start, .to = p[to - 1].end,
			                 .heading = heading_over(body, p, from, to, *heading) };
	}
	for (; seen < npieces; seen++)
		if (p[seen].heading)
			*heading = heading_of(body, &p[seen]);
	*out = c;
	return n;
}

void chunk_places(struct fl_str body, const struct fl_str *words, int nwords, int *places)
{
	size_t at = 0;
	int chars = 0;

	for (int i = 0; i < nwords; i++) {
		size_t look = words[i].n + (i ? LOOK_BYTES : body.n);
		const char *hit;

		if (look > body.n - at)
			look = body.n - at;
		hit = words[i].n && look >= words[i].n ? memmem(body.p + at, look, words[i].p, words[i].n) : NULL;
		/* a short word far away is another one of the same letters */
		if (hit && (words[i].n > 3 || hit - (body.p + at) < LOOK_MIN))
			for (; body.p + at < hit; at++)
				chars += ((unsigned char)body.p[at] & 0xc0) != 0x80;
		else
			hit = NULL;
		places[i] = chars;
		for (size_t end = at + (hit ? words[i].n : 0); at < end; at++)
			chars += ((unsigned char)body.p[at] & 0xc0) != 0x80;
	}
}
