#include "app/document/document.h"

enum { LOOK_BYTES = 4096 };

static const struct {
	size_t at, n;
	const char *bytes, *type;
} signatures[] = {
	{ 0, 5, "%PDF-", "application/pdf" },       { 0, 8, "\x89PNG\r\n\x1a\n", "image/png" }, { 0, 3, "\xff\xd8\xff", "image/jpeg" },
	{ 0, 4, "II*\0", "image/tiff" },            { 0, 4, "MM\0*", "image/tiff" },            { 8, 4, "WEBP", "image/webp" },
	{ 0, 4, "\x1a\x45\xdf\xa3", "video/webm" }, { 8, 4, "AVI ", "video/x-msvideo" },     { 0, 4, "\0\0\1\xba", "video/mpeg" },
	{ 0, 4, "\0\0\1\xb3", "video/mpeg" },
};

/* What an ISO base media file (ISO/IEC 14496-12, 4.3) holds is said by its major brand: pictures of telephones, sound and streams are files of that kind too. */
static const struct {
	const char *brand, *type; /* NULL: no video */
} brands[] = {
	{ "qt  ", "video/quicktime" }, { "heic", NULL }, { "heix", NULL }, { "hevc", NULL }, { "heim", NULL }, { "heis", NULL }, { "mif1", NULL }, { "msf1", NULL },
	{ "avif", NULL },              { "avis", NULL }, { "M4A ", NULL }, { "M4B ", NULL }, { "M4P ", NULL }, { "crx ", NULL }, { "jp2 ", NULL },
};

static const char *media_type(struct fl_str s)
{
	for (size_t i = 0; i < FL_COUNT(brands); i++)
		if (memcmp(s.p + 8, brands[i].brand, 4) == 0)
			return brands[i].type;
	return "video/mp4";
}

static bool ends(struct fl_str name, const char *with)
{
	size_t n = strlen(with);

	return name.n >= n && fl_str_ieq((struct fl_str){ name.p + name.n - n, n }, fl_str(with));
}

#define DOCX "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

/* A Word document: an archive with its parts, or locked by a password, which only its name tells from the formats before 2007. */
static bool is_docx(struct fl_str name, struct fl_str s)
{
	if (s.n > 4 && memcmp(s.p, "PK\3\4", 4) == 0)
		return memmem(s.p, s.n, "word/document.xml", 17) != NULL || ends(name, ".docx");
	return s.n > 8 && memcmp(s.p, "\xd0\xcf\x11\xe0", 4) == 0 && ends(name, ".docx");
}

/* Text holds no NUL, but for UTF-16: with its mark, or where every other byte is one. */
static bool is_text(struct fl_str s)
{
	size_t n = s.n < LOOK_BYTES ? s.n : LOOK_BYTES, nul[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++)
		nul[i % 2] += s.p[i] == 0;
	if ((nul[0] > n / 4 && nul[1] < n / 64) || (nul[1] > n / 4 && nul[0] < n / 64))
		return true;
	if (s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0))
		return true;
	return !memchr(s.p, 0, s.n);
}

const char *document_type(struct fl_str name, struct fl_str content)
{
	if (content.n >= 12 && memcmp(content.p + 4, "ftyp", 4) == 0)
		return media_type(content);
	for (size_t i = 0; i < FL_COUNT(signatures); i++)
		if (content.n >= signatures[i].at + signatures[i].n && memcmp(content.p + signatures[i].at, signatures[i].bytes, signatures[i].n) == 0)
			return signatures[i].type;
	if (is_docx(name, content))
		return DOCX;
	if (!content.n || !is_text(content))
		return NULL;
	if (ends(name, ".html") || ends(name, ".htm"))
		return "text/html";
	if (ends(name, ".md"))
		return "text/markdown";
	if (ends(name, ".eml"))
		return "message/rfc822";
	return ends(name, ".txt") ? "text/plain" : NULL;
}
