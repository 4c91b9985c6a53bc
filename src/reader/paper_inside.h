/* What the parts of paper share. */
#ifndef FL_READER_PAPER_INSIDE_H
#define FL_READER_PAPER_INSIDE_H

#include <leptonica/allheaders.h>
#include <tesseract/capi.h>

#include "reader/paper.h"

struct paper_word {
	int x, y, w, h, confidence; /* pixels of the picture; 0..100 */
	struct fl_str text;
};

/* What a file says of itself; each is empty when it does not. created: ISO 8601, as it says. */
struct paper_meta {
	struct fl_str title, author, subject, keywords, created;
};

struct fl_paper {
	struct paper_meta meta; /* filled for page 0 */
	TessBaseAPI *engine;
	int pages, width, height, nwords;
	int turn; /* quarters clockwise */
	const char *failed, *source; /* failed is "" when all is well */
	double confidence;           /* 0..1 */
	struct fl_str text, image;
	struct paper_word *words; /* FL_PAPER_WORDS of them */
};

/* Each fills p for a page, for page 0 only p->pages; what cannot be read is p->failed and no error. */
enum fl_rc paper_pdf(struct fl_cx *cx, struct fl_str file, int page, struct fl_paper *p) FL_USE;
enum fl_rc paper_image(struct fl_cx *cx, struct fl_str file, bool tiff, int page, struct fl_paper *p) FL_USE;
void paper_text(struct fl_cx *cx, struct fl_str file, const char *type, int page, struct fl_paper *p);

/* Appends the words of a Word document (application/vnd.openxmlformats-officedocument.wordprocessingml.document); why not, or "". *unpack: bytes that may be unpacked for it;
 * becomes what is left of them. */
const char *paper_docx(struct fl_cx *cx, struct fl_str file, size_t *unpack, struct fl_buf *out);
/* What it says of itself; nothing when it cannot be read. */
void paper_docx_meta(struct fl_cx *cx, struct fl_str file, struct paper_meta *out);
/* What an HTML page or a Markdown text (UTF-8) says of itself in its first 64 KB; nothing when it says nothing. Owned by cx's arena. */
void paper_html_meta(struct fl_cx *cx, struct fl_str html, struct paper_meta *out);
void paper_markdown_meta(struct fl_cx *cx, struct fl_str text, struct paper_meta *out);
/* Text of whatever encoding as UTF-8, without its mark; what stands for nothing is U+FFFD, or left for fl_text_clean. Borrows s or is owned by cx's arena. */
struct fl_str paper_utf8(struct fl_cx *cx, struct fl_str s, bool html);

enum fl_rc paper_engine(struct fl_cx *cx, struct fl_paper *p) FL_USE;
/* Turns pix upright, reads it and makes its picture. Takes pix. dpi: its resolution, 0 when unknown. */
enum fl_rc paper_scan(struct fl_cx *cx, PIX *pix, int dpi, struct fl_paper *p) FL_USE;
/* Appends a word; leaves it out when there are too many. */
void paper_word_add(struct fl_paper *p, struct paper_word w);

#endif
