#include "app/sync/google.h"

#include "app/oidc/carry.h"
#include "app/sync/sync.h"
#include "base/conf.h"
#include "base/hash.h"
#include "base/keyring.h"
#include "base/log.h"

#define SEAL_FLOW "google flow"
#define SEAL_CODE "google code"
#define SCOPES "https://www.googleapis.com/auth/calendar.events https://www.googleapis.com/auth/calendar.calendarlist.readonly"

const char *google_address(const struct fl_cx *cx, enum google_place place)
{
	static const char *const own[] = { "https://accounts.google.com", "https://oauth2.googleapis.com", "https://oauth2.googleapis.com", "https://www.googleapis.com" };
	static const char *const paths[] = { "/o/oauth2/v2/auth", "/token", "/revoke", "/calendar/v3" };

	return fl_fmt(cx->a, "%s%s", cx->conf->google_url[0] ? cx->conf->google_url : own[place], paths[place]);
}

const char *google_redirect(const struct fl_cx *cx)
{
	return cx->conf->google_redirect[0] ? cx->conf->google_redirect : fl_fmt(cx->a, "%s/api/calendar/callback", cx->conf->url);
}

enum fl_rc google_start(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_buf text = fl_buf(cx->a, 1024), to = fl_buf(cx->a, 8192);
	struct fl_jw w = fl_jw(&text);
	const char *cookie;

	FL_TRY(fl_req_enter(cx, req));
	if (!cx->conf->google_id[0]) {
		req->location = "/calendar/links?done=google_off";
		return FL_OK;
	}
	carry_begin(cx, &w);
	fl_jw_cstr(&w, "session", fl_hex(cx->a, req->token_hash));
	fl_jw_close(&w, '}');
	cookie = carry_seal(cx, SEAL_FLOW, &text);
	req->set_cookie = carry_set_cookie(cx, "google", "/", cookie);
	fl_buf_puts(&to, google_address(cx, GOOGLE_AUTHORIZE));
	carry_add(&to, "response_type", "code");
	carry_add(&to, "client_id", cx->conf->google_id);
	carry_add(&to, "redirect_uri", google_redirect(cx));
	carry_add(&to, "scope", SCOPES);
	carry_add(&to, "state", carry_derived(cx, "state", fl_str(cookie)));
	carry_add(&to, "code_challenge", carry_challenge(cx, fl_str(cookie)));
	carry_add(&to, "code_challenge_method", "S256");
	/* only with both does Google give a refresh token every time */
	carry_add(&to, "access_type", "offline");
	carry_add(&to, "prompt", "consent");
	req->location = fl_buf_cstr(&to);
	return FL_OK;
}

enum fl_rc google_callback(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str cookie = carry_cookie(cx, req, "google"), code = fl_req_get(req, "code");
	struct fl_buf text = fl_buf(cx->a, 8192), to = fl_buf(cx->a, 16384);
	const char *session = fl_hex(cx->a, req->token_hash);
	struct fl_jw w = fl_jw(&text);
	struct json_object *flow;

	FL_TRY(fl_req_enter(cx, req));
	if (!code.n || carry_open(cx, SEAL_FLOW, cookie, &flow) != FL_OK || !fl_equal_ct(fl_req_get(req, "state"), fl_str(carry_derived(cx, "state", cookie))) ||
	    !fl_str_eq(fl_json_str(flow, "session"), fl_str(session))) {
		fl_log(cx, FL_WARN, "Google Calendar was not connected: %s", code.n ? "state or cookie do not fit" : "no code came back");
		cx->err = (struct fl_error){ 0 };
		req->location = "/calendar/links?done=google_refused";
		return FL_OK;
	}
	carry_begin(cx, &w);
	fl_jw_cstr(&w, "session", session);
	fl_jw_str(&w, "code", code);
	fl_jw_cstr(&w, "verifier", carry_derived(cx, "verifier", cookie));
	fl_jw_close(&w, '}');
	fl_buf_puts(&to, "/calendar/google/connect");
	carry_add(&to, "claim", carry_seal(cx, SEAL_CODE, &text));
	req->location = fl_buf_cstr(&to);
	return FL_OK;
}

enum fl_rc google_connect(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str code, verifier;
	struct json_object *claim;
	const char *secret;

	FL_TRY(fl_req_enter(cx, req));
	if (carry_open(cx, SEAL_CODE, fl_req_get(req, "claim"), &claim) != FL_OK || !fl_str_eq(fl_json_str(claim, "session"), fl_str(fl_hex(cx->a, req->token_hash))))
		return FL_FAIL(cx, FL_DENIED, "error.claim");
	code = fl_json_str(claim, "code");
	verifier = fl_json_str(claim, "verifier");
	secret = fl_fmt(cx->a, "code\n%.*s\n%.*s", (int)verifier.n, verifier.p, (int)code.n, code.p);
	return fl_db_run(cx, req->db, q_sync_add(FL_STR("google"), fl_req_get(req, "name"), FL_STR("Google Calendar"), fl_keyring_seal(cx, SYNC_SEAL, fl_str(secret))), &req->effect);
}

/* --- Google says that something changed --- */

const char *google_channel_token(struct fl_cx *cx, struct fl_str channel, int key_id)
{
	struct fl_str secret = fl_keyring_secret(cx->conf, key_id);
	struct fl_digest d;

	if (!secret.n)
		return NULL;
	d = fl_hmac(secret, fl_str(fl_fmt(cx->a, "google channel %.*s", (int)channel.n, channel.p)));
	return fl_base64url(cx->a, fl_digest_str(&d));
}

enum fl_rc google_pushed(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str channel = fl_str(req->header(req, "HTTP_X_GOOG_CHANNEL_ID")), token = fl_str(req->header(req, "HTTP_X_GOOG_CHANNEL_TOKEN"));
	bool fits = false;

	for (int id = cx->conf->secret_id; fl_uuid_valid(channel) && id >= cx->conf->secret_id - 1; id--) {
		const char *mine = google_channel_token(cx, channel, id);

		fits |= mine && fl_equal_ct(fl_str(mine), token);
	}
	if (!fits) {
		req->status = 401;
		return FL_FAIL(cx, FL_DENIED, "error.signature");
	}
	/* "sync" is the first message of a channel, which may come before the channel is kept here */
	if (strcmp(req->header(req, "HTTP_X_GOOG_RESOURCE_STATE"), "sync") == 0)
		return FL_OK;
	req->rings = "q:calendar-sync";
	FL_TRY(fl_db_run(cx, req->db, q_google_pushed(channel), &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such channel");
}
