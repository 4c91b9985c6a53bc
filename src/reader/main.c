/* fairlead-reader: a raw mail on standard input; on standard output the length of a JSON object, a newline, the object (reader/mail.h) and the
 * contents of its attachments. With the argument "calendar" an iCalendar text and what reader/ical.h writes, with "dav" an answer of
 * WebDAV and what reader/dav.h writes. Exit status 0; 65 when the
 * input is no mail or too large; 70 when it cannot work here. */
#include <sysexits.h>
#include <unistd.h>

#include "base/program.h"
#include "reader/dav.h"
#include "reader/ical.h"
#include "reader/mail.h"
#include "reader/sandbox.h"
#include "reader/stdio.h"

enum { ARENA_BYTES = 200 << 20, OUT_BYTES = 16 << 20 };

static enum fl_rc run(struct fl_cx *cx, const char *kind)
{
	struct fl_buf in = fl_buf(cx->a, FL_MAIL_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, OUT_BYTES), files = fl_buf(cx->a, FL_MAIL_FILES_BYTES);
	struct fl_jw w = fl_jw(&out);

	if (!*kind)
		fl_mail_start();
	FL_TRY(fl_sandbox_enter(cx, FL_SANDBOX_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	if (strcmp(kind, "calendar") == 0) {
		fl_ical_read(fl_buf_get(&in), &w, NULL);
	} else if (strcmp(kind, "dav") == 0) {
		FL_TRY(fl_dav_read(cx, fl_buf_get(&in), &w));
	} else {
		FL_TRY(fl_mail_read(cx, fl_buf_get(&in), &out, &files));
	}
	if (out.over)
		return FL_FAIL(cx, FL_INVALID, "what it says is over the limit");
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&files));
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new(ARENA_BYTES);
	struct fl_cx cx;

	if (fl_program_told(argc, argv, "fairlead-reader", "fairlead-reader < MAIL\nWrites what a mail says as JSON; started by jobs, caged by itself."))
		return EX_OK;
	fl_cx_init(&cx, a, NULL, "", 30);
	fl_reader_end(&cx, "fairlead-reader", run(&cx, argc == 2 ? argv[1] : ""));
}
