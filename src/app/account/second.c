/* The second factor: asked at sign-in, set up and given up in the settings. */
#include "app/account/account.h"
#include "app/account/qr.h"
#include "app/account/totp.h"
#include "app/identity/session.h"
#include "base/conf.h"
#include "base/keyring.h"

enum { CODES = 10, CODE_BYTES = 10 };

/* Lower case, without what people put between; as it was hashed. */
static struct fl_digest recovery_hash(struct fl_cx *cx, struct fl_str code)
{
	struct fl_buf b = fl_buf(cx->a, 256);

	for (size_t i = 0; i < code.n && b.n < 100; i++)
		if (code.p[i] != '-' && code.p[i] != ' ')
			fl_buf_putc(&b, code.p[i] >= 'A' && code.p[i] <= 'Z' ? (char)(code.p[i] + 32) : code.p[i]);
	return fl_sha256(fl_buf_get(&b));
}

static enum fl_rc code_taken(struct fl_cx *cx, struct fl_req *req, const struct fl_rows *factor, const char *user_id, struct fl_str code, bool *taken)
{
	struct fl_str key;
	struct fl_digest hash = recovery_hash(cx, code);
	struct fl_rows *r;
	int64_t step = 0;

	if (!fl_rows_null(factor, 0, ACCOUNT_FACTOR_OF_SEALED)) {
		FL_TRY(fl_keyring_unseal(cx, ACCOUNT_SEAL, fl_rows_str(factor, 0, ACCOUNT_FACTOR_OF_SEALED), &key));
		step = totp_step(key, cx->now_us, code);
	}
	if (step) {
		FL_TRY(fl_db_run(cx, req->db, q_account_factor_step(fl_str(user_id), step), &r));
		*taken = fl_rows_bool(r, 0, ACCOUNT_FACTOR_STEP_TAKEN);
		return FL_OK;
	}
	FL_TRY(fl_db_run(cx, req->db, q_account_recovery_use(fl_str(user_id), fl_digest_str(&hash)), &r));
	*taken = fl_rows_bool(r, 0, ACCOUNT_RECOVERY_USE_TAKEN);
	return FL_OK;
}

enum fl_rc account_second_check(struct fl_cx *cx, struct fl_req *req, const char *user_id, struct fl_str code, bool *strong)
{
	struct fl_rows *factor;
	bool taken = false;

	*strong = true;
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_of(fl_str(user_id)), &factor));
	if (factor->nrows == 0)
		return FL_FAIL_FIELD(cx, FL_INVALID, "code", "wrong.code");
	if (fl_rows_bool(factor, 0, ACCOUNT_FACTOR_OF_LOCKED))
		return FL_FAIL_FIELD(cx, FL_INVALID, "code", "wrong.code_rests");
	FL_TRY(code_taken(cx, req, factor, user_id, fl_str_trim(code), &taken));
	if (!taken) {
		*strong = false;
		FL_TRY(account_sms_check(cx, req, user_id, fl_str_trim(code), &taken));
	}
	if (taken)
		return FL_OK;
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_failed(fl_str(user_id)), NULL));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_sign_in_refused(fl_rows_str(factor, 0, ACCOUNT_FACTOR_OF_EMAIL), fl_str(req->address), fl_str(cx->conf->block_never), fl_str(cx->request_id)), NULL));
	return FL_FAIL_FIELD(cx, FL_INVALID, "code", "wrong.code");
}

enum fl_rc account_second(struct fl_cx *cx, struct fl_req *req)
{
	const char *user_id;
	bool strong;
	enum fl_rc rc;

	FL_TRY(account_step(cx, req, &user_id));
	if (!user_id) {
		req->location = "/signin?done=again";
		return FL_OK;
	}
	rc = account_second_check(cx, req, user_id, fl_req_get(req, "code"), &strong);
	if (rc == FL_INVALID) {
		struct fl_error kept = cx->err;

		FL_TRY(account_step_failed(cx, req));
		cx->err = kept;
		req->status = 401;
	}
	if (rc != FL_OK)
		return rc;
	FL_TRY(account_step_end(cx, req));
	return identity_session_open(cx, req, user_id, strong, fl_req_get(req, "next"));
}

/* --- settings --- */

enum fl_rc account_factor_begin(struct fl_cx *cx, struct fl_req *req)
{
	char key[TOTP_KEY_BYTES];
	struct fl_str sealed;

	fl_random(key, sizeof(key));
	sealed = fl_keyring_seal(cx, ACCOUNT_SEAL, (struct fl_str){ key, sizeof(key) });
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_begin(req->token_hash, sealed), &req->effect));
	req->location = "/me/factor";
	return FL_OK;
}

