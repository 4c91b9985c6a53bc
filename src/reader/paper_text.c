/* Texts of any encoding. */
#include <glib.h>

#include "reader/html.h"
#include "reader/paper_inside.h"

/* Windows-1252, 0x80 to 0x9f (unicode.org, CP1252.TXT); above that Latin-1 is Unicode. 0 is undefined. */
static const gunichar windows[] = { 0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
	                            0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };

static void put(struct fl_buf *b, gunichar c)
{
	char out[6];

	fl_buf_add(b, out, (size_t)g_unichar_to_utf8(c ? c : 0xfffd, out));
}

static void from_windows(struct fl_buf *b, struct fl_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		put(b, c >= 0x80 && c < 0xa0 ? windows[c - 0x80] : c);
	}
}

static void from_utf16(struct fl_buf *b, struct fl_str s, bool big)
{
	for (size_t i = 2; i + 1 < s.n; i += 2) {
		unsigned char one = (unsigned char)s.p[i], two = (unsigned char)s.p[i + 1];
		gunichar c = big ? (gunichar)(one << 8 | two) : (gunichar)(two << 8 | one);

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.n) {
			unsigned char three = (unsigned char)s.p[i + 2], four = (unsigned char)s.p[i + 3];
			gunichar low = big ? (gunichar)(three << 8 | four) : (gunichar)(four << 8 | three);

			c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		put(b, c);
	}
}

static struct fl_str to_utf8(struct fl_cx *cx, struct fl_str s)
{
	struct fl_buf b = fl_buf(cx->a, s.n * 3 + 8);

	if (s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0))
		from_utf16(&b, s, s.p[0] == '\xfe');
	else if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		return (struct fl_str){ s.p + 3, s.n - 3 };
	else if (fl_str_utf8(s))
		return s;
	else
		from_windows(&b, s);
	return fl_buf_get(&b);
}

void paper_text(struct fl_cx *cx, struct fl_str file, bool html, int page, struct fl_paper *p)
{
	struct fl_buf b = fl_buf(cx->a, FL_PAPER_BYTES * 3 + 8);
	struct fl_str s = to_utf8(cx, file);

	p->pages = 1;
	if (page == 0)
		return;
	p->source = "text";
	if (html)
		fl_html_text(&b, s);
	else
		fl_text_clean(&b, s);
	p->text = fl_buf_get(&b);
}
