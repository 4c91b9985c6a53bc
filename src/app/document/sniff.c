#include "app/document/document.h"

static const struct {
	size_t at, n;
	const char *bytes, *type;
} signatures[] = {
	{ 0, 5, "%PDF-", "application/pdf" },       { 0, 8, "\x89PNG\r\n\x1a\n", "image/png" }, { 0, 3, "\xff\xd8\xff", "image/jpeg" },
	{ 0, 4, "II*\0", "image/tiff" },            { 0, 4, "MM\0*", "image/tiff" },            { 8, 4, "WEBP", "image/webp" },
	{ 4, 4, "ftyp", "video/mp4" },              { 0, 4, "\x1a\x45\xdf\xa3", "video/webm" },
};

static bool ends(struct fl_str name, const char *with)
{
	size_t n = strlen(with);

	return name.n >= n && fl_str_ieq((struct fl_str){ name.p + name.n - n, n }, fl_str(with));
}

/* Text holds no NUL, but for UTF-16 with its mark. */
static bool is_text(struct fl_str s)
{
	if (s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0))
		return true;
	return !memchr(s.p, 0, s.n);
}

const char *document_type(struct fl_str name, struct fl_str content)
{
	for (size_t i = 0; i < FL_COUNT(signatures); i++)
		if (content.n >= signatures[i].at + signatures[i].n && memcmp(content.p + signatures[i].at, signatures[i].bytes, signatures[i].n) == 0)
			return signatures[i].type;
	if (!content.n || !is_text(content))
		return NULL;
	if (ends(name, ".html") || ends(name, ".htm"))
		return "text/html";
	if (ends(name, ".md"))
		return "text/markdown";
	return ends(name, ".txt") ? "text/plain" : NULL;
}
