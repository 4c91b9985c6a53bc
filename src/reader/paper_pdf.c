/* PDF by Poppler: its own text where a page has one, else a picture for OCR. */
#include <poppler.h>

#include "reader/paper_inside.h"

enum { PICTURE_WIDTH = 1400, SCAN_DPI = 300, POINTS = 72, TEXT_LEAST = 8 };

static void drop_object(void *p)
{
	g_object_unref(p);
}

static void drop_surface(void *p)
{
	cairo_surface_destroy(p);
}

/* The page in grey at `scale` pixels a point; NULL when it is too large. */
static PIX *draw(struct fl_cx *cx, PopplerPage *page, double scale)
{
	double w, h;
	cairo_surface_t *s;
	cairo_t *c;
	PIX *pix;

	poppler_page_get_size(page, &w, &h);
	if (w < 1 || h < 1 || w * scale * h * scale > FL_PAPER_PIXELS)
		return NULL;
	s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(w * scale), (int)(h * scale));
	fl_defer(cx->a, drop_surface, s);
	c = cairo_create(s);
	cairo_set_source_rgb(c, 1, 1, 1);
	cairo_paint(c);
	cairo_scale(c, scale, scale);
	poppler_page_render(page, c);
	cairo_destroy(c);
	cairo_surface_flush(s);
	pix = pixCreate(cairo_image_surface_get_width(s), cairo_image_surface_get_height(s), 8);
	for (int y = 0; pix && y < pixGetHeight(pix); y++) {
		const unsigned char *row = cairo_image_surface_get_data(s) + (ptrdiff_t)y * cairo_image_surface_get_stride(s);
		l_uint32 *to = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);

		for (int x = 0; x < pixGetWidth(pix); x++)
			SET_DATA_BYTE(to, x, (row[4 * x] * 29 + row[4 * x + 1] * 150 + row[4 * x + 2] * 77) >> 8);
	}
	return pix;
}

static bool is_space(const char *p)
{
	return g_unichar_isspace(g_utf8_get_char(p));
}

/* Columns of a table come without a space between them: whether letter b stands apart from a, the one before it. */
static bool is_apart(const PopplerRectangle *a, const PopplerRectangle *b)
{
	double height = a->y2 - a->y1;

	return b->x1 - a->x2 > height * 0.6 || b->x2 < a->x1 - height || b->y1 > a->y2 || b->y2 < a->y1;
}

static void end_word(struct fl_cx *cx, struct fl_buf *body, size_t from, const PopplerRectangle *r, double scale, struct fl_paper *p)
{
	if (body->n > from)
		paper_word_add(p, (struct paper_word){ .x = (int)(r->x1 * scale), .y = (int)(r->y1 * scale), .w = (int)((r->x2 - r->x1) * scale), .h = (int)((r->y2 - r->y1) * scale),
		                                       .confidence = 100, .text = fl_str(fl_strndup(cx->a, (struct fl_str){ body->p + from, body->n - from })) });
}

/* Letters come one by one, each with its rectangle; those between spaces are a word. */
static void words_of(struct fl_cx *cx, const char *text, const PopplerRectangle *box, guint nboxes, double scale, struct fl_paper *p)
{
	struct fl_buf body = fl_buf(cx->a, strlen(text) * 2 + 1);
	PopplerRectangle r = { 0 };
	size_t from = 0; /* where the word at hand begins */
	guint i = 0;

	for (const char *s = text, *next; *s; s = next, i++) {
		next = g_utf8_next_char(s);
		if (i < nboxes && !is_space(s) && body.n > from && is_apart(&box[i - 1], &box[i])) {
			end_word(cx, &body, from, &r, scale, p);
			fl_buf_putc(&body, ' ');
			from = body.n;
		}
		if (is_space(s)) {
			end_word(cx, &body, from, &r, scale, p);
			fl_buf_add(&body, s, (size_t)(next - s));
			from = body.n;
			continue;
		}
		if (i < nboxes)
			r = body.n == from ? box[i] : (PopplerRectangle){ MIN(r.x1, box[i].x1), MIN(r.y1, box[i].y1), MAX(r.x2, box[i].x2), MAX(r.y2, box[i].y2) };
		fl_buf_add(&body, s, (size_t)(next - s));
	}
	end_word(cx, &body, from, &r, scale, p);
	p->text = fl_buf_get(&body);
}

static bool has_text(const char *text)
{
	int n = 0;

	for (const char *s = text; s && *s && n < TEXT_LEAST; s = g_utf8_next_char(s))
		n += !is_space(s);
	return n >= TEXT_LEAST;
}

