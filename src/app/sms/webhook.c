#include "app/sms/sms.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/hash.h"

enum { PAIRS_MAX = 100, BODY_MAX_BYTES = 64 << 10 };

struct pair {
	struct fl_str name, value;
};

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct fl_str decoded(struct fl_cx *cx, struct fl_str s)
{
	struct fl_buf b = fl_buf(cx->a, s.n + 1);

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && digit(s.p[i + 1]) >= 0 && digit(s.p[i + 2]) >= 0) {
			fl_buf_putc(&b, (char)(digit(s.p[i + 1]) << 4 | digit(s.p[i + 2])));
			i += 2;
		} else {
			fl_buf_putc(&b, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
	return fl_buf_get(&b);
}

static int by_name(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = n ? memcmp(x->name.p, y->name.p, n) : 0;

	return order ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static enum fl_rc form_of(struct fl_cx *cx, struct fl_str body, struct pair *out, int *n)
{
	struct fl_str rest = body;

	if (body.n == 0 || body.n > BODY_MAX_BYTES)
		return FL_FAIL(cx, FL_INVALID, "the body is empty or too long");
	for (*n = 0; rest.p; (*n)++) {
		struct fl_str one = fl_str_cut(&rest, '&'), name;

		if (*n == PAIRS_MAX)
			return FL_FAIL(cx, FL_INVALID, "the form has too many fields");
		name = fl_str_cut(&one, '=');
		out[*n] = (struct pair){ decoded(cx, name), one.p ? decoded(cx, one) : FL_STR("") };
	}
	qsort(out, (size_t)*n, sizeof(*out), by_name);
	return FL_OK;
}

static struct fl_str value_of(const struct pair *p, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (fl_str_eq(p[i].name, fl_str(name)))
			return p[i].value;
	return (struct fl_str){ NULL, 0 };
}

/* The address is known by what the gateway was told: with or without the API's prefix. */
static bool is_signed(struct fl_cx *cx, const struct fl_req *req, const struct pair *p, int n, const char *path)
{
	static const char *const prefixes[] = { "", "/api", "/api/v1" };
	struct fl_str sent = fl_str(req->header(req, "HTTP_X_TWILIO_SIGNATURE"));
	bool fits = false;

	for (size_t k = 0; k < FL_COUNT(prefixes); k++) {
		struct fl_buf b = fl_buf(cx->a, BODY_MAX_BYTES * 2);
		struct fl_str mac;

		fl_buf_str(&b, fl_str(fl_fmt(cx->a, "%s%s%s", cx->conf->url, prefixes[k], path)));
		for (int i = 0; i < n; i++) {
			fl_buf_str(&b, p[i].name);
			fl_buf_str(&b, p[i].value);
		}
		mac = fl_hmac_sha1(cx->a, fl_str(cx->conf->twilio_token), fl_buf_get(&b));
		fits |= fl_equal_ct(fl_str(fl_base64(cx->a, mac)), sent);
	}
	return fits && cx->conf->twilio_token[0];
}

static enum fl_rc opened(struct fl_cx *cx, struct fl_req *req, struct pair *p, int *n, const char *path)
{
	FL_TRY(form_of(cx, req->body, p, n));
	if (!is_signed(cx, req, p, *n, path)) {
		req->status = 401;
		return FL_FAIL(cx, FL_DENIED, "error.signature");
	}
	for (int i = 0; i < *n; i++)
		if (!fl_str_utf8(p[i].value) || memchr(p[i].value.p ? p[i].value.p : "", 0, p[i].value.n))
			return FL_FAIL(cx, FL_INVALID, "a field is not UTF-8 text");
	return FL_OK;
}

enum fl_rc sms_webhook_in(struct fl_cx *cx, struct fl_req *req)
{
	struct pair *p = FL_NEW_ARRAY(cx->a, PAIRS_MAX, struct pair);
	int n;

	FL_TRY(opened(cx, req, p, &n, "/webhooks/sms"));
	req->rings = "q:intake-routing q:events q:scheduling-agent t:intake t:notes";
	return fl_db_run(cx, req->db, q_sms_receive(value_of(p, n, "To"), value_of(p, n, "From"), value_of(p, n, "Body"), value_of(p, n, "MessageSid")), &req->effect);
}

enum fl_rc sms_webhook_status(struct fl_cx *cx, struct fl_req *req)
{
	struct pair *p = FL_NEW_ARRAY(cx->a, PAIRS_MAX, struct pair);
	int n;

	FL_TRY(opened(cx, req, p, &n, "/webhooks/sms/status"));
	req->rings = "t:jobs";
	return fl_db_run(cx, req->db, q_sms_report(value_of(p, n, "MessageSid"), value_of(p, n, "MessageStatus"), value_of(p, n, "ErrorCode"), value_of(p, n, "To")), &req->effect);
}
