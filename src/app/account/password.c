#include <stdio.h>

#include "app/account/account.h"
#include "base/conf.h"

enum { LEAST = 12, WORD_LEAST = 3, REST_MOST = 8, UNIT_MOST = 6, LIST_MAX_BYTES = 1 << 20 };

static void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

/* Read anew each time: it is rare, and hashing takes a hundred times as long. */
static enum fl_rc read_list(struct fl_cx *cx, struct fl_str *out)
{
	const char *path = fl_fmt(cx->a, "%s/share/common-passwords.txt", cx->conf->share_dir);
	__attribute__((cleanup(close_file))) FILE *f = fopen(path, "rbe");
	char *text = fl_alloc(cx->a, LIST_MAX_BYTES);

	if (!f)
		return FL_FAIL(cx, FL_BUG, "%s cannot be read", path);
	out->p = text;
	out->n = fread(text, 1, LIST_MAX_BYTES, f);
	return out->n > 0 && out->n < LIST_MAX_BYTES ? FL_OK : FL_FAIL(cx, FL_BUG, "%s is empty or too long", path);
}

static bool listed(struct fl_str list, struct fl_str word)
{
	struct fl_str rest = list;

	if (word.n < WORD_LEAST)
		return false;
	while (rest.n)
		if (fl_str_eq(fl_str_cut(&rest, '\n'), word))
			return true;
	return false;
}

static size_t characters(struct fl_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Lower case, and letters for the signs people write in their place. */
static struct fl_str folded(struct fl_cx *cx, struct fl_str s, bool signs)
{
	static const char from[] = "@0134578$!", to[] = "aoieastbsi";
	char *out = fl_strndup(cx->a, s);

	for (size_t i = 0; i < s.n; i++) {
		const char *at = signs && out[i] ? strchr(from, out[i]) : NULL;

		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + 32);
		else if (at)
			out[i] = to[at - from];
	}
	return (struct fl_str){ out, s.n };
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Without digits and signs before and behind. */
static struct fl_str core(struct fl_str s)
{
	while (s.n && !is_letter(s.p[0]))
		s.p++, s.n--;
	while (s.n && !is_letter(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The same few characters over and over. */
static bool is_repeated(struct fl_str s)
{
	for (size_t unit = 1; unit <= UNIT_MOST && unit * 2 <= s.n; unit++) {
		size_t i = unit;

		while (i < s.n && s.p[i] == s.p[i - unit])
			i++;
		if (i == s.n)
			return true;
	}
	return false;
}

/* Each the neighbour of the one before, upwards or downwards; 0 and 9 are neighbours. */
static bool is_sequence(struct fl_str s, int step)
{
	for (size_t i = 1; i < s.n; i++) {
		int by = s.p[i] - s.p[i - 1];

		if (by != step && by != -9 * step)
			return false;
	}
	return true;
}

static bool is_common(struct fl_str list, struct fl_str s)
{
	struct fl_str word = core(s);

	if (listed(list, s) || (s.n - word.n <= REST_MOST && listed(list, word)))
		return true;
	for (size_t i = WORD_LEAST; i + WORD_LEAST <= s.n; i++)
		if (listed(list, (struct fl_str){ s.p, i }) && listed(list, (struct fl_str){ s.p + i, s.n - i }))
			return true;
	return false;
}

/* A part of oneself, and little else. */
static bool is_self(struct fl_cx *cx, struct fl_str s, struct fl_str own)
{
	struct fl_str part = folded(cx, own, false);

	for (size_t i = 0; part.n > WORD_LEAST && i + part.n <= s.n; i++)
		if (memcmp(s.p + i, part.p, part.n) == 0 && s.n - part.n <= REST_MOST)
			return true;
	return false;
}

enum fl_rc account_password_fit(struct fl_cx *cx, struct fl_db *db, const char *field, struct fl_str password, struct fl_str email, struct fl_str name)
{
	struct fl_str plain = folded(cx, password, false), local = email, words = name, list;

	if (characters(password) < LEAST)
		return FL_FAIL_FIELD(cx, FL_INVALID, field, "wrong.password_short");
	if (is_self(cx, plain, email) || is_self(cx, plain, fl_str_cut(&local, '@')) || is_self(cx, plain, FL_STR("fairlead")))
		return FL_FAIL_FIELD(cx, FL_INVALID, field, "wrong.password_self");
	while (words.n)
		if (is_self(cx, plain, fl_str_cut(&words, ' ')))
			return FL_FAIL_FIELD(cx, FL_INVALID, field, "wrong.password_self");
	FL_TRY(read_list(cx, &list));
	if (is_repeated(plain) || is_sequence(plain, 1) || is_sequence(plain, -1) || is_common(list, plain) || is_common(list, folded(cx, password, true)))
		return FL_FAIL_FIELD(cx, FL_INVALID, field, "wrong.password_common");
	return account_password_leaked(cx, db, field, password);
}
