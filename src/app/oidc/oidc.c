/* Foreign identity: sign-in with an OpenID Connect provider, linking and unlinking. */
#include "app/oidc/oidc.h"

static const struct fl_field start_fields[] = {
	{ "provider", FL_K_TEXT, .required = true, .max = 40 },
	{ "next", FL_K_TEXT, .max = 500 },
	{ 0 },
};
/* Providers add words of their own. */
static const struct fl_field callback_fields[] = {
	{ "state", FL_K_SECRET, .max = 200 },      { "code", FL_K_SECRET, .max = 4000 },     { "error", FL_K_TEXT },
	{ "error_description", FL_K_TEXT, .max = 1000 }, { "error_uri", FL_K_TEXT, .max = 500 }, { "iss", FL_K_TEXT, .max = 500 },
	{ "scope", FL_K_TEXT, .max = 1000 },       { "session_state", FL_K_TEXT, .max = 500 }, { "authuser", FL_K_TEXT }, { "prompt", FL_K_TEXT },
	{ "hd", FL_K_TEXT, .max = 255 },           { 0 },
};
static const struct fl_field claim_fields[] = {
	{ "provider", FL_K_TEXT, .required = true, .max = 40 },
	{ "email", FL_K_TEXT, .max = 254 },
	{ "claim", FL_K_TEXT, .required = true, .max = 4000 },
	{ 0 },
};
static const struct fl_field stranger_fields[] = {
	{ "provider", FL_K_TEXT, .required = true, .max = 40 },
	{ "email", FL_K_TEXT, .required = true, .max = 254 },
	{ "name", FL_K_TEXT, .max = 200 },
	{ 0 },
};
static const struct fl_field join_fields[] = {
	{ "provider", FL_K_TEXT, .required = true, .max = 40 },
	{ "email", FL_K_TEXT, .required = true, .max = 254 },
	{ "name", FL_K_TEXT, .required = true, .max = 200 },
	{ 0 },
};
static const struct fl_field unlink_fields[] = {
	{ "provider", FL_K_TEXT, .required = true, .max = 40 },
	{ 0 },
};

#define STRANGER FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY
#define JOIN .view = "oidc/join", .title = "oidc.join", .sets = { { "there", Q_OIDC_NAMED } }

static const struct fl_page pages[] = {
	{ "GET", "/oidc/start", NULL, start_fields, .run = oidc_start, .flags = FL_PUBLIC | FL_HTML_ONLY | FL_SLOW, .summary = "Leads to a provider to sign in" },
	{ "GET", "/oidc/callback", NULL, callback_fields, .run = oidc_callback, .gives = Q_SIGN_IN, .flags = FL_PUBLIC | FL_HTML_ONLY | FL_SLOW,
	  .summary = "Back from a provider" },
	{ "GET", "/oidc/join", NULL, stranger_fields, JOIN, .flags = STRANGER, .summary = "Asks whether to make an account of what a provider has proven" },
	{ "POST", "/oidc/join", NULL, join_fields, JOIN, .run = oidc_join, .gives = Q_SIGN_IN, .flags = STRANGER, .summary = "Makes an account of what a provider has proven" },
	{ "GET", "/oidc/link", "app.use", start_fields, .run = oidc_start_link, .flags = FL_HTML_ONLY | FL_SLOW, .summary = "Leads to a provider to link an account" },
	{ "GET", "/oidc/confirm", "app.use", claim_fields, .view = "oidc/confirm", .sets = { { "there", Q_OIDC_NAMED } }, .flags = FL_HTML_ONLY,
	  .title = "oidc.confirm", .nav = "me" },
	{ "POST", "/oidc/link", "app.use", claim_fields, .run = oidc_link, .gives = Q_IDENTITY_LINK, .then = "/settings/identities?done=linked", .flags = FL_HTML_ONLY,
	  .summary = "Links an account at a provider" },
	{ "GET", "/settings/identities", "app.use", NULL, .view = "oidc/list", .sets = { { "identities", Q_IDENTITY_LIST } }, .title = "oidc.title", .nav = "me",
	  .summary = "Accounts at providers you may sign in with" },
	{ "POST", "/settings/identities/end", "app.use", unlink_fields, .does = Q_IDENTITY_UNLINK, .then = "/settings/identities?done=unlinked",
	  .summary = "Takes the link to a provider back" },
	{ 0 },
};

const struct fl_app oidc_app = { .name = "oidc", .pages = pages };
