/* The picture of a person: the middle of what was sent, upright, small and square, by Leptonica. Pixels only: nothing else of the file comes through. */
#include "reader/paper_inside.h"

enum { SIDE = 128, QUALITY = 85, EXIF_ENTRIES = 200, ORIENTATION = 0x0112 };

static void drop_pix(void *p)
{
	PIX *pix = p;

	pixDestroy(&pix);
}

static PIX *kept(struct fl_cx *cx, PIX *pix)
{
	if (pix)
		fl_defer(cx->a, drop_pix, pix);
	return pix;
}

static unsigned number(struct fl_str s, size_t at, int bytes, bool little)
{
	unsigned n = 0;

	if (at + (size_t)bytes > s.n)
		return 0;
	for (int i = 0; i < bytes; i++)
		n = n << 8 | (unsigned char)s.p[little ? at + (size_t)(bytes - 1 - i) : at + (size_t)i];
	return n;
}

/* Exif 2.32, 4.6.2: a TIFF head, then the entries of the first directory. */
static int orientation(struct fl_str tiff)
{
	bool little = tiff.n > 8 && tiff.p[0] == 'I';
	size_t at = number(tiff, 4, 4, little);
	unsigned n = number(tiff, at, 2, little);

	for (unsigned i = 0; i < n && i < EXIF_ENTRIES; i++)
		if (number(tiff, at + 2 + 12 * (size_t)i, 2, little) == ORIENTATION)
			return (int)number(tiff, at + 2 + 12 * (size_t)i + 8, 2, little);
	return 1;
}

/* The camera's word on which way is up, from the segments of a JPEG before its pixels. */
static int turned(struct fl_str file)
{
	size_t at = 2;

	while (at + 10 < file.n && (unsigned char)file.p[at] == 0xff && (unsigned char)file.p[at + 1] != 0xda) {
		size_t n = number(file, at + 2, 2, false);

		if ((unsigned char)file.p[at + 1] == 0xe1 && n > 8 && at + 2 + n <= file.n && memcmp(file.p + at + 4, "Exif\0\0", 6) == 0)
			return orientation((struct fl_str){ file.p + at + 10, n - 8 });
		at += 2 + n;
	}
	return 1;
}

/* Orientations 2, 4, 5 and 7 are mirrored, 3 is upside down, 5 to 8 lie on a side. */
static PIX *upright(struct fl_cx *cx, PIX *pix, int how)
{
	static const int quarters[] = { 0, 0, 0, 2, 2, 1, 1, 3, 3 };

	if (how < 2 || how > 8)
		return pix;
	pix = kept(cx, pixRotateOrth(pix, quarters[how]));
	return pix && (how == 2 || how == 4 || how == 5 || how == 7) ? pixFlipLR(pix, pix) : pix;
}

static PIX *square(struct fl_cx *cx, PIX *pix)
{
	int w = pixGetWidth(pix), h = pixGetHeight(pix), side = w < h ? w : h;
	BOX *box = boxCreate((w - side) / 2, (h - side) / 2, side, side);
	PIX *middle = box ? kept(cx, pixClipRectangle(pix, box, NULL)) : NULL;

	boxDestroy(&box);
	return middle ? kept(cx, pixScaleToSize(middle, SIDE, SIDE)) : NULL;
}

enum fl_rc fl_paper_face(struct fl_cx *cx, struct fl_str file, struct fl_buf *json, struct fl_str *image)
{
	const unsigned char *bytes = (const unsigned char *)file.p;
	int format = 0, w = 0, h = 0, depth, samples, coloured;
	unsigned char *out = NULL;
	PIX *pix = NULL;
	size_t n = 0;

	setMsgSeverity(L_SEVERITY_NONE);
	fl_buf_puts(json, "{}");
	if (pixReadHeaderMem(bytes, file.n, &format, &w, &h, &depth, &samples, &coloured) != 0 || w < 1 || h < 1 || (int64_t)w * h > FL_PAPER_PIXELS)
		return FL_OK;
	pix = kept(cx, pixReadMem(bytes, file.n));
	pix = pix ? upright(cx, pix, turned(file)) : NULL;
	/* What is seen through is white. */
	pix = pix ? kept(cx, pixRemoveAlpha(pix)) : NULL;
	pix = pix ? kept(cx, pixConvertTo32(pix)) : NULL;
	pix = pix ? square(cx, pix) : NULL;
	if (pix && pixWriteMemJpeg(&out, &n, pix, QUALITY, 0) == 0)
		*image = (struct fl_str){ memcpy(fl_alloc_raw(cx->a, n), out, n), n };
	lept_free(out);
	return FL_OK;
}
