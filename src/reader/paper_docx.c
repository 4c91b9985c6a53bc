/* The words of a Word document (ECMA-376, WordprocessingML): parts of a ZIP archive, read by libarchive, their XML by Expat. */
#include <archive.h>
#include <archive_entry.h>
#include <expat.h>

#include "reader/paper_inside.h"

enum {
	ENTRIES = 5000,
	CHUNK = 64 * 1024,
	DEPTH = 256,
};

/* In the order they are written down. */
static const char *const parts[] = { "word/document.xml", "word/footnotes.xml", "word/endnotes.xml" };

/* Where a part goes, and how many bytes may still be unpacked. */
struct room {
	struct fl_buf *out;
	size_t *unpack;
};

struct words {
	XML_Parser parser;
	struct fl_buf *out;
	int depth, texts; /* how deep in elements, and in w:t */
	bool over;        /* nested too deep, or it declares a document type, which Word never does */
};

static void free_archive(void *p)
{
	(void)archive_read_free(p);
}

static void free_parser(void *p)
{
	XML_ParserFree(p);
}

/* "namespace|name" as Expat gives it; the transitional and the strict namespace end alike. */
static const char *local(const char *name)
{
	const char *bar = strrchr(name, '|');

	return bar && strstr(name, "/wordprocessingml") ? bar + 1 : "";
}

static void opens(void *data, const char *name, const char **atts)
{
	struct words *w = data;
	const char *n = local(name);

	(void)atts;
	if (++w->depth > DEPTH) {
		w->over = true;
		XML_StopParser(w->parser, XML_FALSE);
	}
	if (strcmp(n, "t") == 0)
		w->texts++;
	else if (strcmp(n, "tab") == 0)
		fl_buf_putc(w->out, '\t');
	else if (strcmp(n, "br") == 0 || strcmp(n, "cr") == 0)
		fl_buf_putc(w->out, '\n');
	else if (strcmp(n, "noBreakHyphen") == 0)
		fl_buf_putc(w->out, '-');
}

static void closes(void *data, const char *name)
{
	struct words *w = data;
	const char *n = local(name);

	w->depth--;
	if (strcmp(n, "t") == 0)
		w->texts--;
	else if (strcmp(n, "p") == 0)
		fl_buf_putc(w->out, '\n');
	else if (strcmp(n, "tc") == 0 && w->out->n && w->out->p[w->out->n - 1] == '\n')
		w->out->p[w->out->n - 1] = '\t'; /* cells of a row stand in one line */
	else if (strcmp(n, "tr") == 0)
		fl_buf_putc(w->out, '\n');
}

static void says(void *data, const char *s, int n)
{
	struct words *w = data;

	if (w->texts > 0)
		fl_buf_add(w->out, s, (size_t)n);
}

static void declares(void *data, const char *name, const char *sysid, const char *pubid, int subset)
{
	struct words *w = data;

	(void)name;
	(void)sysid;
	(void)pubid;
	(void)subset;
	w->over = true;
	XML_StopParser(w->parser, XML_FALSE);
}

/* The words of the entry that is next in the archive; why not, or "". */
static const char *read_part(struct fl_cx *cx, struct archive *z, const struct room *to)
{
	struct words w = { .parser = XML_ParserCreateNS(NULL, '|'), .out = to->out };
	char *chunk = fl_alloc(cx->a, CHUNK);
	la_ssize_t n;

	if (!w.parser)
		return "damaged";
	fl_defer(cx->a, free_parser, w.parser);
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, opens, closes);
	XML_SetCharacterDataHandler(w.parser, says);
	XML_SetStartDoctypeDeclHandler(w.parser, declares);
	do {
		n = archive_read_data(z, chunk, CHUNK);
		if (n < 0)
			return "damaged";
		if ((size_t)n > *to->unpack)
			return "unpacks";
		*to->unpack -= (size_t)n;
		if (XML_Parse(w.parser, chunk, (int)n, n == 0) != XML_STATUS_OK)
			return "damaged";
	} while (n > 0);
	return to->out->over ? "unpacks" : w.over ? "damaged" : "";
}

static struct archive *open_zip(struct fl_cx *cx, struct fl_str file)
{
	struct archive *z = archive_read_new();

	if (!z)
		return NULL;
	fl_defer(cx->a, free_archive, z);
	if (archive_read_support_format_zip_seekable(z) != ARCHIVE_OK || archive_read_open_memory(z, file.p, file.n) != ARCHIVE_OK)
		return NULL;
	return z;
}

