/* Forms with files (RFC 7578): parts of the body, which lies in memory or is mapped, and is bounded by UPLOAD_MAX_MB. Nothing is copied. */
#include "base/files.h"
#include "http/web.h"

/* Cuts the text before the first semicolon off that stands in no quotes: a file may be called "a; b.pdf". */
static struct fl_str cut_parameter(struct fl_str *rest)
{
	struct fl_str head = *rest;
	bool quoted = false;

	for (size_t i = 0; i < head.n; i++) {
		quoted ^= head.p[i] == '"';
		if (head.p[i] != ';' || quoted)
			continue;
		*rest = (struct fl_str){ head.p + i + 1, head.n - i - 1 };
		head.n = i;
		return head;
	}
	*rest = (struct fl_str){ NULL, 0 };
	return head;
}

/* The value of a parameter in "form-data; name=\"x\"; filename=\"y\""; {NULL, 0} without. Browsers write \" as %22. */
static struct fl_str parameter(struct fl_str line, const char *name)
{
	struct fl_str key = fl_str(name);

	while (line.p) {
		struct fl_str part = fl_str_trim(cut_parameter(&line)), head = fl_str_cut(&part, '=');

		if (!part.p || !fl_str_ieq(fl_str_trim(head), key))
			continue;
		part = fl_str_trim(part);
		if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
			part = (struct fl_str){ part.p + 1, part.n - 2 };
		return part;
	}
	return (struct fl_str){ NULL, 0 };
}

static struct fl_str disposition_of(struct fl_str head)
{
	while (head.p) {
		struct fl_str line = fl_str_trim(fl_str_cut(&head, '\n')), name = fl_str_cut(&line, ':');

		if (line.p && fl_str_ieq(fl_str_trim(name), FL_STR("content-disposition")))
			return fl_str_trim(line);
	}
	return (struct fl_str){ NULL, 0 };
}

static enum fl_rc malformed(struct request *r, const char *why)
{
	r->status = 400;
	return FL_FAIL(&r->cx, FL_INVALID, "%s", why);
}

/* A part is head, empty line, content. */
static enum fl_rc take_part(struct request *r, struct fl_str part, web_pair take)
{
	const char *gap = memmem(part.p, part.n, "\r\n\r\n", 4);
	struct fl_str disposition = gap ? disposition_of((struct fl_str){ part.p, (size_t)(gap - part.p) }) : (struct fl_str){ NULL, 0 };
	struct fl_str name = parameter(disposition, "name"), file = parameter(disposition, "filename"), content;

	if (!gap || !name.n || !fl_str_utf8(name))
		return malformed(r, "a part of the form has no head, or no name in UTF-8");
	content = (struct fl_str){ gap + 4, part.n - (size_t)(gap + 4 - part.p) };
	if (!file.p) {
		return fl_str_utf8(content) ? take(r, name, content) : malformed(r, "a field is not UTF-8");
	}
	/* A box without a chosen file comes with an empty name. */
	if (file.n == 0 && content.n == 0)
		return FL_OK;
	if (r->req.nfiles == WEB_FILES_MAX) {
		r->status = 413;
		return FL_FAIL(&r->cx, FL_INVALID, "more than %d files", WEB_FILES_MAX);
	}
	r->files[r->req.nfiles++] = (struct fl_file){ .field = name, .name = file, .content = content };
	r->req.files = r->files;
	/* In a form whose fields its owner made up ("field.x") a file stands by its name. */
	return memmem(name.p, name.n, ".", 1) ? take(r, name, fl_file_name(r->cx.a, file)) : FL_OK;
}

enum fl_rc web_multipart(struct request *r, web_pair take)
{
	struct fl_str boundary = parameter(fl_str(web_param(r, "CONTENT_TYPE")), "boundary"), rest = r->body;
	const char *mark, *next;
	enum fl_rc rc = FL_OK;
	size_t n;

	if (boundary.n == 0 || boundary.n > 70)
		return malformed(r, "multipart/form-data needs a boundary of 1 to 70 characters (RFC 2046, section 5.1.1)");
	mark = fl_fmt(r->cx.a, "\r\n--%.*s", (int)boundary.n, boundary.p);
	n = strlen(mark);
	/* The first mark has no line before it. */
	if (rest.n < n || memcmp(rest.p, mark + 2, n - 2) != 0)
		return malformed(r, "the form does not begin with its boundary");
	rest = (struct fl_str){ rest.p + n - 2, rest.n - (n - 2) };
	while (rest.n >= 2 && memcmp(rest.p, "--", 2) != 0) {
		next = memmem(rest.p, rest.n, mark, n);
		if (!next || memcmp(rest.p, "\r\n", 2) != 0 || next < rest.p + 2)
			break;
		if (take_part(r, (struct fl_str){ rest.p + 2, (size_t)(next - rest.p) - 2 }, take) != FL_OK)
			rc = FL_INVALID;
		if (r->status)
			return rc;
		rest = (struct fl_str){ next + n, rest.n - (size_t)(next + n - rest.p) };
	}
	return rest.n >= 2 && memcmp(rest.p, "--", 2) == 0 ? rc : malformed(r, "the form ends before its last boundary");
}
