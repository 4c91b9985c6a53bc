/* One box over requests, contacts, pipelines and documents. */
#include "app/search/search.h"
#include "vector/vector.h"

static const struct fl_field search_fields[] = {
	{ "q", FL_K_TEXT, .max = 200, .help = "words; the last one may be the beginning of one; REQ-1042 finds that request" },
	{ "after", FL_K_UUID, .help = "cursor of the last request seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 100, .deflt = "25", .help = "requests wanted" },
	{ 0 },
};

#define NARROWED                                                                                                                                      \
	{ "kind", FL_K_CHOICE, .choices = "pdf|image|text|page|office|mail", .help = "only documents of this kind" },                                 \
	{ "since", FL_K_DATE, .help = "only documents that came on this day or later" },                                                              \
	{ "until", FL_K_DATE, .help = "only documents that came on this day or before" }, { "document", FL_K_UUID, .help = "only this document" },    \
	{ "pipeline", FL_K_UUID, .help = "only documents that came with requests of this pipeline" },                                                 \
	{ "contact", FL_K_UUID, .help = "only documents that came with requests of this person" }
static const struct fl_field passage_fields[] = {
	{ "q", FL_K_TEXT, .max = 500, .help = "words or a question; \"words in order\" in quotes" },
	NARROWED,
	{ "limit", FL_K_INT, .min = 1, .max = 50, .deflt = "10", .help = "passages wanted" },
	{ 0 },
};
static const struct fl_field question_fields[] = {
	{ "q", FL_K_TEXT, .required = true, .min = 1, .max = 500, .help = "the question; what narrows it goes along to the address that answers" },
	NARROWED,
	{ 0 },
};

#define COLLECTIONS_PAGED                                                                      \
	{ "after", FL_K_TEXT, .max = 140, .help = "cursor of the last collection seen" },      \
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "50", .help = "collections wanted" }
static const struct fl_field collections_fields[] = { COLLECTIONS_PAGED, { 0 } };
#define COLLECTION                                                                                           \
	{ "org", FL_K_TEXT, .required = true, .max = 63, .help = "short name of the organisation" },         \
	{ "model", FL_K_TEXT, .required = true, .max = 95, .help = "as LLM_EMBEDDING names it; builtin-1 is the built-in one" }
static const struct fl_field collection_fields[] = { COLLECTION, { 0 } };
static const struct fl_field collection_new_fields[] = {
	COLLECTION,
	{ "dims", FL_K_INT, .required = true, .min = 1, .max = FL_VECTOR_DIMS_MAX, .help = "numbers in a vector of the model" },
	COLLECTIONS_PAGED, /* the list is shown again with what is wrong */
	{ 0 },
};
static const struct fl_field own_fields[] = {
	{ "model", FL_K_TEXT, .required = true, .max = 95, .help = "of the collection, as GET /settings/collections names it" },
	{ 0 },
};
#define OWN .view = "search/own", .sets = { { "collections", Q_COLLECTION_OWN }, { "snapshots", Q_COLLECTION_SNAPSHOTS } }, .title = "collection.title", .nav = "documents"
#define COLLECTIONS .view = "search/collections", .sets = { { "collections", Q_ADMIN_COLLECTIONS } }, .title = "collection.title", .nav = "admin-collections"