/* The bytes of the entry that is next; why not, or "". */
static const char *read_bytes(struct fl_cx *cx, struct archive *z, const struct room *to)
{
	la_ssize_t n = 1;

	(void)cx;
	while (n > 0) {
		char *at = fl_buf_room(to->out, CHUNK);

		n = at ? archive_read_data(z, at, CHUNK) : -1;
		to->out->n += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? "damaged" : "";
}

/* Reads one part. Answers "" also when the archive has no such part. */
static const char *take_part(struct fl_cx *cx, struct fl_str file, const char *name, const char *(*take)(struct fl_cx *, struct archive *, const struct room *),
                             const struct room *to, bool *found)
{
	struct archive *z = open_zip(cx, file);
	struct archive_entry *e;
	int rc;

	*found = false;
	if (!z)
		return "damaged";
	for (int i = 0; (rc = archive_read_next_header(z, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN; i++) {
		const char *path = archive_entry_pathname(e);

		if (i == ENTRIES)
			return "unpacks";
		if (!path || strcmp(path, name) != 0)
			continue;
		*found = true;
		return archive_entry_is_encrypted(e) ? "encrypted" : take(cx, z, to);
	}
	return rc == ARCHIVE_EOF ? "" : "damaged";
}

/* A document with a password is no archive but an OLE compound file (MS-CFB) that holds a stream "EncryptedPackage", in UTF-16. */
static bool is_locked(struct fl_str file)
{
	static const char stream[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	return file.n > 8 && memcmp(file.p, "\xd0\xcf\x11\xe0", 4) == 0 && memmem(file.p, file.n, stream, sizeof(stream) - 1) != NULL;
}

const char *paper_docx(struct fl_cx *cx, struct fl_str file, size_t *unpack, struct fl_buf *out)
{
	const struct room to = { out, unpack };
	bool found, more;
	const char *failed;

	if (is_locked(file))
		return "encrypted";
	failed = take_part(cx, file, parts[0], read_part, &to, &found);
	if (failed[0] || !found)
		return failed[0] ? failed : "damaged";
	for (size_t i = 1; i < FL_COUNT(parts) && !failed[0]; i++)
		failed = take_part(cx, file, parts[i], read_part, &to, &more);
	return failed;
}

/* docProps/core.xml (ECMA-376 part 2, core properties). */
struct core {
	struct paper_meta *meta;
	struct fl_buf *now; /* what stands in the element at hand */
	XML_Parser parser;
};

static void core_opens(void *data, const char *name, const char **attributes)
{
	struct core *c = data;

	(void)name;
	(void)attributes;
	c->now->n = 0;
}

static void core_says(void *data, const char *s, int n)
{
	struct core *c = data;

	fl_buf_add(c->now, s, (size_t)n);
}

static void core_closes(void *data, const char *name)
{
	struct core *c = data;
	const char *bar = strrchr(name, '|'); /* three namespaces, whose names do not meet */
	const struct {
		const char *name;
		struct fl_str *to;
	} known[] = { { "title", &c->meta->title }, { "creator", &c->meta->author }, { "subject", &c->meta->subject }, { "keywords", &c->meta->keywords }, { "created", &c->meta->created } };

	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (strcmp(bar ? bar + 1 : name, known[i].name) == 0)
			*known[i].to = fl_str(fl_strndup(c->now->a, fl_buf_get(c->now)));
	c->now->n = 0;
}

static void core_declares(void *data, const char *name, const char *sysid, const char *pubid, int subset)
{
	struct core *c = data;

	(void)name;
	(void)sysid;
	(void)pubid;
	(void)subset;
	XML_StopParser(c->parser, XML_FALSE);
}

void paper_docx_meta(struct fl_cx *cx, struct fl_str file, struct paper_meta *out)
{
	struct fl_buf raw = fl_buf(cx->a, 2 * CHUNK), now = fl_buf(cx->a, CHUNK);
	struct core c = { .meta = out, .now = &now };
	bool found;

	if (is_locked(file) || take_part(cx, file, "docProps/core.xml", read_bytes, &(struct room){ .out = &raw }, &found)[0] || !found)
		return;
	c.parser = XML_ParserCreateNS(NULL, '|');
	if (!c.parser)
		return;
	fl_defer(cx->a, free_parser, c.parser);
	XML_SetUserData(c.parser, &c);
	XML_SetElementHandler(c.parser, core_opens, core_closes);
	XML_SetCharacterDataHandler(c.parser, core_says);
	XML_SetStartDoctypeDeclHandler(c.parser, core_declares);
	if (XML_Parse(c.parser, raw.p, (int)raw.n, 1) != XML_STATUS_OK)
		*out = (struct paper_meta){ .title = FL_STR("") };
}
