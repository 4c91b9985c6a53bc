/* Organisations and their people: members, invitations, roles, scopes, settings. */
#include "app/organization/organization.h"

#define ROLES "owner|admin|operator|pm|member|viewer|user|client"
#define SIZES "Solo|2-10|11-50|51+"

static const struct fl_field invite_fields[] = {
	{ "email", FL_K_EMAIL, .required = true },
	{ "role", FL_K_CHOICE, .choices = ROLES, .deflt = "user" },
	{ "after", FL_K_TEXT, .max = 300, .help = "where the list that is shown again begins" },
	{ "limit", FL_K_INT, .min = 1, .max = 500, .deflt = "50" },
	{ 0 },
};
static const struct fl_field role_fields[] = {
	{ "role", FL_K_CHOICE, .required = true, .choices = ROLES },
	{ 0 },
};
static const struct fl_field plan_fields[] = {
	{ "plan_id", FL_K_UUID, .required = true, .help = "a plan of onboarding" },
	{ 0 },
};
static const struct fl_field scope_fields[] = {
	{ "scopes", FL_K_LONG, .max = 4000, .help = "strategy, category.X, subcategory.X, module.X, pipeline.ID, client.ID, team.ID; separated by blanks" },
	{ "areas", FL_K_LIST, .max = 4000, .help = "scopes of areas and their parts: category.X, subcategory.X" },
	{ "pipelines", FL_K_LIST, .max = 4000, .help = "ids of pipelines" },
	{ "teams", FL_K_LIST, .max = 4000, .help = "ids of teams" },
	{ "clients", FL_K_LONG, .max = 4000, .help = "addresses of contacts, separated by blanks" },
	{ 0 },
};
static const struct fl_field accept_fields[] = {
	{ "name", FL_K_TEXT, .help = "of a newcomer" },
	{ "password", FL_K_SECRET, .help = "of a newcomer: at least 12 characters" },
	{ 0 },
};

static const struct fl_field found_fields[] = {
	{ "org_name", FL_K_TEXT, .required = true },
	{ "industry", FL_K_TEXT, .max = 100 },
	{ "size", FL_K_CHOICE, .choices = SIZES },
	{ 0 },
};
static const struct fl_field profile_fields[] = {
	{ "name", FL_K_TEXT, .required = true },
	{ "phone", FL_K_PHONE },
	{ 0 },
};
static const struct fl_field reminder_fields[] = {
	{ "remind", FL_K_LIST, .max = 200, .help = "minutes before; none: nobody is reminded" },
	{ "acknowledge", FL_K_BOOL, .deflt = "false", .help = "who writes gets a word that it has come" },
	{ 0 },
};
static const struct fl_field region_fields[] = {
	{ "language", FL_K_CHOICE, .required = true, .choices = "en|es" },
	{ "zone", FL_K_TEXT, .required = true, .max = 64, .help = "IANA time zone" },
	{ "currency", FL_K_TEXT, .required = true, .min = 3, .max = 3, .help = "ISO 4217" },
	{ "date_format", FL_K_CHOICE, .choices = "YYYY-MM-DD|DD/MM/YYYY|MM/DD/YYYY|DD.MM.YYYY", .help = "none: as the language has it" },
	{ 0 },
};
static const struct fl_field logo_fields[] = {
	{ "next", FL_K_CHOICE, .choices = "settings|welcome", .deflt = "settings", .help = "where the form was" },
	{ 0 },
};
static const struct fl_field logo_key_fields[] = {
	{ "key", FL_K_TEXT, .max = 32 },
	{ 0 },
};
static const struct fl_field settings_fields[] = {
	{ "name", FL_K_TEXT, .required = true },
	{ "industry", FL_K_TEXT, .max = 100 },
	{ "size", FL_K_CHOICE, .choices = SIZES },
	{ "billing_email", FL_K_EMAIL },
	{ 0 },
};
static const struct fl_field company_fields[] = {
	{ "summary", FL_K_LONG, .max = 4000 },   { "offer", FL_K_LONG, .max = 4000 }, { "customers", FL_K_LONG, .max = 4000 },
	{ "tone", FL_K_LONG, .max = 2000 },      { "facts", FL_K_LONG, .max = 8000 }, { 0 },
};

#define WELCOME .view = "organization/welcome", .sets = { { "step", Q_WELCOME_SHOW, FL_ONE } }, .title = "organization.welcome"
#define REMINDERS .view = "organization/reminders", .title = "organization.reminders", .nav = "settings", \
	.sets = { { "choices", Q_REMINDER_CHOICES }, { "rules", Q_REMINDER_RULES, FL_ONE } }
