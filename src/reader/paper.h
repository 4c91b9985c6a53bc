/* A document, page by page, to text, words with boxes and a picture. */
#ifndef FL_READER_PAPER_H
#define FL_READER_PAPER_H

#include "base/buf.h"
#include "base/cx.h"

enum {
	FL_PAPER_BYTES = 25 << 20,      /* of the file */
	FL_PAPER_TEXT_BYTES = 1 << 20,  /* of the text kept of one page; more is cut */
	FL_PAPER_PIXELS = 40 * 1000000, /* of one picture; more is refused before it is decoded */
	FL_PAPER_PAGES = 500,
	FL_PAPER_WORDS = 8000, /* kept of one page */
};

struct fl_paper;

/* What a process that reads pages asks its host for (reader/host.h), with three descriptors: the file, where the answer goes, and where refused calls are written (refused.h). */
enum { FL_PAPER_FDS = 3 };
struct fl_paper_asked {
	int32_t page;   /* 0..FL_PAPER_PAGES */
	char type[124]; /* ended by NUL */
};

/* A reader with all it needs loaded (converters of character sets, the models of OCR: a tenth of a second), so that no file is opened later. Freed with cx's arena. FL_BUG
 * when a model is missing. */
enum fl_rc fl_paper_start(struct fl_cx *cx, struct fl_paper **out) FL_USE;

/* Has the list of the system's fonts read (fl_paper_start does); then enters the cage, where fonts and tables of characters may be read, which a PDF need not bring. */
enum fl_rc fl_paper_fonts(struct fl_cx *cx) FL_USE;
enum fl_rc fl_paper_cage(struct fl_cx *cx, int cpu_s) FL_USE;

/* Reads page `page` of a file of that media type: application/pdf, image/png, image/jpeg, image/tiff, image/webp, text/plain, text/markdown,
 * text/html, message/rfc822, application/vnd.openxmlformats-officedocument.wordprocessingml.document. Page 0 tells only the number of pages. Writes
 *   {"pages": int, "failed": "", "meta": {"title", "author", "subject", "keywords", "created": ISO 8601; all texts, "" where the file does not say}} or, for a page,
 *   {"pages", "failed", "source": "text" | "ocr", "turn", "width", "height", "confidence": 0..1, "text", "words": [[x, y, w, h, confidence 0..100, "text"]]}
 * turn: by how many quarters clockwise it was turned to stand upright; with boxes in pixels of *image, a JPEG of the page turned upright ({NULL, 0} for texts). failed names why nothing can be read: damaged,
 * encrypted, empty, too_large, too_many_pages, unpacks (an archive that grows beyond measure); "" when all is well. */
enum fl_rc fl_paper_read(struct fl_cx *cx, struct fl_paper *p, const char *type, int page, struct fl_str file, struct fl_buf *json,
                         struct fl_str *image) FL_USE;

/* A PDF of a PDF or picture that shows it as it is and holds its words beneath, to be found and copied. in: the length of the words, a newline, the words, the file. The
 * words: for each page that has some "page PAGE WIDTH TURN", WIDTH of its picture in pixels, TURN as below, then "X Y WIDTH HEIGHT TEXT" for each word, a line each, pages in
 * their order. Writes {"failed": ""} as above; too_large also for a PDF over 45 MB. *pdf is owned by cx's arena. */
enum fl_rc fl_paper_archive(struct fl_cx *cx, const char *type, struct fl_str in, struct fl_buf *json, struct fl_str *pdf) FL_USE;

/* The picture of a person out of a PNG, JPEG or WebP: its middle, upright as its camera says, as a JPEG of 128 x 128 without anything else of the file. *image stays
 * {NULL, 0} when it cannot be read or has more than FL_PAPER_PIXELS. Writes {}. */
enum fl_rc fl_paper_face(struct fl_cx *cx, struct fl_str file, struct fl_buf *json, struct fl_str *image) FL_USE;

#endif
