/* The chain of an export, verified without a database. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

enum { LINE_BYTES = 1 << 20 };

struct chain {
	struct fl_arena *a; /* of this line */
	const char *file;
	char org[FL_UUID_TEXT];
	struct fl_digest before; /* the hash of the row before */
	int64_t seq, rows, faults;
	bool ended;
};

static const char *member(struct json_object *o, const char *name)
{
	struct json_object *v = fl_json_get(o, name);

	return v ? json_object_get_string(v) : "-";
}

static void fault(struct chain *c, const char *what)
{
	printf("%s: row %lld: %s\n", c->file, (long long)c->seq, what);
	c->faults++;
}

/* As fl_audit_canonical in sql/schema/002_ledger.sql. */
static struct fl_digest hash_of(struct chain *c, struct json_object *o)
{
	static const char *const names[] = { "id", "at_us", "actor_type", "actor_id", "action", "subject_kind", "subject_id", "detail", "request_id" };
	struct fl_buf b = fl_buf(c->a, LINE_BYTES * 2);

	fl_buf_str(&b, (struct fl_str){ (const char *)c->before.b, sizeof(c->before.b) });
	fl_buf_puts(&b, c->org);
	for (size_t i = 0; i < FL_COUNT(names); i++) {
		fl_buf_putc(&b, '\x1f');
		fl_buf_puts(&b, member(o, names[i]));
	}
	return fl_sha256(fl_buf_get(&b));
}

/* False when the member is no hash. */
static bool take_hash(struct chain *c, struct json_object *o, const char *name, struct fl_digest *out)
{
	struct fl_str bytes;

	if (fl_hex_decode(c->a, fl_str(member(o, name)), &bytes) != FL_OK || bytes.n != sizeof(out->b))
		return false;
	memcpy(out->b, bytes.p, sizeof(out->b));
	return true;
}

static void check_row(struct chain *c, struct json_object *o)
{
	int64_t seq = json_object_get_int64(fl_json_get(o, "seq"));
	struct fl_digest is, said;

	if (seq != c->seq + 1)
		fault(c, seq <= c->seq ? "the order of the rows was changed" : "rows after this one were removed");
	c->seq = seq;
	c->rows++;
	is = hash_of(c, o);
	if (!take_hash(c, o, "hash", &said)) {
		fault(c, "its hash is damaged");
		said = is;
	} else if (memcmp(said.b, is.b, sizeof(is.b)) != 0) {
		fault(c, "the row, or the one before it, was changed");
	}
	c->before = said; /* what the file says, so that one fault is told once */
}

static const char *head(struct chain *c)
{
	return fl_hex(c->a, (struct fl_str){ (const char *)c->before.b, sizeof(c->before.b) });
}

static void check_line(struct chain *c, struct fl_str text)
{
	struct json_object *o;

	if (fl_json_parse(c->a, text, &fl_json_limits_api, &o, NULL) != FL_OK || c->ended) {
		fault(c, c->ended ? "there is more after the end" : "this line is no JSON");
	} else if (fl_json_get(o, "fairlead_audit")) {
		memcpy(c->org, member(o, "org"), strnlen(member(o, "org"), sizeof(c->org) - 1));
		c->seq = json_object_get_int64(fl_json_get(o, "from")) - 1;
		if (!take_hash(c, o, "before", &c->before))
			fault(c, "the first line is damaged");
	} else if (fl_json_get(o, "rows")) {
		c->ended = true;
		if (json_object_get_int64(fl_json_get(o, "rows")) != c->rows || (c->rows && strcmp(member(o, "head"), head(c)) != 0))
			fault(c, "rows at the end were removed or added");
	} else {
		check_row(c, o);
	}
}

int ctl_audit_file(const char *file)
{
	struct chain c = { .file = file };
	struct fl_arena *a = fl_arena_new(4 << 20);
	char *line = fl_alloc(a, LINE_BYTES);
	FILE *f = fopen(file, "re");

	if (!f) {
		fprintf(stderr, "fairlead: %s cannot be read\n", file);
		fl_arena_free(a);
		return 2;
	}
	while (fgets(line, LINE_BYTES, f)) {
		struct fl_str text = fl_str_trim(fl_str(line));

		c.a = fl_arena_new(8 << 20);
		if (text.n)
			check_line(&c, text);
		fl_arena_free(c.a);
	}
	(void)fclose(f);
	if (!c.ended)
		fault(&c, "the end is missing");
	c.a = a;
	printf("%s: %s, %lld rows, the last is %s\n", file, c.faults ? "BROKEN" : "whole", (long long)c.rows, head(&c));
	fl_arena_free(a);
	return c.faults ? 1 : 0;
}
