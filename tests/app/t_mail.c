/* Signed reply addresses, and what makes a raw mail itself. */
#include "../tap.h"
#include "app/mail/mail.h"

static const char org[] = "01a1fcc0-5dde-7a30-bb10-292e2b6c0468", other[] = "01a1fcc0-5dde-7a30-bb10-292e2b6c0469";

static void test_address(struct fl_arena *a)
{
	struct fl_str secret = FL_STR("a secret of at least 32 characters"), box = FL_STR("desk@quay.example");
	const char *made = mail_reply_address(a, secret, org, box, 1042);

	ok(strncmp(made, "desk+r1042.", 11) == 0 && strstr(made, "@quay.example"), "%s", made);
	ok(mail_reply_number(a, secret, org, fl_str(made)) == 1042, "read back");
	ok(mail_reply_number(a, secret, org, fl_str("DESK+R1042.")) == 0, "no signature");
	ok(mail_reply_number(a, secret, other, fl_str(made)) == 0, "of another organisation");
	ok(mail_reply_number(a, FL_STR("another secret of at least 32 chars"), org, fl_str(made)) == 0, "of another secret");
	ok(mail_reply_number(a, secret, org, fl_str(fl_fmt(a, "desk+r1043.%s", made + 11))) == 0, "of another number");
	ok(mail_reply_number(a, secret, org, box) == 0 && mail_reply_number(a, secret, org, FL_STR("")) == 0 &&
	   mail_reply_number(a, secret, org, FL_STR("x+r@y")) == 0, "of none");
	ok(mail_reply_address(a, secret, org, FL_STR("nobody"), 1) == NULL, "no domain");
	ok(mail_reply_address(a, secret, org, fl_str(fl_fmt(a, "%060d@x.example", 1)), 1) == NULL, "longer than a local part may be");
}

static void test_dedupe(struct fl_arena *a)
{
	const char *hash = mail_dedupe(a, FL_STR("Subject: x\r\n\r\nMessage-ID: <in-the-body@x>\r\n"));

	ok(strcmp(mail_dedupe(a, FL_STR("From: a\r\nmessage-id:  <1@x.example> \r\n\r\n")), "<1@x.example>") == 0, "by Message-ID");
	ok(strcmp(mail_dedupe(a, FL_STR("Message-ID:\r\n <2@x.example>\r\n\r\n")), "<2@x.example>") == 0, "folded");
	ok(strncmp(hash, "sha256:", 7) == 0 && strlen(hash) == 71, "the body names nothing: %s", hash);
	ok(strncmp(mail_dedupe(a, FL_STR("Message-ID: <a b@x>\n\n")), "sha256:", 7) == 0, "a malformed one names nothing");
	ok(strncmp(mail_dedupe(a, FL_STR("Message-ID:")), "sha256:", 7) == 0 && strncmp(mail_dedupe(a, FL_STR("")), "sha256:", 7) == 0, "nor does an empty one");
	ok(strcmp(mail_dedupe(a, FL_STR("a: 1\n\nb")), mail_dedupe(a, FL_STR("a: 1\n\nc"))) != 0, "other bytes, another hash");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(1 << 20);

	test_address(a);
	test_dedupe(a);
	fl_arena_free(a);
	return done();
}
