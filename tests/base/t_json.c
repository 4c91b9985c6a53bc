/* Strict JSON: what RFC 8259 refuses, and what json-c alone lets pass. */
#include <json-c/json.h>

#include "base/json.h"
#include "tests/tap.h"

static const char *const good[] = {
	"{}", "[]", "null", "42", "-0", "0.5", "1e9", "-1.5E-3", "\"\"", "\"\\u00e9\\ud83d\\ude00\"", " { \"a\" : [ 1 , true , { } ] } ",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "{\"a\":1,\"b\":1}",
};
static const char *const bad[] = {
	"", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "'a'", "NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "1e", "0x10", "tru", "True",
	"\"\t\"", "\"a\nb\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u0000\"", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "1 2", "[1] x",
	"// c\n1", "/* c */ 1", "\"\xff\"", "\"\xc0\xaf\"", "\xef\xbb\xbf{}", "[1 2]", "{\"a\" 1}", "{1:1}", "\"open",
};

static enum fl_rc check(struct fl_arena *a, struct fl_str s)
{
	const char *why;
	size_t at;

	return fl_json_check(a, s, &fl_json_limits_api, &why, &at);
}

static struct fl_str nested(struct fl_arena *a, int depth)
{
	struct fl_buf b = fl_buf(a, 1 << 20);

	for (int i = 0; i < depth; i++)
		fl_buf_putc(&b, '[');
	for (int i = 0; i < depth; i++)
		fl_buf_putc(&b, ']');
	return fl_buf_get(&b);
}

static void writer(struct fl_arena *a)
{
	struct fl_buf b = fl_buf(a, 1024);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	fl_jw_cstr(&w, "s", "a\"</b>\n");
	fl_jw_int(&w, "i", INT64_MIN);
	fl_jw_open(&w, "l", '[');
	fl_jw_bool(&w, NULL, true);
	fl_jw_null(&w, NULL);
	fl_jw_close(&w, ']');
	fl_jw_double(&w, "d", 0.1);
	fl_jw_close(&w, '}');
	is_str(fl_buf_cstr(&b), "{\"s\":\"a\\\"\\u003c/b\\u003e\\n\",\"i\":-9223372036854775808,\"l\":[true,null],\"d\":0.1}", "writer escapes and separates");
	ok(check(a, fl_buf_get(&b)) == FL_OK, "what is written is taken");
}

/* Each ASCII character at each place of a text longer than the writer's stride, and the two line separators: as json-c reads it, it is what was written. */
static void escapes(struct fl_arena *a)
{
	static const char *const marks[] = { "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x82\xac", "\xc3\xb1" };
	int same = 0, raw = 0, n = 0;

	for (int c = 1; c < 0x80 + (int)FL_COUNT(marks); c++) {
		for (size_t at = 0; at < 20; at++, n++) {
			const char one[] = { (char)c, 0 };
			const char *mark = c < 0x80 ? one : marks[c - 0x80];
			const char *text = fl_fmt(a, "%.*s%s%.*s", (int)at, "abcdefghijklmnopqrst", mark, (int)(20 - at), "ABCDEFGHIJKLMNOPQRST");
			struct fl_buf b = fl_buf(a, 1024);
			struct json_object *o;

			fl_buf_json(&b, fl_str(text));
			o = json_tokener_parse(fl_buf_cstr(&b));
			same += o && strcmp(json_object_get_string(o), text) == 0;
			raw += strpbrk(fl_buf_cstr(&b), "<>&\n\x7f") || strstr(fl_buf_cstr(&b), "\xe2\x80\xa8");
			json_object_put(o);
		}
	}
	ok(same == n && raw == 0, "%d texts come back as they were, none with a raw sign of HTML or end of line: %d, %d", n, same, raw);
}

/* As many objects as fit: what they cost is a few times their bytes, wherever they stand, and names that are told apart only unescaped are. */
static void many_objects(void)
{
	struct fl_arena *a = fl_arena_new((size_t)64 << 20);
	struct fl_buf b = fl_buf(a, 1 << 20);
	const char *why = "";
	size_t before;

	fl_buf_putc(&b, '[');
	for (int i = 0; i < 14; i++) {
		fl_buf_puts(&b, i ? ",[" : "[");
		for (int k = 0; k < 9000; k++)
			fl_buf_puts(&b, k ? ",{\"\":0}" : "{\"\\u0061\":{\"a\":[{\"a\":1,\"b\":2}]},\"b\":{\"a\":1}}");
		fl_buf_putc(&b, ']');
	}
	fl_buf_putc(&b, ']');
	before = fl_arena_used(a);
	ok(!b.over && fl_json_check(a, fl_buf_get(&b), &(struct fl_json_limits){ .bytes = 1 << 20, .depth = 16, .keys = 10000 }, NULL, NULL) == FL_OK,
	   "126,000 objects in one document are fine where their number is not limited");
	ok(fl_arena_used(a) - before < 4 * b.n, "and cost %zu bytes of memory for %zu of text", fl_arena_used(a) - before, b.n);
	ok(fl_json_check(a, fl_buf_get(&b), &fl_json_limits_api, &why, NULL) == FL_INVALID && strcmp(why, "too many values") == 0, "and refused by an API: each would be an object of a tree");
	ok(check(a, FL_STR("{\"b\":{\"a\":1},\"a\":{\"b\":[{\"a\":1}]},\"\\u0062\":1}")) == FL_INVALID, "a name is compared with those of its own object, the ones before its members");
	fl_arena_free(a);
}

int main(void)
{
	struct fl_arena *a = fl_arena_new((size_t)64 << 20);
	struct json_object *o;
	const char *why = NULL;

	for (size_t i = 0; i < FL_COUNT(good); i++)
		ok(check(a, fl_str(good[i])) == FL_OK, "takes %s", good[i]);
	for (size_t i = 0; i < FL_COUNT(bad); i++)
		ok(check(a, fl_str(bad[i])) == FL_INVALID, "refuses case %zu", i);
	ok(check(a, (struct fl_str){ "\"a\0b\"", 5 }) == FL_INVALID, "refuses NUL");
	ok(check(a, nested(a, 16)) == FL_OK && check(a, nested(a, 17)) == FL_INVALID, "16 levels are the limit");
	ok(check(a, nested(a, 200000)) == FL_INVALID, "deep nesting does not use up the stack");
	ok(fl_json_parse(a, FL_STR("{\"a\":{\"b\":[1,\"x\"]},\"n\":7}"), &fl_json_limits_api, &o, &why) == FL_OK, "parses");
	ok(fl_json_int(o, "n", 0) == 7 && fl_json_int(o, "a", -1) == -1 && fl_json_int(o, "zz", -1) == -1, "reads members");
	ok(fl_json_get(o, "a.b") && !fl_json_get(o, "a.c"), "follows a path");
	writer(a);
	escapes(a);
	many_objects();
	fl_arena_free(a);
	return done();
}
