/* A collection of vectors as a file: a line "fairlead-vectors 1 MODEL DIMS", a line "HASH VECTOR" in hex for each, a line "end COUNT". */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "ctl/ctl.h"

enum { PAGE = 200, PART_BYTES = 64 << 20, LINE_BYTES = 64 * 1024, MODEL_BYTES = 96, DIMS_MAX = 4096 };

int ctl_collection_snapshot(struct ctl *c)
{
	const char *org = ctl_arg(c, 0), *model = ctl_arg(c, 1);
	char after[65] = "";
	int64_t n = 0;

	if (!org || !model) {
		fputs("usage: fairlead collection snapshot SHORT-NAME MODEL > FILE\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	for (bool more = true; more;) {
		struct fl_arena *a = fl_arena_new(PART_BYTES);
		struct fl_cx cx = *c->cx;
		struct fl_rows *r;

		cx.a = a;
		if (fl_db_run(&cx, c->db, q_collection_page(fl_str(org), fl_str(model), fl_str(after), PAGE), &r) != FL_OK) {
			c->cx->err = cx.err;
			return ctl_fail(c, "collection snapshot");
		}
		for (int i = 0; i < r->nrows; i++, n++) {
			if (n == 0)
				printf("fairlead-vectors 1 %s %lld\n", model, (long long)fl_rows_int(r, i, COLLECTION_PAGE_DIMS));
			printf("%s %s\n", fl_rows_dup(a, r, i, COLLECTION_PAGE_HASH), fl_rows_dup(a, r, i, COLLECTION_PAGE_VECTOR));
		}
		more = r->nrows == PAGE;
		if (r->nrows)
			memcpy(after, fl_rows_dup(a, r, r->nrows - 1, COLLECTION_PAGE_HASH), sizeof(after));
		fl_arena_free(a);
	}
	if (n == 0) {
		fprintf(stderr, "fairlead: %s has no vectors of %s; /admin/collections lists what there is\n", org, model);
		return 1;
	}
	printf("end %lld\n", (long long)n);
	return 0;
}

struct restoring {
	struct ctl *c;
	const char *org;
	char model[MODEL_BYTES], line[LINE_BYTES];
	int64_t dims, n;
};

static bool is_hex(struct fl_str s, size_t n)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return s.n == n;
}

/* The next lines to the database. 1: there may be more; 0: the end was reached and is right; -1: the file is not whole. */
static int take_lines(struct restoring *r, struct fl_cx *cx, enum fl_rc *rc)
{
	struct fl_buf b = fl_buf(cx->a, PART_BYTES / 2);
	struct fl_jw w = fl_jw(&b);
	int got = 1, lines = 0;
	struct fl_rows *rows;

	fl_jw_open(&w, NULL, '[');
	while (got == 1 && lines < PAGE) {
		struct fl_str vector = { r->line, 0 }, hash;
		int64_t said;

		if (!fgets(r->line, sizeof(r->line), stdin)) {
			got = -1;
			break;
		}
		vector = fl_str_trim(fl_str(r->line));
		hash = fl_str_cut(&vector, ' ');
		if (fl_str_eq(hash, FL_STR("end"))) {
			got = fl_str_int(vector, 1, INT64_MAX, &said) == FL_OK && said == r->n + lines ? 0 : -1;
			break;
		}
		if (!is_hex(hash, 64) || !is_hex(vector, (size_t)r->dims * 8)) {
			got = -1;
			break;
		}
		fl_jw_open(&w, NULL, '[');
		fl_jw_str(&w, NULL, hash);
		fl_jw_str(&w, NULL, vector);
		fl_jw_close(&w, ']');
		lines++;
	}
	fl_jw_close(&w, ']');
	r->n += lines;
	*rc = got >= 0 && lines ? fl_db_run(cx, r->c->db, q_collection_put(fl_str(r->org), fl_str(r->model), r->dims, fl_buf_get(&b)), &rows) : FL_OK;
	return got;
}

static bool take_head(struct restoring *r)
{
	struct fl_str rest, model;

	if (!fgets(r->line, sizeof(r->line), stdin))
		return false;
	rest = fl_str_trim(fl_str(r->line));
	if (!fl_str_eq(fl_str_cut(&rest, ' '), FL_STR("fairlead-vectors")) || !fl_str_eq(fl_str_cut(&rest, ' '), FL_STR("1")))
		return false;
	model = fl_str_cut(&rest, ' ');
	if (!model.n || model.n >= sizeof(r->model) || !fl_str_utf8(model) || fl_str_int(rest, 1, DIMS_MAX, &r->dims) != FL_OK)
		return false;
	memcpy(r->model, model.p, model.n);
	return true;
}

int ctl_collection_restore(struct ctl *c)
{
	struct restoring *r = FL_NEW(c->cx->a, struct restoring);
	struct fl_rows *rows;
	int got = 1;

	r->c = c;
	r->org = ctl_arg(c, 0);
	if (!r->org) {
		fputs("usage: fairlead collection restore SHORT-NAME < FILE\n", stderr);
		return 2;
	}
	if (!take_head(r)) {
		fputs("fairlead: this is no snapshot of a collection\n", stderr);
		return 1;
	}
	if (!ctl_db(c))
		return 1;
	while (got == 1) {
		struct fl_arena *a = fl_arena_new(PART_BYTES);
		struct fl_cx cx = *c->cx;
		enum fl_rc rc;

		cx.a = a;
		got = take_lines(r, &cx, &rc);
		if (rc != FL_OK) {
			c->cx->err = cx.err;
			return ctl_fail(c, "collection restore");
		}
		fl_arena_free(a);
	}
	if (got < 0) {
		fprintf(stderr, "fairlead: the snapshot is cut off or damaged after %lld vectors; nothing was made anew\n", (long long)r->n);
		return 1;
	}
	if (fl_db_run(c->cx, c->db, q_collection_restored(fl_str(r->org), fl_str(r->model), r->dims), &rows) != FL_OK)
		return ctl_fail(c, "collection restore");
	printf("%lld vectors taken; %lld passages have one of %s now\n", (long long)r->n, (long long)fl_rows_int(rows, 0, COLLECTION_RESTORED_N), r->model);
	return 0;
}
