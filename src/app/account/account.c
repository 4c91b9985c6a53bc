/* Accounts of people: sign-up, links by mail, second factor, sessions. */
#include "app/account/account.h"
#include "app/mail/mail.h"
#include "app/words.h"

#define PASSWORD_MAX 1000

static const struct fl_field sign_up_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 200 },
	{ "email", FL_K_EMAIL, .required = true },
	{ "password", FL_K_SECRET, .required = true, .max = PASSWORD_MAX, .help = "at least 12 characters" },
	{ 0 },
};
static const struct fl_field link_fields[] = {
	{ "token", FL_K_TEXT, .required = true, .max = 100, .help = "from the link" },
	{ 0 },
};
static const struct fl_field link_password_fields[] = {
	{ "token", FL_K_TEXT, .required = true, .max = 100, .help = "from the link" },
	{ "password", FL_K_SECRET, .required = true, .max = PASSWORD_MAX },
	{ 0 },
};
static const struct fl_field address_fields[] = {
	{ "email", FL_K_EMAIL, .required = true },
	{ 0 },
};
static const struct fl_field next_fields[] = {
	{ "next", FL_K_TEXT, .max = 500, .help = "where to go afterwards" },
	{ 0 },
};
static const struct fl_field second_fields[] = {
	{ "code", FL_K_SECRET, .required = true, .max = 40, .help = "six digits, or a recovery code" },
	{ "next", FL_K_TEXT, .max = 500 },
	{ 0 },
};
static const struct fl_field confirm_fields[] = {
	{ "password", FL_K_SECRET, .required = true, .max = PASSWORD_MAX },
	{ "code", FL_K_SECRET, .max = 40, .help = "with a second factor" },
	{ "next", FL_K_TEXT, .max = 500 },
	{ 0 },
};
static const struct fl_field password_fields[] = {
	{ "old", FL_K_SECRET, .required = true, .max = PASSWORD_MAX, .help = "the present one" },
	{ "password", FL_K_SECRET, .required = true, .max = PASSWORD_MAX, .help = "at least 12 characters" },
	{ 0 },
};
static const struct fl_field code_fields[] = {
	{ "code", FL_K_TEXT, .required = true, .max = 20, .help = "six digits of the new key" },
	{ 0 },
};
static const struct fl_field phone_fields[] = {
	{ "phone", FL_K_PHONE, .required = true, .help = "with + and the country" },
	{ 0 },
};
static const struct fl_field sms_code_fields[] = {
	{ "sms_code", FL_K_TEXT, .required = true, .max = 20, .help = "six digits of the text message" },
	{ 0 },
};
static const struct fl_field picture_fields[] = {
	{ "key", FL_K_TEXT, .required = true, .min = 32, .max = 32 },
	{ 0 },
};
static const struct fl_field puzzle_fields[] = {
	{ "email", FL_K_TEXT, .max = 320, .help = "the account that is tried" },
	{ 0 },
};

#define STRANGER .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY
#define STRANGER_SLOW .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY | FL_SLOW
#define SIGN_UP .view = "account/signup", .sets = { { "providers", Q_OIDC_CHOICES } }
#define SECURITY .sets = { { "security", Q_ACCOUNT_SECURITY, FL_ONE }, { "sessions", Q_ACCOUNT_SESSIONS }, { "past", Q_ACCOUNT_PAST }, { "sms", Q_ACCOUNT_PHONE, FL_ONE }, { "state", Q_PASSKEY_STATE, FL_ONE } }
#define CONFIRM .sets = { { "security", Q_ACCOUNT_SECURITY, FL_ONE }, { "sms", Q_ACCOUNT_PHONE, FL_ONE }, { "state", Q_PASSKEY_STATE, FL_ONE } }
#define FACTOR .view = "account/factor", .title = "account.factor", .sets = { { "factor", Q_ACCOUNT_FACTOR_VIEW }, { "codes", Q_ACCOUNT_CODES_VIEW } }

