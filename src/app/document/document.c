/* Documents: in by upload, read page by page in a cage, shown with their words, found again. */
#include "app/document/document.h"

static const struct fl_field list_fields[] = {
	{ "q", FL_K_TEXT, .max = 200, .help = "words; the last one may be the beginning of one; \"words in order\" in quotes" },
	{ "status", FL_K_CHOICE, .choices = "SCANNING|QUARANTINED|REJECTED|QUEUED|PROCESSING|EXTRACTED|EMBEDDING|COMPLETED|STORED|FAILED", .help = "only these" },
	{ "after", FL_K_UUID, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field page_fields[] = {
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "which page" },
	{ 0 },
};
#define TAB(FIRST) { "tab", FL_K_CHOICE, .choices = "details|text|history|notes|versions|permissions", .deflt = FIRST, .help = "what stands beside the page" }
#define CELL_AT \
	{ "table", FL_K_UUID, .help = "the table of a cell to be put right" }, \
	{ "row", FL_K_INT, .max = 1000, .help = "its row, 0 for the heads" }, { "column", FL_K_INT, .min = 1, .max = 100, .help = "its column, from 1" }
/* what the form of fields shows again when it is refused; in an address there is no room for it */
#define VALUES { "values", FL_K_OBJECT, .max = 1, .help = "not in an address" }
static const struct fl_field view_fields[] = {
	TAB("details"),
	{ "page", FL_K_INT, .max = 500, .deflt = "0", .help = "which page; 0: the first that holds the words looked for, else the first" },
	{ "from", FL_K_INT, .max = 1 << 20, .help = "a passage to light: its first character in the page's text, from 0" },
	{ "to", FL_K_INT, .max = 1 << 20, .help = "and the one after its last" },
	{ "find", FL_K_TEXT, .max = 100, .help = "words to light instead; beginnings will do" },
	{ "word", FL_K_INT, .min = 1, .max = 10000, .help = "the number of a word to be put right" },
	{ "field", FL_K_UUID, .help = "a field to be put right" },
	CELL_AT,
	{ "see", FL_K_LIST, .max = 400, .help = "how the page is shown: on with tint, words, fields; width, height or real; r90, r180 or r270" },
	VALUES,
	{ 0 },
};
#define FIELD_KINDS_TEXT "other|date|amount|iban|tax_id|number|email|phone|address"
/* from to word: what the view asks for, never sent */
#define FIELD_FIELDS \
	TAB("details"), \
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "which page it stands on" }, { "from", FL_K_INT, .max = 1 << 20 }, { "to", FL_K_INT, .max = 1 << 20 }, \
	{ "find", FL_K_TEXT, .max = 100 }, { "word", FL_K_INT, .min = 1, .max = 10000 }, { "see", FL_K_LIST }, CELL_AT, VALUES, \
	{ "kind", FL_K_CHOICE, .required = true, .choices = FIELD_KINDS_TEXT, .help = "what it is" }, \
	{ "label", FL_K_TEXT, .max = 80, .help = "what it is called on the paper" }, \
	{ "value", FL_K_TEXT, .required = true, .min = 1, .max = 500, .help = "as it stands on the paper" }
