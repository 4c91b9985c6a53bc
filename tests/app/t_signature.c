/* Webhook signatures: the published vector of Standard Webhooks, the documented forms of others, time, several signatures. */
#include "app/channel/signature.h"
#include "base/hash.h"

#include "../tap.h"

#define SECRET FL_STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

/* https://github.com/standard-webhooks/standard-webhooks, the example of the reference libraries. */
static struct signature vector(void)
{
	return (struct signature){
		.id = FL_STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
		.timestamp = FL_STR("1614265330"),
		.sent = FL_STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
		.body = FL_STR("{\"test\": 2432232314}"),
	};
}

enum { AT = 1614265330 };

static void standard(struct fl_arena *a)
{
	struct signature s = vector();

	ok(signature_fits(a, "standard", SECRET, &s, AT), "the published vector");
	ok(signature_fits(a, "standard", SECRET, &s, AT + 300) && signature_fits(a, "standard", SECRET, &s, AT - 300), "300 s early and late");
	ok(!signature_fits(a, "standard", SECRET, &s, AT + 301), "301 s late");
	ok(!signature_fits(a, "standard", SECRET, &s, AT - 301), "301 s early");
	s.sent = FL_STR("v1,AAAA v1a,xyz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	ok(signature_fits(a, "standard", SECRET, &s, AT), "one of several signatures");
	s.sent = FL_STR("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "another version");
	s.sent = FL_STR("");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "no signature");
	s = vector();
	s.body = FL_STR("{\"test\": 2432232315}");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "another body");
	s = vector();
	s.id = FL_STR("msg_p5jXN8AQM9LWM0D4loKWxJel");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "another id");
	s = vector();
	s.timestamp = FL_STR("1614265331");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "another time");
	s = vector();
	ok(!signature_fits(a, "standard", FL_STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"), &s, AT), "another secret");
	ok(!signature_fits(a, "standard", FL_STR("whsec_not base64"), &s, AT), "a secret that is no base64");
	s.timestamp = FL_STR("1614265330x");
	ok(!signature_fits(a, "standard", SECRET, &s, AT), "a time that is no number");
}

/* The example of docs.github.com, "Validating webhook deliveries". */
static void github(struct fl_arena *a)
{
	struct signature s = { .body = FL_STR("Hello, World!"),
		               .sent = FL_STR("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17") };
	struct fl_str secret = FL_STR("It's a Secret to Everybody");

	ok(signature_fits(a, "github", secret, &s, AT), "GitHub's published vector");
	s.body = FL_STR("Hello, World.");
	ok(!signature_fits(a, "github", secret, &s, AT), "another body");
	s.sent = FL_STR("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
	ok(!signature_fits(a, "github", secret, &s, AT), "without its prefix");
}

static void stripe(struct fl_arena *a)
{
	struct fl_digest d = fl_hmac(FL_STR("whsec_of_stripe"), FL_STR("1614265330.{}"));
	const char *hex = fl_hex(a, fl_digest_str(&d));
	struct signature s = { .body = FL_STR("{}"), .sent = fl_str(fl_fmt(a, "t=1614265330,v1=00ff,v1=%s,v0=1", hex)) };

	ok(signature_fits(a, "stripe", FL_STR("whsec_of_stripe"), &s, AT), "t.body in hex, one of two");
	ok(!signature_fits(a, "stripe", FL_STR("whsec_of_stripe"), &s, AT + 301), "too old");
	s.sent = fl_str(fl_fmt(a, "v1=%s", hex));
	ok(!signature_fits(a, "stripe", FL_STR("whsec_of_stripe"), &s, AT), "without a time");
}

static void token(struct fl_arena *a)
{
	struct signature s = { .body = FL_STR("{}"), .sent = FL_STR("sesame sesame") };

	ok(signature_fits(a, "token", FL_STR("sesame sesame"), &s, AT), "the secret itself");
	ok(!signature_fits(a, "token", FL_STR("sesame sesam"), &s, AT), "a shorter one");
	ok(!signature_fits(a, "nothing", FL_STR("sesame sesame"), &s, AT), "an unknown scheme");
	ok(!signature_fits(a, "token", (struct fl_str){ "", 0 }, &(struct signature){ .sent = { "", 0 } }, AT), "nothing at all");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(1 << 20);

	standard(a);
	github(a);
	stripe(a);
	token(a);
	fl_arena_free(a);
	return done();
}
