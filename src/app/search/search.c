/* One box over requests, contacts, pipelines and documents. */
#include "app/search/search.h"

static const struct fl_field search_fields[] = {
	{ "q", FL_K_TEXT, .max = 200, .help = "words; the last one may be the beginning of one; REQ-1042 finds that request" },
	{ "after", FL_K_UUID, .help = "cursor of the last request seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 100, .deflt = "25", .help = "requests wanted" },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "GET", "/search", "intake.read", search_fields, .view = "search/show",
	  .sets = { { "ask", Q_SEARCH_ASK, FL_ONE }, { "requests", Q_SEARCH_INTAKE }, { "contacts", Q_SEARCH_CONTACTS }, { "pipelines", Q_SEARCH_PIPELINES },
	            { "passages", Q_SEARCH_PASSAGES } },
	  .title = "search.title", .summary = "Requests, contacts and pipelines that hold all the words, and passages of documents that answer" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "search", .every_s = 60, .q = Q_SWEEP_SEARCH, .help = "makes new requests and changed contacts findable" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "document.chunk", .queue = "document-processing", .timeout_s = 90, .load = chunk_load, .call = chunk_call, .save = chunk_save,
	  .rings = "q:document-embedding t:documents" },
	{ 0 },
};

static const struct fl_listen listens[] = {
	{ .event = "document.completed", .consumer = "document.chunk", .queue = "document-processing", .kind = "document.chunk" },
	{ 0 },
};

const struct fl_app search_app = { .name = "search", .pages = pages, .jobs = jobs, .sweeps = sweeps, .listens = listens };
