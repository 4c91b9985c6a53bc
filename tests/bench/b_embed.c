/* Ranks passages for questions by the built-in embedding alone: b_embed PASSAGES.tsv QUESTIONS.tsv prints a line a question, the numbers of the passages, best first. */
#include <stdio.h>
#include <stdlib.h>

#include "vector/embed.h"

enum { LINES = 512, LINE = 4096 };

struct text {
	char line[LINE];
	float v[FL_EMBED_DIMS];
	int number;
	float score;
};

/* The field after `skip` tabs. */
static const char *field(const char *s, int skip)
{
	while (skip > 0 && *s)
		skip -= *s++ == '\t';
	return s;
}

static int read_texts(struct fl_arena *a, const char *path, int at, struct text *t)
{
	FILE *f = fopen(path, "r");
	int n = 0;

	while (f && n < LINES && fgets(t[n].line, LINE, f))
		if (t[n].line[0] != '#') {
			t[n].number = atoi(t[n].line);
			fl_embed(a, fl_str(field(t[n].line, at)), t[n].v);
			n++;
		}
	if (f)
		fclose(f);
	return n;
}

static int by_score(const void *a, const void *b)
{
	float x = ((const struct text *)a)->score, y = ((const struct text *)b)->score;

	return (x < y) - (x > y);
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new((size_t)1 << 30);
	struct text *p = FL_NEW_ARRAY(a, LINES, struct text), *q = FL_NEW_ARRAY(a, LINES, struct text);
	int np, nq;

	if (argc != 3) {
		fputs("usage: b_embed PASSAGES.tsv QUESTIONS.tsv\n", stderr);
		return 2;
	}
	np = read_texts(a, argv[1], 2, p);
	nq = read_texts(a, argv[2], 3, q);
	for (int i = 0; i < nq; i++) {
		for (int j = 0; j < np; j++) {
			p[j].score = 0;
			for (int d = 0; d < FL_EMBED_DIMS; d++)
				p[j].score += p[j].v[d] * q[i].v[d];
		}
		qsort(p, (size_t)np, sizeof(*p), by_score);
		for (int j = 0; j < np; j++)
			printf("%d:%.3f%c", p[j].number, (double)p[j].score, j + 1 < np ? ' ' : '\n');
	}
	fl_arena_free(a);
	return 0;
}
