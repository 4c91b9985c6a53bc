/* Text to tokens with their meanings, and numbers in digits or words. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

/* Latin letters of UTF-8 with their marks taken off; 0 for what is no letter of ours. Takes 1 or 2 bytes. */
static char fold(const unsigned char *p, size_t left, size_t *took)
{
	*took = 1;
	if (*p >= 'A' && *p <= 'Z')
		return (char)(*p + 32);
	if (*p >= 'a' && *p <= 'z')
		return (char)*p;
	if (*p == 0xC2 && left > 1 && p[1] == 0xBA) { /* 1º */
		*took = 2;
		return 'o';
	}
	if (*p != 0xC3 || left < 2)
		return 0;
	*took = 2;
	switch (p[1] | 0x20) {
	case 0xA0: case 0xA1: case 0xA2: case 0xA3: case 0xA4:
		return 'a';
	case 0xA8: case 0xA9: case 0xAA: case 0xAB:
		return 'e';
	case 0xAC: case 0xAD: case 0xAE: case 0xAF:
		return 'i';
	case 0xB1:
		return 'n';
	case 0xB2: case 0xB3: case 0xB4: case 0xB6:
		return 'o';
	case 0xB9: case 0xBA: case 0xBB: case 0xBC:
		return 'u';
	}
	return 0;
}

static void mean(struct token *t, enum phrase_language language)
{
	size_t n = 0;
	for (const struct meaning *m = language == PHRASE_ES ? phrase_words_es : phrase_words_en; m->word != NULL && n < 3; m++)
		if (m->word[0] == t->text[0] && strcmp(m->word, t->text) == 0)
			t->means[n++] = m;
}

/* Whether one letter is missing, too many, another, or two are swapped. */
static bool one_slip(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), i = 0, tail;
	while (i < na && i < nb && a[i] == b[i])
		i++;
	if (na == nb && i + 1 < na && a[i] == b[i + 1] && a[i + 1] == b[i])
		return strcmp(a + i + 2, b + i + 2) == 0;
	if (na + 1 < nb || nb + 1 < na || (na == nb && na < 7))
		return false; /* short words with another letter are words of their own: jueces, sundry */
	tail = (na > nb ? na : nb) - i - 1;
	return i + tail >= 6 && strcmp(a + na - tail, b + nb - tail) == 0;
}

/* Names of days and months are long enough to be known with a slip of the finger. */
static void mean_nearly(struct token *t, enum phrase_language language)
{
	size_t length = strlen(t->text);
	if (length < 6)
		return;
	for (const struct meaning *m = language == PHRASE_ES ? phrase_words_es : phrase_words_en; m->word != NULL; m++) {
		bool name = m->class == W_WEEKDAY || m->class == W_MONTH || (m->class == W_REL && m->word[0] != 'm');
		if (name && m->word[0] == t->text[0] && one_slip(t->text, m->word)) {
			t->means[0] = m;
			return;
		}
	}
}

static size_t number_token(struct token *t, const unsigned char *p, size_t left)
{
	size_t n = 0;
	t->number = true;
	while (n < left && p[n] >= '0' && p[n] <= '9') {
		if (t->value < 100000000)
			t->value = t->value * 10 + (p[n] - '0');
		n++;
	}
	t->digits = (int)n;
	return n;
}

/* The number in nineish; what is behind it is a token of its own. Letters taken off. */
static size_t ish(struct token *t, size_t length)
{
	char was[sizeof t->text];
	if (t->means[0] != NULL || length < 6 || strcmp(t->text + length - 3, "ish") != 0)
		return 0;
	memcpy(was, t->text, sizeof was);
	t->text[length - 3] = '\0';
	mean(t, PHRASE_EN);
	if (t->means[0] != NULL && t->means[0]->class == W_NUMBER)
		return 3;
	memcpy(t->text, was, sizeof was);
	memset(t->means, 0, sizeof t->means);
	return 0;
}

static size_t word_token(struct token *t, const unsigned char *p, size_t left, enum phrase_language language)
{
	size_t n = 0, length = 0, took;
	char c;
	t->capital = (*p >= 'A' && *p <= 'Z') || (*p == 0xC3 && left > 1 && p[1] < 0xA0);
	while (n < left && (c = fold(p + n, left - n, &took)) != 0) {
		if (length < sizeof t->text - 1)
			t->text[length] = c;
		length++;
		n += took;
	}
	if (length >= sizeof t->text)
		t->text[0] = '\0';
	else
		mean(t, language);
	if (language == PHRASE_EN && length < sizeof t->text)
		n -= ish(t, length);
	if (t->means[0] == NULL)
		mean_nearly(t, language);
	return n;
}

