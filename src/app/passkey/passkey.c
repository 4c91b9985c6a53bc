/* Passkeys (WebAuthn): kept in the settings; prove.c is where they open. */
#include "app/passkey/passkey.h"
#include "app/account/account.h"
#include "app/identity/session.h"
#include "app/oidc/carry.h"
#include "base/conf.h"
#include "base/log.h"

#define SEAL "passkey"

static const struct fl_field add_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80, .help = "what you call it" },
	{ "client_data", FL_K_SECRET, .required = true, .max = 8192, .help = "clientDataJSON, base64url" },
	{ "attestation", FL_K_SECRET, .required = true, .max = 24000, .help = "attestationObject, base64url" },
	{ 0 },
};
static const struct fl_field name_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80 },
	{ 0 },
};
#define ANSWER \
	{ "credential", FL_K_SECRET, .required = true, .max = 1400, .help = "its id, base64url" }, \
		{ "client_data", FL_K_SECRET, .required = true, .max = 8192, .help = "clientDataJSON, base64url" }, \
		{ "auth_data", FL_K_SECRET, .required = true, .max = 2000, .help = "authenticatorData, base64url" }, \
		{ "signature", FL_K_SECRET, .required = true, .max = 1400, .help = "base64url" }, \
		{ "user_handle", FL_K_SECRET, .max = 100, .help = "base64url" }, { "next", FL_K_TEXT, .max = 500 }
static const struct fl_field answer_fields[] = { ANSWER, { 0 } };
static const struct fl_field door_fields[] = { ANSWER, { "email", FL_K_TEXT, .max = 320, .help = "for the form beside it" }, { 0 } };

#define LIST .view = "passkey/list", .title = "passkey.title", .sets = { { "passkeys", Q_PASSKEY_LIST }, { "state", Q_PASSKEY_STATE, FL_ONE } }
#define OPTIONS .sets = { { "options", Q_PASSKEY_OPTIONS, FL_ONE }, { "known", Q_PASSKEY_KNOWN } }
#define STRANGER FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY
#define CONFIRM .sets = { { "security", Q_ACCOUNT_SECURITY, FL_ONE }, { "sms", Q_ACCOUNT_PHONE, FL_ONE }, { "state", Q_PASSKEY_STATE, FL_ONE } }

static const struct fl_page pages[] = {
	{ "GET", "/me/passkeys", "app.use", NULL, LIST, .summary = "Your passkeys" },
	{ "GET", "/me/passkeys/options", "app.use", NULL, .run = passkey_add_options, .flags = FL_JSON_ONLY, OPTIONS,
	  .summary = "What to ask an authenticator for a new passkey" },
	{ "POST", "/me/passkeys", "app.use", add_fields, .run = passkey_add, .gives = Q_PASSKEY_ADD, .flags = FL_HTML_ONLY, LIST, .rings = "q:email",
	  .summary = "Keeps a new passkey" },
	{ "POST", "/me/passkeys/{id}/name", "app.use", name_fields, LIST, .does = Q_PASSKEY_NAME, .then = "/me/passkeys?done=passkey_named",
	  .summary = "Another name for a passkey" },
	{ "POST", "/me/passkeys/{id}/remove", "app.use", NULL, .does = Q_PASSKEY_REMOVE, .flags = FL_HTML_ONLY,
	  .then = "/me/passkeys?done=passkey_removed", .rings = "q:email",
	  .summary = "A passkey counts no more" },
	{ "GET", "/me/confirm/passkey", "app.use", NULL, .run = passkey_confirm_options, .flags = FL_JSON_ONLY, OPTIONS,
	  .summary = "What to ask an authenticator for a proof" },
	{ "POST", "/me/confirm/passkey", "app.use", answer_fields, .view = "account/confirm", CONFIRM, .run = passkey_confirm, .flags = FL_HTML_ONLY,
	  .title = "account.confirm", .rings = "q:email", .summary = "Proves by a passkey who you are" },
	{ "GET", "/signin/passkey", NULL, NULL, .run = passkey_sign_in_options, .flags = FL_PUBLIC | FL_JSON_ONLY, OPTIONS,
	  .summary = "What to ask an authenticator to sign in" },
	{ "POST", "/signin/passkey", NULL, door_fields, .view = "signin",
	  .sets = { { "puzzle", Q_SIGN_IN_PUZZLE }, { "providers", Q_OIDC_CHOICES } }, .run = passkey_sign_in, .gives = Q_SIGN_IN,
	  .flags = STRANGER, .title = "signin.title", .rings = "q:email", .summary = "Signs in by a passkey" },
	{ "GET", "/signin/second/passkey", NULL, NULL, .run = passkey_second_options, .flags = FL_PUBLIC | FL_JSON_ONLY, OPTIONS,
	  .summary = "What to ask an authenticator as second step" },
	{ "POST", "/signin/second/passkey", NULL, answer_fields, .view = "account/second", .run = passkey_second, .gives = Q_SIGN_IN, .flags = STRANGER, .title = "account.second",
	  .rings = "q:email", .summary = "A passkey as second step of sign-in" },
	{ 0 },
};

const struct fl_app passkey_app = { .name = "passkey", .pages = pages };

/* The host of the site's address: what passkeys are made for. */
static struct fl_str rp_id(const struct fl_cx *cx)
{
	struct fl_str host = fl_str(strstr(cx->conf->url, "://") + 3);

