#include <openssl/evp.h>

#include "base/hash.h"

static const char hex_digits[] = "0123456789abcdef";

char *fl_hex(struct fl_arena *a, struct fl_str data)
{
	char *out = fl_alloc(a, data.n * 2 + 1);

	for (size_t i = 0; i < data.n; i++) {
		out[2 * i] = hex_digits[(unsigned char)data.p[i] >> 4];
		out[2 * i + 1] = hex_digits[(unsigned char)data.p[i] & 15];
	}
	return out;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum fl_rc fl_hex_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out)
{
	char *p;

	if (text.n % 2 != 0)
		return FL_INVALID;
	p = fl_alloc(a, text.n / 2 + 1);
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_value(text.p[i]), low = hex_value(text.p[i + 1]);

		if (high < 0 || low < 0)
			return FL_INVALID;
		p[i / 2] = (char)(high << 4 | low);
	}
	*out = (struct fl_str){ p, text.n / 2 };
	return FL_OK;
}

char *fl_base64(struct fl_arena *a, struct fl_str data)
{
	char *out = fl_alloc(a, (data.n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)data.p, (int)data.n);
	return out;
}

enum fl_rc fl_base64_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out)
{
	size_t pad = 0;
	char *p;

	if (text.n % 4 != 0 || text.n > INT32_MAX)
		return FL_INVALID;
	if (text.n == 0) {
		*out = (struct fl_str){ "", 0 };
		return FL_OK;
	}
	while (pad < 2 && text.p[text.n - 1 - pad] == '=')
		pad++;
	p = fl_alloc(a, text.n / 4 * 3 + 1);
	if (EVP_DecodeBlock((unsigned char *)p, (const unsigned char *)text.p, (int)text.n) != (int)(text.n / 4 * 3))
		return FL_INVALID;
	*out = (struct fl_str){ p, text.n / 4 * 3 - pad };
	/* Canonical means that encoding again gives the same text: no stray bits, no white space. */
	return fl_str_eq(fl_str(fl_base64(a, *out)), text) ? FL_OK : FL_INVALID;
}

char *fl_base64url(struct fl_arena *a, struct fl_str data)
{
	char *out = fl_base64(a, data);

	for (char *p = out; *p; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
	}
	return out;
}

enum fl_rc fl_base64url_decode(struct fl_arena *a, struct fl_str text, struct fl_str *out)
{
	size_t padded = (text.n + 3) / 4 * 4;
	char *p = fl_alloc(a, padded + 1);

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '+' || text.p[i] == '/' || text.p[i] == '=')
			return FL_INVALID;
		p[i] = text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i];
	}
	memset(p + text.n, '=', padded - text.n);
	return fl_base64_decode(a, (struct fl_str){ p, padded }, out);
}
