/* Arena, text, encodings, sealing, passwords, lines of the log. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/cx.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rows.h"
#include "base/s3.h"
#include "base/url.h"
#include "tests/tap.h"

static int order[3], norder;

static void note(void *p)
{
	order[norder++] = *(int *)p;
}

static void arena(void)
{
	struct fl_arena *a = fl_arena_new(128 * 1024);
	int one = 1, two = 2;
	struct fl_buf b;

	fl_defer(a, note, &one);
	fl_defer(a, note, &two);
	for (int i = 0; i < 100; i++)
		memset(fl_alloc(a, 1000), 7, 1000);
	ok(!fl_arena_over(a), "within the budget");
	memset(fl_alloc(a, 100000), 7, 100000);
	ok(fl_arena_over(a), "over the budget is told");
	fl_arena_reset(a);
	ok(norder == 2 && order[0] == 2 && order[1] == 1, "deferred calls run newest first");
	ok(!fl_arena_over(a) && fl_arena_used(a) == 0, "a reset forgets");
	b = fl_buf(a, 10);
	fl_buf_puts(&b, "12345");
	fl_buf_puts(&b, "678901");
	ok(b.over && b.n == 5, "a buffer keeps its ceiling and what it had");
	fl_arena_free(a);
}

static void text(struct fl_arena *a)
{
	struct fl_str rest = FL_STR("a,,b");
	struct fl_buf b = fl_buf(a, 1000);
	int64_t n;

	ok(fl_str_eq(fl_str_cut(&rest, ','), FL_STR("a")) && fl_str_cut(&rest, ',').n == 0 && fl_str_eq(fl_str_cut(&rest, ','), FL_STR("b")) && !rest.p,
	   "cut");
	ok(fl_str_int(FL_STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &n) == FL_OK && n == INT64_MIN, "smallest integer");
	ok(fl_str_int(FL_STR("9223372036854775808"), INT64_MIN, INT64_MAX, &n) == FL_INVALID, "one too many");
	ok(fl_str_int(FL_STR("12x"), 0, 100, &n) == FL_INVALID && fl_str_int(FL_STR(""), 0, 1, &n) == FL_INVALID, "no number");
	ok(fl_str_utf8(FL_STR("a\xc3\xa9\xf0\x9f\x98\x80")) && !fl_str_utf8(FL_STR("\xed\xa0\x80")) && !fl_str_utf8(FL_STR("\xf5\x80\x80\x80")), "UTF-8");
	ok(fl_str_clip(FL_STR("a\xc3\xa9"), 2).n == 1, "clip keeps characters whole");
	fl_buf_html(&b, FL_STR("<a href='x'>&\""));
	is_str(fl_buf_cstr(&b), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;", "HTML");
	b.n = 0;
	fl_buf_url(&b, FL_STR("a b/\xc3\xa9~"));
	is_str(fl_buf_cstr(&b), "a%20b%2F%C3%A9~", "URL");
}

/* What must be escaped is found wherever it stands, alone and beside another. */
static void escapes(struct fl_arena *a)
{
	static const char chars[] = "&<>\"'", *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	int wrong = 0;

	for (size_t n = 1; n <= 20; n++)
		for (size_t at = 0; at < n; at++)
			for (size_t k = 0; k < 5; k++) {
				char in[21] = "\xc3\xa9" "bcdefg=;ijklmnopqrs", last[21];
				struct fl_buf b = fl_buf(a, 1000);
				const char *want;

				memcpy(last, in + at + 1, n - at);
				in[at] = chars[k];
				fl_buf_html(&b, (struct fl_str){ in, n });
				want = fl_fmt(a, "%.*s%s%.*s", (int)at, in, entities[k], (int)(n - at - 1), last);
				wrong += strcmp(fl_buf_cstr(&b), want) != 0;
			}
	ok(wrong == 0, "every letter that must be is escaped, at every place");
}

