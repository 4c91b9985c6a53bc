#include "base/cx.h"

#include <errno.h>
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
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = fl_vfmt(cx->a, fmt, ap);
	va_end(ap);
	/* What a mail server or another partner said may be in any encoding, and the database, where it is to go, takes one. */
	fl_str_scrub(text, strlen(text));
	cx->err = (struct fl_error){ .rc = rc, .text = text, .field = field, .file = file, .line = line };
	return rc;
}

enum fl_rc fl_fail_file_(struct fl_cx *cx, const char *what, const char *file, int line)
{
	bool full = errno == ENOSPC || errno == EDQUOT;
	enum fl_rc rc = fl_fail_(cx, FL_LATER, NULL, file, line, "%s: %s", what, strerror(errno));

	cx->err.full = full;
	return rc;
}

int fl_cx_left_ms(const struct fl_cx *cx)
{
	int64_t left = (cx->deadline_tick_us - fl_tick_us()) / 1000;

	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static bool is_hex(struct fl_str s, size_t n)
{
	bool zero = true;

	for (size_t i = 0; i < s.n; i++) {
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
		zero &= s.p[i] == '0';
	}
	return s.n == n && !zero;
}

void fl_trace_id(const char *traceparent, const char *request_id, char out[33])
{
	struct fl_str rest = fl_str(traceparent), version = fl_str_cut(&rest, '-'), trace = fl_str_cut(&rest, '-'), parent = fl_str_cut(&rest, '-');
	struct fl_digest d;

	memset(out, 0, 33);
	if (fl_str_eq(version, FL_STR("00")) && is_hex(trace, 32) && is_hex(parent, 16) && rest.n == 2) {
		memcpy(out, trace.p, 32);
	} else if (is_hex(fl_str(request_id), 32)) {
		memcpy(out, request_id, 32);
	} else if (request_id[0]) {
		d = fl_sha256(fl_str(request_id));
		for (int i = 0; i < 16; i++) {
			out[2 * i] = "0123456789abcdef"[d.b[i] >> 4];
			out[2 * i + 1] = "0123456789abcdef"[d.b[i] & 15];
		}
	}
}
