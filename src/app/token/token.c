/* Keys and tokens: how machines come in. */
#include "app/token/token.h"

static const struct fl_field key_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 80, .help = "what it is for" },
	{ "owner", FL_K_CHOICE, .choices = "person|organization", .deflt = "person", .help = "who acts with it" },
	{ "role", FL_K_CHOICE, .choices = "owner|admin|operator|pm|member|viewer|user|client", .help = "of an organisation's key; a personal one has yours" },
	{ "scopes", FL_K_LIST, .help = "permissions it is cut down to; none: all of the role" },
	{ "days", FL_K_INT, .min = 1, .max = 730, .deflt = "90", .help = "until it ends" },
	{ 0 },
};
static const struct fl_field token_fields[] = {
	{ "grant_type", FL_K_CHOICE, .choices = "session|refresh_token", .required = true },
	{ "refresh_token", FL_K_SECRET, .max = 100, .help = "of grant_type refresh_token; absent: from its cookie" },
	{ "org_id", FL_K_UUID, .help = "of grant_type session: the organisation; none: the active one" },
	{ 0 },
};

static const struct fl_field problem_fields[] = {
	{ "name", FL_K_TEXT, .max = 60 },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/settings/keys", "app.use", NULL, .view = "token/keys", .sets = { { "keys", Q_KEY_LIST }, { "permissions", Q_KEY_PERMISSIONS } },
	  .title = "token.title", .nav = "keys", .summary = "API keys: yours, and the organisation's for those who manage it" },
	{ "GET", "/settings/keys/new", "app.use", NULL, .view = "token/new", .sets = { { "permissions", Q_KEY_PERMISSIONS }, { "proof", Q_KEY_RECENT } }, .flags = FL_HTML_ONLY,
	  .title = "token.new", .nav = "keys" },
	{ "POST", "/settings/keys", "app.use", key_fields, .view = "token/made", .sets = { { "made", Q_KEY_MAKE, FL_ONE }, { "permissions", Q_KEY_PERMISSIONS } },
	  .does = Q_KEY_MAKE, .title = "token.new", .nav = "keys", .flags = FL_CREATED, .summary = "Makes an API key; its text is in this answer only" },
	{ "POST", "/settings/keys/{id}/end", "app.use", NULL, .does = Q_KEY_END, .then = "/settings/keys?done=key_ended", .summary = "Ends an API key at once" },
	{ "GET", "/problems", NULL, .view = "token/problems", .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY, .title = "problem.title",
	  .summary = "What the answers of the API mean" },
	{ "GET", "/problems/{name}", NULL, problem_fields, .view = "token/problems", .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY, .title = "problem.title" },
	{ "POST", "/auth/token", NULL, token_fields, .run = token_issue, .gives = Q_TOKEN_ISSUED, .flags = FL_PUBLIC | FL_JSON_ONLY | FL_NO_CSRF,
	  .summary = "Access token for 15 minutes and a one-time refresh token for 7 days" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "keys", "/settings/keys", "key", "org.manage", 160 },
	{ 0 },
};

const struct fl_app token_app = { .name = "token", .pages = pages, .nav = nav };
