#include "llm/features.h"

#include <math.h>
#include <stdlib.h>

enum { WORD_MAX = 40, CHARS_MIN = 3, CHARS_MAX = 5 };

static uint32_t hash(uint32_t h, const char *p, size_t n)
{
	/* FNV-1a, with a last mix so that the low bits are good. */
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

static uint32_t bucket(uint32_t h)
{
	h ^= h >> 15;
	h *= 2246822519u;
	return (h ^ h >> 13) & (FL_BUCKETS - 1);
}

enum { SEED_WORD = 0x811c9dc5u & 0x7fffffff, SEED_PAIR = 0x1234567, SEED_CHARS = 0x7654321 };

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* The words of one line. */
static void tokens_of(struct fl_arena *a, struct fl_str line, struct fl_features *out)
{
	bool after_break = true;
	size_t i = 0;

	while (i < line.n && out->ntokens < FL_TOKENS_MAX) {
		size_t from = i;

		while (i < line.n && is_letter((unsigned char)line.p[i]))
			i++;
		if (i > from) {
			struct fl_str word = fl_str_clip((struct fl_str){ line.p + from, i - from }, WORD_MAX);

			out->tokens[out->ntokens++] = (struct fl_token){ .as_written = word, .folded = fl_fold(a, word), .after_break = after_break };
			after_break = false;
		} else {
			after_break |= line.p[i] != ' ' && line.p[i] != '\'' && line.p[i] != '-';
			i++;
		}
	}
}

static void lines_of(struct fl_arena *a, struct fl_str text, struct fl_features *out)
{
	while (text.p) {
		struct fl_str line = fl_str_cut(&text, '\n');

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		/* Signatures start with "-- " (RFC 3676); quoted lines are somebody else's words. */
		if (fl_str_eq(line, FL_STR("-- ")) || fl_str_eq(line, FL_STR("--")))
			return;
		if (line.n > 0 && line.p[0] != '>')
			tokens_of(a, line, out);
	}
}

static uint32_t word_bucket(const struct fl_token *t)
{
	return bucket(hash(SEED_WORD, t->folded.p, t->folded.n));
}

uint32_t fl_features_pair(const struct fl_token *a, const struct fl_token *b)
{
	return bucket(hash(hash(hash(SEED_PAIR, a->folded.p, a->folded.n), " ", 1), b->folded.p, b->folded.n));
}

/* Characters 3 to 5 of "<word>". */
static int char_buckets(const struct fl_token *t, uint32_t *out, int max)
{
	char word[WORD_MAX + 2];
	size_t n = t->folded.n + 2;
	int k = 0;

	word[0] = '<';
	memcpy(word + 1, t->folded.p, t->folded.n);
	word[n - 1] = '>';
	for (size_t len = CHARS_MIN; len <= CHARS_MAX; len++)
		for (size_t i = 0; i + len <= n && k < max; i++)
			out[k++] = bucket(hash(SEED_CHARS, word + i, len));
	return k;
}

int fl_features_word(const struct fl_token *t, uint32_t *out, int max)
{
	out[0] = word_bucket(t);
	return 1 + char_buckets(t, out + 1, max - 1);
}

static int by_bucket(const void *a, const void *b)
{
	uint32_t x = ((const struct fl_feature *)a)->bucket, y = ((const struct fl_feature *)b)->bucket;

	return (x > y) - (x < y);
}

/* Adds equal buckets up, takes 1 + log of the count, and scales the whole to length 1/sqrt(2). */
static int settle(struct fl_feature *f, int n)
{
	double sum = 0;
	int k = 0;

	if (n == 0)
		return 0;
	qsort(f, (size_t)n, sizeof(*f), by_bucket);
	for (int i = 1; i < n; i++) {
		if (f[i].bucket == f[k].bucket)
			f[k].value += f[i].value;
		else
			f[++k] = f[i];
	}
	n = k + 1;
	for (int i = 0; i < n; i++) {
		f[i].value = 1 + logf(f[i].value);
		sum += (double)f[i].value * (double)f[i].value;
	}
	for (int i = 0; i < n; i++)
		f[i].value *= (float)(0.70710678 / sqrt(sum));
	return n;
}

struct fl_features fl_features_of(struct fl_arena *a, struct fl_str subject, struct fl_str body)
{
	struct fl_features out = { .f = FL_NEW_ARRAY(a, FL_FEATURES_MAX, struct fl_feature), .tokens = FL_NEW_ARRAY(a, FL_TOKENS_MAX, struct fl_token) };
	int nwords = 0, nsubject, nchars = 0;
	struct fl_feature *chars;
	uint32_t grams[3 * (WORD_MAX + 2)];

	lines_of(a, subject, &out);
	nsubject = out.ntokens;
	lines_of(a, body, &out);
	for (int i = 0; i < out.ntokens; i++) {
		float weight = i < nsubject ? 2 : 1;

		out.f[nwords++] = (struct fl_feature){ word_bucket(&out.tokens[i]), weight };
		if (i > 0 && !out.tokens[i].after_break)
			out.f[nwords++] = (struct fl_feature){ fl_features_pair(&out.tokens[i - 1], &out.tokens[i]), weight };
	}
	nwords = settle(out.f, nwords);
	chars = out.f + nwords;
	for (int i = 0; i < out.ntokens; i++) {
		int n = char_buckets(&out.tokens[i], grams, (int)FL_COUNT(grams));

		for (int k = 0; k < n && nwords + nchars < FL_FEATURES_MAX; k++)
			chars[nchars++] = (struct fl_feature){ grams[k], 1 };
	}
	out.n = nwords + settle(chars, nchars);
	return out;
}
