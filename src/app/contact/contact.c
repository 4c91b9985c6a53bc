/* People who ask. */
#include "app/app.h"

static const struct fl_field list_fields[] = {
	{ "q", FL_K_TEXT, .max = 100 },
	{ 0 },
};
static const struct fl_field contact_fields[] = {
	{ "name", FL_K_TEXT },
	{ "email", FL_K_EMAIL },
	{ "phone", FL_K_PHONE },
	{ "company", FL_K_TEXT },
	{ "notes", FL_K_LONG, .max = 5000 },
	{ 0 },
};

#define SHOW .view = "contact/show", \
	.sets = { { "contact", Q_CONTACT_SHOW, FL_ONE }, { "requests", Q_CONTACT_REQUESTS }, { "leads", Q_CONTACT_LEADS }, { "sent", Q_MAIL_OF_CONTACT } }, \
	.title = "contact.one", .nav = "contacts"

static const struct fl_page pages[] = {
	{ "GET", "/contacts", "contact.read", list_fields, .view = "contact/list",
	  .sets = { { "items", Q_CONTACT_LIST }, { "scope", Q_CONTACT_COUNT, FL_ONE } }, .title = "contact.title", .nav = "contacts", .summary = "People who asked" },
	{ "GET", "/contacts/new", "contact.manage", NULL, .view = "contact/new", .flags = FL_HTML_ONLY, .title = "contact.new", .nav = "contacts" },
	{ "POST", "/contacts", "contact.manage", contact_fields, .view = "contact/new", .does = Q_CONTACT_ADD, .then = "/contacts/{id}?done=saved",
	  .title = "contact.new", .nav = "contacts", .summary = "Makes a contact" },
	{ "GET", "/contacts/{id}", "contact.read", NULL, SHOW, .summary = "A contact with requests and leads" },
	{ "POST", "/contacts/{id}", "contact.manage", contact_fields, SHOW, .does = Q_CONTACT_SET, .then = "/contacts/{id}?done=saved", .summary = "Changes a contact" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "contacts", "/contacts", "person", "contact.read", 50 },
	{ 0 },
};

const struct fl_app contact_app = { .name = "contact", .pages = pages, .nav = nav };
