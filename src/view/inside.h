/* What the files of the view room share; no other room includes it (tests/view and tests/fuzz do). */
#ifndef FL_VIEW_INSIDE_H
#define FL_VIEW_INSIDE_H

#include "view/view.h"

/* --- parse.c: Mustache text to a tree --- */

enum node_kind { N_TEXT, N_VALUE, N_SECTION, N_INVERTED, N_PARTIAL, N_PARENT, N_BLOCK };

struct node {
	enum node_kind kind;
	bool raw;             /* {{{x}}} or {{&x}} */
	struct fl_str text;   /* of a text; else the name */
	struct fl_str indent; /* of a standalone partial, parent or block */
	int line;
	struct node *kids, *next;
};

enum parse_flag {
	PARSE_RAW = 1 << 0,     /* raw tags are allowed */
	PARSE_LENIENT = 1 << 1, /* unknown names and partials are empty, as the spec has it */
	PARSE_TEXT = 1 << 2,    /* plain text: nothing is escaped */
};

enum { DEPTH_MAX = 32 }; /* of nested tags, and of partials within partials */

/* Parses src. file is for messages. Nodes borrow src. FL_INVALID with file:line in cx->err. */
enum fl_rc view_parse(struct fl_cx *cx, const char *file, struct fl_str src, unsigned flags, struct node **out) FL_USE;

/* --- locale.c: catalogues --- */

enum { LOCALES = 2 }; /* en, es */
enum { EN, ES };

struct text_of_message; /* below */

struct message {
	struct fl_str key, text;
	const char *file;
	int line;
	const struct text_of_message *plain[2]; /* without values, for HTML and for plain text, once a page used it */
	struct message *next; /* in its bucket */
};

struct catalogue {
	const char *locale;
	struct message **bucket;
	size_t nbuckets, n;
};

extern const char *const view_locales[LOCALES];

void catalogue_init(struct fl_arena *a, struct catalogue *c, const char *locale);
/* Adds the lines of a .lang file. A line without '=' or a key given twice is FL_INVALID. Borrows src. */
enum fl_rc catalogue_read(struct fl_cx *cx, struct catalogue *c, const char *file, struct fl_str src) FL_USE;
/* FNV-1a. */
size_t name_hash(struct fl_str s);

/* NULL when there is none. */
struct message *catalogue_find(const struct catalogue *c, struct fl_str key);
/* Its text, {NULL, 0} when there is none. */
struct fl_str catalogue_get(const struct catalogue *c, struct fl_str key);
/* EN or ES; EN for anything else. */
int locale_index(const char *locale);
/* CLDR cardinal categories of English and Spanish: "one", "other". */
const char *plural_of(int64_t n);

/* --- open.c: everything read at start --- */
struct bound; /* below */

struct source_file {
	const char *name; /* "intake/list", "mail/reply.txt" */
	const char *file; /* for messages: "templates/intake/list.html" */
	struct fl_str src;
	unsigned flags;
	struct node *nodes;
	struct source_file *next; /* in its bucket */
};

struct asset {
	const char *name, *address; /* "app.css", "/static/0123456789/app.css" */
	struct asset *next;
};

enum { FILE_BUCKETS = 512 };
struct fl_view {
	struct source_file *file[FILE_BUCKETS];
	int nfiles;
	struct asset *assets;
	struct catalogue cat[LOCALES];
	const char *only;         /* the folder of templates that is read; NULL: all */
	struct fl_arena *scratch; /* of the template being bound */
	struct bound *bound;
};

const struct source_file *view_find(const struct fl_view *v, struct fl_str name);
/* Parses src and adds it as a template. */
enum fl_rc view_add(struct fl_cx *cx, struct fl_view *v, const char *name, const char *file, struct fl_str src, unsigned flags) FL_USE;
/* A view with nothing in it. */
struct fl_view *view_new(struct fl_cx *cx);

/* --- bind.c, name.c, message.c: a tree and a shape to a list of steps --- */