static const struct fl_field field_correct_fields[] = {
	FIELD_FIELDS,
	{ "old", FL_K_TEXT, .max = 500, .help = "the value as it was seen; when it changed meanwhile, 409" },
	{ "next", FL_K_BOOL, .help = "the next document is shown then" },
	{ 0 },
};
static const struct fl_field field_add_fields[] = {
	FIELD_FIELDS,
	{ "field", FL_K_UUID },
	{ 0 },
};
static const struct fl_field fields_save_fields[] = {
	TAB("details"),
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "which page is shown" }, { "from", FL_K_INT, .max = 1 << 20 }, { "to", FL_K_INT, .max = 1 << 20 },
	{ "find", FL_K_TEXT, .max = 100 }, { "word", FL_K_INT, .min = 1, .max = 10000 }, { "field", FL_K_UUID }, { "see", FL_K_LIST }, CELL_AT,
	{ "values", FL_K_OBJECT, .max = 262144, .help = "of each field, by its id, as it stands on the paper" },
	{ "olds", FL_K_OBJECT, .max = 262144, .help = "the same as they were seen: what differs is put right; when one changed meanwhile, 409" },
	{ "right", FL_K_LIST, .help = "fields that are right as they stand" },
	{ "next", FL_K_BOOL, .help = "the next document is shown then" },
	{ 0 },
};
static const struct fl_field cell_correct_fields[] = {
	TAB("text"),
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "which page is shown" }, { "from", FL_K_INT, .max = 1 << 20 }, { "to", FL_K_INT, .max = 1 << 20 },
	{ "find", FL_K_TEXT, .max = 100 }, { "word", FL_K_INT, .min = 1, .max = 10000 }, { "field", FL_K_UUID }, { "see", FL_K_LIST }, VALUES,
	{ "row", FL_K_INT, .required = true, .max = 1000, .help = "0 for the heads" },
	{ "column", FL_K_INT, .required = true, .min = 1, .max = 100, .help = "from 1" },
	{ "value", FL_K_TEXT, .max = 2000, .help = "as it stands on the paper; the same as old: it is right as it stands" },
	{ "empty", FL_K_BOOL, .help = "nothing stands there" },
	{ "old", FL_K_TEXT, .max = 2000, .help = "the text as it was seen; when it changed meanwhile, 409" },
	{ "next", FL_K_BOOL, .help = "the next cell is shown then" },
	{ 0 },
};
static const struct fl_field note_fields[] = {
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "which page" },
	{ "word", FL_K_INT, .min = 1, .max = 10000, .help = "the number of the word it stands at" },
	{ "x", FL_K_INT, .max = 100000, .help = "else its place, in pixels of the page's picture" },
	{ "y", FL_K_INT, .max = 100000 },
	{ "body", FL_K_LONG, .required = true, .min = 1, .max = 2000, .help = "what it says" },
	{ 0 },
};
static const struct fl_field version_fields[] = {
	TAB("versions"),
	{ "page", FL_K_INT, .min = 1, .max = 500, .deflt = "1", .help = "shown again when the file is refused" }, { "from", FL_K_INT, .max = 1 << 20 }, { "to", FL_K_INT, .max = 1 << 20 },
	{ "find", FL_K_TEXT, .max = 100 }, { "word", FL_K_INT, .min = 1, .max = 10000 }, { "field", FL_K_UUID }, { "see", FL_K_LIST }, CELL_AT,
	VALUES,
	{ 0 },
};
static const struct fl_field cut_fields[] = {
	{ "preset", FL_K_CHOICE, .required = true, .choices = "document|knowledge", .help = "document: passages of 1,000 characters, 200 of them shared with the next; knowledge: of 1,000 and 200 tokens" },
	{ "strategy", FL_K_CHOICE, .required = true, .choices = "fixed|paragraph|semantic", .help = "where a passage may end: at its length, at a paragraph, where the subject changes" },
	{ 0 },
};
static const struct fl_field fields_fields[] = {
	{ "page", FL_K_INT, .max = 500, .help = "only of this page; 0: of the first that holds the words looked for, else of the first" },
	{ "find", FL_K_TEXT, .max = 100, .help = "the words looked for" },
	VALUES,
	{ 0 },
};
static const struct fl_field correct_fields[] = {
	{ "page", FL_K_INT, .required = true, .min = 1, .max = 500 },
	{ "word", FL_K_INT, .required = true, .min = 1, .max = 10000, .help = "its number on the page" },
	{ "old", FL_K_TEXT, .required = true, .max = 200, .help = "as it was read" },
	{ "text", FL_K_TEXT, .required = true, .min = 1, .max = 100, .help = "as it stands on the paper" },
	{ 0 },
};
static const struct fl_field check_fields[] = {
	{ "page", FL_K_INT, .required = true, .min = 1, .max = 500 },
	{ 0 },
};

static const struct fl_field link_fields[] = {
	{ "link", FL_K_TEXT, .required = true, .max = 3000 },
	{ 0 },
};

#define LIST .view = "document/list", .title = "document.title", .nav = "documents", \
	.sets = { { "asked", Q_DOCUMENT_ASKED, FL_ONE }, { "items", Q_DOCUMENT_LIST }, { "hits", Q_DOCUMENT_HITS } }

