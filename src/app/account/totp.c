#include "app/account/totp.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/clock.h"

enum { DIGITS = 6, MODULUS = 1000000, SHA1_BYTES = 20 };

int totp_code(struct fl_str key, int64_t step)
{
	unsigned char counter[8], mac[SHA1_BYTES];
	unsigned int n = sizeof(mac);
	const unsigned char *ok, *at;
	uint32_t v;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	ok = HMAC(EVP_sha1(), key.p, (int)key.n, counter, sizeof(counter), mac, &n);
	assert(ok && n == SHA1_BYTES);
	at = mac + (mac[SHA1_BYTES - 1] & 0x0f);
	v = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return (int)(v % MODULUS);
}

int64_t totp_step(struct fl_str key, int64_t now_us, struct fl_str code)
{
	int64_t now = now_us / FL_SECOND_US / TOTP_STEP_S, given, found = 0;

	if (code.n != DIGITS || fl_str_int(code, 0, MODULUS - 1, &given) != FL_OK)
		return 0;
	for (int64_t step = now - 1; step <= now + 1; step++)
		if (totp_code(key, step) == given)
			found = step;
	return found;
}

char *totp_base32(struct fl_arena *a, struct fl_str data)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char *out = fl_alloc(a, data.n * 8 / 5 + 2), *o = out;
	uint32_t bits = 0;
	int n = 0;

	for (size_t i = 0; i < data.n; i++) {
		bits = bits << 8 | (unsigned char)data.p[i];
		for (n += 8; n >= 5; n -= 5)
			*o++ = digits[bits >> (n - 5) & 31];
	}
	if (n > 0)
		*o++ = digits[bits << (5 - n) & 31];
	*o = '\0';
	return out;
}
