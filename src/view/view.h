/* Pages out of row sets. Templates, catalogues and asset names are read once at start and are constant from then on.
 * Template language: Mustache (the public spec, with inheritance), plus what docs/architecture.md lists. */
#ifndef FL_VIEW_VIEW_H
#define FL_VIEW_VIEW_H

#include "base/cx.h"
#include "base/buf.h"
#include "base/rows.h"

struct fl_view;     /* everything under share_dir/templates, with locale catalogues and asset hashes */
struct fl_template; /* one template with its layout and partials, resolved against one shape */

enum { FL_SHAPE_MAX = 24 };

/* The sets a page has, known at start. Set 0 is always the one-row set "page". */
struct fl_shape_set {
	const char *name;
	const struct fl_col *cols;
	int ncols;
	bool one;          /* exactly one row: {{name.col}} and bare {{col}} work */
	const char *under; /* child of that set: rows whose column `by` equals the parent's `id` */
	const char *by;
};
struct fl_shape {
	int n;
	struct fl_shape_set set[FL_SHAPE_MAX];
};

/* A value posted by a form that is shown again. */
struct fl_posted {
	const char *name;
	struct fl_str value;
	const char *wrong; /* message key, NULL when fine */
};

struct fl_model {
	const struct fl_rows *set[FL_SHAPE_MAX]; /* by position in the shape; NULL: empty */
	const char *locale, *zone; /* the reader's */
	const char *dates;    /* how the reader writes a date: "YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY" or "DD.MM.YYYY"; NULL or anything else: in words */
	const char *currency; /* ISO 4217, of amounts that name none; may be NULL */
	int64_t now_us;
	const char *rights; /* permissions of the reader, separated and surrounded by spaces: " intake.read board.move " */
	const struct fl_posted *posted; /* NULL: nothing was posted */
	int nposted;
};

/* Reads and compiles all templates (share_dir/templates/ **.html by their path without ending, **.txt by their whole path and
 * unescaped), catalogues (share_dir/templates/locale/ *.lang) and hashes the files of share_dir/static. Unclosed sections and bad
 * catalogues are FL_INVALID, with file and line in cx->err. With `only` a folder ("mail"; NULL: everything) it is those templates and all
 * catalogues, without assets. Lives in cx->a (the process arena). */
enum fl_rc fl_view_open(struct fl_cx *cx, const char *share_dir, const char *only, const struct fl_view **out) FL_USE;

/* Resolves a template ("intake/list") against a shape. A name that is no column, message or asset and an unknown
 * partial are FL_INVALID with file and line. At start only. */
enum fl_rc fl_view_bind(struct fl_cx *cx, const struct fl_view *v, const char *name, const struct fl_shape *shape,
                        const struct fl_template **out) FL_USE;

/* Writes the page. */
void fl_view_html(const struct fl_template *t, const struct fl_model *m, struct fl_buf *out);

/* Writes the sets from position `from` on as one JSON object: one-row sets as objects, others as arrays, children nested. Times as
 * RFC 3339 UTC, uuids as text, jsonb as it is. Columns whose name starts with '_' are left out. */
void fl_view_json(const struct fl_shape *shape, const struct fl_model *m, int from, struct fl_buf *out);

/* A message of a catalogue with {name} placeholders filled from pairs (name, value, ..., NULL); falls back to English, then to the
 * key itself. Owned by a. */
const char *fl_view_message(const struct fl_view *v, struct fl_arena *a, const char *locale, const char *key, ...) __attribute__((sentinel));

/* The best of the locales shipped for an Accept-Language header (RFC 9110, 12.5.4), or `fallback`. Static. */
const char *fl_view_locale(const struct fl_view *v, const char *accept_language, const char *fallback);

#endif
