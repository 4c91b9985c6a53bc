/* The fields beside a page, saved together (ux 1.4): all of what was typed is kept, or nothing. */
#include "app/document/document.h"
#include "app/document/field.h"
#include "base/json.h"

enum { VALUE_CHARS = 500, WRONGS_BYTES = 64 << 10 };

struct saving {
	struct fl_cx *cx;
	struct fl_req *req;
	struct json_object *values, *olds, *right;
	struct fl_rows *known; /* document_field_kinds */
	struct fl_buf wrongs;  /* {"v-ID": message}: the summary leads to each input */
	struct fl_jw w;
	int nwrong, nstale;
};

static enum fl_rc parse(struct fl_cx *cx, const struct fl_req *req, const char *name, struct json_object **out)
{
	struct fl_str text = fl_req_get(req, name);

	*out = NULL;
	if (text.n && fl_json_parse(cx->a, text, &fl_json_limits_api, out, NULL) != FL_OK)
		return FL_FAIL_FIELD(cx, FL_INVALID, name, "wrong.object");
	return FL_OK;
}

static int row_of(const struct saving *s, const char *id)
{
	char known[FL_UUID_TEXT];

	for (int i = 0; i < s->known->nrows; i++) {
		fl_rows_uuid(s->known, i, DOCUMENT_FIELD_KINDS_FIELD_ID, known);
		if (strcmp(known, id) == 0)
			return i;
	}
	return -1;
}

static bool is_called_right(const struct saving *s, const char *id)
{
	size_t n = s->right ? json_object_array_length(s->right) : 0;

	for (size_t i = 0; i < n; i++)
		if (fl_str_eq(fl_str(json_object_get_string(json_object_array_get_idx(s->right, i))), fl_str(id)))
			return true;
	return false;
}

static bool is_line(struct fl_str s)
{
	int chars = 0;

	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
		chars += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	}
	return chars > 0 && chars <= VALUE_CHARS;
}

/* What it is made into; false when it is none of its kind. */
static bool made_normal(const struct saving *s, int row, struct fl_str value, struct field *f, struct fl_str *checks)
{
	enum field_kind kind = field_kind_of(fl_rows_str(s->known, row, DOCUMENT_FIELD_KINDS_KIND));

	*f = (struct field){ .normal = value };
	if (!is_line(value) || (kind != FIELD_KINDS && !field_normal(s->cx->a, kind, value, false, f)))
		return false;
	*checks = f->check == FIELD_NO_CHECK ? (struct fl_str){ NULL, 0 } : fl_str(f->check == FIELD_CHECK_RIGHT ? "true" : "false");
	return true;
}

static void refuse(struct saving *s, const char *id, const char *why)
{
	fl_jw_cstr(&s->w, fl_fmt(s->cx->a, "v-%s", id), why);
}

/* One field. Once one is refused the others are only looked at, so that all that is wrong is told at once. */
static enum fl_rc save_one(struct saving *s, const char *id, struct fl_str value)
{
	struct fl_str old = fl_json_str(s->olds, id), checks = { NULL, 0 }, document = fl_req_get(s->req, "id");
	bool changed = !fl_str_eq(value, old), seen = !changed && is_called_right(s, id);
	struct fl_rows *done;
	struct field f;
	int row;

	if (!changed && !seen)
		return FL_OK;
	row = row_of(s, id);
	if (row < 0) {
		s->nstale++;
		refuse(s, id, "wrong.stale");
	} else if (!made_normal(s, row, value, &f, &checks)) {
		s->nwrong++;
		refuse(s, id, "document.wrong.field");
	}
	if (s->nwrong || s->nstale)
		return FL_OK;
	if (seen)
		return fl_db_run(s->cx, s->req->db, q_document_field_confirm(document, fl_str(id)), &done);
	return fl_db_run(s->cx, s->req->db, q_document_field_correct(document, fl_str(id), fl_rows_str(s->known, row, DOCUMENT_FIELD_KINDS_KIND),
	                                                             fl_rows_str(s->known, row, DOCUMENT_FIELD_KINDS_LABEL), old, value, f.normal, checks, false), &done);
}

static enum fl_rc save_all(struct saving *s)
{
	json_object_object_foreach(s->values, id, value)
		FL_TRY(save_one(s, id, fl_str_trim(fl_str(json_object_get_string(value)))));
	fl_jw_close(&s->w, '}');
	if (s->nwrong || s->nstale)
		return FL_FAIL_FIELD(s->cx, s->nwrong ? FL_INVALID : FL_CONFLICT, fl_fmt(s->cx->a, "%.*s", (int)s->wrongs.n, s->wrongs.p), "wrong.several");
	return FL_OK;
}

enum fl_rc document_fields_save(struct fl_cx *cx, struct fl_req *req)
{
	struct saving s = { .cx = cx, .req = req, .wrongs = fl_buf(cx->a, WRONGS_BYTES) };
	struct fl_str id = fl_req_get(req, "id");
	int64_t page;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_str_int(fl_req_get(req, "page"), 1, 500, &page));
	FL_TRY(parse(cx, req, "values", &s.values));
	FL_TRY(parse(cx, req, "olds", &s.olds));
	FL_TRY(parse(cx, req, "right", &s.right));
	FL_TRY(fl_db_run(cx, req->db, q_document_fields_saved(id, page, fl_str_eq(fl_req_get(req, "next"), FL_STR("true"))), &req->effect));
	if (!req->effect->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such document");
	FL_TRY(fl_db_run(cx, req->db, q_document_field_kinds(id), &s.known));
	s.w = fl_jw(&s.wrongs);
	fl_jw_open(&s.w, NULL, '{');
	return s.values ? save_all(&s) : FL_OK;
}
