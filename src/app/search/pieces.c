#include "app/search/pieces.h"

enum { HEADING_MAX = 80, WINDOW = 4, BUCKETS = 256 };

static size_t letter_bytes(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* A line marked by #; or a short one alone between blank lines that begins like a title and ends in no mark of a sentence. */
static bool is_heading(struct fl_str body, const struct piece *p)
{
	struct fl_str s = { body.p + p->from, p->to - p->from };

	if ((p->from > 0 && body.p[p->from - 1] != '\n') || memchr(s.p, '\n', s.n))
		return false;
	if (s.p[0] == '#')
		return true;
	if (p->ends != PIECE_PARAGRAPH || s.n > HEADING_MAX || strchr(".,;:!?", s.p[s.n - 1]))
		return false;
	return is_word(s.p[0]) && !(s.p[0] >= 'a' && s.p[0] <= 'z');
}

struct cutter {
	struct fl_str body;
	bool tokens;
	int most, letters; /* letters of the word we are in */
	int chars;         /* seen of the body */
	struct piece now;  /* being filled */
	size_t space;      /* byte after the last space in it, 0: none */
	int space_chars, space_weight;
	struct piece *out;
	int n;
};

static void finish(struct cutter *c, size_t to, int end, enum piece_end ends)
{
	struct piece *p = &c->now;

	p->to = to;
	p->end = end;
	p->ends = ends;
	while (p->to > p->from && is_space(c->body.p[p->to - 1])) {
		p->to--;
		p->end--;
	}
	if (p->to > p->from) {
		p->heading = is_heading(c->body, p);
		p->before = c->n ? c->out[c->n - 1].before + c->out[c->n - 1].weight : 0;
		c->out[c->n++] = *p;
	} else if (c->n && ends > c->out[c->n - 1].ends) {
		c->out[c->n - 1].ends = ends;
		c->out[c->n - 1].heading = is_heading(c->body, &c->out[c->n - 1]);
	}
	c->now = (struct piece){ .from = to, .start = end };
	c->space = 0;
}

/* Too long for one piece: what stands before the last space is one, else all of it. */
static void overflow(struct cutter *c, size_t at)
{
	int weight = c->now.weight;

	if (!c->space) {
		finish(c, at, c->chars, PIECE_WORD);
		return;
	}
	c->now.weight = c->space_weight;
	weight -= c->space_weight;
	finish(c, c->space, c->space_chars, PIECE_WORD);
	c->now.weight = weight;
}

static int weight_of(struct cutter *c, char ch)
{
	if (!c->tokens)
		return 1;
	if (is_word(ch))
		return c->letters++ % 4 == 0;
	c->letters = 0;
	return !is_space(ch);
}

/* What ends at the white space at byte i: a paragraph at an empty line, a sentence after its mark or at the end of a marked heading line. */
static enum piece_end ended(const struct cutter *c, size_t i)
{
	const char *s = c->body.p;
	size_t next = i;
	int lines = 0;

	while (next < c->body.n && is_space(s[next]))
		lines += s[next++] == '\n' || s[next - 1] == '\f';
	if (lines > 1 || next == c->body.n)
		return PIECE_PARAGRAPH;
	if (i && strchr(".!?", s[i - 1]))
		return PIECE_SENTENCE;
	return lines && (s[c->now.from] == '#' || s[next] == '#') ? PIECE_PARAGRAPH : PIECE_WORD;
}

static void space(struct cutter *c, size_t i)
{
	enum piece_end end = ended(c, i);

	c->letters = 0;
	c->chars++;
	if (c->now.from == i) {
		c->now = (struct piece){ .from = i + 1, .start = c->chars };
		return;
	}
	if (end != PIECE_WORD) {
		finish(c, i + 1, c->chars, end);
		return;
	}
	c->now.weight += !c->tokens;
	c->space = i + 1;
	c->space_chars = c->chars;
	c->space_weight = c->now.weight;
}

int pieces_of(struct fl_arena *a, struct fl_str body, bool tokens, int most, struct piece **out)
{
	struct cutter c = { .body = body, .tokens = tokens, .most = most, .out = FL_NEW_ARRAY(a, body.n / 2 + 2, struct piece) };
	size_t step;

	for (size_t i = 0; i < body.n; i += step) {
		step = 1;
		if (is_space(body.p[i])) {
			space(&c, i);
			continue;
		}
		step = letter_bytes((unsigned char)body.p[i]);
		if (step > body.n - i)
			step = body.n - i;
		if (c.now.weight >= most && c.now.from < i)
			overflow(&c, i);
		c.now.weight += weight_of(&c, body.p[i]);
		c.chars++;
	}
	finish(&c, body.n, c.chars, PIECE_PARAGRAPH);
	*out = c.out;
	return c.n;
}

static void count_words(struct fl_str s, double *counts)
{
	uint32_t h = 0;
	int letters = 0;

	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && is_word(s.p[i])) {
			h = (h ^ (unsigned char)(s.p[i] | 0x20)) * 16777619u;
			letters++;
			continue;
		}
		if (letters > 3) /* the little words say nothing of the subject */
			counts[(h >> 8) % BUCKETS]++;
		h = 2166136261u;
		letters = 0;
	}
}

double pieces_alike(struct fl_str body, const struct piece *p, int n, int i)
{
	double left[BUCKETS] = { 0 }, right[BUCKETS] = { 0 }, both = 0, l = 0, r = 0;

	for (int j = i; j >= 0 && j > i - WINDOW; j--)
		count_words((struct fl_str){ body.p + p[j].from, p[j].to - p[j].from }, left);
	for (int j = i + 1; j < n && j <= i + WINDOW; j++)
		count_words((struct fl_str){ body.p + p[j].from, p[j].to - p[j].from }, right);
	for (int j = 0; j < BUCKETS; j++) {
		both += left[j] * right[j];
		l += left[j] * left[j];
		r += right[j] * right[j];
	}
	return l > 0 && r > 0 ? both * both / (l * r) : 0;
}
