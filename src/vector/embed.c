#include "vector/embed.h"

#include <math.h>
#include <stdlib.h>

#include "base/fold.h"

enum { WORD_MAX = 40, WORDS_MAX = 4000, PLACES = 8, STEM = 5, GRAM = 4 };
enum { SEED_WORD = 1, SEED_STEM, SEED_GRAM, SEED_PAIR };

static const float weight_of[] = { [SEED_WORD] = 1, [SEED_STEM] = 0.7f, [SEED_GRAM] = 0.25f, [SEED_PAIR] = 0.3f };

/* The little words of English and Spanish, folded, in order. */
static const char *const little[] = {
	"a", "al", "algo", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "como", "con", "cual", "cuando", "cuanto", "de", "del", "did", "do", "does",
	"donde", "e", "el", "ella", "ellos", "en", "entre", "era", "es", "esa", "ese", "eso", "esta", "este", "esto", "for", "from", "fue", "ha", "had", "han", "has", "have", "hay",
	"he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "la", "las", "le", "les", "lo", "los", "mas", "may", "me", "mi", "must", "my", "muy", "ni", "no", "nor",
	"nos", "not", "o", "of", "on", "or", "our", "para", "pero", "por", "porque", "que", "quien", "se", "ser", "she", "si", "sin", "so", "sobre", "son", "su", "sus", "than", "that",
	"the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "tu", "u", "un", "una", "unas", "unos", "was", "we", "were", "what", "when", "where", "which",
	"who", "why", "will", "with", "would", "y", "ya", "you", "your",
};

/* A feature of the text: what is hashed, and how much it counts. */
struct mark {
	uint32_t hash;
	float weight;
};

static uint32_t hash_of(uint32_t seed, struct fl_str s)
{
	uint32_t h = 2166136261u ^ seed * 0x9e3779b9u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

static int by_text(const void *key, const void *entry)
{
	const struct fl_str *word = key;
	const char *s = *(const char *const *)entry;
	size_t n = strlen(s);
	int d = memcmp(word->p, s, word->n < n ? word->n : n);

	return d ? d : (word->n > n) - (word->n < n);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static int words_of(struct fl_arena *a, struct fl_str text, struct fl_str *words)
{
	struct fl_str s = fl_fold(a, text);
	int n = 0;

	for (size_t i = 0; i < s.n && n < WORDS_MAX; i++) {
		size_t from = i;
		struct fl_str word;

		while (i < s.n && is_letter(s.p[i]))
			i++;
		word = (struct fl_str){ s.p + from, i - from };
		if (word.n && word.n <= WORD_MAX && !bsearch(&word, little, FL_COUNT(little), sizeof(*little), by_text))
			words[n++] = word;
	}
	return n;
}

static int marks_of(const struct fl_str *words, int nwords, struct mark *m)
{
	int n = 0;

	for (int i = 0; i < nwords; i++) {
		struct fl_str w = words[i];

		m[n++] = (struct mark){ hash_of(SEED_WORD, w), weight_of[SEED_WORD] };
		m[n++] = (struct mark){ hash_of(SEED_STEM, (struct fl_str){ w.p, w.n < STEM ? w.n : STEM }), weight_of[SEED_STEM] };
		if (i)
			m[n++] = (struct mark){ hash_of(hash_of(SEED_PAIR, words[i - 1]), w), weight_of[SEED_PAIR] };
		for (size_t k = 0; k + GRAM <= w.n; k++)
			m[n++] = (struct mark){ hash_of(SEED_GRAM, (struct fl_str){ w.p + k, GRAM }), weight_of[SEED_GRAM] };
	}
	return n;
}

static int by_hash(const void *a, const void *b)
{
	uint32_t x = ((const struct mark *)a)->hash, y = ((const struct mark *)b)->hash;

	return (x > y) - (x < y);
}

static void add(float *out, uint32_t hash, float weight)
{
	uint64_t r = hash * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (int i = 0; i < PLACES; i++) {
		r ^= r >> 31;
		r *= UINT64_C(0xbf58476d1ce4e5b9);
		out[(r >> 33) % FL_EMBED_DIMS] += r & 1 << 20 ? weight : -weight;
	}
}

void fl_embed(struct fl_arena *a, struct fl_str text, float *out)
{
	struct fl_str *words = FL_NEW_ARRAY(a, WORDS_MAX, struct fl_str);
	int nwords = words_of(a, text, words), n;
	struct mark *m = FL_NEW_ARRAY(a, nwords * (WORD_MAX + 3) + 1, struct mark);
	double sum = 0;

	memset(out, 0, FL_EMBED_DIMS * sizeof(*out));
	n = marks_of(words, nwords, m);
	qsort(m, (size_t)n, sizeof(*m), by_hash);
	for (int i = 0, from = 0; i < n; i++)
		if (i + 1 == n || m[i + 1].hash != m[i].hash) {
			add(out, m[i].hash, m[i].weight * (1 + logf((float)(i - from + 1))));
			from = i + 1;
		}
	for (int i = 0; i < FL_EMBED_DIMS; i++)
		sum += (double)out[i] * (double)out[i];
	for (int i = 0; sum > 0 && i < FL_EMBED_DIMS; i++)
		out[i] /= (float)sqrt(sum);
}