enum value_kind {
	V_CELL,
	V_FORM,
	V_WRONG,
	V_CAN,
	V_ERROR_FIELD,
	V_ERROR_MESSAGE,
	V_CONST,
	V_MESSAGE,
	V_EMPTY,
};

enum format {
	F_NONE,
	F_AGO,
	F_CLOCK,
	F_DATE,
	F_DATETIME,
	F_ISO,
	F_DUE,
	F_NUM,
	F_PCT,
	F_BYTES,
	F_MS,
	F_SPAN,
	F_MONEY,
	F_SURE,
	F_INITIALS,
	F_URL,
	F_SHORT,
	F_MARKS,
	F_REPEAT,
	F_MESSAGE, /* t.PREFIX */
};

/* Values and steps are small: a page has some five hundred, and all pages are held. */
struct value {
	enum value_kind kind : 8;
	enum format format : 8;
	enum fl_type type : 8; /* of a cell */
	signed char bit;       /* of V_CAN */
	short set, col;        /* of a cell; set -1: none. Of V_FORM: the column to fall back on */
	short col2;            /* NAME_currency, NAME_marks; -1: none */
	union {
		struct fl_str arg; /* form and wrong: the field; F_MESSAGE: the prefix with its dot; V_CONST: the text */
		const struct text_of_message *message[LOCALES]; /* of V_MESSAGE */
	};
};

/* A message ready to be filled: literal, value, literal, value ... */
struct message_part {
	struct fl_str text; /* before the value */
	const struct value *value; /* NULL: no value */
};
struct message_form {
	int n;
	const struct message_part *part;
};
struct text_of_message {
	const struct value *count; /* NULL: no plural */
	struct message_form one, other;
};

enum step_kind {
	S_TEXT,
	S_VALUE,
	S_EACH,        /* rows of a set */
	S_EACH_ERROR,  /* wrong fields */
	S_NONE,        /* the set is empty */
	S_NO_ERROR,
	S_IF,
	S_UNLESS,
	S_PART,        /* the steps of a partial that templates share */
};

struct step {
	enum step_kind kind : 8;
	bool raw;           /* S_VALUE: not escaped */
	bool equal, differ; /* S_IF: on `text` */
	short set;          /* S_EACH, S_NONE */
	short parent;       /* S_EACH, S_NONE: rows under the current row of that set; -1: all */
	int span;           /* of a section: its steps, with this one */
	struct fl_str text; /* S_TEXT; what to compare with */
	union {
		struct value value;
		const struct part *part; /* S_PART */
	};
};

/* A partial that can be bound against nothing but the two sets all pages have is bound once and shared: the frame is most of what a page has. */
struct part {
	const struct source_file *file;
	const struct fl_shape_set *base; /* where those two stand */
	bool text;                       /* not HTML */
	bool shared;                     /* else it reads what is a page's own, and is bound for each */
	const struct step *step;
	int n;
	uint64_t rights; /* it asks for */
	struct part *next;
};

enum { RIGHTS_MAX = 64, SETS_SHARED = 2 };

/* What binding keeps from one template to the next. */
struct bound {
	struct step *step; /* room for those of the template being bound */
	int cap;
	struct part *parts;
	int nrights;
	const char *right[RIGHTS_MAX]; /* " intake.read ": those that templates ask for */
};

struct fl_template {
	const struct fl_view *view;
	const struct fl_shape *shape;
	const struct step *step;
	int n;
	bool text; /* not HTML */
	uint64_t rights; /* it asks for, by their number in bound */
};

struct bind {
	struct fl_cx *cx;
	const struct fl_view *v;
	const struct fl_shape *shape;
	struct fl_template *t;
	unsigned flags;
	const char *file;
	int line;
	int n;    /* steps in bound */
	bool for_all; /* a partial is being bound for all pages; shape has only the sets that they share */
	int open[DEPTH_MAX * 2], nopen; /* sets whose rows are being gone through; SET_ERRORS */
	int depth;
	bool in_message; /* a placeholder is being resolved */
};