	return fl_str_cut(&host, ':');
}

static struct fl_str session_of(const struct fl_cx *cx, const struct fl_req *req)
{
	return fl_str(fl_hex(cx->a, req->token_hash));
}

/* 128 bits that say nothing of the person outside. */
static const char *handle_of(struct fl_cx *cx, struct fl_str user_id)
{
	struct fl_buf hex = fl_buf(cx->a, 64);
	struct fl_str bytes;

	for (size_t i = 0; i < user_id.n; i++)
		if (user_id.p[i] != '-')
			fl_buf_putc(&hex, user_id.p[i]);
	return fl_hex_decode(cx->a, fl_buf_get(&hex), &bytes) == FL_OK ? fl_base64url(cx->a, bytes) : "";
}

void passkey_ask(struct fl_cx *cx, struct fl_req *req, const char *door, const char *path, const struct fl_rows *who)
{
	struct fl_rows *r = fl_query_rows(cx->a, Q_PASSKEY_OPTIONS, 1);
	struct fl_buf text = fl_buf(cx->a, 1000);
	struct fl_jw w = fl_jw(&text);
	const char *value;

	carry_begin(cx, &w);
	fl_jw_cstr(&w, "door", door);
	fl_jw_str(&w, "session", session_of(cx, req));
	fl_jw_close(&w, '}');
	value = carry_seal(cx, SEAL, &text);
	req->set_cookie = carry_set_cookie(cx, "passkey", path, value);
	fl_rows_set_str(r, 0, PASSKEY_OPTIONS_CHALLENGE, fl_str(carry_derived(cx, SEAL, fl_str(value))));
	fl_rows_set_str(r, 0, PASSKEY_OPTIONS_RP_ID, rp_id(cx));
	if (who) {
		fl_rows_set_str(r, 0, PASSKEY_OPTIONS_HANDLE, fl_str(handle_of(cx, fl_str(fl_rows_dup(cx->a, who, 0, PASSKEY_FOR_USER_ID)))));
		fl_rows_set_str(r, 0, PASSKEY_OPTIONS_NAME, fl_rows_str(who, 0, PASSKEY_FOR_NAME));
		fl_rows_set_str(r, 0, PASSKEY_OPTIONS_EMAIL, fl_rows_str(who, 0, PASSKEY_FOR_EMAIL));
	}
	req->set[0] = r;
}

enum fl_rc passkey_refused(struct fl_cx *cx, const char *why, const char *message)
{
	fl_log(cx, FL_WARN, "a passkey was refused: %s", why);
	return FL_FAIL_FIELD(cx, FL_INVALID, "passkey", "%s", message);
}

enum fl_rc passkey_expect(struct fl_cx *cx, struct fl_req *req, const char *door, struct webauthn_want *want, struct fl_str *spent)
{
	struct fl_digest *hash = FL_NEW(cx->a, struct fl_digest);
	struct fl_str cookie = carry_cookie(cx, req, "passkey");
	struct json_object *asked;

	if (carry_open(cx, SEAL, cookie, &asked) != FL_OK || !fl_str_eq(fl_json_str(asked, "door"), fl_str(door)) ||
	    !fl_str_eq(fl_json_str(asked, "session"), session_of(cx, req)))
		return passkey_refused(cx, "cookie", "wrong.passkey_old");
	*want = (struct webauthn_want){ .challenge = fl_str(carry_derived(cx, SEAL, cookie)), .origin = fl_str(cx->conf->url), .rp_id = rp_id(cx) };
	*hash = fl_sha256(want->challenge);
	*spent = fl_digest_str(hash);
	return FL_OK;
}

enum fl_rc passkey_bytes(struct fl_cx *cx, const struct fl_req *req, const char *field, struct fl_str *out)
{
	return fl_base64url_decode(cx->a, fl_req_get(req, field), out) == FL_OK ? FL_OK : passkey_refused(cx, field, "wrong.passkey");
}

enum fl_rc passkey_enter(struct fl_cx *cx, struct fl_req *req)
{
	FL_TRY(fl_req_enter(cx, req));
	return strcmp(cx->who.kind, "session") == 0 ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "error.session_only");
}

enum fl_rc passkey_add_options(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *who;

	FL_TRY(passkey_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_passkey_for(req->token_hash), &who));
	passkey_ask(cx, req, "add", "/me", who);
	return fl_db_run(cx, req->db, q_passkey_known(fl_str(cx->who.user_id)), &req->set[1]);
}

enum fl_rc passkey_add(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str client, object, spent;
	struct webauthn_want want;
	struct webauthn_new made;
	const char *why = "";

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_passkey_for(req->token_hash), NULL));
	FL_TRY(passkey_expect(cx, req, "add", &want, &spent));
	FL_TRY(passkey_bytes(cx, req, "client_data", &client));
	FL_TRY(passkey_bytes(cx, req, "attestation", &object));
	if (webauthn_register(cx->a, &want, client, object, &made, &why) != FL_OK)
		return passkey_refused(cx, why, "wrong.passkey");
	FL_TRY(fl_db_run(cx, req->db, q_passkey_add(req->token_hash, spent, made.id, made.key, made.count, made.eligible, made.backed_up,
	                                            fl_req_get(req, "name")), &req->effect));
	req->location = "/me/passkeys?done=passkey_added";
	return FL_OK;
}
