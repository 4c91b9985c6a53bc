/* The chain of an export, verified without a database. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

#define BEGINS "\"fairlead_audit\""

enum { LINE_BYTES = 1 << 20, ORDERS_MAX = 256, WINDOW_ROWS = 5000 };

/* The rows one erasure took words from, as far as the file has come: sql/schema/105_privacy_audit.sql says what vouches for them. */
struct erasure {
	char order[FL_UUID_TEXT];
	struct fl_digest digest;
	int64_t rows;
	bool vouched;
};

struct chain {
	struct fl_arena *a; /* of this line */
	const char *file;
	char org[FL_UUID_TEXT];
	struct fl_digest before; /* the hash of the row before */
	int64_t seq, rows, faults;
	bool ended;
	struct erasure *erasures;
	int nerasures;
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

/* SHA-256 of what comes before, if anything, and of the row as fl_audit_canonical in sql/schema/002_ledger.sql writes it. */
static struct fl_digest hash_of(struct chain *c, const struct fl_digest *before, struct json_object *o)
{
	static const char *const names[] = { "id", "at_us", "actor_type", "actor_id", "action", "subject_kind", "subject_id", "detail", "request_id" };
	struct fl_buf b = fl_buf(c->a, LINE_BYTES * 2);

	if (before)
		fl_buf_str(&b, fl_digest_str(before));
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

static struct erasure *erasure_of(struct chain *c, const char *order)
{
	struct erasure *e;

	for (int i = 0; i < c->nerasures; i++)
		if (strcmp(c->erasures[i].order, order) == 0)
			return &c->erasures[i];
	if (c->nerasures == ORDERS_MAX)
		return NULL;
	e = &c->erasures[c->nerasures++];
	memcpy(e->order, order, strnlen(order, sizeof(e->order) - 1));
	e->digest = fl_sha256(fl_str(order));
	return e;
}

/* One erasure's entry of a redacted row goes into its digest. False when it is not of this row. */
static bool take_redaction(struct chain *c, struct json_object *r, const struct fl_digest *hash, struct fl_digest *after)
{
	struct erasure *e = erasure_of(c, member(r, "order"));
	struct fl_digest before;
	struct fl_buf b = fl_buf(c->a, sizeof(struct fl_digest) * 4 + 1);

	if (!e || !take_hash(c, r, "before", &before) || !take_hash(c, r, "after", after) || memcmp(before.b, c->before.b, sizeof(before.b)) != 0)
		return false;
	fl_buf_str(&b, fl_digest_str(&e->digest));
	fl_buf_str(&b, fl_digest_str(&before));
	fl_buf_str(&b, fl_digest_str(hash));
	fl_buf_str(&b, fl_digest_str(after));
	e->digest = fl_sha256(fl_buf_get(&b));
	e->rows++;
	e->vouched = false;
	return true;
}

/* A row that lost words: what is left of it is what its last erasure left. */
static bool redacted(struct chain *c, struct json_object *o, struct json_object *list, const struct fl_digest *hash)
{
	struct fl_digest after = { { 0 } }, is = hash_of(c, NULL, o);

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!take_redaction(c, json_object_array_get_idx(list, i), hash, &after))
			return false;
	return memcmp(after.b, is.b, sizeof(is.b)) == 0;
}

/* A row audit.redact: its digest must be the one come to here, once all the rows it tells of were seen. */
static void vouch(struct chain *c, struct json_object *o)
{
	struct erasure *e = erasure_of(c, member(o, "subject_id"));
	struct json_object *detail;

	if (!e || fl_json_parse(c->a, fl_str(member(o, "detail")), &fl_json_limits_api, &detail, NULL) != FL_OK || fl_json_int(detail, "rows", 0) != e->rows)
		return;
	e->vouched = fl_str_eq(fl_json_str(detail, "digest"), fl_str(fl_hex(c->a, fl_digest_str(&e->digest))));
	if (!e->vouched)
		fault(c, "rows that were redacted, or the rows before them, were changed");
}

static void check_erasures(struct chain *c)
{
	for (int i = 0; i < c->nerasures; i++) {
		const struct erasure *e = &c->erasures[i];

		if (e->rows && !e->vouched && c->rows < WINDOW_ROWS)
			fault(c, "rows were redacted, and no row of the chain vouches for them");
		else if (e->rows && !e->vouched)
			printf("%s: what vouches for %lld redacted rows comes in a later part of the chain\n", c->file, (long long)e->rows);
	}
}

static void check_row(struct chain *c, struct json_object *o)
{
	struct json_object *list = fl_json_get(o, "redacted");
	int64_t seq = json_object_get_int64(fl_json_get(o, "seq"));
	struct fl_digest is, said;

	if (seq != c->seq + 1)
		fault(c, seq <= c->seq ? "the order of the rows was changed" : "rows after this one were removed");
	c->seq = seq;
	c->rows++;
	is = hash_of(c, &c->before, o);
	if (!take_hash(c, o, "hash", &said)) {
		fault(c, "its hash is damaged");
		said = is;
	} else if (list && json_object_is_type(list, json_type_array) ? !redacted(c, o, list, &said) : memcmp(said.b, is.b, sizeof(is.b)) != 0) {
		fault(c, "the row, or the one before it, was changed");
	}
	if (strcmp(member(o, "action"), "audit.redact") == 0)
		vouch(c, o);
	c->before = said; /* what the file says, so that one fault is told once */
}

static const char *head(struct chain *c)
{
	return fl_hex(c->a, fl_digest_str(&c->before));
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
	struct fl_arena *a = fl_arena_new(4 << 20);
	struct chain c = { .file = file, .erasures = FL_NEW_ARRAY(a, ORDERS_MAX, struct erasure) };
	char *line = fl_alloc(a, LINE_BYTES);
	FILE *f = fopen(file, "re");
	bool foreign = false;

	if (!f) {
		fprintf(stderr, "fairlead: %s cannot be read\n", file);
		fl_arena_free(a);
		return 2;
	}
	while (fgets(line, LINE_BYTES, f)) {
		struct fl_str text = fl_str_trim(fl_str(line));

		foreign = text.n && !c.org[0] && !memmem(text.p, text.n, BEGINS, sizeof(BEGINS) - 1);
		if (foreign)
			break;
		c.a = fl_arena_new(8 << 20);
		if (text.n)
			check_line(&c, text);
		fl_arena_free(c.a);
	}
	(void)fclose(f);
	if (foreign || !c.org[0]) {
		fprintf(stderr, "fairlead: %s does not begin as an export of the audit log; /admin/audit makes them, as NDJSON\n", file);
		fl_arena_free(a);
		return 2;
	}
	if (!c.ended)
		fault(&c, "the end is missing");
	check_erasures(&c);
	c.a = a;
	printf("%s: %s, %lld rows, the last is %s\n", file, c.faults ? "BROKEN" : "whole", (long long)c.rows, head(&c));
	fl_arena_free(a);
	return c.faults ? 1 : 0;
}
