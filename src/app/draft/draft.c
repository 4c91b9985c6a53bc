#include "app/draft/draft.h"

#include "app/words.h"

static const struct fl_field begin_fields[] = {
	{ "version", FL_K_INT, .help = "taken and not looked at: a draft changes nothing" },
	{ "text", FL_K_LONG, .max = 20000, .help = "what the reply should say, in a few words (2,000 characters are read); none: what the documents say" },
	{ 0 },
};
static const struct fl_field forget_fields[] = {
	{ "version", FL_K_INT, .help = "taken and not looked at, as is text: they come along with the form" },
	{ "text", FL_K_LONG, .max = 20000 },
	{ 0 },
};

static const struct fl_page pages[] = {
	{ "POST", "/intake/{id}/draft", "intake.reply", begin_fields, .does = Q_DRAFT_BEGIN, .then = "/intake/{id}?done=draft_begun#reply", .rings = "q:chat t:intake", .flags = FL_ACCEPTED,
	  .summary = "Has the reply to a request drafted; nothing is sent" },
	{ "POST", "/intake/{id}/draft/forget", "intake.reply", forget_fields, .does = Q_DRAFT_FORGET, .then = "/intake/{id}?done=draft_gone#reply", .summary = "Throws my draft of a reply away" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "draft.write", .queue = "chat", .timeout_s = 100, .max_attempts = 2, .load = draft_load, .call = draft_call, .save = draft_save, .dead = draft_dead, .cache_new = fl_words_new,
	  .rings = "t:intake t:jobs" },
	{ 0 },
};

const struct fl_app draft_app = { .name = "draft", .pages = pages, .jobs = jobs };