static const struct fl_page pages[] = {
	{ "GET", "/signup", NULL, next_fields, SIGN_UP, STRANGER, .title = "account.signup", .summary = "Sign-up page" },
	{ "POST", "/signup", NULL, sign_up_fields, SIGN_UP, .run = account_sign_up, STRANGER_SLOW, .title = "account.signup",
	  .rings = "q:email", .summary = "Signs up; a link by mail follows" },
	{ "GET", "/signup/sent", NULL, NULL, .view = "account/sent", STRANGER, .title = "account.sent", .summary = "Look into your mail" },
	{ "GET", "/verify-email", NULL, link_fields, .view = "account/verify", STRANGER, .title = "account.verify", .summary = "From the link of a sign-up" },
	{ "POST", "/verify-email", NULL, link_password_fields, .view = "account/verify", .run = account_verify, .gives = Q_SIGN_IN, STRANGER_SLOW,
	  .title = "account.verify", .summary = "Finishes a sign-up" },
	{ "GET", "/password/forgot", NULL, NULL, .view = "account/forgot", STRANGER, .title = "account.forgot", .summary = "Forgotten password" },
	{ "POST", "/password/forgot", NULL, address_fields, .view = "account/forgot", .run = account_forgot, STRANGER, .title = "account.forgot",
	  .rings = "q:email", .summary = "Asks for a link by mail" },
	{ "GET", "/password/sent", NULL, NULL, .view = "account/sent", STRANGER, .title = "account.sent", .summary = "Look into your mail" },
	{ "GET", "/password/reset", NULL, link_fields, .view = "account/reset", STRANGER, .title = "account.reset", .summary = "From the link by mail" },
	{ "POST", "/password/reset", NULL, link_password_fields, .view = "account/reset", .run = account_reset, STRANGER_SLOW,
	  .title = "account.reset", .rings = "q:email", .summary = "Sets a new password" },
	{ "GET", "/signin/second", NULL, next_fields, .view = "account/second", STRANGER, .title = "account.second", .summary = "Second step of sign-in" },
	{ "POST", "/signin/second", NULL, second_fields, .view = "account/second", .run = account_second, .gives = Q_SIGN_IN, STRANGER, .title = "account.second",
	  .rings = "q:email", .summary = "Checks the second factor" },
	{ "POST", "/signin/second/sms", NULL, next_fields, .view = "account/second", .run = account_second_sms, STRANGER, .title = "account.second",
	  .rings = "q:sms", .summary = "Sends a code by text message" },
	{ "GET", "/auth/puzzle", NULL, puzzle_fields, .sets = { { "puzzle", Q_SIGN_IN_PUZZLE } }, .flags = FL_PUBLIC | FL_JSON_ONLY,
	  .summary = "The puzzle to solve before the next sign-in; empty when none" },

	{ "GET", "/me/security", "app.use", NULL, .view = "account/security", SECURITY, .title = "account.security",
	  .summary = "Password, second factor and sessions" },
	{ "POST", "/me/password", "app.use", password_fields, .view = "account/security", SECURITY, .run = account_password, .gives = Q_ACCOUNT_PASSWORD, .flags = FL_SLOW,
	  .title = "account.security", .rings = "q:email", .summary = "Changes the password; other sessions end" },
	{ "POST", "/me/sessions/{session}/end", "app.use", NULL, .does = Q_ACCOUNT_SESSION_END, .then = "/me/security?done=session_ended",
	  .summary = "Ends one of your sessions" },
	{ "POST", "/me/sessions/end", "app.use", NULL, .does = Q_ACCOUNT_SESSIONS_END, .then = "/me/security?done=sessions_ended",
	  .summary = "Ends all your sessions but this" },
	{ "GET", "/me/confirm", "app.use", next_fields, .view = "account/confirm", CONFIRM,
	  .flags = FL_HTML_ONLY, .title = "account.confirm", .summary = "Asks for the password again" },
	{ "POST", "/me/confirm", "app.use", confirm_fields, .view = "account/confirm", CONFIRM,
	  .run = account_confirm, .flags = FL_HTML_ONLY | FL_SLOW, .title = "account.confirm", .summary = "Proves password and second factor" },
	{ "POST", "/me/factor/begin", "app.use", NULL, .run = account_factor_begin, .gives = Q_ACCOUNT_FACTOR_BEGIN, .flags = FL_HTML_ONLY, .summary = "Begins to set up a second factor" },
	{ "GET", "/me/factor", "app.use", NULL, .run = account_factor_show, .flags = FL_HTML_ONLY, FACTOR, .summary = "The key of a new second factor" },
	{ "POST", "/me/factor", "app.use", code_fields, .run = account_factor_on, .gives = Q_ACCOUNT_FACTOR_ON, .flags = FL_HTML_ONLY, FACTOR, .rings = "q:email",
	  .summary = "Turns the second factor on" },
	{ "POST", "/me/factor/off", "app.use", NULL, .does = Q_ACCOUNT_FACTOR_OFF, .then = "/me/security?done=factor_off", .rings = "q:email",
	  .summary = "Turns the second factor off" },
	{ "POST", "/me/confirm/sms", "app.use", next_fields, .view = "account/confirm", CONFIRM,
	  .run = account_confirm_sms, .flags = FL_HTML_ONLY, .title = "account.confirm", .rings = "q:sms", .summary = "Sends a code by text message" },
	{ "POST", "/me/phone", "app.use", phone_fields, .view = "account/security", SECURITY, .run = account_phone_begin, .gives = Q_ACCOUNT_PHONE_BEGIN, .title = "account.security",
	  .rings = "q:sms", .summary = "Sends a code to a number that is to be a second factor" },
	{ "POST", "/me/phone/confirm", "app.use", sms_code_fields, .view = "account/security", SECURITY, .run = account_phone_on, .gives = Q_ACCOUNT_PHONE_ON, .title = "account.security",
	  .rings = "q:email", .summary = "Takes the number" },
	{ "POST", "/me/phone/off", "app.use", NULL, .does = Q_ACCOUNT_PHONE_OFF, .then = "/me/security?done=phone_off", .rings = "q:email",
	  .summary = "Ends codes by text message" },
	{ "POST", "/me/avatar", "app.use", NULL, .view = "identity/me", .sets = { { "me", Q_ME, FL_ONE }, { "picture", Q_AVATAR_STATE, FL_ONE } }, .run = account_avatar, .gives = Q_AVATAR_SEND,
	  .flags = FL_FILES | FL_SLOW, .title = "me.title",
	  .summary = "Takes a picture of you: multipart/form-data, field avatar, at most 5 MB" },
	{ "POST", "/me/avatar/remove", "app.use", NULL, .does = Q_AVATAR_REMOVE, .then = "/me?done=saved", .summary = "Removes the picture of you" },
	{ "GET", "/avatar/{key}", "app.use", picture_fields, .run = account_avatar_show, .file = "image/jpeg", .flags = FL_HTML_ONLY, .summary = "The picture of a person" },
	{ "POST", "/me/codes", "app.use", NULL, .run = account_codes_new, .gives = Q_ACCOUNT_CODES_NEW, .flags = FL_HTML_ONLY, FACTOR, .rings = "q:email",
	  .summary = "Makes new recovery codes" },
	{ "POST", "/me/email/change", "app.use", address_fields, .view = "account/security", SECURITY, .run = account_email_ask, .gives = Q_ACCOUNT_EMAIL_ASK, .title = "account.security",
	  .rings = "q:email", .summary = "Sends a link to a new address" },
	{ "GET", "/me/email", "app.use", link_fields, .view = "account/email", .flags = FL_HTML_ONLY, .title = "account.email", .summary = "From the link" },
	{ "POST", "/me/email", "app.use", link_fields, .view = "account/email", .run = account_email_take, .gives = Q_ACCOUNT_EMAIL_TAKE, .title = "account.email", .rings = "q:email",
	  .summary = "Takes the new address" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "account.sms", .queue = "sms", .timeout_s = 30, .load = account_sms_load, .call = account_sms_call, .save = account_sms_save },
	{ .kind = "account.avatar", .queue = "document-processing", .timeout_s = 60, .load = account_avatar_load, .call = account_avatar_call,
	  .save = account_avatar_save, .dead = account_avatar_dead },
	{ .kind = "account.mail", .queue = "email", .timeout_s = 60, .max_attempts = 8, .load = account_mail_load, .call = account_mail_call,
	  .save = account_mail_save, .dead = account_mail_dead, .cache_new = fl_words_new },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "accounts", .every_s = 600, .q = Q_SWEEP_ACCOUNTS, .help = "removes expired links, counts of failures and old mails" },
	{ 0 },
};

const struct fl_app account_app = { .name = "account", .pages = pages, .jobs = jobs, .sweeps = sweeps };
