/* People who ask. */
#include "app/contact/contact.h"

static const struct fl_field list_fields[] = {
	{ "q", FL_K_TEXT, .max = 100 },
	{ 0 },
};
#define FACTS { "name", FL_K_TEXT }, { "email", FL_K_EMAIL }, { "phone", FL_K_PHONE }, { "company", FL_K_TEXT }, { "notes", FL_K_LONG, .max = 5000 }
static const struct fl_field add_fields[] = {
	FACTS,
	{ 0 },
};
static const struct fl_field set_fields[] = {
	FACTS,
	{ "version", FL_K_INT, .help = "the version you saw; 409 when there is another by now" },
	{ 0 },
};

/* What came of an import stands in the address it ends at. */
static const struct fl_field told_fields[] = {
	{ "made", FL_K_INT, .min = -1, .max = 2000, .deflt = "-1" },
	{ "known", FL_K_INT, .min = 0, .max = 2000, .deflt = "0" },
	{ "left_out", FL_K_INT, .min = 0, .max = 2000, .deflt = "0" },
	{ "lines", FL_K_TEXT, .max = 200, .deflt = "" },
	{ 0 },
};
static const struct fl_field import_fields[] = {
	{ "text", FL_K_LONG, .max = 1000000, .help = "a table as CSV (RFC 4180), also with semicolons or tabs, its first line naming the columns; in place of a file" },
	{ 0 },
};

#define SHOW .view = "contact/show", \
	.sets = { { "contact", Q_CONTACT_SHOW, FL_ONE }, { "requests", Q_CONTACT_REQUESTS }, { "leads", Q_CONTACT_LEADS }, { "sent", Q_MAIL_OF_CONTACT } }, \
	.title = "contact.one", .nav = "contacts"

static const struct fl_page pages[] = {
	{ "GET", "/contacts", "contact.read", list_fields, .view = "contact/list",
	  .sets = { { "items", Q_CONTACT_LIST }, { "scope", Q_CONTACT_COUNT, FL_ONE } }, .title = "contact.title", .nav = "contacts", .summary = "People who asked" },
	{ "GET", "/contacts/new", "contact.manage", NULL, .view = "contact/new", .flags = FL_HTML_ONLY, .title = "contact.new", .nav = "contacts" },
	{ "POST", "/contacts", "contact.manage", add_fields, .view = "contact/new", .does = Q_CONTACT_ADD, .then = "/contacts/{id}?done=saved",
	  .title = "contact.new", .nav = "contacts", .flags = FL_CREATED, .summary = "Makes a contact" },
	{ "GET", "/contacts/import", "contact.manage", told_fields, .view = "contact/import", .sets = { { "came", Q_CONTACT_IMPORTED } }, .flags = FL_HTML_ONLY,
	  .title = "contact.import", .nav = "contacts" },
	{ "POST", "/contacts/import", "contact.manage", import_fields, .view = "contact/import", .sets = { { "came", Q_CONTACT_IMPORTED_NOT } }, .run = contact_import, .gives = Q_CONTACT_IMPORT,
	  .then = "/contacts/import?made={made}&known={known}&left_out={left_out}&lines={lines}", .flags = FL_FILES, .title = "contact.import", .nav = "contacts",
	  .summary = "Contacts and leads from a table" },
	{ "GET", "/contacts/{id}", "contact.read", NULL, SHOW, .summary = "A contact with requests and leads" },
	{ "POST", "/contacts/{id}", "contact.manage", set_fields, SHOW, .does = Q_CONTACT_SET, .then = "/contacts/{id}?done=saved", .summary = "Changes a contact" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "contacts", "/contacts", "person", "contact.read", 50 },
	{ 0 },
};

const struct fl_app contact_app = { .name = "contact", .pages = pages, .nav = nav };