/* The key that is being set up; *key.n is 0 when there is none. */
static enum fl_rc pending(struct fl_cx *cx, struct fl_req *req, struct fl_str *key, struct fl_str *email)
{
	struct fl_rows *r;

	*key = (struct fl_str){ NULL, 0 };
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_pending(req->token_hash), &r));
	if (r->nrows == 0)
		return FL_OK;
	*email = fl_rows_str(r, 0, ACCOUNT_FACTOR_PENDING_EMAIL);
	return fl_keyring_unseal(cx, ACCOUNT_SEAL, fl_rows_str(r, 0, ACCOUNT_FACTOR_PENDING_SEALED), key);
}

/* The key in groups of four to type, and as the address that authenticator programs read. */
static struct fl_rows *key_set(struct fl_cx *cx, struct fl_str key, struct fl_str email, bool wrong)
{
	struct fl_rows *r = fl_query_rows(cx->a, Q_ACCOUNT_FACTOR_VIEW, 1);
	const char *text = totp_base32(cx->a, key);
	struct fl_buf groups = fl_buf(cx->a, 100), uri = fl_buf(cx->a, 2000);
	int size = 0;

	for (int i = 0; text[i]; i++) {
		if (i && i % 4 == 0)
			fl_buf_putc(&groups, ' ');
		fl_buf_putc(&groups, text[i]);
	}
	fl_buf_puts(&uri, "otpauth://totp/Fairlead:");
	fl_buf_url(&uri, email);
	fl_buf_printf(&uri, "?secret=%s&issuer=Fairlead&algorithm=SHA1&digits=6&period=%d", text, TOTP_STEP_S);
	fl_rows_set_str(r, 0, ACCOUNT_FACTOR_VIEW_SECRET, fl_buf_get(&groups));
	fl_rows_set_str(r, 0, ACCOUNT_FACTOR_VIEW_URI, fl_buf_get(&uri));
	fl_rows_set_int(cx->a, r, 0, ACCOUNT_FACTOR_VIEW_WRONG, wrong);
	fl_rows_set_str(r, 0, ACCOUNT_FACTOR_VIEW_QR, qr_path(cx->a, fl_buf_cstr(&uri), &size));
	fl_rows_set_int(cx->a, r, 0, ACCOUNT_FACTOR_VIEW_QR_SIZE, size);
	return r;
}

enum fl_rc account_factor_show(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str key, email;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(pending(cx, req, &key, &email));
	if (!key.n)
		req->location = "/me/security";
	else
		req->set[0] = key_set(cx, key, email, false);
	return FL_OK;
}

/* Ten codes of 80 bits in base32, as a set to show and as a JSON array of hashes to keep. */
static struct fl_rows *codes_new(struct fl_cx *cx, struct fl_str *hashes)
{
	struct fl_rows *r = fl_query_rows(cx->a, Q_ACCOUNT_CODES_VIEW, CODES);
	struct fl_buf b = fl_buf(cx->a, 4096);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < CODES; i++) {
		char raw[CODE_BYTES];
		const char *text;
		struct fl_digest hash;

		fl_random(raw, sizeof(raw));
		text = totp_base32(cx->a, (struct fl_str){ raw, sizeof(raw) });
		hash = recovery_hash(cx, fl_str(text));
		fl_jw_cstr(&w, NULL, fl_hex(cx->a, fl_digest_str(&hash)));
		fl_rows_set_str(r, i, ACCOUNT_CODES_VIEW_CODE, fl_str(fl_fmt(cx->a, "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12)));
	}
	fl_jw_close(&w, ']');
	*hashes = fl_buf_get(&b);
	return r;
}

enum fl_rc account_factor_on(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str key, email, hashes;
	struct fl_rows *codes = codes_new(cx, &hashes);
	int64_t step;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(pending(cx, req, &key, &email));
	if (!key.n) {
		req->location = "/me/security";
		return FL_OK;
	}
	step = totp_step(key, cx->now_us, fl_str_trim(fl_req_get(req, "code")));
	if (!step) {
		req->set[0] = key_set(cx, key, email, true);
		req->status = 422;
		return FL_OK;
	}
	FL_TRY(fl_db_run(cx, req->db, q_account_factor_on(req->token_hash, step, hashes), &req->effect));
	req->set[1] = codes;
	return FL_OK;
}

enum fl_rc account_codes_new(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str hashes;
	struct fl_rows *codes = codes_new(cx, &hashes);

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_account_codes_new(req->token_hash, hashes), &req->effect));
	if (req->effect->nrows == 0)
		req->location = "/me/security";
	else
		req->set[1] = codes;
	return FL_OK;
}
