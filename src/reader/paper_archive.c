/* A searchable PDF by Cairo: the original pages, and beneath them their words as they were read. */
#include <cairo-pdf.h>
#include <math.h>
#include <poppler.h>

#include "reader/paper_inside.h"

enum { ARCHIVE_BYTES = 45 << 20, WORD_LETTERS = 200, POINTS = 72, SCAN_DPI = 300, LOW_DPI = 70, MOST_DPI = 1200 };

/* Letters are white boxes half as wide as high, under the page: they are there to be marked, found and copied. Sizes go in steps of a twentieth, since each size of such
 * a font is a font of its own in the file. */
static const double LETTER_WIDTH = 0.5, STEP = 1.05;

struct archive {
	struct fl_cx *cx;
	struct fl_buf out;
	cairo_surface_t *surface;
	cairo_t *c;
	cairo_font_face_t *font;
	struct fl_str told; /* the words, a line each, that are not read yet */
};

static cairo_status_t put(void *to, const unsigned char *bytes, unsigned n)
{
	struct archive *a = to;

	fl_buf_add(&a->out, (const char *)bytes, n);
	return a->out.over ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static cairo_status_t letter(cairo_scaled_font_t *font, unsigned long glyph, cairo_t *c, cairo_text_extents_t *e)
{
	(void)font, (void)glyph;
	e->x_advance = LETTER_WIDTH;
	cairo_rectangle(c, 0, -0.8, LETTER_WIDTH, 1);
	cairo_fill(c);
	return CAIRO_STATUS_SUCCESS;
}

static cairo_status_t size_of(cairo_scaled_font_t *font, cairo_t *c, cairo_font_extents_t *e)
{
	(void)font, (void)c;
	*e = (cairo_font_extents_t){ .ascent = 0.8, .descent = 0.2, .height = 1, .max_x_advance = LETTER_WIDTH };
	return CAIRO_STATUS_SUCCESS;
}

static void drop_archive(void *p)
{
	struct archive *a = p;

	cairo_destroy(a->c);
	cairo_surface_destroy(a->surface);
	cairo_font_face_destroy(a->font);
}

static void write_word(struct archive *a, double x, double y, double w, double h, struct fl_str text)
{
	cairo_glyph_t glyph[WORD_LETTERS];
	cairo_text_cluster_t cluster[WORD_LETTERS];
	const char *s = fl_strndup(a->cx->a, text);
	int n = 0;
	double each, size;

	for (const char *p = s; *p && n < WORD_LETTERS; n++) {
		const char *next = g_utf8_next_char(p);

		glyph[n].index = g_utf8_get_char(p);
		cluster[n] = (cairo_text_cluster_t){ .num_bytes = (int)(next - p), .num_glyphs = 1 };
		p = next;
	}
	if (!n || w <= 0 || h <= 0)
		return;
	each = w / n;
	size = pow(STEP, floor(log(each / LETTER_WIDTH) / log(STEP)));
	for (int i = 0; i < n; i++) {
		glyph[i].x = x + i * each;
		glyph[i].y = y + h * 0.8;
	}
	cairo_set_font_size(a->c, size);
	cairo_show_text_glyphs(a->c, s, (int)strlen(s), glyph, n, cluster, n, 0);
}

static bool number(struct fl_str *line, int64_t most, int64_t *out)
{
	return fl_str_int(fl_str_cut(line, ' '), 0, most, out) == FL_OK;
}

/* The words of a page of w points' width: lines "x y w h TEXT" after "page PAGE WIDTH TURN". Answers the quarters by which the page was turned. */
static int write_words(struct archive *a, int page, double w)
{
	int64_t number_of, width, turn = 0, v[4];
	struct fl_str rest = a->told, line = fl_str_cut(&rest, '\n');

	if (!fl_str_eq(fl_str_cut(&line, ' '), FL_STR("page")) || !number(&line, FL_PAPER_PAGES, &number_of) || number_of != page || !number(&line, 100000, &width) || width == 0 ||
	    !number(&line, 3, &turn))
		return 0;
	a->told = rest;
	for (;;) {
		line = fl_str_cut(&rest, '\n');
		if (!number(&line, 100000, &v[0]) || !number(&line, 100000, &v[1]) || !number(&line, 100000, &v[2]) || !number(&line, 100000, &v[3]))
			return (int)turn;
		a->told = rest;
		write_word(a, (double)v[0] * w / (double)width, (double)v[1] * w / (double)width, (double)v[2] * w / (double)width, (double)v[3] * w / (double)width, line);
	}
}

/* Which turn the next page has, before its size is set. */
static int turn_of(const struct archive *a, int page)
{
	int64_t n, width, turn;
	struct fl_str rest = a->told, line = fl_str_cut(&rest, '\n');

	return fl_str_eq(fl_str_cut(&line, ' '), FL_STR("page")) && number(&line, FL_PAPER_PAGES, &n) && n == page && number(&line, 100000, &width) && number(&line, 3, &turn) ? (int)turn : 0;
}

/* A page of w by h points before it is turned: its words; then what is drawn goes as the page lies. */
static void begin(struct archive *a, int page, double w, double h)
{
	int turn = turn_of(a, page);
	double width = turn % 2 ? h : w, height = turn % 2 ? w : h;

	cairo_pdf_surface_set_size(a->surface, width, height);
	cairo_save(a->c);
	cairo_set_source_rgb(a->c, 1, 1, 1);
	(void)write_words(a, page, width);
	cairo_translate(a->c, turn == 1 || turn == 2 ? width : 0, turn > 1 ? height : 0);
	cairo_rotate(a->c, turn * G_PI / 2);
}

static void end(struct archive *a)
{
	cairo_restore(a->c);
	cairo_show_page(a->c);
}

static const char *from_pdf(struct archive *a, struct fl_str file)
{
	GBytes *bytes = g_bytes_new_static(file.p, file.n);
	PopplerDocument *doc = poppler_document_new_from_bytes(bytes, NULL, NULL);
	int n = doc ? poppler_document_get_n_pages(doc) : 0;

	g_bytes_unref(bytes);
	for (int i = 0; i < n && i < FL_PAPER_PAGES; i++) {
		PopplerPage *one = poppler_document_get_page(doc, i);
		double w, h;

		if (!one)
			continue;
		poppler_page_get_size(one, &w, &h);
		begin(a, i + 1, w, h);
		poppler_page_render_for_printing(one, a->c);
		end(a);
		g_object_unref(one);
	}
	g_clear_object(&doc);
	return n ? "" : "damaged";
}

static cairo_surface_t *surface_of(PIX *pix)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixGetWidth(pix), pixGetHeight(pix));
	PIX *full = pixConvertTo32(pix);

	for (int y = 0; full && y < pixGetHeight(full) && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS; y++) {
		uint32_t *to = (uint32_t *)(void *)(cairo_image_surface_get_data(s) + (ptrdiff_t)y * cairo_image_surface_get_stride(s));

		for (int x = 0; x < pixGetWidth(full); x++)
			to[x] = pixGetData(full)[(ptrdiff_t)y * pixGetWpl(full) + x] >> 8;
	}
	pixDestroy(&full);
	cairo_surface_mark_dirty(s);
	return s;
}

