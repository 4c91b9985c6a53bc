#include "base/fold.h"

/* The plain letter under an accented one of Latin-1 Supplement and Latin Extended-A (U+00C0 to U+017F), lower case. */
static const char *plain(unsigned c)
{
	static const char latin1[] = "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty";
	static const char extended[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

	_Static_assert(sizeof(latin1) == 0x40 + 1 && sizeof(extended) == 0x80 + 1, "one letter for each character");
	if (c >= 0xc0 && c < 0x100)
		return latin1 + (c - 0xc0);
	if (c >= 0x100 && c < 0x180)
		return extended + (c - 0x100);
	return NULL;
}

struct fl_str fl_fold(struct fl_arena *a, struct fl_str s)
{
	char *out = fl_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char *letter = NULL;

		if (c >= 0xc3 && c <= 0xc5 && i + 1 < s.n)
			letter = plain((unsigned)(c & 0x1f) << 6 | ((unsigned char)s.p[i + 1] & 0x3f));
		if (letter && *letter >= 'a') {
			out[n++] = *letter;
			i++;
		} else {
			out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
	}
	return (struct fl_str){ out, n };
}
