#include "app/mail/mail.h"

#include "base/keyring.h"

enum fl_rc mail_box_save(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str password = fl_req_get(req, "imap_password"), sealed = { NULL, 0 }, url = fl_req_get(req, "imap_url");
	bool plus = fl_str_eq(fl_req_get(req, "plus"), FL_STR("true")), active = fl_str_eq(fl_req_get(req, "active"), FL_STR("true"));

	if (password.n)
		sealed = fl_keyring_seal(cx, MAIL_SEAL, password);
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_mailbox_save(fl_req_get(req, "id"), fl_req_get(req, "name"), fl_req_get(req, "address"),
	                                url.n ? url : (struct fl_str){ NULL, 0 }, fl_req_get(req, "imap_user"), sealed, plus, active),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such mailbox");
}
