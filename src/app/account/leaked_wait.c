/* Leaked passwords, looked up elsewhere while a person waits: an exception like the providers' (tools/rooms.txt). */
#include "app/account/account.h"
#include "base/conf.h"
#include "base/log.h"
#include "outside/http.h"

enum { PREFIX = 5, CONNECT_MS = 700, TOTAL_MS = 1500, BODY_MAX_BYTES = 256 * 1024 };

/* Padding, asked for so that the length of an answer tells nothing, has the count 0. */
static bool listed(struct fl_str lines, struct fl_str suffix)
{
	while (lines.p) {
		struct fl_str line = fl_str_trim(fl_str_cut(&lines, '\n')), name = fl_str_cut(&line, ':');
		int64_t times;

		if (fl_str_ieq(name, suffix))
			return fl_str_int(line, 1, INT64_MAX, &times) == FL_OK;
	}
	return false;
}

enum fl_rc account_password_leaked(struct fl_cx *cx, struct fl_db *db, const char *field, struct fl_str password)
{
	struct fl_http_header padding = { "Add-Padding", FL_STR("true") };
	struct fl_http_request q = { .method = "GET", .headers = &padding, .nheaders = 1, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .max_bytes = BODY_MAX_BYTES };
	struct fl_error before = cx->err;
	struct fl_http_answer answer;
	struct fl_rows *r;
	const char *hex;

	if (!cx->conf->password_range_url[0])
		return FL_OK;
	FL_TRY(fl_db_run(cx, db, q_password_range_rests(), &r));
	if (fl_rows_bool(r, 0, PASSWORD_RANGE_RESTS_RESTS))
		return FL_OK;
	hex = fl_sha1_hex(cx->a, password);
	q.url = fl_fmt(cx->a, "%s/%.*s", cx->conf->password_range_url, PREFIX, hex);
	if (fl_http(cx, fl_outside_new(cx->a, cx->conf), &q, &answer) != FL_OK) {
		fl_log(cx, FL_WARN, "leaked passwords could not be looked up: %s", cx->err.text);
		cx->err = before;
		return fl_db_run(cx, db, q_password_range_failed(), NULL);
	}
	return listed(answer.body, fl_str(hex + PREFIX)) ? FL_FAIL_FIELD(cx, FL_INVALID, field, "wrong.password_leaked") : FL_OK;
}