static void encodings(struct fl_arena *a)
{
	struct fl_str out;
	struct fl_digest d = fl_sha256(FL_STR("abc"));

	is_str(fl_hex(a, (struct fl_str){ (const char *)d.b, 32 }), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256 (FIPS 180-4)");
	/* RFC 4231, test case 2 */
	d = fl_hmac(FL_STR("Jefe"), FL_STR("what do ya want for nothing?"));
	is_str(fl_hex(a, (struct fl_str){ (const char *)d.b, 32 }), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "HMAC-SHA-256");
	is_str(fl_base64(a, FL_STR("foob")), "Zm9vYg==", "base64 (RFC 4648)");
	is_str(fl_base64url(a, FL_STR("\xff\xfe?")), "__4_", "base64url");
	ok(fl_base64_decode(a, FL_STR("Zm9vYg=="), &out) == FL_OK && fl_str_eq(out, FL_STR("foob")), "decodes");
	ok(fl_base64_decode(a, FL_STR("Zm9vYh=="), &out) == FL_INVALID && fl_base64_decode(a, FL_STR("Zm9"), &out) == FL_INVALID, "only canonical base64");
	ok(fl_base64url_decode(a, FL_STR("__4_"), &out) == FL_OK && out.n == 3, "decodes base64url");
	ok(fl_hex_decode(a, FL_STR("00ff"), &out) == FL_OK && fl_hex_decode(a, FL_STR("0g"), &out) == FL_INVALID, "hex");
}

static void secrets(struct fl_arena *a)
{
	struct fl_str secret = FL_STR("0123456789abcdef0123456789abcdef"), sealed, out;
	struct fl_uuid u = fl_uuid_new(), v = fl_uuid_new();
	char t[FL_UUID_TEXT], *changed, *hash;

	sealed = fl_seal(a, secret, 1, "mailbox", FL_STR("pass"));
	ok(fl_unseal(a, secret, "mailbox", sealed, &out) == FL_OK && fl_str_eq(out, FL_STR("pass")), "opens what it sealed");
	ok(fl_unseal(a, secret, "webhook", sealed, &out) == FL_INVALID, "bound to its purpose");
	changed = fl_strndup(a, sealed);
	changed[sealed.n - 1] ^= 1;
	ok(fl_unseal(a, secret, "mailbox", (struct fl_str){ changed, sealed.n }, &out) == FL_INVALID, "a changed tag is refused");
	fl_uuid_text(u, t);
	ok(fl_uuid_valid(fl_str(t)) && t[14] == '7' && memcmp(u.b, v.b, 16) != 0, "UUIDv7");
	ok(fl_password_hash(a, FL_STR("correct horse battery"), &hash) == FL_OK && strncmp(hash, "$2b$12$", 7) == 0, "bcrypt cost 12");
	ok(fl_password_check(a, FL_STR("correct horse battery"), hash) == FL_OK, "the right password");
	ok(fl_password_check(a, FL_STR("correct horse batterz"), hash) == FL_DENIED && fl_password_check(a, FL_STR("x"), NULL) == FL_DENIED, "wrong ones");
}

static void rows(struct fl_arena *a)
{
	static const struct fl_col cols[] = { { "s", FL_T_TEXT }, { "i", FL_T_INT }, { "t", FL_T_TIME }, { "f", FL_T_FLOAT }, { "d", FL_T_DATE } };
	struct fl_rows *r = fl_rows_new(a, cols, 5, 2);

	fl_rows_set_str(r, 0, 0, FL_STR("x"));
	fl_rows_set_int(a, r, 0, 1, -5);
	fl_rows_set_int(a, r, 0, 2, 1234567890);
	fl_rows_set_float(a, r, 0, 3, 0.25);
	fl_rows_set_int(a, r, 0, 4, 20000);
	ok(fl_rows_int(r, 0, 1) == -5 && fl_rows_time_us(r, 0, 2) == 1234567890 && fl_rows_int(r, 0, 4) == 20000, "integers, times and dates come back");
	fl_rows_set_str(r, 1, 2, (struct fl_str){ "\x7f\xff\xff\xff\xff\xff\xff\xff", 8 });
	ok(fl_rows_time_us(r, 1, 2) == INT64_MAX, "infinity is the largest time");
	ok(fl_rows_float(r, 0, 3) > 0.24 && fl_rows_float(r, 0, 3) < 0.26 && fl_rows_col(r, "f") == 3 && fl_rows_col(r, "zz") == -1, "floats and names");
}

static void trace(void)
{
	static const char *const bad[] = { "", "00-4bf92f3577b34da6a3ce929d0e0e4736", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1" };
	char id[33], again[33];
	int refused = 0;

	fl_trace_id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "r", id);
	ok(strcmp(id, "4bf92f3577b34da6a3ce929d0e0e4736") == 0, "a valid traceparent gives the trace");
	fl_trace_id("", "r", again);
	for (size_t i = 0; i < FL_COUNT(bad); i++) {
		fl_trace_id(bad[i], "r", id);
		refused += strcmp(id, again) == 0;
	}
	ok(refused == FL_COUNT(bad) && strlen(again) == 32, "a false one does not; the request id makes one, always the same");
	fl_trace_id("", "0af7651916cd43dd8448eb211c80319c", id);
	ok(strcmp(id, "0af7651916cd43dd8448eb211c80319c") == 0, "a request id of 32 digits is the trace");
	fl_trace_id("", "", id);
	ok(id[0] == '\0', "without both there is none");
}

static const char *signed_for(struct fl_arena *a, const char *url, const char *bucket)
{
	struct fl_conf conf = { .s3_url = url, .s3_bucket = bucket, .s3_region = "r", .s3_key = "k", .s3_secret = "s" };

	return fl_s3_presign(a, &conf, "GET", "one/two", 900, 1795165200 * FL_SECOND_US, NULL, NULL);
}

/* One address has one signature, however it is put together. */
static void store(struct fl_arena *a)
{
	const char *plain = signed_for(a, "https://h.example", "deep/down/b"), *port = signed_for(a, "https://h.example:443", "deep/down/b");

	ok(strncmp(plain, "https://h.example/deep/down/b/one/two?", 38) == 0 && strcmp(signed_for(a, "https://h.example/deep/down", "b"), plain) == 0,
	   "the path of a store's endpoint is signed as part of the path: %s", plain);
	ok(strncmp(port, "https://h.example:443/", 22) == 0 && strcmp(strchr(port, '?'), strchr(plain, '?')) == 0, "a port that goes without saying is not signed");
	ok(strcmp(strchr(signed_for(a, "http://h.example:443", "b"), '?'), strchr(signed_for(a, "http://h.example", "b"), '?')) != 0, "another is");
}

/* What is too long is cut, and the line is JSON all the same. */
static void log_lines(struct fl_arena *a)
{
	char *msg = fl_alloc(a, 100001), *line = fl_alloc(a, 100000);
	FILE *f = tmpfile();
	int err = dup(STDERR_FILENO);
	ssize_t n;

	memset(msg, '<', 100000);
	if (!f || err < 0 || dup2(fileno(f), STDERR_FILENO) < 0)
		return;
	fl_log_with(NULL, FL_ERROR, FL_STR("\"k\":1"), msg);
	(void)dup2(err, STDERR_FILENO);
	n = pread(fileno(f), line, 99999, 0);
	ok(n > 1000 && line[n - 1] == '\n' && fl_json_check(a, (struct fl_str){ line, n > 0 ? (size_t)n : 0 }, &fl_json_limits_api, NULL, NULL) == FL_OK, "a log line of a message of 100,000 signs is JSON");
	(void)fclose(f);
	(void)close(err);
}

/* A file that cannot be read now is not one that was changed: whoever is told so takes the document for damaged, for good. */
static void files(struct fl_arena *a)
{
	char dir[] = "/tmp/flfilesXXXXXX";
	struct fl_conf conf = { .data_dir = mkdtemp(dir) };
	const char *org = fl_fmt(a, "%s/files/o", dir), *odd = fl_fmt(a, "%s/odd", org), *hash = fl_sha256_hex(a, FL_STR("kept"));
	bool same = false;
	struct fl_cx cx;

	fl_cx_init(&cx, a, &conf, "", 60);
	ok(mkdir(fl_fmt(a, "%s/files", dir), 0700) == 0 && fl_file_put(&cx, "o", hash, FL_STR("kept")) == FL_OK, "a file is kept");
	ok(fl_file_same(&cx, "o", hash, &same) == FL_OK && same, "and is what was kept");
	ok(truncate(fl_fmt(a, "%s/%s", org, hash), 0) == 0 && fl_file_same(&cx, "o", hash, &same) == FL_OK && !same, "emptied it is not");
	ok(mkdir(odd, 0700) == 0 && fl_file_same(&cx, "o", "odd", &same) == FL_LATER, "one that cannot be read is to be looked at later");
	(void)rmdir(odd);
	(void)unlink(fl_fmt(a, "%s/%s", org, hash));
	(void)rmdir(org);
	(void)rmdir(fl_fmt(a, "%s/files", dir));
	(void)rmdir(dir);
}

/* A mail server that says no in Latin-1: the database would refuse the text, and with it what became of the mail. */
static void foreign(struct fl_arena *a)
{
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "", 60);
	(void)FL_FAIL(&cx, FL_INVALID, "refused: %s", "usuario no v\xe1lido");
	is_str(cx.err.text, "refused: usuario no v?lido", "what is no UTF-8 does not stay in a failure's text");
	(void)FL_FAIL(&cx, FL_INVALID, "refused: %s", "usuario no v\xc3\xa1lido");
	is_str(cx.err.text, "refused: usuario no v\xc3\xa1lido", "what is stays as it is");
	is_str(fl_log_masked(a, FL_STR("csp: \xff\xfe")).p, "csp: ??", "nor does it come into the log");
}

static void places(struct fl_arena *a)
{
	static const struct {
		const char *url, *place;
	} rows[] = {
		{ "https://desk.example.org", "desk.example.org:443" }, { "http://desk.example.org/a/b:c", "desk.example.org:80" }, { "http://127.0.0.1:8087/_publish", "127.0.0.1:8087" },
		{ "https://[2001:db8::1]/x", "[2001:db8::1]:443" },     { "http://[::1]:8087", "[::1]:8087" },
	};

	for (size_t i = 0; i < FL_COUNT(rows); i++)
		is_str(fl_url_place(a, fl_str(rows[i].url)), rows[i].place, rows[i].url);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new((size_t)8 << 20);

	arena();
	text(a);
	escapes(a);
	encodings(a);
	secrets(a);
	rows(a);
	trace();
	store(a);
	log_lines(a);
	files(a);
	foreign(a);
	places(a);
	fl_arena_free(a);
	return done();
}
