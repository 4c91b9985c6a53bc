#include "app/account/qr.h"

#include <qrencode.h>

enum { QUIET = 4, PATH_MAX_BYTES = 1 << 18 };

static void free_code(void *p)
{
	QRcode_free(p);
}

/* Runs of dark modules, each a rectangle one unit high. */
static void row_path(struct fl_buf *b, const unsigned char *row, int width, int y)
{
	for (int x = 0; x < width; x++) {
		int n = 0;

		while (x + n < width && row[x + n] & 1)
			n++;
		if (n)
			fl_buf_printf(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
		x += n;
	}
}

struct fl_str qr_path(struct fl_arena *a, const char *text, int *size)
{
	struct fl_buf b = fl_buf(a, PATH_MAX_BYTES);
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (!code)
		return (struct fl_str){ NULL, 0 };
	fl_defer(a, free_code, code);
	for (int y = 0; y < code->width; y++)
		row_path(&b, code->data + (size_t)y * (size_t)code->width, code->width, y);
	*size = code->width + 2 * QUIET;
	return fl_buf_get(&b);
}
