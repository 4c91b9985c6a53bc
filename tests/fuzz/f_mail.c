/* The reader's mail parser over any bytes; what it writes must be strict JSON. */
#include <assert.h>
#include <gmime/gmime.h>
#include <stdint.h>

#include "base/json.h"
#include "reader/html.h"
#include "reader/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 6, .keys = 1000 };
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_str raw = { (const char *)data, size };
	struct fl_buf out = fl_buf(a, 16 << 20), text = fl_buf(a, 1 << 20), files = fl_buf(a, FL_MAIL_FILES_BYTES);
	struct fl_cx cx;

	g_mime_init();
	fl_cx_init(&cx, a, NULL, "fuzz", 10);
	if (fl_mail_read(&cx, raw, &out, &files) == FL_OK)
		assert(fl_json_check(a, fl_buf_get(&out), &limits, NULL, NULL) == FL_OK);
	fl_html_text(&text, raw);
	fl_arena_free(a);
	return 0;
}
