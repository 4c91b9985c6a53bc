/* A calendar from a file: what can be seen wrong of it before it is read is said at once. */
#include "app/calendar/calendar.h"

#include "base/files.h"

enum { FILE_BYTES = 4 << 20 };

static bool has(struct fl_str s, const char *line)
{
	size_t n = strlen(line);

	for (size_t i = 0; i + n <= s.n; i++)
		if (fl_str_ieq((struct fl_str){ s.p + i, n }, fl_str(line)))
			return true;
	return false;
}

/* The last part of a message key; NULL: nothing is wrong so far. */
static const char *wrong_of(struct fl_str s)
{
	if (!s.n)
		return "empty";
	if (s.n > FILE_BYTES)
		return "large";
	if (!fl_str_utf8(s) || memchr(s.p, 0, s.n))
		return "text";
	if (!has((struct fl_str){ s.p, s.n < 1024 ? s.n : 1024 }, "BEGIN:VCALENDAR"))
		return "kind";
	return has(s, "END:VCALENDAR") ? NULL : "cut";
}

enum fl_rc calendar_import(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str text = fl_req_get(req, "text"), name = fl_req_get(req, "name");
	const char *wrong;

	FL_TRY(fl_req_enter(cx, req));
	if (req->nfiles > 1)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.one");
	if (req->nfiles == 1) {
		text = req->files[0].content;
		name = fl_file_name(cx->a, req->files[0].name);
	}
	wrong = wrong_of(text);
	if (wrong)
		return FL_FAIL_FIELD(cx, FL_INVALID, req->nfiles || !text.n ? "files" : "text", "wrong.ics.%s", wrong);
	return fl_db_run(cx, req->db, q_calendar_import_add(name, text), &req->effect);
}