static enum fl_rc read_page(struct fl_cx *cx, PopplerPage *page, struct fl_paper *p)
{
	char *text = poppler_page_get_text(page);
	PopplerRectangle *box = NULL;
	guint nboxes = 0;
	double w, h, scale;
	unsigned char *bytes = NULL;
	size_t n = 0;
	PIX *pix;

	fl_defer(cx->a, g_free, text);
	poppler_page_get_size(page, &w, &h);
	scale = has_text(text) ? PICTURE_WIDTH / MAX(w, 1) : (double)SCAN_DPI / POINTS;
	pix = draw(cx, page, scale);
	if (!pix) {
		p->failed = "too_large";
		return FL_OK;
	}
	if (!has_text(text))
		return paper_scan(cx, pix, SCAN_DPI, p);
	p->source = "text";
	p->text = fl_str(text);
	p->width = pixGetWidth(pix);
	p->height = pixGetHeight(pix);
	if (pixWriteMemJpeg(&bytes, &n, pix, 70, 0) == 0)
		p->image = (struct fl_str){ memcpy(fl_alloc_raw(cx->a, n), bytes, n), n };
	lept_free(bytes);
	pixDestroy(&pix);
	if (poppler_page_get_text_layout(page, &box, &nboxes))
		words_of(cx, text, box, nboxes, scale, p);
	g_free(box);
	return FL_OK;
}

/* Takes s. */
static struct fl_str told(struct fl_cx *cx, char *s)
{
	if (!s)
		return FL_STR("");
	fl_defer(cx->a, g_free, s);
	return fl_str(s);
}

static void meta_of(struct fl_cx *cx, PopplerDocument *doc, struct paper_meta *m)
{
	GDateTime *created = poppler_document_get_creation_date_time(doc), *utc = created ? g_date_time_to_utc(created) : NULL;

	m->title = told(cx, poppler_document_get_title(doc));
	m->author = told(cx, poppler_document_get_author(doc));
	m->subject = told(cx, poppler_document_get_subject(doc));
	m->keywords = told(cx, poppler_document_get_keywords(doc));
	if (utc)
		m->created = told(cx, g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ"));
	g_clear_pointer(&utc, g_date_time_unref);
	g_clear_pointer(&created, g_date_time_unref);
}

enum fl_rc paper_pdf(struct fl_cx *cx, struct fl_str file, int page, struct fl_paper *p)
{
	GBytes *bytes = g_bytes_new_static(file.p, file.n);
	GError *why = NULL;
	PopplerDocument *doc = poppler_document_new_from_bytes(bytes, NULL, &why);
	PopplerPage *one;

	g_bytes_unref(bytes);
	if (!doc) {
		p->failed = g_error_matches(why, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED) ? "encrypted" : "damaged";
		g_clear_error(&why);
		return FL_OK;
	}
	fl_defer(cx->a, drop_object, doc);
	p->pages = poppler_document_get_n_pages(doc);
	if (p->pages < 1)
		p->failed = "damaged";
	else if (p->pages > FL_PAPER_PAGES)
		p->failed = "too_many_pages";
	if (page == 0)
		meta_of(cx, doc, &p->meta);
	if (page == 0 || p->failed[0])
		return FL_OK;
	one = poppler_document_get_page(doc, page - 1);
	if (!one) {
		p->failed = "damaged";
		return FL_OK;
	}
	fl_defer(cx->a, drop_object, one);
	return read_page(cx, one, p);
}

/* A page with a word in a font it does not bring. Poppler mends the missing table of objects. */
static const char sample[] = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
			     "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>endobj\n"
			     "4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n5 0 obj<</Length 29>>stream\nBT /F 12 Tf 9 9 Td (word) Tj ET\nendstream endobj\n"
			     "trailer<</Root 1 0 R>>\n";

enum fl_rc fl_paper_fonts(struct fl_cx *cx)
{
	GBytes *bytes = g_bytes_new_static(sample, sizeof(sample) - 1);
	PopplerDocument *doc = poppler_document_new_from_bytes(bytes, NULL, NULL);
	PopplerPage *page = doc ? poppler_document_get_page(doc, 0) : NULL;
	PIX *pix = page ? draw(cx, page, 1) : NULL;
	bool drawn = pix != NULL;

	g_bytes_unref(bytes);
	pixDestroy(&pix);
	g_clear_object(&page);
	/* Poppler's lists of character tables live as long as a document is open, and their folders cannot be listed in the cage */
	if (doc)
		fl_defer(cx->a, drop_object, doc);
	return drawn ? FL_OK : FL_FAIL(cx, FL_BUG, "Poppler draws no page");
}
