/* Mails to JSON: what is taken, what is left out, and that damage is survived. */
#include "../tap.h"
#include "base/json.h"
#include "reader/html.h"
#include "reader/mail.h"

static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 6, .keys = 1000 };

/* fl_mail_start opens converters for good; only the leak sanitizer asks this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:iconv_open\nleak:fl_mail_start\n";
}

static struct json_object *read_mail(struct fl_cx *cx, struct fl_str raw)
{
	struct fl_buf out = fl_buf(cx->a, 16 << 20), files = fl_buf(cx->a, FL_MAIL_FILES_BYTES);
	struct json_object *doc = NULL;
	const char *why = NULL;

	if (fl_mail_read(cx, raw, &out, &files) != FL_OK)
		return NULL;
	if (fl_json_parse(cx->a, fl_buf_get(&out), &limits, &doc, &why) != FL_OK)
		printf("# %s\n", why);
	return doc;
}

static const char whole[] =
	"From: =?utf-8?q?J=C3=B6rg?= <j@x.org>\r\nTo: a@b.c, \"Q, R\" <q@r.s>\r\nCc: u: g@h.i;\r\n"
	"Subject: =?iso-8859-15?q?caf=E9_=A4?=\r\nMessage-ID: <1@x>\r\nReferences: <0@x> <00@x>\r\nIn-Reply-To: <0@x>\r\n"
	"Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nAuto-Submitted: auto-replied\r\nReturn-Path: <>\r\nPrecedence: Junk\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
	"Content-Type: text/plain; charset=windows-1251\r\n\r\n\xcf\xf0 \x00plain\r\n--c\r\n"
	"Content-Type: text/html\r\n\r\n<p>html</p>\r\n--c--\r\n--b\r\n"
	"Content-Type: application/pdf; name=\"a\x07.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b\r\n"
	"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b--\r\n";

static void test_whole(struct fl_cx *cx)
{
	struct json_object *d = read_mail(cx, (struct fl_str){ whole, sizeof(whole) - 1 });

	ok(d != NULL, "read");
	is_str(fl_json_str(d, "message_id").p, "<1@x>", "message id");
	is_str(fl_json_str(d, "in_reply_to").p, "<0@x>", "in reply to");
	ok(json_object_array_length(fl_json_get(d, "references")) == 2, "references");
	is_str(fl_json_str(d, "from.name").p, "J\u00f6rg", "name");
	is_str(fl_json_str(d, "from.address").p, "j@x.org", "address");
	ok(json_object_array_length(fl_json_get(d, "to")) == 2, "two recipients");
	is_str(fl_json_str(d, "subject").p, "caf\u00e9 \u20ac", "subject in Latin-9");
	ok(fl_json_int(d, "date_us", 0) == INT64_C(1795165200000000), "date");
	ok(strstr(fl_json_str(d, "text").p, "\u041f\u0440") && !strstr(fl_json_str(d, "text").p, "html"),
		"plain text in windows-1251 is preferred");
	ok(strstr(fl_json_str(d, "text").p, "\u041f\u0440 plain"), "a NUL in it ends nothing");
	ok(!strstr(fl_json_str(d, "text").p, "inner"), "an attached mail is not looked into");
	ok(fl_json_bool(d, "auto_submitted", false) && fl_json_bool(d, "bulk", false) && fl_json_bool(d, "empty_return_path",
		false), "flags");
	ok(json_object_array_length(fl_json_get(d, "attachments")) == 2, "two attachments");
	is_str(fl_json_str(json_object_array_get_idx(fl_json_get(d, "attachments"), 0), "name").p, "a.pdf",
		"name without control characters");
	ok(fl_json_int(json_object_array_get_idx(fl_json_get(d, "attachments"), 0), "size", 0) == 5, "decoded size");
}

static void test_damage(struct fl_cx *cx)
{
	static const char *const odd[] = {
		"\r\n\r\n", "From: \r\n\r\n", "From: @@<>\r\nDate: never\r\nMessage-ID: <\r\n\r\nx",
			"Content-Type: multipart/mixed\r\n\r\nno boundary",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n--b",
			"Content-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe\x80",
		"Content-Transfer-Encoding: base64\r\n\r\n####", "Subject: =?utf-8?b?////?= =?x?q?=ZZ?=\r\n\r\n",
			"Content-Type: a/b/c; ;;=\r\n\r\n",
		"Content-Type: text/html\r\n\r\n<<<p <!-- &#x110000; &#xd800; &amp", "Content-Type: message/rfc822\r\n\r\n",
	};
	struct fl_buf deep = fl_buf(cx->a, 1 << 20), wide = fl_buf(cx->a, 1 << 20);
	struct json_object *d;

	for (size_t i = 0; i < FL_COUNT(odd); i++)
		ok(read_mail(cx, fl_str(odd[i])) != NULL, "odd mail %zu is survived", i);
	ok(!read_mail(cx, FL_STR("")) && !read_mail(cx, FL_STR("x")), "nothing, and no header at all, is no mail");
	d = read_mail(cx, FL_STR("A: b\r\n\r\nx"));
	ok(d && fl_json_get(d, "from") == NULL && fl_json_get(d, "date_us") == NULL && fl_json_get(d, "message_id") == NULL,
		"absent headers are null");
	for (int i = 0; i < 500; i++)
		fl_buf_printf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	d = read_mail(cx, fl_buf_get(&deep));
	ok(d && fl_json_bool(d, "truncated", false) && fl_json_int(d, "parts", 0) <= FL_MAIL_DEPTH + 1, "500 levels are cut");
	fl_buf_puts(&wide, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (int i = 0; i < 2000; i++)
		fl_buf_puts(&wide, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n");
	d = read_mail(cx, fl_buf_get(&wide));
	ok(d && fl_json_bool(d, "truncated", false) && fl_json_int(d, "parts", 0) <= FL_MAIL_PARTS, "2,000 parts are cut");
}

static void test_html(struct fl_arena *a)
{
	static const char *const rows[][2] = {
		{ "<html><head><title>t</title><style>p{}</style></head><body>Hi&nbsp;<b>you</b>,<br>there</body>", "Hi you,\nthere" },
		{ "<p>one</p>\n<p>two</p>", "one\n\ntwo" },
		{ "<ul><li>a<li>b</ul>c", "- a\n- b\n\nc" },
		{ "<script>if (a<b) alert('</p>')</script>x", "x" },
		{ "a<!-- > <p> -->b", "ab" },
		{ "<a title='>' href=\"x>y\">link</a>", "link" },
		{ "1 < 2 &amp; 3 &lt; 4 &bogus; &#65;&#x42;", "1 < 2 & 3 < 4 &bogus; AB" },
		{ "<script>never closed", "" },
		{ "<p", "" },
		{ "&", "&" },
	};

	for (size_t i = 0; i < FL_COUNT(rows); i++) {
		struct fl_buf out = fl_buf(a, 4096);

		fl_html_text(&out, fl_str(rows[i][0]));
		is_str(fl_buf_cstr(&out), rows[i][1], rows[i][0]);
	}
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(256 << 20);
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "r", 10);
	fl_mail_start();
	test_whole(&cx);
	test_damage(&cx);
	test_html(a);
	fl_arena_free(a);
	return done();
}
