#include "reader/html.h"

struct walk {
	struct fl_buf *out;
	struct fl_str in;
	size_t i;
	int breaks; /* newlines due before the next word */
	bool space; /* a space is due */
	bool any;
};

static const struct {
	const char *name;
	const char *text;
} names[] = {
	{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" }, { "nbsp", " " }, { "copy", "\u00a9" },
	{ "reg", "\u00ae" }, { "euro", "\u20ac" }, { "pound", "\u00a3" }, { "hellip", "\u2026" }, { "ndash", "\u2013" },
	{ "mdash", "\u2014" }, { "lsquo", "\u2018" }, { "rsquo", "\u2019" }, { "ldquo", "\u201c" }, { "rdquo", "\u201d" },
	{ "bull", "\u2022" }, { "auml", "\u00e4" }, { "ouml", "\u00f6" }, { "uuml", "\u00fc" }, { "Auml", "\u00c4" },
	{ "Ouml", "\u00d6" }, { "Uuml", "\u00dc" }, { "szlig", "\u00df" }, { "aacute", "\u00e1" }, { "eacute", "\u00e9" },
	{ "iacute", "\u00ed" }, { "oacute", "\u00f3" }, { "uacute", "\u00fa" }, { "ntilde", "\u00f1" }, { "egrave", "\u00e8" },
	{ "agrave", "\u00e0" }, { "ccedil", "\u00e7" }, { "iquest", "\u00bf" }, { "iexcl", "\u00a1" }, { "zwnj", "" },
	{ "shy", "" }, { "middot", "\u00b7" }, { "laquo", "\u00ab" }, { "raquo", "\u00bb" }, { "deg", "\u00b0" },
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void put(struct walk *w, const char *p, size_t n)
{
	if (w->any && w->breaks)
		fl_buf_add(w->out, "\n\n", (size_t)w->breaks);
	else if (w->any && w->space)
		fl_buf_putc(w->out, ' ');
	w->breaks = 0;
	w->space = false;
	w->any = true;
	fl_buf_add(w->out, p, n);
}

static void put_code(struct walk *w, uint32_t c)
{
	char b[4];
	size_t n = 0;

	if (c < ' ' || c == 0xa0) {
		w->space = true;
		return;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (c >= 0x7f && c < 0xa0))
		c = 0xfffd;
	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
		b[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		if (c < 0x10000) {
			b[n++] = (char)(0xe0 | c >> 12);
		} else {
			b[n++] = (char)(0xf0 | c >> 18);
			b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		}
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		b[n++] = (char)(0x80 | (c & 0x3f));
	}
	put(w, b, n);
}

static int digit(char c, int base)
{
	int v = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;

	return v < base ? v : -1;
}

static bool put_numeric(struct walk *w, struct fl_str name)
{
	int base = name.n > 1 && (name.p[1] | 32) == 'x' ? 16 : 10;
	size_t i = base == 16 ? 2 : 1;
	uint32_t c = 0;

	if (i >= name.n)
		return false;
	for (; i < name.n; i++) {
		int d = digit(name.p[i], base);

		if (d < 0)
			return false;
		c = c > 0x10ffff ? c : c * (uint32_t)base + (uint32_t)d;
	}
	put_code(w, c);
	return true;
}

static bool put_named(struct walk *w, struct fl_str name)
{
	for (size_t k = 0; k < FL_COUNT(names); k++) {
		if (!fl_str_eq(name, fl_str(names[k].name)))
			continue;
		if (*names[k].text == ' ')
			w->space = true;
		else if (*names[k].text)
			put(w, names[k].text, strlen(names[k].text));
		return true;
	}
	return false;
}

/* At '&': a reference, or the character itself when it is none. */
static void reference(struct walk *w)
{
	struct fl_str name = { w->in.p + w->i + 1, 0 };
	size_t most = w->in.n - w->i - 1;

	if (most > 10)
		most = 10;
	while (name.n < most && name.p[name.n] != ';' && !is_space(name.p[name.n]) && name.p[name.n] != '<')
		name.n++;
	if (name.n && name.n < most && name.p[name.n] == ';' && (name.p[0] == '#' ? put_numeric(w, name) : put_named(w, name))) {
		w->i += name.n + 2;
		return;
	}
	put(w, "&", 1);
	w->i++;
}

static bool one_of(struct fl_str name, const char *list)
{
	struct fl_str rest = fl_str(list);

	while (rest.p)
		if (fl_str_ieq(name, fl_str_cut(&rest, ' ')))
			return true;
	return false;
}

/* Skips to after the closing tag of an element whose content is not text. */
static void skip_element(struct walk *w, struct fl_str name)
{
	for (; w->i + 2 + name.n < w->in.n; w->i++) {
		const char *p = w->in.p + w->i;

		if (p[0] == '<' && p[1] == '/' && fl_str_ieq((struct fl_str){ p + 2, name.n }, name))
			return;
	}
	w->i = w->in.n;
}

static void skip_comment(struct walk *w)
{
	const char *end = memmem(w->in.p + w->i, w->in.n - w->i, "-->", 3);

	w->i = end ? (size_t)(end - w->in.p) + 3 : w->in.n;
}

/* The '>' that ends a tag, or the end of the text; those inside quoted attributes do not count. */
static size_t tag_end(const struct walk *w, size_t at)
{
	char quote = 0;

	for (; at < w->in.n && (quote || w->in.p[at] != '>'); at++) {
		if (quote)
			quote = w->in.p[at] == quote ? 0 : quote;
		else if (w->in.p[at] == '"' || w->in.p[at] == '\'')
			quote = w->in.p[at];
	}
	return at;
}

static void tag_breaks(struct walk *w, struct fl_str name, bool closing)
{
	if (one_of(name, "p h1 h2 h3 h4 h5 h6 table ul ol blockquote pre hr"))
		w->breaks = 2;
	else if (fl_str_ieq(name, FL_STR("br")) && w->breaks < 2)
		w->breaks++;
	else if (one_of(name, "div tr li dt dd section article header footer") && w->breaks < 2)
		w->breaks = 1;
	else if (one_of(name, "td th"))
		w->space = true;
	if (!closing && fl_str_ieq(name, FL_STR("li")))
		put(w, "- ", 2);
}

/* At '<' of a tag: passes it and notes the breaks it makes. */
static void tag(struct walk *w)
{
	bool closing = w->i + 1 < w->in.n && w->in.p[w->i + 1] == '/';
	size_t from = w->i + (closing ? 2 : 1), at = from;
	struct fl_str name;

	while (at < w->in.n && !is_space(w->in.p[at]) && w->in.p[at] != '>' && w->in.p[at] != '/')
		at++;
	name = (struct fl_str){ w->in.p + from, at - from };
	at = tag_end(w, at);
	w->i = at < w->in.n ? at + 1 : at;
	if (!closing && one_of(name, "script style head title noscript template svg"))
		skip_element(w, name);
	else
		tag_breaks(w, name, closing);
}

void fl_html_text(struct fl_buf *out, struct fl_str html)
{
	struct walk w = { .out = out, .in = html };

	while (w.i < html.n && !out->over) {
		char c = html.p[w.i], next = w.i + 1 < html.n ? html.p[w.i + 1] : '\0';

		if (c == '<' && html.n - w.i >= 4 && memcmp(html.p + w.i, "<!--", 4) == 0) {
			skip_comment(&w);
		} else if (c == '<' && ((next | 32) >= 'a' ? (next | 32) <= 'z' : next == '/' || next == '!' || next == '?')) {
			tag(&w);
		} else if (c == '&') {
			reference(&w);
		} else {
			if (is_space(c))
				w.space = true;
			else
				put(&w, &c, 1);
			w.i++;
		}
	}
}

/* Bytes from i on that stay as they are: printable ASCII, tabs and ends of lines. */
static size_t plain_run(struct fl_str s, size_t i)
{
	size_t from = i;

	while (i < s.n && ((s.p[i] >= ' ' && s.p[i] < 0x7f) || s.p[i] == '\n' || s.p[i] == '\t'))
		i++;
	return i - from;
}

void fl_text_clean(struct fl_buf *out, struct fl_str s)
{
	size_t i = 0;

	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = plain_run(s, i);

		if (n) {
			fl_buf_add(out, s.p + i, n);
			i += n;
			continue;
		}
		n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (n > s.n - i || (c && !fl_str_utf8((struct fl_str){ s.p + i, n }))) {
			fl_buf_puts(out, "\uFFFD");
			n = 1;
		} else if (n > 1) {
			fl_buf_add(out, s.p + i, n);
		}
		i += n;
	}
}