#define SETTINGS(template) .view = template, .sets = { { "organization", Q_ORGANIZATION_SHOW, FL_ONE } }, .title = "organization.settings", .nav = "settings"
#define OWN .view = "organization/own", .sets = { { "organization", Q_ORGANIZATION_SHOW, FL_ONE }, { "logo", Q_ORGANIZATION_LOGO_STATE } }, \
	.title = "organization.settings", .nav = "settings"
#define COMPANY .view = "organization/company", .sets = { { "company", Q_COMPANY_SHOW, FL_ONE } }, .title = "organization.company", .nav = "settings"
#define MEMBERS .view = "organization/members", .sets = { { "items", Q_MEMBER_LIST }, { "invitations", Q_INVITATION_LIST } }, \
	.title = "organization.members", .nav = "settings"
#define MEMBER .view = "organization/member", .sets = { { "member", Q_MEMBER_SHOW, FL_ONE }, { "areas", Q_MEMBER_AREAS }, { "history", Q_MEMBER_HISTORY }, \
	          { "onboardings", Q_ONBOARDING_OF_MEMBER }, { "plans", Q_ONBOARDING_PLAN_CHOICES } }, \
	.title = "organization.member", .nav = "settings"
#define INVITATION .view = "organization/invitation", .sets = { { "invitation", Q_INVITATION_SHOW, FL_ONE } }, .title = "organization.join"
#define DOOR FL_TOKEN_IN_PATH | FL_NO_FRAME

/* Who joins, leaves or gets another role or charge is asked to read and do other things: procedures, plans of onboarding, their tasks. */
#define FOLLOWED .rings = "t:notes t:tasks q:events q:email"

