/* A client's own page: requests, where they stand, messages, documents. */
#include "app/app.h"
#include "app/document/document.h"

static const struct fl_field list_fields[] = {
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field ask_fields[] = {
	{ "subject", FL_K_TEXT, .required = true, .max = 200 },
	{ "body", FL_K_LONG, .required = true, .max = 5000 },
	{ "after", FL_K_UUID },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50" },
	{ 0 },
};
static const struct fl_field add_fields[] = {
	{ "body", FL_K_LONG, .required = true, .max = 5000 },
	{ 0 },
};

#define LIST .view = "portal/list", .sets = { { "requests", Q_PORTAL_LIST } }, .title = "portal.title", .nav = "portal"
#define SHOW                                                                                                                                             \
	.view = "portal/show", .title = "portal.one", .nav = "portal",                                                                                  \
	.sets = { { "request", Q_PORTAL_SHOW, FL_ONE }, { "thread", Q_PORTAL_THREAD }, { "documents", Q_PORTAL_DOCUMENTS } }

static const struct fl_page pages[] = {
	{ "GET", "/portal", "portal.read", list_fields, LIST, .summary = "A client's own requests" },
	{ "POST", "/portal", "portal.write", ask_fields, LIST, .does = Q_PORTAL_ASK, .then = "/portal/{id}?done=received", .rings = "q:intake-routing t:intake",
	  .flags = FL_CREATED, .summary = "A new request of a client" },
	{ "GET", "/portal/{id}", "portal.read", NULL, SHOW, .summary = "One of a client's requests: where it stands, messages, documents" },
	{ "POST", "/portal/{id}", "portal.write", add_fields, SHOW, .does = Q_PORTAL_ADD, .then = "/portal/{id}?done=added", .rings = "q:events t:intake t:notes",
	  .summary = "Adds a word to a request" },
	{ "POST", "/portal/{id}/documents", "portal.write", NULL, SHOW, .run = document_attach, .gives = Q_INTAKE_FILES_PUT, .then = "/portal/{id}?done=document_taken",
	  .flags = FL_FILES | FL_CREATED | FL_SLOW,
	  .rings = "t:jobs", .summary = "Takes files for a request as multipart/form-data" },
	{ "GET", "/portal/documents/{id}", "portal.read", NULL, .run = document_download, .file = "*", .summary = "A document of a client as it came" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "portal", "/portal", "inbox", "portal.read", 5 },
	{ 0 },
};

const struct fl_app portal_app = { .name = "portal", .pages = pages, .nav = nav };
