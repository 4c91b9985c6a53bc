#include "llm/mask.h"

#include <string.h>

#include "base/json.h"
#include "llm/mask_shape.h"

enum {
	VALUES_MAX = 1000, /* with a number of their own; more read [EMAIL] and stay so */
	TEXT_BYTES = 1024 * 1024,
};

struct value {
	struct fl_str name; /* [EMAIL_1] */
	struct fl_str text; /* as it stood where it was met first */
	struct fl_str same; /* lower case, letters, digits and @ alone */
};

struct fl_mask {
	struct fl_arena *a;
	unsigned kinds;
	struct fl_str shapes;
	int count, nvalues, nkind[MASK_KINDS];
	struct value value[VALUES_MAX];
};

static const struct {
	const char *rule, *name;
} kinds[MASK_KINDS] = {
	[MASK_EMAIL] = { "email", "EMAIL" },          [MASK_PHONE] = { "phone", "PHONE" },          [MASK_CARD] = { "card", "CARD" },
	[MASK_ACCOUNT] = { "account", "ACCOUNT" },    [MASK_IDENTITY] = { "identity", "IDENTITY" }, [MASK_OTHER] = { "other", "OTHER" },
};

struct fl_mask *fl_mask_new(struct fl_arena *a, struct fl_str rules)
{
	struct fl_str names = fl_str_cut(&rules, '\n');
	struct fl_mask *m;
	unsigned chosen = 0;

	while (names.n) {
		struct fl_str one = fl_str_cut(&names, ' ');

		for (int k = 0; k < MASK_KINDS; k++)
			if (fl_str_eq(one, fl_str(kinds[k].rule)))
				chosen |= 1U << k;
	}
	if (!chosen && !rules.n)
		return NULL;
	m = FL_NEW(a, struct fl_mask);
	m->a = a;
	m->kinds = chosen;
	m->shapes = rules;
	return m;
}

/* What two spellings of one value have in common: signs between groups of digits say nothing, in an address they do. */
static struct fl_str same_of(struct fl_arena *a, enum mask_kind kind, struct fl_str s)
{
	bool is_number = kind != MASK_EMAIL && kind != MASK_OTHER;
	char *p = fl_strndup(a, s);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = mask_upper(s.p[i]);

		if (!is_number || mask_is_alnum(c))
			p[n++] = c;
	}
	return (struct fl_str){ p, n };
}

static struct fl_str name_of(struct fl_mask *m, enum mask_kind kind, struct fl_str text)
{
	struct fl_str same = same_of(m->a, kind, text);
	struct value *v;

	for (int i = 0; i < m->nvalues; i++)
		if (fl_str_eq(m->value[i].same, same))
			return m->value[i].name;
	if (m->nvalues == VALUES_MAX)
		return fl_str(fl_fmt(m->a, "[%s]", kinds[kind].name));
	v = &m->value[m->nvalues++];
	*v = (struct value){ fl_str(fl_fmt(m->a, "[%s_%d]", kinds[kind].name, ++m->nkind[kind])), fl_str(fl_strndup(m->a, text)), same };
	v->text.n = text.n;
	return v->name;
}

/* Length of what looks like one of our placeholders at s: [LETTERS_DIGITS]. */
static size_t placeholder_at(struct fl_str s)
{
	size_t n = 1, letters, digits;

	if (!s.n || s.p[0] != '[')
		return 0;
	while (n < s.n && s.p[n] >= 'A' && s.p[n] <= 'Z')
		n++;
	letters = n - 1;
	if (!letters || n == s.n || s.p[n] != '_')
		return 0;
	n++;
	for (digits = 0; n < s.n && mask_is_digit(s.p[n]); digits++)
		n++;
	return digits && n < s.n && s.p[n] == ']' ? n + 1 : 0;
}

/* What is to be hidden at s.p[at]; 0: nothing. */
static size_t found_at(const struct fl_mask *m, struct fl_str s, size_t at, enum mask_kind *kind)
{
	size_t n = placeholder_at((struct fl_str){ s.p + at, s.n - at });

	*kind = MASK_OTHER;
	if (n || (n = mask_shapes_at(m->shapes, s, at)))
		return n;
	for (int k = 0; k < MASK_OTHER; k++)
		if ((m->kinds >> k & 1) && (n = mask_kind_at((enum mask_kind)k, s, at))) {
			*kind = (enum mask_kind)k;
			return n;
		}
	return 0;
}

struct fl_str fl_mask_hide(struct fl_mask *m, struct fl_str text)
{
	struct fl_buf *b;

	if (!m)
		return text;
	b = FL_NEW(m->a, struct fl_buf);
	*b = fl_buf(m->a, TEXT_BYTES);
	for (size_t i = 0; i < text.n;) {
		enum mask_kind kind;
		size_t n = found_at(m, text, i, &kind);

		if (n) {
			fl_buf_str(b, name_of(m, kind, (struct fl_str){ text.p + i, n }));
			m->count++;
		} else {
			/* An escape of JSON is no beginning of a word: \n600123456 is a line and a number. */
			n = text.p[i] == '\\' && i + 1 < text.n && strchr("nrtbf\"\\/", text.p[i + 1]) ? 2 : mask_skip(text, i);
			fl_buf_add(b, text.p + i, n);
		}
		i += n;
	}
	/* Rather nothing than a text whose end went out as it was. */
	return b->over ? (struct fl_str){ NULL, 0 } : fl_buf_get(b);
}

static const struct value *value_at(const struct fl_mask *m, struct fl_str s)
{
	for (int i = 0; i < m->nvalues; i++)
		if (fl_str_eq(m->value[i].name, s))
			return &m->value[i];
	return NULL;
}

struct fl_str fl_mask_show(const struct fl_mask *m, struct fl_str text)
{
	struct fl_buf *b;

	if (!m || !text.n || !memchr(text.p, '[', text.n))
		return text;
	b = FL_NEW(m->a, struct fl_buf);
	*b = fl_buf(m->a, 2 * TEXT_BYTES);
	for (size_t i = 0; i < text.n;) {
		size_t n = placeholder_at((struct fl_str){ text.p + i, text.n - i });
		const struct value *v = n ? value_at(m, (struct fl_str){ text.p + i, n }) : NULL;

		if (v)
			fl_buf_str(b, v->text);
		else
			fl_buf_add(b, text.p + i, n = n ? n : 1);
		i += n;
	}
	return b->over ? text : fl_buf_get(b);
}

static void show_string(const struct fl_mask *m, struct json_object *s)
{
	struct fl_str text = { json_object_get_string(s), (size_t)json_object_get_string_len(s) }, shown = fl_mask_show(m, text);

	if (shown.p != text.p)
		json_object_set_string_len(s, shown.p, (int)shown.n);
}

void fl_mask_show_json(const struct fl_mask *m, struct json_object *json)
{
	if (!m)
		return;
	if (json_object_is_type(json, json_type_string)) {
		show_string(m, json);
	} else if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			fl_mask_show_json(m, json_object_array_get_idx(json, i));
	} else if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, key, value) {
			(void)key;
			fl_mask_show_json(m, value);
		}
	}
}

int fl_mask_count(const struct fl_mask *m)
{
	return m ? m->count : 0;
}
