/* Mail out: composed as it should be, handed to the sink, refusals told apart. */
#include "../tap.h"
#include "outside/mime_out.h"
#include "outside/smtp.h"
#include "../outside/stub.h"

static struct fl_mime_mail sample(void)
{
	return (struct fl_mime_mail){ .from_name = "Fairlead Desk", .from = "desk@example.org", .to_name = "J\u00f6rg",
		.to = "j@example.org",
		.subject = FL_STR("Your request \u2014 we have it, and will answer by tomorrow noon at the very latest"),
		.message_id = "<a1@example.org>", .in_reply_to = "<b2@example.org>", .references = "<b1@example.org> <b2@example.org>",
		.auto_submitted = true, .date_us = INT64_C(1795165200000000), .text = FL_STR("Hello\n.\n..\nEnd"),
			.html = FL_STR("<p>Hello</p>") };
}

static void test_compose(struct fl_cx *cx)
{
	struct fl_mime_mail m = sample();
	struct fl_str out = { NULL, 0 };
	const char *s;
	size_t line = 0, longest = 0;

	ok(fl_mime_compose(cx, &m, &out) == FL_OK, "composed");
	s = fl_strndup(cx->a, out);
	ok(strstr(s, "Date: Fri, 20 Nov 2026 09:00:00 +0000\r\n"), "date");
	ok(strstr(s, "From: \"Fairlead Desk\" <desk@example.org>\r\n"), "from");
	ok(strstr(s, "To: =?utf-8?B?SsO2cmc=?= <j@example.org>\r\n"), "name in an encoded word");
	ok(strstr(s,
		"Message-ID: <a1@example.org>\r\nIn-Reply-To: <b2@example.org>\r\nReferences: <b1@example.org>\r\n <b2@example.org>\r\n"), "threads");
	ok(strstr(s, "Auto-Submitted: auto-replied\r\n") && !strstr(s, "List-Unsubscribe"), "auto-replied, no list");
	for (size_t i = 0; i < out.n; i++) {
		line = s[i] == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	ok(longest <= 79, "no line over 78 characters (%zu with CR)", longest);
	m.subject = FL_STR("x\r\nBcc: all@example.org");
	ok(fl_mime_compose(cx, &m, &out) == FL_INVALID, "a line break in the subject");
	m = sample();
	m.to_name = "x\nBcc: y";
	ok(fl_mime_compose(cx, &m, &out) == FL_INVALID, "in a name");
	m = sample();
	m.references = "<a@b>\r\nBcc: y";
	ok(fl_mime_compose(cx, &m, &out) == FL_INVALID, "in References");
	m = sample();
	m.to = "a@b>, <c@d";
	ok(fl_mime_compose(cx, &m, &out) == FL_INVALID, "two addresses in one");
}

/* A name that is no plain phrase is encoded: nothing in it is read as an address, and no line is longer for it. */
static void test_names(struct fl_cx *cx)
{
	static const char *const odd[] = { "Boss <boss@corp.example>?", "a@b.example, \"Q\"", "x\\", "=?utf-8?Q?x?=", "Who? (=)" };
	struct fl_mime_mail m = sample();
	struct fl_str out;

	for (size_t i = 0; i < FL_COUNT(odd); i++) {
		const char *s, *line;

		m.to_name = odd[i];
		ok(fl_mime_compose(cx, &m, &out) == FL_OK, "composed");
		s = fl_strndup(cx->a, out);
		line = strstr(s, "To: ");
		is_str(fl_strndup(cx->a, (struct fl_str){ line, strcspn(line, "\r") }),
		       fl_fmt(cx->a, "To: =?utf-8?B?%s?= <j@example.org>", fl_base64(cx->a, fl_str(odd[i]))), "a name with signs of an address is one encoded word");
	}
	m.to_name = "Somebody whose name takes up most of a line of a mail";
	m.to = "somebody.whose.address.is.long.as.well@example.org";
	ok(fl_mime_compose(cx, &m, &out) == FL_OK && strstr(fl_strndup(cx->a, out), "of a mail\"\r\n <somebody"), "a long address stands on a line of its own");
}

static void test_addresses(void)
{
	static const char *const bad[] = { "", "a", "a@", "@b", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a@b>", "<a@b", "a@b@c", "a,b@c",
		"a@b\n" };

	for (size_t i = 0; i < FL_COUNT(bad); i++)
		ok(!fl_mail_address_valid(fl_str(bad[i])), "malformed address %zu", i);
	ok(fl_mail_address_valid(fl_str("o'neil+tag@sub.example.org")), "a good address");
	ok(!fl_mail_address_valid((struct fl_str){ "a@b\0c", 5 }), "NUL in an address");
}

static void test_send(struct fl_cx *cx, struct fl_arena *process, const struct stub *s)
{
	static const struct {
		const char *script;
		enum fl_rc rc;
	} rows[] = {
		{ "RCPT 550 5.1.1 no such user\n", FL_INVALID }, { "RCPT 451 4.7.1 greylisted\n", FL_LATER },
			{ "MAIL 552 5.2.2 full\n", FL_INVALID },
		{ "END 554 5.7.1 spam\n", FL_INVALID },          { "END 451 4.3.0 try later\n", FL_LATER },
			  { "CONNECT 421 4.3.2 busy\n", FL_LATER },
		{ "AUTH 535 5.7.8 wrong\n", FL_LATER },          { "MAIL 530 5.7.0 sign in first\n", FL_LATER },
		{ "DATA hang\n", FL_LATER },
	};
	const char *to[] = { "j@example.org", "k@example.org", NULL };
	struct fl_smtp_mail mail = { .from = "", .to = to };
	struct fl_mime_mail m = sample();
	const char *reply = NULL;
	struct fl_outside *o = fl_outside_new(process, cx->conf);
	char *kept;

	ok(fl_mime_compose(cx, &m, &mail.message) == FL_OK, "composed");
	ok(fl_smtp_send(cx, o, &mail, &reply) == FL_OK, "sent: %s", cx->err.text ? cx->err.text : reply);
	kept = stub_read(cx->a, s, "000001.eml");
	ok(fl_str_eq(fl_str(kept), mail.message), "it arrived byte by byte");
	ok(strstr(stub_read(cx->a, s, "000001.json"), "{\"from\": \"\", \"to\": [\"j@example.org\", \"k@example.org\"]"),
		"envelope with empty return path");
	for (size_t i = 0; i < FL_COUNT(rows); i++) {
		enum fl_rc rc;

		stub_write(s, "script", rows[i].script);
		if (strstr(rows[i].script, "hang"))
			cx->deadline_tick_us = fl_tick_us() + FL_SECOND_US;
		rc = fl_smtp_send(cx, fl_outside_new(process, cx->conf), &mail, &reply);
		ok(rc == rows[i].rc, "%.8s gives %s: %s", rows[i].script, fl_rc_name(rc), cx->err.text);
		ok(strstr(rows[i].script, "hang") || strncmp(reply, strchr(rows[i].script, ' ') + 1, 8) == 0, "with the reply %s", reply);
	}
	cx->deadline_tick_us = fl_tick_us() + 60 * FL_SECOND_US;
	to[1] = "x@y\r\nDATA";
	ok(fl_smtp_send(cx, o, &mail, &reply) == FL_INVALID, "a command in an address is refused");
	ok(!*stub_read(cx->a, s, "000002.eml"), "nothing else arrived");
}

int main(void)
{
	static const char *const more[] = { "--dir", "DIR", "--user", "u", "--password", "p", NULL };
	struct fl_conf conf = { .smtp_host = "127.0.0.1", .smtp_secure = "none", .smtp_user = "u", .smtp_password = "p" };
	struct fl_arena *a = fl_arena_new(64 << 20), *process = fl_arena_new(1 << 20);
	struct stub s;
	struct fl_cx cx;

	stub_start(&s, a, "smtp.py", more);
	conf.smtp_port = s.port;
	fl_cx_init(&cx, a, &conf, "r", 60);
	test_compose(&cx);
	test_names(&cx);
	test_addresses();
	test_send(&cx, process, &s);
	conf.smtp_secure = "starttls";
	{
		const char *to[] = { "a@b.c", NULL }, *reply;
		struct fl_smtp_mail mail = { .from = "a@b.c", .to = to, .message = FL_STR("Subject: x\r\n\r\nx\r\n") };
		enum fl_rc rc;

		ok(fl_smtp_send(&cx, fl_outside_new(process, &conf), &mail, &reply) == FL_LATER, "no TLS where it is a must: %s",
			cx.err.text);
		conf.smtp_secure = "none";
		conf.smtp_host = "[::1]"; /* as SMTP_HOST has it; nobody listens there */
		rc = fl_smtp_send(&cx, fl_outside_new(process, &conf), &mail, &reply);
		ok(rc == FL_LATER && !strstr(cx.err.text, "URL"), "a server of IPv6 can be called: %s", cx.err.text);
	}
	stub_stop(&s);
	fl_arena_free(a);
	fl_arena_free(process);
	return done();
}
