#include "base/json.h"
#include "view/inside.h"

static void put(struct render *r, struct fl_str s, bool raw)
{
	if (raw)
		fl_buf_str(r->out, s);
	else
		fl_buf_html(r->out, s);
}

static size_t letter_bytes(struct fl_str s)
{
	size_t n = 1;

	while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The first letters of the first and the last word. */
static void put_initials(struct render *r, struct fl_str name, bool raw)
{
	struct fl_str first, last;

	name = fl_str_trim(name);
	if (!name.n)
		return;
	first = last = name;
	for (size_t i = 1; i < name.n; i++)
		if (name.p[i - 1] == ' ')
			last = (struct fl_str){ name.p + i, name.n - i };
	put(r, (struct fl_str){ first.p, letter_bytes(first) }, raw);
	if (last.p != first.p)
		put(r, (struct fl_str){ last.p, letter_bytes(last) }, raw);
}

/* tokens.md, "Sureness". */
static struct fl_str sureness(const struct fl_rows *rows, int row, int col)
{
	double p = fl_rows_float(rows, row, col);

	if (fl_rows_null(rows, row, col))
		return FL_STR("sure.none");
	if (p >= 0.95)
		return FL_STR("sure.near_certain");
	if (p >= 0.90)
		return FL_STR("sure.very_likely");
	return p >= 0.65 ? FL_STR("sure.likely") : FL_STR("sure.toss_up");
}

/* The longest phrase of the array that text begins with, in bytes; 0: none. */
static size_t phrase_at(struct json_object *phrases, struct fl_str text)
{
	size_t best = 0;

	for (size_t i = 0; i < json_object_array_length(phrases); i++) {
		struct json_object *o = json_object_array_get_idx(phrases, i);
		size_t n = json_object_is_type(o, json_type_string) ? (size_t)json_object_get_string_len(o) : 0;

		if (n > best && n <= text.n && memcmp(json_object_get_string(o), text.p, n) == 0)
			best = n;
	}
	return best;
}

static void put_marks(struct render *r, struct fl_str text, struct fl_str json, bool raw)
{
	struct json_object *phrases = NULL;
	size_t from = 0, i = 0;
	const char *why;

	if (raw || !json.n || fl_json_parse(r->out->a, json, &fl_json_limits_api, &phrases, &why) != FL_OK ||
	    !json_object_is_type(phrases, json_type_array)) {
		put(r, text, raw);
		return;
	}
	while (i < text.n) {
		size_t n = phrase_at(phrases, (struct fl_str){ text.p + i, text.n - i });

		if (!n) {
			i++;
			continue;
		}
		fl_buf_html(r->out, (struct fl_str){ text.p + from, i - from });
		fl_buf_puts(r->out, "<mark>");
		fl_buf_html(r->out, (struct fl_str){ text.p + i, n });
		fl_buf_puts(r->out, "</mark>");
		from = i += n;
	}
	fl_buf_html(r->out, (struct fl_str){ text.p + from, text.n - from });
}

/* Message PREFIX.value; the value itself when there is none. */
static void put_keyed(struct render *r, struct fl_str prefix, struct fl_str value, bool raw)
{
	char key[160];
	struct fl_str s;

	if (prefix.n + value.n > sizeof(key)) {
		put(r, value, raw);
		return;
	}
	memcpy(key, prefix.p, prefix.n);
	if (value.n)
		memcpy(key + prefix.n, value.p, value.n);
	s = render_message(r, (struct fl_str){ key, prefix.n + value.n });
	put(r, s.p == key ? value : s, raw);
}

/* A number as hundredths of one, whole: 0.87 is 87 %. An int is per cent already. */
static void put_percent(struct render *r, const struct fl_rows *rows, int row, int col)
{
	if (rows->cols[col].type == FL_T_INT)
		format_grouped(r->locale, fl_rows_int(rows, row, col), r->out);
	else
		format_fixed(r->locale, fl_rows_float(rows, row, col) * 100, 0, r->out);
	fl_buf_puts(r->out, "\xc2\xa0%");
}

static void put_number(struct render *r, const struct value *v, const struct fl_rows *rows, int row)
{
	bool fraction = rows->cols[v->col].type == FL_T_FLOAT;
	int64_t n = fraction ? (int64_t)fl_rows_float(rows, row, v->col) : fl_rows_int(rows, row, v->col);

	switch (v->format) {
	case F_PCT:
		put_percent(r, rows, row, v->col);
		break;
	case F_BYTES:
		format_bytes(r->locale, n, r->out);
		break;
	case F_MS:
		format_ms(r->locale, n, r->out);
		break;
	case F_SPAN:
		format_span(r->locale, n, r->out);
		break;
	case F_MONEY:
		format_money(r->locale, n, fl_rows_null(rows, row, v->col2) && r->m->currency ? fl_str(r->m->currency) : fl_rows_str(rows, row, v->col2), r->out);
		break;
	default:
		if (fraction)
			format_fixed(r->locale, fl_rows_float(rows, row, v->col), 2, r->out);
		else
			format_grouped(r->locale, n, r->out);
	}
}

static void put_text(struct render *r, const struct value *v, struct fl_str s, const struct fl_rows *rows, int row, bool raw)
{
	switch (v->format) {
	case F_INITIALS:
		put_initials(r, s, raw);
		break;
	case F_URL:
		fl_buf_url(r->out, s);
		break;
	case F_SHORT: /* a UUID begins with its time, which its neighbours share */
		put(r, v->type == FL_T_UUID && s.n > 8 ? (struct fl_str) { s.p + s.n - 8, 8 } : fl_str_clip(s, 8), raw);
		break;
	case F_MARKS:
		put_marks(r, s, fl_rows_str(rows, row, v->col2), raw);
		break;
	case F_REPEAT:
		put(r, format_repeat(r, s), raw);
		break;
	case F_MESSAGE:
		put_keyed(r, v->arg, s, raw);
		break;
	default:
		put(r, s, raw);
	}
}

void format_value(struct render *r, const struct value *v, bool raw)
{
	const struct fl_rows *rows = r->m->set[v->set];
	int row = r->row[v->set];
	char scratch[40];

	switch (v->format) {
	case F_AGO:
	case F_CLOCK:
	case F_DATE:
	case F_DATETIME:
	case F_ISO:
	case F_DUE:
		if (v->type == FL_T_DATE)
			format_days(r, v->format, fl_rows_int(rows, row, v->col));
		else
			format_time(r, v->format, fl_rows_time_us(rows, row, v->col));
		break;
	case F_NUM:
	case F_PCT:
	case F_BYTES:
	case F_MS:
	case F_SPAN:
	case F_MONEY:
		put_number(r, v, rows, row);
		break;
	case F_SURE:
		put(r, render_message(r, sureness(rows, row, v->col)), raw);
		break;
	default:
		put_text(r, v, cell_text(rows, row, v->col, scratch), rows, row, raw);
	}
}
