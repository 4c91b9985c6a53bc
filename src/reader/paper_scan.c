/* OCR by Tesseract, pictures by Leptonica. */
#include <math.h>

#include "reader/paper_inside.h"

enum { PICTURE_WIDTH = 1400, PICTURE_LEAST = 1200, QUALITY = 70, DPI = 300, LOW_DPI = 70, MOST_DPI = 1200, DARK = 150 };
/* The network of Tesseract sees every line 36 pixels high: small letters of LETTER pixels are all it can use. Components of SPECK pixels or less are no letters. */
enum { LETTER = 12, SPECK = 5, LETTERS_LEAST = 50 };
static const float scale_most = 0.9F, scale_least = 0.5F;

static void drop_pix(void *p)
{
	PIX *pix = p;

	pixDestroy(&pix);
}

static void drop_engine(void *p)
{
	TessBaseAPIDelete(p);
}

static PIX *kept(struct fl_cx *cx, PIX *pix)
{
	if (pix)
		fl_defer(cx->a, drop_pix, pix);
	return pix;
}

enum fl_rc paper_engine(struct fl_cx *cx, struct fl_paper *p)
{
	p->engine = TessBaseAPICreate();
	fl_defer(cx->a, drop_engine, p->engine);
	if (TessBaseAPIInit2(p->engine, NULL, "eng+spa", OEM_LSTM_ONLY) != 0)
		return FL_FAIL(cx, FL_BUG, "the models of tesseract-ocr-eng and tesseract-ocr-spa are missing");
	return FL_OK;
}

/* The median height of what may be letters, which is about that of small ones; 0 when there are few. half: at half the size. */
static int letter_height(PIX *half)
{
	BOXA *all = half ? pixConnCompBB(half, 8) : NULL;
	BOXA *letters = all ? boxaSelectBySize(all, 0, SPECK / 2, L_SELECT_HEIGHT, L_SELECT_IF_GT, NULL) : NULL;
	int height = 0;

	if (letters && boxaGetCount(letters) >= LETTERS_LEAST)
		(void)boxaGetMedianVals(letters, NULL, NULL, NULL, NULL, NULL, &height);
	boxaDestroy(&letters);
	boxaDestroy(&all);
	return height * 2;
}

/* Letters with parts above and below the line tell which way is up. */
static int way_up(PIX *bits)
{
	float up = 0, left = 0;
	int turn = L_TEXT_ORIENT_UNKNOWN;

	if (!bits || pixOrientDetect(bits, &up, &left, 0, 0) != 0 || makeOrientDecision(up, left, 0, 0, &turn, 0) != 0)
		return L_TEXT_ORIENT_UNKNOWN;
	return turn;
}

/* In quarters to turn; too few letters leave the page as it is. Half the size is a quarter of the work, and small letters alone need more. */
static int quarters(PIX *half, PIX *bits)
{
	int turn = way_up(half);

	if (turn == L_TEXT_ORIENT_UNKNOWN)
		turn = way_up(bits);
	return turn == L_TEXT_ORIENT_LEFT ? 1 : turn == L_TEXT_ORIENT_DOWN ? 2 : turn == L_TEXT_ORIENT_RIGHT ? 3 : 0;
}

static PIX *turned(struct fl_cx *cx, PIX *pix, int turn)
{
	return turn ? kept(cx, pixRotateOrth(pix, turn)) : pix; /* clockwise */
}

/* Turns a page upright. *read: the same to be read, smaller by *scale when its letters are large: that takes less time and is read as well. NULL: no memory. */
static PIX *made_ready(struct fl_cx *cx, PIX *grey, int *turn, PIX **read, double *scale)
{
	PIX *bits = kept(cx, pixConvertTo1(grey, DARK)), *half = bits ? kept(cx, pixReduceRankBinary2(bits, 2, NULL)) : NULL;
	int height = letter_height(half);
	float by = height ? fmaxf(LETTER / (float)height, scale_least) : 1;
	PIX *small = by <= scale_most ? kept(cx, pixScaleGeneral(grey, by, by, 0, 0)) : NULL;

	*scale = small ? by : 1;
	*turn = quarters(half, bits);
	*read = turned(cx, small ? small : grey, *turn);
	return *read ? turned(cx, grey, *turn) : NULL;
}

/* Whether what is read is as large as a picture should be, so that none is made of the page. */
static bool is_picture(PIX *read)
{
	return pixGetWidth(read) <= PICTURE_WIDTH && pixGetWidth(read) >= PICTURE_LEAST;
}

