#include "app/oidc/carry.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/hash.h"
#include "base/keyring.h"

static bool is_local(const struct fl_cx *cx)
{
	return strcmp(cx->conf->env, "local") == 0;
}

void carry_begin(struct fl_cx *cx, struct fl_jw *w)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_int(w, "at", cx->now_us / FL_SECOND_US);
}

const char *carry_seal(struct fl_cx *cx, const char *what, const struct fl_buf *text)
{
	return fl_base64url(cx->a, fl_keyring_seal(cx, what, fl_buf_get(text)));
}

enum fl_rc carry_open(struct fl_cx *cx, const char *what, struct fl_str text, struct json_object **out)
{
	struct fl_str bytes, plain;
	int64_t age_s;

	if (text.n == 0 || fl_base64url_decode(cx->a, text, &bytes) != FL_OK || fl_keyring_unseal(cx, what, bytes, &plain) != FL_OK ||
	    fl_json_parse(cx->a, plain, &fl_json_limits_api, out, NULL) != FL_OK)
		return FL_DENIED;
	age_s = cx->now_us / FL_SECOND_US - fl_json_int(*out, "at", 0);
	return age_s < 0 || age_s > CARRY_S ? FL_DENIED : FL_OK;
}

const char *carry_derived(struct fl_cx *cx, const char *use, struct fl_str cookie)
{
	struct fl_digest key = fl_hmac(FL_STR("oidc"), fl_str(use)), d = fl_hmac(fl_digest_str(&key), cookie);

	return fl_base64url(cx->a, fl_digest_str(&d));
}

const char *carry_challenge(struct fl_cx *cx, struct fl_str cookie)
{
	struct fl_digest d = fl_sha256(fl_str(carry_derived(cx, "verifier", cookie)));

	return fl_base64url(cx->a, fl_digest_str(&d));
}

void carry_add(struct fl_buf *b, const char *name, const char *value)
{
	fl_buf_putc(b, memchr(b->p, '?', b->n) ? '&' : '?');
	fl_buf_puts(b, name);
	fl_buf_putc(b, '=');
	fl_buf_url(b, fl_str(value));
}

void carry_pair(struct fl_buf *b, const char *name, struct fl_str value)
{
	fl_buf_puts(b, b->n ? "&" : "");
	fl_buf_puts(b, name);
	fl_buf_putc(b, '=');
	fl_buf_url(b, value);
}

static const char *name_of(struct fl_cx *cx, const char *use)
{
	return fl_fmt(cx->a, is_local(cx) ? "fairlead_%s" : "__Secure-fairlead-%s", use);
}

const char *carry_set_cookie(struct fl_cx *cx, const char *use, const char *path, const char *value)
{
	return fl_fmt(cx->a, "%s=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax%s", name_of(cx, use), value, path, CARRY_S, is_local(cx) ? "" : "; Secure");
}

struct fl_str carry_cookie(struct fl_cx *cx, const struct fl_req *req, const char *use)
{
	struct fl_str all = fl_str(req->header(req, "HTTP_COOKIE")), want = fl_str(name_of(cx, use));

	while (all.p) {
		struct fl_str one = fl_str_trim(fl_str_cut(&all, ';')), name = fl_str_cut(&one, '=');

		if (fl_str_eq(name, want))
			return one;
	}
	return (struct fl_str){ NULL, 0 };
}
