/* Fields put right by people: what they type is made normal as the rules do it. */
#include "app/document/document.h"
#include "app/document/field.h"

static enum fl_rc typed(struct fl_cx *cx, const struct fl_req *req, struct field *f, struct fl_str *checks)
{
	struct fl_str value = fl_req_get(req, "value");
	enum field_kind kind = field_kind_of(fl_req_get(req, "kind"));

	*f = (struct field){ .normal = value };
	if (kind != FIELD_KINDS && !field_normal(cx->a, kind, value, false, f))
		return FL_FAIL_FIELD(cx, FL_INVALID, "value", "document.wrong.field");
	*checks = f->check == FIELD_NO_CHECK ? (struct fl_str){ NULL, 0 } : fl_str(f->check == FIELD_CHECK_RIGHT ? "true" : "false");
	return FL_OK;
}

enum fl_rc document_field_correct(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str checks;
	struct field f;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(typed(cx, req, &f, &checks));
	FL_TRY(fl_db_run(cx, req->db, q_document_field_correct(fl_req_get(req, "id"), fl_req_get(req, "field"), fl_req_get(req, "kind"), fl_req_get(req, "label"), fl_req_get(req, "old"),
	                                                       fl_req_get(req, "value"), f.normal, checks, fl_str_eq(fl_req_get(req, "next"), FL_STR("true"))), &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such field");
}

enum fl_rc document_field_add(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str checks;
	struct field f;
	int64_t page;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_str_int(fl_req_get(req, "page"), 1, 500, &page));
	FL_TRY(typed(cx, req, &f, &checks));
	FL_TRY(fl_db_run(cx, req->db, q_document_field_add(fl_req_get(req, "id"), page, fl_req_get(req, "kind"), fl_req_get(req, "label"), fl_req_get(req, "value"), f.normal, checks),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such page");
}
