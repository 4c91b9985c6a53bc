/* Administration of the platform: organisations, people, sessions, lock-outs, blocked addresses. Every page is FL_ADMIN: a platform
 * administrator whose second factor was proven recently, coming through nginx's own location. */
#include "app/admin/admin.h"

#define REASON { .name = "reason", .kind = FL_K_TEXT, .required = true, .min = 3, .max = 500, .help = "why; kept in the audit log" }
#define PAGED                                                                                              \
	{ .name = "after", .kind = FL_K_UUID, .help = "cursor of the last row seen" },                     \
	{ .name = "limit", .kind = FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" }

static const struct fl_field org_list_fields[] = {
	{ .name = "q", .kind = FL_K_TEXT, .max = 100, .help = "part of the name or short name" },
	{ .name = "state", .kind = FL_K_CHOICE, .choices = "active|suspended", .help = "only those" },
	PAGED,
	{ 0 },
};
static const struct fl_field user_list_fields[] = {
	{ .name = "q", .kind = FL_K_TEXT, .max = 100, .help = "part of the name or address" },
	{ .name = "state", .kind = FL_K_CHOICE, .choices = "admin|locked|disabled", .help = "only those" },
	PAGED,
	{ 0 },
};
static const struct fl_field audit_fields[] = {
	{ .name = "org", .kind = FL_K_TEXT, .max = 63, .deflt = "platform", .help = "short name; platform: what concerns none" },
	{ .name = "action", .kind = FL_K_TEXT, .max = 80, .help = "only this action, or those that begin with it and a dot" },
	{ .name = "actor", .kind = FL_K_TEXT, .max = 200, .help = "only this person, by address" },
	PAGED,
	{ 0 },
};
static const struct fl_field paged_fields[] = { PAGED, { 0 } };
static const struct fl_field reason_fields[] = { REASON, { 0 } };
static const struct fl_field plan_fields[] = {
	{ .name = "plan", .kind = FL_K_CHOICE, .required = true, .choices = "FREE|STARTER|PROFESSIONAL|ENTERPRISE" },
	{ 0 },
};
static const struct fl_field role_fields[] = {
	{ .name = "platform_role", .kind = FL_K_CHOICE, .required = true, .choices = "none|platform_admin" },
	{ 0 },
};
static const struct fl_field block_fields[] = {
	{ .name = "network", .kind = FL_K_TEXT, .required = true, .max = 50, .help = "an address, or a network as 192.0.2.0/24" },
	REASON,
	{ .name = "seconds", .kind = FL_K_INT, .min = 60, .max = 31536000, .deflt = "86400", .help = "for how long" },
	{ 0 },
};
static const struct fl_field visit_fields[] = {
	{ .name = "org", .kind = FL_K_UUID, .required = true, .help = "one of the person's organisations" },
	REASON,
	{ 0 },
};
static const struct fl_field unblock_fields[] = {
	{ .name = "network", .kind = FL_K_TEXT, .required = true, .max = 50, .help = "as the list shows it" },
	{ 0 },
};

static const struct fl_field incident_fields[] = {
	{ .name = "title", .kind = FL_K_TEXT, .required = true, .min = 3, .max = 200 },
	{ .name = "words", .kind = FL_K_LONG, .required = true, .max = 8000, .help = "what people are told: what happened, whose data, what was done, whom to ask" },
	{ .name = "org", .kind = FL_K_TEXT, .max = 63, .help = "short name of the organisation it concerns; none: everybody" },
	{ .name = "known", .kind = FL_K_TEXT, .max = 40, .help = "since when it is known; none: now" },
	{ 0 },
};

#define INCIDENTS .view = "admin/incidents", .sets = { { "incidents", Q_INCIDENT_LIST } }, .title = "admin.incidents", .nav = "admin-incidents", .flags = FL_ADMIN
#define INCIDENT .view = "admin/incident", .sets = { { "incident", Q_INCIDENT_SHOW, FL_ONE } }, .title = "admin.incident", .nav = "admin-incidents", .flags = FL_ADMIN
#define ORG_SETS                                                                                                      \
	.view = "admin/org",                                                                                          \
	.sets = { { "org", Q_ADMIN_ORG, FL_ONE }, { "usage", Q_ADMIN_ORG_USAGE }, { "people", Q_ADMIN_ORG_PEOPLE } }, \
	.title = "admin.org", .nav = "admin-orgs", .flags = FL_ADMIN
#define USER_SETS                                                                                                                         \
	.view = "admin/user",                                                                                                             \
	.sets = { { "user", Q_ADMIN_USER, FL_ONE }, { "orgs", Q_ADMIN_USER_ORGS }, { "sessions", Q_ADMIN_USER_SESSIONS }, { "past", Q_ADMIN_USER_PAST }, { "visits", Q_SUPPORT_OF } },             \
	.title = "admin.user", .nav = "admin-users", .flags = FL_ADMIN
#define BLOCK_SETS .view = "admin/blocked", .sets = { { "blocked", Q_ADMIN_BLOCKED } }, .title = "admin.blocked", .nav = "admin-blocked", .flags = FL_ADMIN

static const struct fl_page pages[] = {
	{ "GET", "/admin/orgs", "platform.admin", org_list_fields, .view = "admin/orgs", .sets = { { "orgs", Q_ADMIN_ORGS } }, .title = "admin.orgs",
	  .nav = "admin-orgs", .flags = FL_ADMIN, .summary = "Organisations of the platform" },
	{ "GET", "/admin/orgs/{id}", "platform.admin", ORG_SETS, .summary = "An organisation and what it uses" },
	{ "POST", "/admin/orgs/{id}/plan", "platform.admin", plan_fields, ORG_SETS, .does = Q_ADMIN_ORG_PLAN, .then = "/admin/orgs/{id}?done=saved",
	  .summary = "Changes the plan of an organisation" },
	{ "POST", "/admin/orgs/{id}/suspend", "platform.admin", reason_fields, ORG_SETS, .does = Q_ADMIN_ORG_SUSPEND,
	  .then = "/admin/orgs/{id}?done=org_suspended", .summary = "Suspends an organisation: its doors close, its jobs wait" },
	{ "POST", "/admin/orgs/{id}/resume", "platform.admin", reason_fields, ORG_SETS, .does = Q_ADMIN_ORG_RESUME,
	  .then = "/admin/orgs/{id}?done=org_resumed", .summary = "Opens a suspended organisation again" },
	{ "GET", "/admin/users", "platform.admin", user_list_fields, .view = "admin/users", .sets = { { "users", Q_ADMIN_USERS } }, .title = "admin.users",
	  .nav = "admin-users", .flags = FL_ADMIN, .summary = "People of the platform" },
	{ "GET", "/admin/users/{id}", "platform.admin", USER_SETS, .summary = "A person: organisations and sessions" },
	{ "POST", "/admin/users/{id}/role", "platform.admin", role_fields, USER_SETS, .does = Q_ADMIN_USER_ROLE, .then = "/admin/users/{id}?done=saved",
	  .summary = "Gives or takes the platform role" },
	{ "POST", "/admin/users/{id}/disable", "platform.admin", reason_fields, USER_SETS, .does = Q_ADMIN_USER_DISABLE,
	  .then = "/admin/users/{id}?done=user_disabled", .summary = "Closes an account and ends its sessions" },
	{ "POST", "/admin/users/{id}/enable", "platform.admin", reason_fields, USER_SETS, .does = Q_ADMIN_USER_ENABLE,
	  .then = "/admin/users/{id}?done=user_enabled", .summary = "Opens an account again" },
	{ "POST", "/admin/users/{id}/release", "platform.admin", .does = Q_ADMIN_USER_RELEASE, .then = "/admin/users/{id}?done=user_released",
	  .flags = FL_ADMIN, .summary = "Releases a lock-out" },
	{ "POST", "/admin/users/{id}/sign-out", "platform.admin", .does = Q_ADMIN_USER_SIGN_OUT, .then = "/admin/users/{id}?done=sessions_gone",
	  .flags = FL_ADMIN, .summary = "Ends all sessions of a person" },
	{ "POST", "/admin/users/{id}/visit", "platform.admin", visit_fields, USER_SETS, .does = Q_SUPPORT_BEGIN, .then = "/",
	  .summary = "Works as this person for half an hour, with banner and audit" },
	{ "POST", "/support/end", "app.use", .does = Q_SUPPORT_END, .then = "/admin/users/{user_id}?done=visit_ended", .summary = "Ends a visit for support" },
	{ "GET", "/admin/sessions", "platform.admin", paged_fields, .view = "admin/sessions", .sets = { { "sessions", Q_ADMIN_SESSIONS } },
	  .title = "admin.sessions", .nav = "admin-users", .flags = FL_ADMIN, .summary = "Sessions of everybody" },
	{ "POST", "/admin/sessions/{id}/end", "platform.admin", .does = Q_ADMIN_SESSION_END, .then = "/admin/users/{user_id}?done=sessions_gone",
	  .flags = FL_ADMIN, .summary = "Ends one session" },
	{ "GET", "/admin/audit", "platform.admin", audit_fields, .view = "admin/audit", .sets = { { "rows", Q_ADMIN_AUDIT }, { "words", Q_ADMIN_AUDIT_WORDS, .under = "rows", .by = "audit_id" } }, .title = "admin.audit",
	  .nav = "admin-audit", .flags = FL_ADMIN, .summary = "Audit log of an organisation or of the platform" },
	{ "GET", "/admin/errors", "platform.admin", .view = "admin/errors", .sets = { { "faults", Q_ADMIN_ERRORS } }, .title = "admin.errors",
	  .nav = "admin-errors", .flags = FL_ADMIN, .summary = "Faults of the program, the latest first" },
	{ "GET", "/admin/blocked", "platform.admin", BLOCK_SETS, .summary = "Addresses that are refused" },
	{ "POST", "/admin/blocked", "platform.admin", block_fields, BLOCK_SETS, .does = Q_ADMIN_BLOCK, .then = "/admin/blocked?done=address_blocked",
	  .summary = "Refuses an address for a time" },
	{ "POST", "/admin/blocked/remove", "platform.admin", unblock_fields, .does = Q_ADMIN_UNBLOCK, .then = "/admin/blocked?done=address_unblocked",
	  .flags = FL_ADMIN, .summary = "Lets an address in again" },
	{ "GET", "/admin/incidents", "platform.admin", paged_fields, INCIDENTS, .summary = "Incidents that concern people's data" },
	{ "POST", "/admin/incidents", "platform.admin", incident_fields, .view = "admin/incident-new", .does = Q_INCIDENT_NOTE, .then = "/admin/incidents/{id}?done=incident_noted",
	  .title = "admin.incident_new", .nav = "admin-incidents", .flags = FL_ADMIN | FL_CREATED, .summary = "Notes an incident; those concerned are to be told within 72 hours" },
	{ "GET", "/admin/incidents/new", "platform.admin", .view = "admin/incident-new", .title = "admin.incident_new", .nav = "admin-incidents",
	  .flags = FL_ADMIN | FL_HTML_ONLY },
	{ "GET", "/admin/incidents/{id}", "platform.admin", INCIDENT, .summary = "An incident and what is left of its 72 hours" },
	{ "POST", "/admin/incidents/{id}/tell", "platform.admin", INCIDENT, .does = Q_INCIDENT_TELL, .then = "/admin/incidents/{id}?done=incident_told", .rings = "q:email",
	  .summary = "Mails everybody it concerns" },
	{ "POST", "/admin/incidents/{id}/report", "platform.admin", INCIDENT, .does = Q_INCIDENT_REPORT, .then = "/admin/incidents/{id}?done=saved",
	  .summary = "Notes that the authority was told" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "fault.tell", .queue = "automation", .timeout_s = 30, .load = fault_load, .call = fault_call },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "faults", .every_s = 60, .q = Q_SWEEP_FAULTS, .help = "counts jobs that were given up among the faults, forgets faults of 90 days ago", .rings = "q:automation" },
	{ .name = "incidents", .every_s = 3600, .q = Q_SWEEP_INCIDENTS, .help = "warns administrators a day before an incident has to be told", .rings = "q:email" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "admin-orgs", "/admin/orgs", "home", "platform.admin", 201 },
	{ "admin-users", "/admin/users", "person", "platform.admin", 202 },
	{ "admin-blocked", "/admin/blocked", "cross", "platform.admin", 204 },
	{ "admin-audit", "/admin/audit", "lock", "platform.admin", 205 },
	{ "admin-errors", "/admin/errors", "triangle", "platform.admin", 206 },
	{ "admin-incidents", "/admin/incidents", "bell", "platform.admin", 207 },
	{ 0 },
};

const struct fl_app admin_app = { .name = "admin", .pages = pages, .jobs = jobs, .sweeps = sweeps, .nav = nav };
