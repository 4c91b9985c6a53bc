#include "base/cx.h"

#include <stdarg.h>

void fl_cx_init(struct fl_cx *cx, struct fl_arena *a, const struct fl_conf *conf, const char *request_id, int timeout_s)
{
	*cx = (struct fl_cx){
		.a = a,
		.conf = conf,
		.who = { .name = "", .org_name = "", .zone = "UTC", .locale = "en" },
		.request_id = request_id,
		.now_us = fl_now_us(),
		.start_tick_us = fl_tick_us(),
	};
	cx->deadline_tick_us = cx->start_tick_us + timeout_s * FL_SECOND_US;
}

enum fl_rc fl_fail_(struct fl_cx *cx, enum fl_rc rc, const char *field, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cx->err = (struct fl_error){ .rc = rc, .text = fl_vfmt(cx->a, fmt, ap), .field = field, .file = file, .line = line };
	va_end(ap);
	return rc;
}

int fl_cx_left_ms(const struct fl_cx *cx)
{
	int64_t left = (cx->deadline_tick_us - fl_tick_us()) / 1000;

	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}
