/* Questions to documents: asked, answered, followed up, forgotten. */
#include "app/chat/chat.h"

#define MODEL { "model", FL_K_CHOICE, .choices = "any|required", .deflt = "any", .help = "required: 503 while none can be reached, with next_available while the budget for language models is used up; any: the best passages are quoted then" }
#define QUESTION { "question", FL_K_LONG, .required = true, .max = 2000, .help = "what you want to know" }

static const struct fl_field list_fields[] = {
	{ "documents", FL_K_LIST, .max = 8000, .help = "documents the first question shall be about; none: all you may see" },
	{ "after", FL_K_TEXT, .max = 80, .help = "cursor of the last row seen" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "30", .help = "rows wanted" },
	{ 0 },
};
static const struct fl_field begin_fields[] = {
	QUESTION,
	MODEL,
	{ "documents", FL_K_LIST, .max = 8000, .help = "only these documents; none: all you may see" },
	{ "after", FL_K_TEXT, .max = 80, .help = "of the list shown when the question is refused" },
	{ "limit", FL_K_INT, .min = 1, .max = 200, .deflt = "30", .help = "of that list" },
	{ 0 },
};
static const struct fl_field ask_fields[] = { QUESTION, MODEL, { 0 } };
static const struct fl_field rules_fields[] = {
	{ "general", FL_K_BOOL, .help = "what no document says may be answered all the same, marked so" },
	{ "chain", FL_K_TEXT, .max = 400, .help = "providers in turn: anthropic:MODEL,openai:MODEL,builtin; none: the site's" },
	{ "preset", FL_K_CHOICE, .choices = "document|knowledge", .help = "how documents that come are cut into passages: by characters or by tokens" },
	{ "strategy", FL_K_CHOICE, .choices = "fixed|paragraph|semantic", .help = "and where a passage may end" },
	{ "passages", FL_K_INT, .min = 1, .max = CHAT_PASSAGES, .help = "passages a model is given; 5 at first" },
	{ "near", FL_K_INT, .max = 100, .help = "least cosine, in percent, at which a passage counts as near, here and in search; 0: by the model" },
	{ "turns", FL_K_INT, .max = 10, .help = "questions and answers before this one that are given along; 5 at first" },
	{ "check", FL_K_BOOL, .help = "a second model looks whether each statement of an answer stands on what it cites, where the site has one (LLM_JUDGE)" },
	{ "vision", FL_K_BOOL, .help = "pictures of pages may go to the site's language model outside, for fields and tables" },
	{ 0 },
};

static const struct fl_field judge_fields[] = {
	{ "verdict", FL_K_CHOICE, .required = true, .choices = "good|bad", .help = "what you say of the answer" },
	{ "reason", FL_K_CHOICE, .choices = "wrong|incomplete|source|other", .help = "of a bad one: it is wrong, something is missing, it leans on the wrong source" },
	{ 0 },
};

/* Who may read along is decided here; nginx then holds the connection. The channel has the turn's id. */
static enum fl_rc follow(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *row;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_chat_turn(fl_req_get(req, "id")), &row));
	if (!row->nrows)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such answer");
	req->accel = fl_fmt(cx->a, "/_live/%s", fl_rows_dup(cx->a, row, 0, CHAT_TURN_ID));
	return FL_OK;
}

#define LIST .view = "chat/list", .title = "chat.title", .nav = "chat", .sets = { { "items", Q_CHAT_LIST }, { "chosen", Q_CHAT_CHOSEN }, { "start", Q_CHAT_START, FL_ONE } }
#define SHOW .view = "chat/show", .title = "chat.title", .nav = "chat", \
	.sets = { { "conversation", Q_CHAT_SHOW, FL_ONE }, { "scope", Q_CHAT_SCOPE }, { "turns", Q_CHAT_TURNS }, { "parts", Q_CHAT_PARTS, FL_MANY, "turns", "turn_id" }, \
	          { "doubts", Q_CHAT_DOUBTS, FL_MANY, "turns", "turn_id" }, { "cited", Q_CHAT_CITED, FL_MANY, "turns", "turn_id" }, { "read", Q_CHAT_READ, FL_MANY, "turns", "turn_id" } }