/* Signs of several bytes: dashes, curled apostrophes, fractions. Bytes taken. */
static size_t sign(struct token *t, const unsigned char *p, size_t left, enum phrase_language language)
{
	static const struct {
		const char *bytes, *text;
	} signs[] = {
		{"\xE2\x80\x93", "-"}, {"\xE2\x80\x94", "-"}, {"\xE2\x80\x98", "'"}, {"\xE2\x80\x99", "'"}, {"\xC2\xBC", "1/4"}, {"\xC2\xBD", "1/2"}, {"\xC2\xBE", "3/4"},
	};
	for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
		size_t n = strlen(signs[k].bytes);
		if (left >= n && memcmp(p, signs[k].bytes, n) == 0) {
			memcpy(t->text, signs[k].text, strlen(signs[k].text) + 1);
			mean(t, language);
			return n;
		}
	}
	return 0;
}

void phrase_tokens(struct reading *r, const struct phrase_reader *who, struct fl_str text)
{
	const unsigned char *s = (const unsigned char *)text.p;
	size_t n = text.n < PHRASE_TEXT_MAX ? text.n : PHRASE_TEXT_MAX, i = 0, took;
	bool space = true;
	r->who = who;
	r->count = 0;
	while (i < n && r->count < TOKENS_MAX) {
		if (s[i] <= ' ') {
			space = true;
			i++;
			continue;
		}
		struct token *t = &r->t[r->count++];
		*t = (struct token){.from = i, .glued = !space};
		if (s[i] >= '0' && s[i] <= '9') {
			i += number_token(t, s + i, n - i);
		} else if (fold(s + i, n - i, &took) != 0) {
			i += word_token(t, s + i, n - i, r->who->language);
		} else if ((took = sign(t, s + i, n - i, r->who->language)) > 0) {
			i += took;
		} else {
			t->text[0] = (char)s[i++];
		}
		t->to = i;
		space = false;
	}
	memset(&r->t[r->count], 0, TOKENS_BEHIND * sizeof r->t[0]);
}

bool phrase_is(const struct reading *r, int i, enum word class, int *value)
{
	if (i < 0 || i >= r->count)
		return false;
	for (int k = 0; k < 3 && r->t[i].means[k] != NULL; k++)
		if (r->t[i].means[k]->class == class) {
			if (value != NULL)
				*value = r->t[i].means[k]->value;
			return true;
		}
	return false;
}

bool phrase_digits(const struct reading *r, int i, int max_digits)
{
	return i >= 0 && i < r->count && r->t[i].number && r->t[i].digits <= max_digits;
}

bool phrase_mark(const struct reading *r, int i, char c)
{
	return i >= 0 && i < r->count && !r->t[i].number && r->t[i].text[0] == c && r->t[i].text[1] == '\0';
}

bool phrase_word(const struct reading *r, int i, const char *folded)
{
	return i >= 0 && i < r->count && r->t[i].text[0] == folded[0] && !r->t[i].number && strcmp(r->t[i].text, folded) == 0;
}

bool phrase_one_of(const struct reading *r, int i, const char *const *words)
{
	for (; *words != NULL; words++)
		if (phrase_word(r, i, *words))
			return true;
	return false;
}

int phrase_row(const struct reading *r, int i, const char *const *words, int most)
{
	int n = 0;
	while (n < most && words[n] != NULL && phrase_word(r, i + n, words[n]))
		n++;
	return n == most || words[n] == NULL ? n : 0;
}

int phrase_whole(const struct reading *r, int i, int64_t *value)
{
	int v, w;
	if (i >= r->count)
		return 0;
	if (r->t[i].number) {
		*value = r->t[i].value;
		return 1;
	}
	if (!phrase_is(r, i, W_NUMBER, &v))
		return 0;
	*value = v;
	if (v < 20 || v % 10 != 0)
		return 1;
	int next = i + 1; /* twenty one, twenty-one, treinta y cinco */
	if (phrase_mark(r, next, '-') || (r->who->language == PHRASE_ES && phrase_is(r, next, W_AND, NULL)))
		next++;
	if (!phrase_is(r, next, W_NUMBER, &w) || w < 1 || w > 9)
		return 1;
	*value = v + w;
	return next + 1 - i;
}

