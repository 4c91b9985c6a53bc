/* fairlead-paper serve: pages of documents, each in a process of its own (paper_serve.c). fairlead-paper TYPE archive: words and a file on standard input; on standard
 * output the length of a JSON object, a newline, the object (reader/paper.h) and the PDF. fairlead-paper TYPE face: a
 * picture in, the same with a small one out. Exit status 0; 65 when the input is too large; 70 when it
 * cannot work here. */
#include <malloc.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/program.h"
#include "reader/paper.h"
#include "reader/paper_serve.h"
#include "reader/sandbox.h"
#include "reader/stdio.h"

enum { ARENA_BYTES = 400 << 20, WORDS_BYTES = 16 << 20, ARCHIVE_CPU_S = 120, KEPT_BYTES = 32 << 20 };

/* Words and a file; a PDF of many pages takes its time. */
static enum fl_rc archive(struct fl_cx *cx, const char *type)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + WORDS_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, 256);
	struct fl_str pdf = { NULL, 0 };

	FL_TRY(fl_paper_fonts(cx));
	FL_TRY(fl_paper_cage(cx, ARCHIVE_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	FL_TRY(fl_paper_archive(cx, type, fl_buf_get(&in), &out, &pdf));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, pdf);
}

static enum fl_rc face(struct fl_cx *cx)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, 256);
	struct fl_str image = { NULL, 0 };

	FL_TRY(fl_sandbox_enter(cx, FL_SANDBOX_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	FL_TRY(fl_paper_face(cx, fl_buf_get(&in), &out, &image));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, image);
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new(ARENA_BYTES);
	struct fl_cx cx;

	if (fl_program_told(argc, argv, "fairlead-paper", "fairlead-paper serve, TYPE archive or TYPE face\nWrites what documents say; started by jobs, caged by itself."))
		return EX_OK;
	/* Pictures come and go by the hundred: their memory is kept, not given back and cleared by the system each time. */
	(void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, ARENA_BYTES);
	fl_cx_init(&cx, a, NULL, "", ARCHIVE_CPU_S);
	if (argc == 3 && strcmp(argv[2], "archive") == 0)
		fl_reader_end(&cx, "fairlead-paper", archive(&cx, argv[1]));
	if (argc == 3 && strcmp(argv[2], "face") == 0)
		fl_reader_end(&cx, "fairlead-paper", face(&cx));
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		fl_reader_end(&cx, "fairlead-paper", fl_paper_serve(&cx));
	return EX_SOFTWARE;
}
