/* One-time form tokens: proof that the page came from us to this principal, and the idempotency key of its form. */
#include "http/web.h"

#include "base/conf.h"

enum { NONCE_BYTES = 12, MAC_BYTES = 16, AGE_MAX_S = 86400, PART_BYTES = 64 /* more than any of ours has: all of it goes into the MAC */ };

/* base64url of HMAC(secret, nonce, time, principal). */
static const char *mac(struct request *r, struct fl_str nonce, struct fl_str time)
{
	struct fl_buf b = fl_buf(r->cx.a, 1024);
	struct fl_digest d;

	fl_buf_puts(&b, "form token");
	fl_buf_str(&b, nonce);
	fl_buf_putc(&b, '.');
	fl_buf_str(&b, time);
	fl_buf_putc(&b, '.');
	if (r->token.n)
		fl_buf_add(&b, (const char *)r->token_hash.b, sizeof(r->token_hash.b));
	d = fl_hmac(fl_str(r->web->conf->secret), fl_buf_get(&b));
	return fl_base64url(r->cx.a, (struct fl_str){ (const char *)d.b, MAC_BYTES });
}

const char *web_token_new(struct request *r)
{
	char raw[NONCE_BYTES];
	const char *nonce, *time;

	fl_random(raw, sizeof(raw));
	nonce = fl_base64url(r->cx.a, (struct fl_str){ raw, sizeof(raw) });
	time = fl_fmt(r->cx.a, "%llx", (unsigned long long)(r->cx.now_us / FL_SECOND_US));
	return fl_fmt(r->cx.a, "%s.%s.%s", nonce, time, mac(r, fl_str(nonce), fl_str(time)));
}

static enum fl_rc age(struct request *r, struct fl_str time, int64_t *age_s)
{
	int64_t made = 0;

	if (time.n == 0 || time.n > 12)
		return FL_DENIED;
	for (size_t i = 0; i < time.n; i++) {
		char c = time.p[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (v < 0)
			return FL_DENIED;
		made = made << 4 | v;
	}
	*age_s = r->cx.now_us / FL_SECOND_US - made;
	return *age_s < -60 || *age_s > AGE_MAX_S ? FL_DENIED : FL_OK;
}

enum fl_rc web_token_check(struct request *r, struct fl_str token, int64_t *age_s)
{
	struct fl_str rest = token, nonce = fl_str_cut(&rest, '.'), time, sent;

	time = fl_str_cut(&rest, '.');
	/* Behind a second point a script may add a suffix of its own: the same page then sends several forms. */
	sent = fl_str_cut(&rest, '.');
	if (nonce.n > PART_BYTES || time.n > PART_BYTES || rest.n > PART_BYTES || !fl_equal_ct(sent, fl_str(mac(r, nonce, time))))
		return FL_FAIL(&r->cx, FL_DENIED, "error.form_token");
	if (age(r, time, age_s) != FL_OK)
		return FL_FAIL(&r->cx, FL_DENIED, "error.form_old");
	return FL_OK;
}