/* A JPEG goes in as it came. */
static const char *from_picture(struct archive *a, struct fl_str file, const char *type, int page)
{
	bool tiff = strcmp(type, "image/tiff") == 0;
	PIX *pix = tiff ? pixReadMemTiff((const unsigned char *)file.p, file.n, page - 1) : pixReadMem((const unsigned char *)file.p, file.n);
	int dpi = pix ? pixGetXRes(pix) : 0;
	cairo_surface_t *s;
	double scale;

	if (!pix)
		return "damaged";
	scale = (double)POINTS / (dpi >= LOW_DPI && dpi <= MOST_DPI ? dpi : SCAN_DPI);
	begin(a, page, pixGetWidth(pix) * scale, pixGetHeight(pix) * scale);
	s = surface_of(pix);
	pixDestroy(&pix);
	if (strcmp(type, "image/jpeg") == 0)
		(void)cairo_surface_set_mime_data(s, CAIRO_MIME_TYPE_JPEG, (const unsigned char *)file.p, file.n, NULL, NULL);
	cairo_scale(a->c, scale, scale);
	cairo_set_source_surface(a->c, s, 0, 0);
	cairo_paint(a->c);
	end(a);
	cairo_surface_destroy(s);
	return "";
}

static const char *draw(struct archive *a, const char *type, struct fl_str file)
{
	int pages = 1;
	const char *failed = "";
	FILE *f;

	if (strcmp(type, "application/pdf") == 0)
		return from_pdf(a, file);
	if (strcmp(type, "image/tiff") == 0) {
		f = fmemopen((void *)(uintptr_t)file.p, file.n, "r");
		if (!f || tiffGetCount(f, &pages) != 0)
			pages = 0;
		if (f)
			(void)fclose(f);
	}
	for (int i = 1; i <= pages && i <= FL_PAPER_PAGES && !failed[0]; i++)
		failed = from_picture(a, file, type, i);
	return pages ? failed : "damaged";
}

enum fl_rc fl_paper_archive(struct fl_cx *cx, const char *type, struct fl_str in, struct fl_buf *json, struct fl_str *pdf)
{
	struct archive *a = FL_NEW(cx->a, struct archive);
	struct fl_str head = fl_str_cut(&in, '\n');
	const char *failed;
	int64_t n;

	if (fl_str_int(head, 0, (int64_t)in.n, &n) != FL_OK)
		return FL_FAIL(cx, FL_INVALID, "the input has no head");
	setMsgSeverity(L_SEVERITY_NONE);
	a->cx = cx;
	a->told = (struct fl_str){ in.p, (size_t)n };
	a->out = fl_buf(cx->a, ARCHIVE_BYTES);
	a->surface = cairo_pdf_surface_create_for_stream(put, a, POINTS, POINTS);
	a->c = cairo_create(a->surface);
	a->font = cairo_user_font_face_create();
	fl_defer(cx->a, drop_archive, a);
	cairo_user_font_face_set_init_func(a->font, size_of);
	cairo_user_font_face_set_render_glyph_func(a->font, letter);
	cairo_set_font_face(a->c, a->font);
	failed = draw(a, type, (struct fl_str){ in.p + n, in.n - (size_t)n });
	cairo_surface_finish(a->surface);
	if (!failed[0] && (cairo_status(a->c) != CAIRO_STATUS_SUCCESS || cairo_surface_status(a->surface) != CAIRO_STATUS_SUCCESS))
		failed = "too_large";
	fl_buf_printf(json, "{\"failed\":\"%s\"}", failed);
	*pdf = failed[0] ? (struct fl_str){ NULL, 0 } : fl_buf_get(&a->out);
	return FL_OK;
}