#define SHOW .view = "document/show", .title = "document.one", .nav = "documents", \
	.sets = { { "document", Q_DOCUMENT_SHOW, FL_ONE }, { "sheet", Q_DOCUMENT_PAGE_SHOW }, { "words", Q_DOCUMENT_WORD_LIST }, { "numbers", Q_DOCUMENT_PAGE_LIST }, \
	          { "around", Q_DOCUMENT_AROUND, FL_ONE }, { "chosen", Q_DOCUMENT_WORD }, { "history", Q_DOCUMENT_HISTORY }, { "checked", Q_DOCUMENT_CHECKED }, \
	          { "fields", Q_DOCUMENT_FIELD_LIST }, { "picked", Q_DOCUMENT_FIELD_ONE }, { "archive", Q_DOCUMENT_ARCHIVE_STATE, FL_ONE }, \
	          { "versions", Q_DOCUMENT_VERSION_LIST }, { "newer", Q_DOCUMENT_NEWER }, { "notes", Q_DOCUMENT_NOTE_LIST }, \
	          { "tables", Q_DOCUMENT_TABLE_LIST }, { "cells", Q_DOCUMENT_TABLE_CELLS, .under = "tables", .by = "table_id" }, { "see", Q_DOCUMENT_SEE, FL_ONE }, \
	          { "changes", Q_DOCUMENT_FIELD_HISTORY }, { "readers", Q_DOCUMENT_READERS }, { "came_with", Q_DOCUMENT_CAME_WITH }, \
	          { "attached", Q_DOCUMENT_ATTACHMENTS }, { "cell", Q_DOCUMENT_CELL } }