static const struct fl_page pages[] = {
	{ "GET", "/search", "intake.read", search_fields, .view = "search/show",
	  .sets = { { "ask", Q_SEARCH_ASK, FL_ONE }, { "requests", Q_SEARCH_INTAKE }, { "contacts", Q_SEARCH_CONTACTS }, { "pipelines", Q_SEARCH_PIPELINES },
	            { "passages", Q_SEARCH_PASSAGES },
	            { "tasks", Q_SEARCH_TASKS }, { "documents", Q_SEARCH_DOCUMENTS }, { "sops", Q_SEARCH_SOPS } },
	  .title = "search.title", .summary = "Requests, contacts, pipelines, tasks, documents and procedures that hold all the words, and passages of documents that answer" },
	{ "GET", "/search/passages", "document.read", passage_fields, .view = "search/passages", .run = search_passages_page,
	  .sets = { { "asked", Q_PASSAGES_ASKED, FL_ONE }, { "passages", Q_PASSAGE_FIND }, { "pipelines", Q_PASSAGES_PIPELINES } }, .title = "search.passages", .nav = "documents",
	  .summary = "Passages of documents that answer, by words and by nearness" },
	{ "POST", "/search/passages", "document.read", question_fields, .does = Q_QUESTION_ASK, .rings = "q:document-embedding", .flags = FL_ACCEPTED,
	  .then = "/search/passages?q={q}&kind={kind}&since={since}&until={until}&document={document}&pipeline={pipeline}&contact={contact}",
	  .summary = "Has the language model look at a question it has not seen; Location answers by meaning once asked.by_meaning says so" },
	{ "GET", "/admin/collections", "platform.admin", collections_fields, COLLECTIONS, .flags = FL_ADMIN, .summary = "Collections of vectors: what they hold and how much room that takes" },
	{ "POST", "/admin/collections/create", "platform.admin", collection_new_fields, COLLECTIONS, .does = Q_ADMIN_COLLECTION_CREATE, .rings = "q:document-embedding",
	  .then = "/admin/collections?done=collection_made", .flags = FL_ADMIN | FL_CREATED, .summary = "Makes a collection before the first passage does" },
	{ "POST", "/admin/collections/reindex", "platform.admin", collection_fields, .does = Q_ADMIN_COLLECTION_REINDEX, .flags = FL_ADMIN, .rings = "q:document-embedding",
	  .then = "/admin/collections?done=collection_anew", .summary = "Makes the files and copies of a collection anew" },
	{ "GET", "/settings/collections", "collection.manage", NULL, OWN, .summary = "Collections of vectors of this organisation: what they hold and how much room that takes, and their snapshots" },
	{ "POST", "/settings/collections/reindex", "collection.manage", own_fields, OWN, .does = Q_COLLECTION_REINDEX, .rings = "q:document-embedding", .then = "/settings/collections?done=collection_anew",
	  .summary = "Makes the files and copies of a collection anew" },
	{ "POST", "/settings/collections/snapshots", "collection.manage", own_fields, OWN, .does = Q_COLLECTION_SNAPSHOT, .rings = "q:document-embedding", .then = "/settings/collections?done=collection_kept",
	  .flags = FL_ACCEPTED, .summary = "Keeps a collection as it is now" },
	{ "POST", "/settings/collections/snapshots/{id}/restore", "collection.manage", NULL, .does = Q_COLLECTION_RESTORE, .rings = "q:document-embedding", .then = "/settings/collections?done=collection_back",
	  .flags = FL_ACCEPTED, .summary = "Brings the vectors of a snapshot back" },
	{ "POST", "/settings/collections/snapshots/{id}/remove", "collection.manage", NULL, .does = Q_COLLECTION_SNAPSHOT_DROP, .then = "/settings/collections?done=collection_dropped",
	  .summary = "Forgets a snapshot" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "admin-collections", "/admin/collections", "search", "platform.admin", 208 },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "search", .every_s = 60, .q = Q_SWEEP_SEARCH, .help = "makes new requests and changed contacts findable" },
	{ .name = "vectors", .every_s = 86400, .skip_missed = true, .q = Q_SWEEP_VECTORS, .help = "looks after the vectors of each organisation", .rings = "q:document-embedding" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "document.chunk", .queue = "document-processing", .timeout_s = 90, .load = chunk_load, .call = chunk_call, .save = chunk_save,
	  .rings = "q:document-embedding t:documents" },
	{ .kind = "document.embed", .queue = "document-embedding", .timeout_s = 60, .load = embed_load, .call = embed_call, .save = embed_save, .max_attempts = 8,
	  .rings = "q:document-embedding t:documents" },
	{ .kind = "question.embed", .queue = "document-embedding", .timeout_s = 40, .load = question_load, .call = question_call, .save = question_save, .rings = "t:documents" },
	{ .kind = "vector.sync", .queue = "document-embedding", .timeout_s = 60, .load = vector_load, .call = vector_sync_call, .save = vector_sync_save,
	  .rings = "q:document-embedding" },
	{ .kind = "vector.tend", .queue = "document-embedding", .timeout_s = 90, .load = vector_tend_load, .call = vector_tend_call, .save = vector_tend_save,
	  .rings = "q:document-embedding q:document-processing" },
	{ .kind = "collection.snapshot", .queue = "document-embedding", .timeout_s = 60, .save = collection_snapshot_save, .rings = "q:document-embedding t:documents" },
	{ .kind = "collection.restore", .queue = "document-embedding", .timeout_s = 60, .save = collection_restore_save, .rings = "q:document-embedding t:documents" },
	{ .kind = "vector.drop", .queue = "document-embedding", .timeout_s = 60, .call = vector_drop_call, .max_attempts = 8 },
	{ 0 },
};

static const struct fl_listen listens[] = {
	{ .event = "document.completed", .consumer = "document.chunk", .queue = "document-processing", .kind = "document.chunk" },
	{ 0 },
};

const struct fl_app search_app = { .name = "search", .pages = pages, .jobs = jobs, .sweeps = sweeps, .listens = listens, .nav = nav };
