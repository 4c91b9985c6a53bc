/* Export and erasure of an organisation, a person or a contact. */
#include "app/privacy/privacy.h"

static const struct fl_field token_fields[] = {
	{ "token", FL_K_TEXT, .required = true, .max = 100, .help = "from the link" },
	{ 0 },
};

#define ME .view = "privacy/me", .sets = { { "orders", Q_PRIVACY_MINE }, { "owned", Q_PRIVACY_OWNED }, { "security", Q_ACCOUNT_SECURITY, FL_ONE } }, .title = "privacy.me"
#define DANGER .view = "privacy/danger", .sets = { { "organization", Q_ORGANIZATION_SHOW, FL_ONE }, { "orders", Q_PRIVACY_ORG } }, \
	.title = "privacy.danger", .nav = "settings"
#define RINGS .rings = "q:privacy"

#define CONTACT .view = "privacy/contact", .sets = { { "contact", Q_PRIVACY_CONTACT, FL_ONE }, { "orders", Q_PRIVACY_OF_CONTACT } }, \
	.title = "privacy.contact_data", .nav = "contacts"

static const struct fl_field confirm_fields[] = {
	{ "confirm", FL_K_TEXT, .required = true, .max = 320, .help = "the address of the account" },
	{ 0 },
};
static const struct fl_field org_fields[] = {
	{ "confirm", FL_K_TEXT, .required = true, .help = "the organisation's short name" },
	{ "when", FL_K_CHOICE, .choices = "week|now", .deflt = "week", .help = "in seven days, or at once" },
	{ 0 },
};
static const struct fl_field contact_fields[] = {
	{ "confirm", FL_K_TEXT, .required = true, .max = 320, .help = "the contact's address, else the name" },
	{ "documents", FL_K_BOOL, .help = "documents that name the contact go too" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/me/data", "app.use", NULL, ME, .summary = "Your data: exports and erasure" },
	{ "POST", "/me/data/export", "app.use", NULL, .does = Q_PRIVACY_EXPORT_ME, .then = "/me/data?done=export_asked", RINGS, .flags = FL_ACCEPTED,
	  .summary = "Asks for an archive of your data" },
	{ "GET", "/settings/danger", "org.own", NULL, DANGER, .summary = "Export and erasure of the organisation" },
	{ "POST", "/settings/danger/export", "org.own", NULL, .does = Q_PRIVACY_EXPORT_ORG, .then = "/settings/danger?done=export_asked", RINGS, .flags = FL_ACCEPTED,
	  .summary = "Asks for an archive of all data of the organisation" },
	{ "GET", "/contacts/{id}/data", "privacy.manage", NULL, CONTACT, .summary = "Export and erasure of a contact" },
	{ "POST", "/contacts/{id}/export", "privacy.manage", NULL, .does = Q_PRIVACY_EXPORT_CONTACT, .then = "/contacts/{id}/data?done=contact_export_asked", RINGS,
	  .flags = FL_ACCEPTED, .summary = "Asks for an archive of what is kept of a contact" },
	{ "POST", "/me/data/erase", "app.use", confirm_fields, ME, .does = Q_PRIVACY_ERASE_ME, .then = "/erasures?token={token}", RINGS,
	  .flags = FL_CREATED, .summary = "Erases your account; its certificate is at /erasures?token=TOKEN" },
	{ "POST", "/settings/danger/erase", "org.own", org_fields, DANGER, .does = Q_PRIVACY_ERASE_ORG, .then = "/erasures?token={token}", .rings = "q:privacy q:email",
	  .flags = FL_CREATED, .summary = "Erases the organisation; its certificate is at /erasures?token=TOKEN" },
	{ "POST", "/settings/danger/keep", "org.own", NULL, .does = Q_PRIVACY_KEEP_ORG, .then = "/settings/danger?done=erase_kept", .rings = "q:email",
	  .summary = "Stops an erasure that waits" },
	{ "POST", "/contacts/{id}/erase", "privacy.manage", contact_fields, CONTACT, .does = Q_PRIVACY_ERASE_CONTACT, .then = "/erasures?token={token}", RINGS,
	  .flags = FL_CREATED, .summary = "Erases somebody the organisation knows; the certificate is at /erasures?token=TOKEN" },
	{ "GET", "/erasures", NULL, token_fields, .view = "privacy/certificate", .sets = { { "order", Q_PRIVACY_CERTIFICATE, FL_ONE }, { "lines", Q_PRIVACY_CERTIFIED } },
	  .flags = FL_PUBLIC | FL_NO_FRAME, .title = "privacy.certificate", .summary = "What an erasure did, by its link" },
	{ "POST", "/me/exports/{id}/link", "app.use", NULL, .does = Q_PRIVACY_LINK_ME, .then = "/exports/file?token={token}",
	  .summary = "A link to your archive: /exports/file?token=TOKEN, for a quarter of an hour" },
	{ "GET", "/exports/{id}", "privacy.manage", NULL, .sets = { { "order", Q_PRIVACY_SHOW, FL_ONE } }, .flags = FL_JSON_ONLY, .summary = "How far an order is" },
	{ "POST", "/exports/{id}/link", "privacy.manage", NULL, .does = Q_PRIVACY_LINK, .then = "/exports/file?token={token}",
	  .summary = "A link to an archive: /exports/file?token=TOKEN, for a quarter of an hour" },
	{ "GET", "/exports/file", NULL, token_fields, .run = privacy_download, .file = "application/zip", .flags = FL_PUBLIC | FL_NO_FRAME, .title = "privacy.file",
	  .summary = "An archive by its link" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "privacy.export", .queue = "privacy", .timeout_s = 120, .max_attempts = 8, .load = privacy_export_load, .call = privacy_export_call,
	  .save = privacy_export_save, .dead = privacy_job_dead, .rings = "q:privacy" },
	{ .kind = "privacy.pack", .queue = "privacy", .timeout_s = 3600, .max_attempts = 5, .load = privacy_pack_load, .call = privacy_pack_call,
	  .save = privacy_pack_save, .dead = privacy_job_dead, .rings = "q:privacy q:email" },
	{ .kind = "privacy.erase", .queue = "privacy", .timeout_s = 300, .max_attempts = 20, .load = privacy_erase_load, .call = privacy_tidy_call,
	  .save = privacy_erase_save, .dead = privacy_job_dead, .rings = "q:privacy q:intake-decision" },
	{ .kind = "privacy.tidy", .queue = "privacy", .timeout_s = 300, .max_attempts = 20, .load = privacy_tidy_load, .call = privacy_tidy_call,
	  .save = privacy_tidy_save, .rings = "q:privacy" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "privacy", .every_s = 3600, .q = Q_SWEEP_PRIVACY, .help = "removes archives of exports after a week", .rings = "q:privacy" },
	{ 0 },
};

const struct fl_app privacy_app = { .name = "privacy", .pages = pages, .jobs = jobs, .sweeps = sweeps };