static const struct fl_page pages[] = {
	{ "GET", "/members", "member.read", NULL, MEMBERS, .summary = "People of the organisation, and invitations that wait" },
	{ "POST", "/members/invite", "member.manage", invite_fields, MEMBERS, .does = Q_MEMBER_INVITE, .then = "/members?done=invited", .rings = "q:email",
	  .flags = FL_CREATED, .summary = "Invites an address with a role; the link holds for 7 days, once" },
	{ "POST", "/members/invitations/{id}/revoke", "member.manage", NULL, .does = Q_INVITATION_REVOKE, .then = "/members?done=uninvited",
	  .summary = "Takes an invitation back" },
	{ "GET", "/members/{id}", "member.manage", NULL, MEMBER, .summary = "A member" },
	{ "POST", "/members/{id}/role", "member.manage", role_fields, MEMBER, .does = Q_MEMBER_ROLE, .then = "/members/{id}?done=saved", FOLLOWED,
	  .summary = "Gives a member another role; it counts from the next request on" },
	{ "POST", "/members/{id}/scopes", "member.manage", scope_fields, MEMBER, .does = Q_MEMBER_SCOPES, .then = "/members/{id}?done=saved", FOLLOWED,
	  .summary = "Says what a member is in charge of" },
	{ "POST", "/members/{id}/onboarding", "member.manage", plan_fields, MEMBER, .does = Q_ONBOARDING_START, .then = "/onboarding/{id}?done=onboarding_started",
	  FOLLOWED, .flags = FL_CREATED, .summary = "Begins a plan of onboarding for somebody" },
	{ "GET", "/members/{id}/remove", "member.manage", NULL, .view = "organization/remove", .sets = { { "member", Q_MEMBER_SHOW, FL_ONE } },
	  .flags = FL_HTML_ONLY, .title = "organization.remove_sure", .nav = "settings", .summary = "Asks before a member is removed" },
	{ "POST", "/members/{id}/remove", "member.manage", NULL, .view = "organization/remove", .sets = { { "member", Q_MEMBER_SHOW, FL_ONE } },
	  .does = Q_MEMBER_REMOVE, .then = "/members?done=removed", .title = "organization.remove_sure", .nav = "settings", FOLLOWED, .summary = "Removes a member" },
	{ "GET", "/invitations/{token}", "invite.use", NULL, INVITATION, .flags = DOOR, .summary = "An invitation to join" },
	{ "POST", "/invitations/{token}", "invite.use", accept_fields, INVITATION, .run = organization_accept, .gives = Q_INVITATION_ACCEPT, .flags = DOOR | FL_SLOW, FOLLOWED,
	  .summary = "Accepts an invitation" },

	{ "GET", "/welcome", "app.use", NULL, WELCOME, .flags = FL_NO_FRAME, .summary = "The first steps, where you left them" },
	{ "POST", "/welcome/profile", "app.use", profile_fields, WELCOME, .does = Q_WELCOME_PROFILE, .then = "/welcome", .flags = FL_NO_FRAME,
	  .summary = "First step: who you are" },
	{ "POST", "/welcome/organization", "app.use", found_fields, WELCOME, .does = Q_ORGANIZATION_FOUND, .then = "/welcome", .flags = FL_NO_FRAME | FL_CREATED,
	  .summary = "Second step: makes an organisation, which you own" },
	{ "POST", "/auth/onboarding", "app.use", found_fields, .does = Q_ORGANIZATION_FOUND, .flags = FL_JSON_ONLY | FL_CREATED,
	  .summary = "Makes an organisation, which you own" },
	{ "POST", "/welcome/region", "org.manage", region_fields, WELCOME, .does = Q_ORGANIZATION_REGION, .then = "/dashboard", .flags = FL_NO_FRAME,
	  .summary = "Third step: language, zone and currency" },

	{ "GET", "/settings", "app.use", NULL, .view = "organization/settings", .flags = FL_HTML_ONLY, .title = "organization.settings", .nav = "settings",
	  .summary = "All settings" },
	{ "GET", "/settings/organization", "org.manage", NULL, OWN, .summary = "The organisation" },
	{ "POST", "/settings/organization", "org.manage", settings_fields, OWN, .does = Q_ORGANIZATION_SAVE,
	  .then = "/settings/organization?done=saved", .summary = "Changes the organisation" },
	{ "POST", "/settings/logo", "org.manage", logo_fields, OWN, .run = organization_logo, .gives = Q_ORGANIZATION_LOGO, .flags = FL_FILES | FL_SLOW,
	  .rings = "t:jobs", .summary = "Takes a picture as the logo: multipart/form-data, field logo, at most 1 MB" },
	{ "POST", "/settings/logo/remove", "org.manage", NULL, .does = Q_ORGANIZATION_LOGO_OFF, .then = "/settings/organization?done=saved", .summary = "Removes the logo" },
	{ "GET", "/logo/{key}", NULL, logo_key_fields, .run = organization_logo_show, .file = "image/jpeg", .flags = FL_PUBLIC | FL_HTML_ONLY, .summary = "The logo of an organisation" },
	{ "GET", "/settings/region", "org.manage", NULL, SETTINGS("organization/region"), .summary = "Language, zone and currency" },
	{ "POST", "/settings/region", "org.manage", region_fields, SETTINGS("organization/region"), .does = Q_ORGANIZATION_REGION,
	  .then = "/settings/region?done=saved", .summary = "Changes language, zone and currency" },
	{ "GET", "/settings/reminders", "org.manage", NULL, REMINDERS, .summary = "When people are reminded, and whether what comes in is acknowledged" },
	{ "POST", "/settings/reminders", "org.manage", reminder_fields, REMINDERS, .does = Q_ORGANIZATION_REMINDERS, .then = "/settings/reminders?done=saved",
	  .summary = "Changes when people are reminded, and whether what comes in is acknowledged" },
	{ "GET", "/settings/subscription", "org.manage", NULL, .view = "organization/subscription",
	  .sets = { { "organization", Q_ORGANIZATION_SHOW, FL_ONE }, { "usage", Q_ORGANIZATION_USAGE, FL_ONE } }, .title = "organization.subscription", .nav = "settings",
	  .summary = "The plan and what is used of it" },
	{ "GET", "/settings/integrations", "org.manage", NULL, .view = "organization/integrations", .sets = { { "integrations", Q_INTEGRATION_LIST } },
	  .run = organization_integrations, .title = "organization.integrations", .nav = "settings", .summary = "What the organisation is connected to, with state and last use" },
	{ "GET", "/settings/company", "org.manage", NULL, COMPANY, .summary = "What the business says of itself" },
	{ "POST", "/settings/company", "org.manage", company_fields, COMPANY, .does = Q_COMPANY_SAVE, .then = "/settings/company?done=saved",
	  .summary = "Changes what the business says of itself" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "settings", "/settings", "settings", "member.read", 190 },
	{ 0 },
};

const struct fl_app organization_app = { .name = "organization", .pages = pages, .nav = nav };
