/* Bytes of any encoding to UTF-8: by their mark, by being UTF-8, by what an HTML page says, by uchardet's guess, else Windows-1252. */
#include <errno.h>
#include <iconv.h>
#include <uchardet/uchardet.h>

#include "reader/paper_inside.h"

enum { LOOK_BYTES = 64 * 1024, SURE_BYTES = 24 };

/* What fl_mail_start (reader/mail.h) has loaded converters for, and a guess may name. Others are Windows-1252, which every byte is. */
static const char *const known[] = {
	"ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-9", "ISO-8859-10", "ISO-8859-13",
	"ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257",
	"KOI8-R", "KOI8-U", "GB18030", "BIG5", "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR",
};

static const char *known_as(struct fl_str name)
{
	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (fl_str_ieq(name, fl_str(known[i])))
			return known[i];
	return NULL;
}

static void free_guess(void *p)
{
	uchardet_delete(p);
}

/* Few letters beyond ASCII tell nothing. */
static const char *guess(struct fl_cx *cx, struct fl_str s)
{
	uchardet_t u = uchardet_new();
	size_t high = 0;

	fl_defer(cx->a, free_guess, u);
	for (size_t i = 0; i < s.n && i < LOOK_BYTES; i++)
		high += (unsigned char)s.p[i] >= 0x80 || s.p[i] == 0x1b;
	if (high < SURE_BYTES || uchardet_handle_data(u, s.p, s.n < LOOK_BYTES ? s.n : LOOK_BYTES) != 0)
		return "WINDOWS-1252";
	uchardet_data_end(u);
	return known_as(fl_str(uchardet_get_charset(u)));
}

/* charset=NAME among the first 2,048 bytes (HTML, 13.2.3.2). */
static const char *said(struct fl_str s)
{
	size_t n = s.n < 2048 ? s.n : 2048;
	const char *at = memmem(s.p, n, "charset=", 8);
	size_t k = 0;

	if (!at)
		return NULL;
	at += 8;
	while (at < s.p + n && (*at == '"' || *at == '\''))
		at++;
	while (at + k < s.p + n && at[k] > ' ' && !strchr("\"'>/;", at[k]))
		k++;
	return known_as((struct fl_str){ at, k });
}

/* UTF-16 without its mark: nearly every other byte of Latin text is NUL. */
static const char *wide(struct fl_str s)
{
	size_t n = s.n < LOOK_BYTES ? s.n : LOOK_BYTES, even = 0, odd = 0;

	for (size_t i = 0; i < n; i++)
		if (s.p[i] == 0)
			(*(i % 2 ? &odd : &even))++;
	if (odd > n / 4 && even < n / 64)
		return "UTF-16LE";
	return even > n / 4 && odd < n / 64 ? "UTF-16BE" : NULL;
}

/* Bytes that stand for nothing become U+FFFD. */
static struct fl_str convert(struct fl_cx *cx, const char *from, struct fl_str s)
{
	iconv_t c = iconv_open("UTF-8", from);
	struct fl_buf b = fl_buf(cx->a, s.n * 3 + 64);
	char *in = fl_strndup(cx->a, s);
	size_t left = s.n;

	if (c == (iconv_t)-1)
		return strcmp(from, "WINDOWS-1252") == 0 ? s : convert(cx, "WINDOWS-1252", s);
	while (left) {
		size_t room = left < LOOK_BYTES ? left * 3 + 16 : LOOK_BYTES;
		char *out = fl_buf_room(&b, room), *at = out;

		if (!out)
			break;
		if (iconv(c, &in, &left, &at, &room) == (size_t)-1 && errno != E2BIG) {
			b.n += (size_t)(at - out);
			fl_buf_puts(&b, "\xef\xbf\xbd");
			in++;
			left--;
			continue;
		}
		b.n += (size_t)(at - out);
	}
	(void)iconv_close(c);
	return fl_buf_get(&b);
}

struct fl_str paper_utf8(struct fl_cx *cx, struct fl_str s, bool html)
{
	const char *from = wide(s);

	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		return (struct fl_str){ s.p + 3, s.n - 3 };
	if (s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0))
		return convert(cx, s.p[0] == '\xfe' ? "UTF-16BE" : "UTF-16LE", (struct fl_str){ s.p + 2, s.n - 2 });
	if (!from && html)
		from = said(s);
	if (!from && fl_str_utf8(s))
		return s;
	if (!from)
		from = guess(cx, s);
	return convert(cx, from ? from : "WINDOWS-1252", s);
}