int phrase_ordinal(const struct reading *r, int i, int *nth)
{
	bool last = phrase_word(r, i + 1, "to") && phrase_word(r, i + 2, "last");
	if (last && (phrase_word(r, i, "second") || phrase_word(r, i, "next"))) {
		*nth = -2;
		return 3;
	}
	int n = phrase_is(r, i, W_ORDINAL, nth);
	if (n == 0 && phrase_digits(r, i, 2) && i + 1 < r->count && r->t[i + 1].glued && phrase_is(r, i + 1, W_ORDINAL_MARK, NULL)) {
		*nth = (int)r->t[i].value;
		n = 2;
	}
	if (n == 0 || *nth < 2 || !phrase_word(r, i + n, "last"))
		return n;
	*nth = -*nth; /* 2nd last */
	return n + 1;
}

/* "a couple of", "a few", "un par de": after an article or not. */
static int vague_number(const struct reading *r, int i, int64_t *sixty)
{
	int n = phrase_is(r, i, W_A, NULL), v;
	if (!phrase_is(r, i + n, W_FEW, &v))
		return 0;
	*sixty = v * 60;
	n++;
	return n + (phrase_is(r, i + n, W_OF, NULL));
}

/* 1/2 hour, 3/4 of an hour: only before a unit. */
static int fraction(const struct reading *r, int i, int64_t *sixty)
{
	if (!phrase_digits(r, i, 1) || !phrase_mark(r, i + 1, '/') || !phrase_digits(r, i + 2, 1) || !r->t[i + 1].glued)
		return 0;
	int64_t part = r->t[i].value, of = r->t[i + 2].value;
	int n = 3 + phrase_is(r, i + 3, W_OF, NULL);
	n += phrase_is(r, i + n, W_A, NULL);
	if (part == 0 || part >= of || of > 4 || !phrase_is(r, i + n, W_UNIT, NULL))
		return 0;
	*sixty = part * 60 / of;
	return n;
}

int phrase_number(const struct reading *r, int i, int64_t *sixty)
{
	int64_t v;
	int half, n = vague_number(r, i, sixty);
	if (n > 0)
		return n;
	if ((phrase_is(r, i, W_HALF, &half) || phrase_is(r, i, W_QUARTER, &half)) && !phrase_is(r, i + 1, W_TO, NULL)) {
		*sixty = half; /* half an hour, quarter of an hour, media hora */
		n = 1 + (phrase_is(r, i + 1, W_OF, NULL));
		return n + (phrase_is(r, i + n, W_A, NULL));
	}
	if (phrase_is(r, i, W_A, NULL) && (phrase_is(r, i + 1, W_HALF, &half) || phrase_is(r, i + 1, W_QUARTER, &half))) {
		*sixty = half; /* a half hour, a quarter of an hour, un cuarto de hora */
		n = 2 + (phrase_is(r, i + 2, W_OF, NULL));
		return n + (phrase_is(r, i + n, W_A, NULL));
	}
	n = fraction(r, i, sixty);
	if (n > 0)
		return n;
	n = phrase_whole(r, i, &v);
	n += n > 0 && phrase_mark(r, i + n, '-') && phrase_word(r, i + n + 1, "quarters");
	if (n > 0 && v < 4 && (phrase_word(r, i + n, "cuartos") || phrase_word(r, i + n, "quarters")) && phrase_is(r, i + n + 1, W_OF, NULL)) {
		*sixty = v * 15; /* three quarters of an hour */
		n += 2;
		return n + (phrase_is(r, i + n, W_A, NULL));
	}
	if (n > 0) {
		*sixty = v * 60;
		if (phrase_is(r, i + n, W_HALF, &half) && r->t[i + n].glued && r->t[i + n].text[0] == '1') { /* 2 1/2 in one sign */
			*sixty += half;
			return n + 1;
		}
		bool point = phrase_mark(r, i + n, '.') || phrase_mark(r, i + n, ',');
		if (r->t[i].number && point && r->t[i + n].glued && i + n + 1 < r->count && r->t[i + n + 1].number && r->t[i + n + 1].glued) {
			int64_t part = r->t[i + n + 1].value, ten = 1;
			for (int d = 0; d < r->t[i + n + 1].digits && d < 6; d++)
				ten *= 10;
			*sixty += part * 60 / ten;
			return n + 2;
		}
		return n;
	}
	if (phrase_is(r, i, W_A, NULL)) {
		*sixty = 60;
		return 1;
	}
	return 0;
}