#define RULES .view = "chat/rules", .title = "chat.rules", .nav = "settings", .sets = { { "rules", Q_CHAT_RULES, FL_ONE }, { "approved", Q_CHAT_APPROVED_LIST }, { "judged", Q_CHAT_JUDGED, FL_ONE } }
#define RINGS .rings = "q:chat t:chat"

static const struct fl_page pages[] = {
	{ "GET", "/chat", "chat.use", list_fields, LIST, .summary = "Conversations, latest first" },
	{ "POST", "/chat", "chat.use", begin_fields, LIST, .does = Q_CHAT_BEGIN, .then = "/chat/{id}#end", RINGS, .flags = FL_ACCEPTED,
	  .summary = "Asks the first question of a conversation" },
	{ "GET", "/chat/{id}", "chat.use", NULL, SHOW, .summary = "A conversation with its answers and their sources" },
	{ "POST", "/chat/{id}", "chat.use", ask_fields, SHOW, .does = Q_CHAT_ASK, .then = "/chat/{id}#end", RINGS, .flags = FL_ACCEPTED,
	  .summary = "Asks one more; it may lean on those before" },
	{ "POST", "/chat/{id}/delete", "chat.use", NULL, .does = Q_CHAT_DELETE, .then = "/chat?done=chat_deleted", .rings = "t:chat", .summary = "Forgets a conversation" },
	{ "GET", "/chat/turns/{id}/live", "chat.use", NULL, .run = follow, .file = "text/event-stream", .flags = FL_HTML_ONLY,
	  .summary = "An answer as it comes, as server-sent events: {\"text\": all of it so far}" },
	{ "POST", "/chat/turns/{id}/verdict", "chat.use", judge_fields, .does = Q_CHAT_JUDGE, .then = "/chat/{conversation_id}?done=chat_judged#a{n}", .rings = "t:chat",
	  .summary = "Says whether an answer was good" },
	{ "POST", "/chat/turns/{id}/approve", "chat.manage", NULL, .does = Q_CHAT_APPROVE, .then = "/chat/{conversation_id}?done=chat_approved#a{n}", .rings = "t:chat",
	  .summary = "Keeps an answer: whoever asks the same and may see its sources gets it at once" },
	{ "POST", "/chat/turns/{id}/keep", "document.manage", NULL, .run = chat_keep, .gives = Q_GENERATED_ASSET_KEEP, .then = "/documents/{id}?done=chat_kept", .rings = "q:document-processing t:documents",
	  .summary = "Keeps an answer with its sources as a document; the same question again is its next version" },
	{ "POST", "/chat/turns/{id}/stop", "chat.use", NULL, .does = Q_CHAT_STOP, .then = "/chat/{conversation_id}#end", .rings = "t:chat", .summary = "Takes a question back that is being answered" },
	{ "POST", "/chat/approved/{id}/remove", "chat.manage", NULL, .does = Q_CHAT_APPROVED_DROP, .then = "/settings/chat?done=saved", .summary = "Gives an approved answer no more" },
	{ "GET", "/settings/chat", "chat.manage", NULL, RULES, .summary = "How questions are answered here" },
	{ "POST", "/settings/chat", "chat.manage", rules_fields, RULES, .does = Q_CHAT_SET, .then = "/settings/chat?done=saved", .summary = "Changes how questions are answered" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "chat.find", .queue = "chat", .timeout_s = 40, .max_attempts = 2, .load = chat_find_load, .call = chat_find_call, .save = chat_find_save, .dead = chat_dead,
	  .rings = "q:chat" },
	{ .kind = "chat.answer", .queue = "chat", .timeout_s = 130, .max_attempts = 2, .load = chat_load, .call = chat_call, .save = chat_save, .dead = chat_dead,
	  .rings = "q:chat t:chat t:jobs" },
	{ .kind = "chat.check", .queue = "chat", .timeout_s = 100, .max_attempts = 2, .load = chat_check_load, .call = chat_check_call, .save = chat_check_save, .dead = chat_check_dead,
	  .rings = "t:chat t:jobs" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ .type = "chat.answered", .version = "1.0", .required = "conversation_id turn_id kind" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "chat", "/chat", "bubble", "chat.use", 46 },
	{ 0 },
};

const struct fl_app chat_app = { .name = "chat", .pages = pages, .jobs = jobs, .emits = emits, .nav = nav };
