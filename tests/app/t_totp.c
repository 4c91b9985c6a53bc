/* RFC 6238, appendix B (the last six of its eight digits), RFC 4648, section 10. */
#include "app/account/totp.h"
#include "base/clock.h"

#include "../tap.h"

int main(void)
{
	static const struct {
		int64_t at_s;
		int code;
	} known[] = { { 59, 287082 }, { 1111111109, 81804 }, { 1111111111, 50471 }, { 1234567890, 5924 }, { 2000000000, 279037 }, { 20000000000, 353130 } };
	struct fl_arena *a = fl_arena_new(1 << 16);
	struct fl_str key = FL_STR("12345678901234567890");
	int64_t now_us = 1111111109 * FL_SECOND_US, step = 1111111109 / TOTP_STEP_S;

	for (size_t i = 0; i < FL_COUNT(known); i++)
		ok(totp_code(key, known[i].at_s / TOTP_STEP_S) == known[i].code, "the code of second %lld", (long long)known[i].at_s);
	ok(totp_step(key, now_us, FL_STR("081804")) == step, "a code is found with its leading zero");
	ok(totp_step(key, now_us + 30 * FL_SECOND_US, FL_STR("081804")) == step, "a step later too");
	ok(totp_step(key, now_us + 60 * FL_SECOND_US, FL_STR("081804")) == 0, "not two");
	ok(totp_step(key, now_us, FL_STR("81804")) == 0 && totp_step(key, now_us, FL_STR("08180x")) == 0 && totp_step(key, now_us, FL_STR("")) == 0, "six digits or nothing");
	ok(strcmp(totp_base32(a, FL_STR("foobar")), "MZXW6YTBOI") == 0 && strcmp(totp_base32(a, FL_STR("f")), "MY") == 0 && strcmp(totp_base32(a, FL_STR("")), "") == 0,
	   "base32 without padding");
	fl_arena_free(a);
	return done();
}