enum { SET_ERRORS = FL_SHAPE_MAX };

/* Resolves an interpolation "name" or "name:FORMAT". */
enum fl_rc name_value(struct bind *b, struct fl_str name, struct value *out) FL_USE;
/* The set a section is on, SET_ERRORS, or -1. */
int name_set(const struct bind *b, struct fl_str name);
/* A message with its placeholders resolved; escaped for HTML unless b is plain text. */
enum fl_rc name_message(struct bind *b, struct fl_str key, struct value *out) FL_USE;

/* --- zone.c: RFC 8536 --- */

struct zone {
	const unsigned char *times, *kinds, *infos; /* of the 64-bit block; NULL: UTC */
	size_t ntimes, ninfos;
	struct fl_str rule;      /* the POSIX TZ footer */
	int64_t from_s, until_s; /* what the last answer holds for */
	int32_t offset_s;
};

/* Loads an IANA zone; an unknown or ill-named one is UTC. Memory from a. */
void zone_load(struct fl_arena *a, const char *name, struct zone *z);
/* Seconds east of UTC at that moment. */
int32_t zone_offset(struct zone *z, int64_t at_s);
/* From the text of a POSIX TZ rule (zone_rule.c): the offset at that moment; 0 when the rule is malformed. */
int32_t zone_rule_offset(struct fl_str rule, int64_t at_s);

struct civil {
	int year, month, day, hour, minute, second, weekday; /* weekday 0: Sunday */
	int64_t days; /* since 1970-01-01 */
};

/* A moment of local seconds as a date. */
struct civil civil_of(int64_t local_s);
/* Days since 1970-01-01 of a date of the Gregorian calendar. */
int64_t days_of(int year, int month, int day);

/* --- render.c, format.c --- */

struct render {
	const struct fl_template *t;
	const struct fl_model *m;
	struct fl_buf *out;
	int row[FL_SHAPE_MAX + 1];       /* the current one; of SET_ERRORS: number in posted */
	const int *first[FL_SHAPE_MAX];  /* of a child set, by the parent's row: first child, -1 none */
	const int *after[FL_SHAPE_MAX];  /* by the child's row: the next of the same parent */
	uint64_t rights;
	int locale;
	bool zone_loaded, today_known;
	int64_t today; /* days since 1970-01-01 in the reader's zone */
	struct zone zone;
};

/* Writes a cell by its format; it is not null, except for F_SURE. */
void format_value(struct render *r, const struct value *v, bool raw);
/* format_time.c: in the reader's zone and words; a date is days since 1970-01-01. */
void format_time(struct render *r, enum format f, int64_t at_us);
void format_days(struct render *r, enum format f, int64_t days);
/* format_number.c */
void format_grouped(int locale, int64_t v, struct fl_buf *out);
void format_fixed(int locale, double v, int places, struct fl_buf *out);
void format_money(int locale, int64_t minor, struct fl_str currency, struct fl_buf *out);
void format_bytes(int locale, int64_t v, struct fl_buf *out);
void format_ms(int locale, int64_t v, struct fl_buf *out);
void format_span(int locale, int64_t minutes, struct fl_buf *out);
/* format_repeat.c: an RRULE (RFC 5545, 3.3.10) in the reader's words; one we have no words for stands in them as it is. Memory of r->out. */
struct fl_str format_repeat(struct render *r, struct fl_str rule);
/* A message by key in the reader's locale, else English; the key itself when there is none. */
struct fl_str render_message(const struct render *r, struct fl_str key);
/* link.c: links the rows of child sets to their parents. Memory from a. */
void link_children(struct fl_arena *a, const struct fl_shape *shape, const struct fl_model *m, const int **first, const int **after);
/* The text of a cell, whatever its type; scratch is for those that are not text. */
struct fl_str cell_text(const struct fl_rows *rows, int row, int col, char scratch[40]);

#endif