/* Answers by how much the picture was made smaller. */
static double picture(struct fl_cx *cx, PIX *pix, struct fl_paper *p)
{
	double scale = pixGetWidth(pix) > PICTURE_WIDTH ? (double)PICTURE_WIDTH / pixGetWidth(pix) : 1;
	PIX *small = scale < 1 ? kept(cx, pixScaleGeneral(pix, (float)scale, (float)scale, 0, 0)) : pix;
	unsigned char *bytes = NULL;
	size_t n = 0;

	if (small && pixWriteMemJpeg(&bytes, &n, small, QUALITY, 0) == 0) {
		p->image = (struct fl_str){ memcpy(fl_alloc_raw(cx->a, n), bytes, n), n };
		p->width = pixGetWidth(small);
		p->height = pixGetHeight(small);
	}
	lept_free(bytes);
	return scale;
}

static void take_words(struct fl_cx *cx, double scale, struct fl_paper *p)
{
	TessResultIterator *it = TessBaseAPIGetIterator(p->engine);
	int left, top, right, bottom;

	while (it) {
		char *text = TessResultIteratorGetUTF8Text(it, RIL_WORD);
		int sure = (int)TessResultIteratorConfidence(it, RIL_WORD);

		if (text && fl_str_trim(fl_str(text)).n && TessPageIteratorBoundingBox(TessResultIteratorGetPageIterator(it), RIL_WORD, &left, &top, &right, &bottom))
			paper_word_add(p, (struct paper_word){ .x = (int)(left * scale), .y = (int)(top * scale), .w = (int)((right - left) * scale),
			                                       .h = (int)((bottom - top) * scale), .confidence = sure, .text = fl_str(fl_strdup(cx->a, text)) });
		TessDeleteText(text);
		if (!TessResultIteratorNext(it, RIL_WORD))
			break;
	}
	if (it)
		TessResultIteratorDelete(it);
}

enum fl_rc paper_scan(struct fl_cx *cx, PIX *pix, int dpi, struct fl_paper *p)
{
	PIX *grey = kept(cx, pixConvertTo8(kept(cx, pix), 0));
	char *text;
	double scale, by;
	PIX *read;
	dpi = dpi >= LOW_DPI && dpi <= MOST_DPI ? dpi : DPI;
	grey = grey ? made_ready(cx, grey, &p->turn, &read, &by) : NULL;
	if (!grey)
		return FL_FAIL(cx, FL_LATER, "no memory for the page");
	scale = is_picture(read) ? picture(cx, read, p) : picture(cx, grey, p) / by;
	p->source = "ocr";
	TessBaseAPISetPageSegMode(p->engine, PSM_AUTO);
	TessBaseAPISetImage2(p->engine, read);
	TessBaseAPISetSourceResolution(p->engine, (int)fmax(dpi * by, LOW_DPI));
	if (TessBaseAPIRecognize(p->engine, NULL) != 0)
		return FL_FAIL(cx, FL_INVALID, "Tesseract refused the page");
	text = TessBaseAPIGetUTF8Text(p->engine);
	p->text = text ? fl_str(fl_strdup(cx->a, text)) : FL_STR("");
	TessDeleteText(text);
	take_words(cx, scale, p);
	return FL_OK;
}

enum fl_rc paper_image(struct fl_cx *cx, struct fl_str file, bool tiff, int page, struct fl_paper *p)
{
	const unsigned char *bytes = (const unsigned char *)file.p;
	int format = 0, w = 0, h = 0, depth, samples, coloured, pages = 1;
	FILE *f = tiff ? fmemopen((void *)(uintptr_t)file.p, file.n, "r") : NULL;
	PIX *pix = NULL;

	if (f && tiffGetCount(f, &pages) != 0)
		pages = 0;
	if (f)
		(void)fclose(f);
	if (pages < 1 || pixReadHeaderMem(bytes, file.n, &format, &w, &h, &depth, &samples, &coloured) != 0) {
		p->failed = "damaged";
		return FL_OK;
	}
	p->pages = pages;
	if (pages > FL_PAPER_PAGES)
		p->failed = "too_many_pages";
	else if ((int64_t)w * h > FL_PAPER_PIXELS)
		p->failed = "too_large";
	if (page == 0 || p->failed[0])
		return FL_OK;
	pix = tiff ? pixReadMemTiff(bytes, file.n, page - 1) : pixReadMem(bytes, file.n);
	if (!pix) {
		p->failed = "damaged";
		return FL_OK;
	}
	return paper_scan(cx, pix, pixGetXRes(pix), p);
}