static const struct fl_page pages[] = {
	{ "GET", "/documents", "document.read", list_fields, LIST, .summary = "Documents, latest first, and pages that hold the words asked for" },
	{ "POST", "/documents", "document.manage", list_fields, LIST, .run = document_upload, .gives = Q_DOCUMENT_ADD, .flags = FL_FILES | FL_SLOW | FL_CREATED,
	  .rings = "t:jobs", .summary = "Takes files as multipart/form-data" },
	{ "GET", "/documents/{id}", "document.read", view_fields, SHOW, .summary = "A document with one of its pages: text, words, boxes, fields" },
	{ "GET", "/documents/{id}/fields", "document.read", fields_fields, .view = "document/fields", .title = "document.fields", .nav = "documents",
	  .sets = { { "document", Q_DOCUMENT_SHOW, FL_ONE }, { "fields", Q_DOCUMENT_FIELD_LIST }, { "history", Q_DOCUMENT_FIELD_HISTORY },
	          { "tables", Q_DOCUMENT_TABLE_LIST }, { "cells", Q_DOCUMENT_TABLE_CELLS, .under = "tables", .by = "table_id" } },
	  .summary = "Dates, amounts, numbers, addresses found in a document, each with its place, and what people did to them" },
	{ "POST", "/documents/{id}/fields", "document.manage", field_add_fields, SHOW, .run = document_field_add, .gives = Q_DOCUMENT_FIELD_ADD, .then = "/documents/{id}?page={page}&done=document_field_added#f-{field_id}",
	  .rings = "q:document-processing t:documents", .flags = FL_CREATED, .summary = "Adds a field that was missed" },
	{ "POST", "/documents/{id}/values", "document.manage", fields_save_fields, SHOW, .run = document_fields_save, .gives = Q_DOCUMENT_FIELDS_SAVED,
	  .then = "/documents/{shows}?page={shows_page}&done=document_fields_saved#fields", .rings = "q:document-processing t:documents",
	  .summary = "Saves several fields at once: what differs is put right, what is named is called right; all of it or nothing" },
	{ "POST", "/documents/{id}/fields/{field}", "document.manage", field_correct_fields, SHOW, .run = document_field_correct, .gives = Q_DOCUMENT_FIELD_CORRECT,
	  .then = "/documents/{shows}?page={shows_page}&done=document_field_right#f-{field}", .rings = "q:document-processing t:documents",
	  .summary = "Puts a field right; what was found stays in the history" },
	{ "POST", "/documents/{id}/fields/{field}/confirm", "document.manage", NULL, .does = Q_DOCUMENT_FIELD_CONFIRM, .then = "/documents/{id}?page={page}&done=document_field_right#f-{field}",
	  .rings = "t:documents", .summary = "Says that a field is right as it stands, also one that was taken out" },
	{ "POST", "/documents/{id}/fields/{field}/remove", "document.manage", NULL, .does = Q_DOCUMENT_FIELD_REMOVE, .then = "/documents/{id}?page={page}&done=document_field_out",
	  .rings = "t:documents", .summary = "Says that what was found is no field" },
	{ "POST", "/documents/{id}/tables/{table}", "document.manage", cell_correct_fields, SHOW, .does = Q_DOCUMENT_CELL_CORRECT,
	  .then = "/documents/{id}?page={page}&tab=text&done=document_cell_right&table={shows}&row={shows_row}&column={shows_column}#{goes}", .rings = "q:document-processing t:documents",
	  .summary = "Puts a cell of a table right, or says that it is; what was found stays in the history" },
	{ "POST", "/documents/{id}/tables/{table}/confirm", "document.manage", NULL, .does = Q_DOCUMENT_TABLE_CONFIRM, .then = "/documents/{id}?page={page}&tab=text&done=document_table_right#tables",
	  .rings = "t:documents", .summary = "Says that the cells of a table nobody looked at yet are right as they stand" },
	{ "GET", "/documents/{id}/file", "document.read", NULL, .run = document_download, .file = "*", .summary = "The file as it came" },
	{ "POST", "/documents/{id}/versions", "document.manage", version_fields, SHOW, .run = document_version, .gives = Q_DOCUMENT_VERSION_ADD, .then = "/documents/{id}?done=document_version", .flags = FL_FILES | FL_SLOW | FL_CREATED,
	  .rings = "t:jobs", .summary = "Takes a file as the next version of a document, as multipart/form-data; the old one stays" },
	{ "POST", "/documents/{id}/notes", "document.manage", note_fields, .does = Q_DOCUMENT_NOTE_ADD, .then = "/documents/{id}?page={page}&tab=notes&done=document_note#n-{note_id}",
	  .rings = "t:documents", .flags = FL_CREATED, .summary = "Pins a note to a place on a page" },
	{ "POST", "/documents/{id}/notes/{note}/remove", "document.manage", NULL, .does = Q_DOCUMENT_NOTE_REMOVE, .then = "/documents/{id}?page={page}&tab=notes&done=document_note_out#notes",
	  .rings = "t:documents", .summary = "Takes a note away" },
	{ "GET", "/documents/{id}/archive", "document.read", NULL, .run = document_archive, .file = "application/pdf", .summary = "A PDF of a scan that shows it as it is and can be searched" },
	{ "POST", "/documents/{id}/archive", "document.read", NULL, .does = Q_DOCUMENT_ARCHIVE_ASK, .then = "/documents/{id}?done=document_archive", .flags = FL_ACCEPTED,
	  .rings = "q:document-processing t:documents t:jobs", .summary = "Has a searchable PDF made of a scan" },
	{ "GET", "/documents/{id}/link", "document.read", NULL, .run = document_link, .gives = Q_DOCUMENT_LINK, .flags = FL_JSON_ONLY, .summary = "A link to the file that is good for 15 minutes" },
	{ "GET", "/files/{link}", NULL, link_fields, .run = document_by_link, .file = "*", .flags = FL_PUBLIC, .summary = "The file a signed link leads to" },
	{ "POST", "/documents/{id}/delete", "document.delete", NULL, .does = Q_DOCUMENT_DELETE, .then = "/documents?done=document_gone",
	  .rings = "q:document-processing t:documents t:jobs", .summary = "Deletes a document with all that was made of it" },
	{ "GET", "/documents/{id}/image", "document.read", page_fields, .run = document_image, .file = "image/jpeg", .summary = "The picture of a page" },
	{ "POST", "/intake/{id}/files", "intake.reply", NULL, .run = document_attach, .gives = Q_INTAKE_FILES_PUT, .then = "/intake/{id}?done=files", .flags = FL_FILES | FL_SLOW | FL_CREATED,
	  .rings = "t:intake t:jobs", .summary = "Adds files to a request, as multipart/form-data" },
	{ "POST", "/documents/{id}/correct", "document.manage", correct_fields, .does = Q_DOCUMENT_CORRECT, .then = "/documents/{id}?page={page}&done=document_corrected",
	  .rings = "q:document-processing t:documents", .summary = "Puts a word right; what was read stays in the history" },
	{ "POST", "/documents/{id}/check", "document.manage", check_fields, .does = Q_DOCUMENT_CHECK, .then = "/documents/{id}?page={page}&done=document_checked",
	  .rings = "t:documents", .summary = "Says that all of a page is right now: it counts for how well pages are read" },
	{ "GET", "/documents/quality", "document.read", NULL, .view = "document/quality", .title = "document.quality", .nav = "documents", .sets = { { "items", Q_DOCUMENT_QUALITY }, { "fields", Q_DOCUMENT_FIELD_QUALITY } },
	  .summary = "How well pages were read, by form and month" },
	{ "POST", "/documents/{id}/rescan", "document.manage", NULL, .does = Q_DOCUMENT_RESCAN, .then = "/documents/{id}",
	  .rings = "q:document-processing t:documents t:jobs", .summary = "Asks the virus scanner again" },
	{ "POST", "/documents/{id}/release", "document.release", NULL, .does = Q_DOCUMENT_RELEASE, .then = "/documents/{id}",
	  .rings = "q:document-processing t:documents t:jobs", .summary = "Reads a document that no virus scanner looked at" },
	{ "POST", "/documents/{id}/cut", "document.manage", cut_fields, .does = Q_DOCUMENT_CUT, .then = "/documents/{id}?tab=text&done=document_cut",
	  .rings = "q:document-processing t:documents", .summary = "Cuts a document into passages in another way" },
	{ "POST", "/documents/{id}/again", "document.manage", NULL, .does = Q_DOCUMENT_AGAIN, .then = "/documents/{id}",
	  .rings = "q:document-processing t:documents t:jobs", .summary = "Reads a document again from its file" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "document.read", .queue = "document-processing", .timeout_s = 90, .load = document_load, .call = document_read_call,
	  .save = document_read_save, .dead = document_dead, .rings = "q:document-processing q:intake-routing t:documents t:intake t:jobs",
	  .cache_new = document_read_cache },
	{ .kind = "document.page", .queue = "document-processing", .timeout_s = 90, .load = document_load, .call = document_page_call,
	  .save = document_page_save, .dead = document_dead, .rings = "q:document-processing q:intake-routing t:documents t:intake t:jobs", .cache_new = document_read_cache },
	{ .kind = "document.field", .queue = "document-processing", .timeout_s = 60, .load = document_field_load, .call = document_field_call, .save = document_field_save,
	  .rings = "q:document-vision t:documents", .cache_new = document_field_cache },
	{ .kind = "document.vision", .queue = "document-vision", .timeout_s = 120, .load = document_vision_load, .call = document_vision_call, .save = document_vision_save,
	  .dead = document_vision_dead, .rings = "t:documents t:jobs" },
	{ .kind = "document.archive", .queue = "document-processing", .timeout_s = 200, .load = document_archive_load, .call = document_archive_call, .save = document_archive_save,
	  .dead = document_archive_dead, .rings = "t:documents t:jobs" },
	{ .kind = "document.store", .queue = "document-processing", .timeout_s = 300, .max_attempts = 20, .load = document_store_load, .call = document_store_call,
	  .save = document_store_save, .rings = "t:jobs" },
	{ .kind = "document.remove", .queue = "document-processing", .timeout_s = 300, .max_attempts = 20, .load = document_remove_load, .call = document_remove_call,
	  .save = document_remove_save, .rings = "t:jobs" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ .type = "document.uploaded", .version = "1.0", .required = "document_id" },
	{ .type = "document.completed", .version = "1.0", .required = "document_id" },
	{ .type = "document.deleted", .version = "1.0", .required = "document_id" },
	{ 0 },
};

static const struct fl_listen listens[] = {
	{ .event = "document.uploaded", .consumer = "document.read", .queue = "document-processing", .kind = "document.read" },
	{ .event = "document.completed", .consumer = "document.field", .queue = "document-processing", .kind = "document.field" },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "document-rescan", .every_s = 300, .skip_missed = true, .q = Q_SWEEP_DOCUMENT_RESCAN, .help = "offers documents to the virus scanner that was away",
	  .rings = "q:document-processing t:documents" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "documents", "/documents", "document", "document.read", 45 },
	{ 0 },
};

const struct fl_app document_app = { .name = "document", .pages = pages, .jobs = jobs, .sweeps = sweeps, .emits = emits, .listens = listens, .nav = nav };
