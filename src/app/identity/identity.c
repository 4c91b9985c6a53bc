/* Who people are: sign-in, organisations, profile. */
#include "app/identity/keys.h"
#include "app/identity/look.h"
#include "app/identity/session.h"
#include "app/identity/signin.h"

static const struct fl_field sign_in_page_fields[] = {
	{ "next", FL_K_TEXT, .max = 500, .help = "where to go afterwards" },
	{ "email", FL_K_TEXT, .max = 320 },
	{ 0 },
};
static const struct fl_field sign_in_fields[] = {
	{ "email", FL_K_EMAIL, .required = true },
	{ "password", FL_K_SECRET, .required = true, .max = 1000 },
	{ "next", FL_K_TEXT, .max = 500 },
	{ "challenge", FL_K_TEXT, .max = 200, .help = "after failures: what GET /auth/puzzle gave" },
	{ "solution", FL_K_TEXT, .max = 40, .help = "so that SHA-256 of challenge:solution begins with 18 zero bits" },
	{ "answer", FL_K_TEXT, .max = 10, .help = "or the sum that was asked for" },
	{ "code", FL_K_SECRET, .max = 40, .help = "of the second factor" },
	{ 0 },
};
static const struct fl_field switch_fields[] = {
	{ "org_id", FL_K_UUID, .required = true, .help = "an organisation you are a member of" },
	{ 0 },
};
static const struct fl_field me_fields[] = {
	{ "name", FL_K_TEXT, .required = true },
	{ "phone", FL_K_PHONE },
	{ "preferred_language", FL_K_CHOICE, .choices = "en|es", .help = "none: the organisation's" },
	{ "zone", FL_K_TEXT, .max = 64, .help = "IANA time zone; none: the organisation's" },
	{ "currency", FL_K_TEXT, .max = 3, .help = "ISO 4217, as EUR; none: the organisation's" },
	{ "date_format", FL_K_CHOICE, .choices = "YYYY-MM-DD|DD/MM/YYYY|MM/DD/YYYY|DD.MM.YYYY", .help = "none: as the language has it" },
	{ "theme", FL_K_CHOICE, .choices = "auto|light|dark", .deflt = "auto" },
	{ "single_keys", FL_K_BOOL, .help = "single letters act as shortcuts" },
	{ 0 },
};

static const struct fl_field look_fields[] = {
	{ "slim", FL_K_BOOL, .help = "the navigation shows icons only" },
	{ "dense", FL_K_BOOL, .help = "lists are denser" },
	{ "next", FL_K_TEXT, .max = 4000, .help = "where to go afterwards" },
	{ 0 },
};

#define LETTER(NAME) { NAME, FL_K_TEXT, .max = 1, .help = "a letter; none: no key does it" }
static const struct fl_field key_fields[] = {
	LETTER("home"), LETTER("notes"), LETTER("new"), LETTER("down"), LETTER("up"), LETTER("open"), LETTER("choose"), LETTER("reply"), LETTER("edit"), LETTER("why"), LETTER("all"),
	{ 0 },
};

#define PUZZLE .sets = { { "puzzle", Q_SIGN_IN_PUZZLE }, { "providers", Q_OIDC_CHOICES } }

static const struct fl_page pages[] = {
	{ "GET", "/", "app.use", .run = identity_home, .flags = FL_HTML_ONLY, .summary = "Leads to the dashboard" },
	{ "GET", "/signin", NULL, sign_in_page_fields, .view = "signin", PUZZLE, .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY, .title = "signin.title",
	  .summary = "Sign-in page" },
	{ "POST", "/signin", NULL, sign_in_fields, .view = "signin", PUZZLE, .run = identity_sign_in, .gives = Q_SIGN_IN,
	  .flags = FL_PUBLIC | FL_NO_FRAME | FL_HTML_ONLY | FL_SLOW, .title = "signin.title", .summary = "Signs in" },
	{ "POST", "/auth/login", NULL, sign_in_fields, .run = identity_sign_in, .gives = Q_SIGN_IN, .flags = FL_PUBLIC | FL_JSON_ONLY | FL_SLOW | FL_NO_CSRF,
	  .summary = "Signs in and sets the session cookie" },
	{ "POST", "/signout", "app.use", .run = identity_sign_out, .gives = Q_SIGN_OUT, .flags = FL_HTML_ONLY, .summary = "Ends this session" },
	{ "POST", "/auth/logout", "app.use", .run = identity_sign_out, .gives = Q_SIGN_OUT, .flags = FL_JSON_ONLY, .summary = "Ends this session" },
	{ "GET", "/orgs", "app.use", .view = "identity/orgs", .sets = { { "items", Q_MY_ORGS } }, .title = "orgs.title",
	  .summary = "Organisations you belong to" },
	{ "POST", "/orgs/switch", "app.use", switch_fields, .does = Q_SWITCH_ORG, .then = "/",
	  .summary = "Changes the organisation of this session" },
	{ "GET", "/me", "app.use", .view = "identity/me", .sets = { { "me", Q_ME, FL_ONE }, { "picture", Q_AVATAR_STATE, FL_ONE } }, .title = "me.title", .summary = "Your profile" },
	{ "POST", "/me", "app.use", me_fields, .view = "identity/me", .sets = { { "me", Q_ME, FL_ONE }, { "picture", Q_AVATAR_STATE, FL_ONE } }, .does = Q_ME_UPDATE,
	  .then = "/me?done=saved", .title = "me.title", .summary = "Changes your profile" },
	{ "POST", "/me/look", "app.use", look_fields, .run = identity_look, .then = "/me", .flags = FL_HTML_ONLY, .summary = "Narrows the navigation, makes lists denser" },
	{ "GET", "/me/keys", "app.use", .view = "identity/keys", .title = "me.keys", .flags = FL_HTML_ONLY, .summary = "Which letters do what" },
	{ "POST", "/me/keys", "app.use", key_fields, .view = "identity/keys", .run = identity_keys, .then = "/me/keys?done=saved", .title = "me.keys", .flags = FL_HTML_ONLY,
	  .summary = "Chooses the letters that do something on a page, for this browser" },
	{ 0 },
};

const struct fl_app identity_app = { .name = "identity", .pages = pages };
