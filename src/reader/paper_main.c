/* fairlead-paper TYPE PAGE [ocr] or TYPE archive: a document on standard input; on standard output the length of a JSON object, a newline, the object
 * (reader/paper.h) and the picture of the page, or of archive the PDF. Exit status 0; 65 when the input is too large; 70 when it cannot work here. */
#include <sysexits.h>
#include <unistd.h>

#include "base/program.h"
#include "reader/paper.h"
#include "reader/sandbox.h"
#include "reader/stdio.h"

enum { ARENA_BYTES = 400 << 20, OUT_BYTES = 12 << 20, WORDS_BYTES = 16 << 20, ARCHIVE_CPU_S = 120 };

/* Words and a file; a PDF of many pages takes its time. */
static enum fl_rc archive(struct fl_cx *cx, const char *type)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + WORDS_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, 256);
	struct fl_str pdf = { NULL, 0 };

	FL_TRY(fl_sandbox_enter(cx, ARCHIVE_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	FL_TRY(fl_paper_archive(cx, type, fl_buf_get(&in), &out, &pdf));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, pdf);
}

static enum fl_rc run(struct fl_cx *cx, const char *type, int page, bool ocr)
{
	struct fl_buf in = fl_buf(cx->a, FL_PAPER_BYTES + 2 * FL_READER_CHUNK), out = fl_buf(cx->a, OUT_BYTES);
	struct fl_str image = { NULL, 0 };
	struct fl_paper *paper;

	FL_TRY(fl_paper_start(cx, type, ocr, &paper));
	FL_TRY(fl_sandbox_enter(cx, FL_SANDBOX_CPU_S));
	FL_TRY(fl_reader_take(cx, &in));
	FL_TRY(fl_paper_read(cx, paper, type, page, fl_buf_get(&in), &out, &image));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_str(fl_fmt(cx->a, "%zu\n", out.n))));
	FL_TRY(fl_reader_give(cx, STDOUT_FILENO, fl_buf_get(&out)));
	return fl_reader_give(cx, STDOUT_FILENO, image);
}

int main(int argc, char **argv)
{
	struct fl_arena *a = fl_arena_new(ARENA_BYTES);
	struct fl_cx cx;
	bool ocr = argc == 4 && strcmp(argv[3], "ocr") == 0;
	int64_t page;

	if (fl_program_told(argc, argv, "fairlead-paper", "fairlead-paper TYPE PAGE [ocr] < DOCUMENT, or TYPE archive\nWrites what a page says; started by jobs, caged by itself."))
		return EX_OK;
	fl_cx_init(&cx, a, NULL, "", ARCHIVE_CPU_S);
	if (argc == 3 && strcmp(argv[2], "archive") == 0)
		fl_reader_end(&cx, "fairlead-paper", archive(&cx, argv[1]));
	if (argc != 3 + ocr || fl_str_int(fl_str(argv[2]), 0, FL_PAPER_PAGES, &page) != FL_OK)
		return EX_SOFTWARE;
	fl_reader_end(&cx, "fairlead-paper", run(&cx, argv[1], (int)page, ocr));
}
