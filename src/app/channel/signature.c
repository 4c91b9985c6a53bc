#include "app/channel/signature.h"

#include "base/buf.h"
#include "base/hash.h"

static bool is_fresh(struct fl_str seconds, int64_t now_s)
{
	int64_t at;

	return fl_str_int(seconds, 1, INT64_MAX, &at) == FL_OK && at >= now_s - SIGNATURE_TOLERANCE_S && at <= now_s + SIGNATURE_TOLERANCE_S;
}

static struct fl_str join(struct fl_arena *a, struct fl_str one, struct fl_str two, struct fl_str three)
{
	struct fl_buf b = fl_buf(a, one.n + two.n + three.n + 2);

	fl_buf_str(&b, one);
	fl_buf_putc(&b, '.');
	fl_buf_str(&b, two);
	if (three.p) {
		fl_buf_putc(&b, '.');
		fl_buf_str(&b, three);
	}
	return fl_buf_get(&b);
}

static bool starts(struct fl_str *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || memcmp(s->p, prefix, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* All signatures are compared, so that the time tells nothing about which one fitted. */
static bool standard(struct fl_arena *a, struct fl_str secret, const struct signature *s, int64_t now_s)
{
	struct fl_str key = secret, rest = s->sent;
	struct fl_digest d;
	const char *want;
	bool fits = false;

	if (s->id.n == 0 || !is_fresh(s->timestamp, now_s))
		return false;
	if (starts(&key, "whsec_") && fl_base64_decode(a, key, &key) != FL_OK)
		return false;
	d = fl_hmac(key, join(a, s->id, s->timestamp, (struct fl_str){ s->body.p ? s->body.p : "", s->body.n }));
	want = fl_base64(a, fl_digest_str(&d));
	while (rest.p) {
		struct fl_str one = fl_str_cut(&rest, ' ');

		if (starts(&one, "v1,"))
			fits |= fl_equal_ct(one, fl_str(want));
	}
	return fits;
}

static bool github(struct fl_arena *a, struct fl_str secret, const struct signature *s)
{
	struct fl_str sent = s->sent;
	struct fl_digest d = fl_hmac(secret, s->body);

	return starts(&sent, "sha256=") && fl_equal_ct(sent, fl_str(fl_hex(a, fl_digest_str(&d))));
}

static bool stripe(struct fl_arena *a, struct fl_str secret, const struct signature *s, int64_t now_s)
{
	struct fl_str rest = s->sent, seconds = { NULL, 0 };
	struct fl_digest d;
	const char *want;
	bool fits = false;

	while (rest.p) {
		struct fl_str part = fl_str_cut(&rest, ',');

		if (starts(&part, "t="))
			seconds = part;
	}
	if (!is_fresh(seconds, now_s))
		return false;
	d = fl_hmac(secret, join(a, seconds, s->body, (struct fl_str){ NULL, 0 }));
	want = fl_hex(a, fl_digest_str(&d));
	rest = s->sent;
	while (rest.p) {
		struct fl_str part = fl_str_cut(&rest, ',');

		if (starts(&part, "v1="))
			fits |= fl_equal_ct(part, fl_str(want));
	}
	return fits;
}

bool signature_fits(struct fl_arena *a, const char *scheme, struct fl_str secret, const struct signature *s, int64_t now_s)
{
	if (secret.n == 0 || s->sent.n == 0)
		return false;
	if (strcmp(scheme, "standard") == 0)
		return standard(a, secret, s, now_s);
	if (strcmp(scheme, "github") == 0)
		return github(a, secret, s);
	if (strcmp(scheme, "stripe") == 0)
		return stripe(a, secret, s, now_s);
	return strcmp(scheme, "token") == 0 && fl_equal_ct(s->sent, secret);
}
