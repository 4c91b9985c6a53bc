/* Where alerts go: chats, pagers, programs of other people. */
#include "app/hook/hook.h"
#include "app/words.h"

#include "base/keyring.h"

#define HOOK_FIELDS                                                                                                              \
	{ "name", FL_K_TEXT, .required = true, .max = 80 }, { "url", FL_K_TEXT, .required = true, .max = 500, .help = "https://" }, \
		{ "form", FL_K_CHOICE, .choices = "json|chat|pager", .deflt = "json", .help = "json is signed by the secret" },      \
		{ "secret", FL_K_SECRET, .max = 200, .help = "signs json; the routing key of a pager; none: as it is" },             \
		{ "events", FL_K_LIST, .max = 4000, .help = "types of events, also as task:created or task.created.v1" }, { "active", FL_K_BOOL }
static const struct fl_field add_fields[] = {
	HOOK_FIELDS,
	{ 0 },
};
static const struct fl_field set_fields[] = {
	HOOK_FIELDS,
	{ "version", FL_K_INT, .min = 1, .help = "the version seen; 409 when it has changed" },
	{ 0 },
};

#define NEW .view = "hook/new", .sets = { { "fresh", Q_HOOK_FRESH, FL_ONE }, { "choices", Q_HOOK_ALL_CHOICES } }, .title = "hook.new", .nav = "channels"
#define SHOW .view = "hook/show", .sets = { { "hook", Q_HOOK_SHOW, FL_ONE }, { "choices", Q_HOOK_CHOICES }, { "posts", Q_HOOK_POSTS } }, .title = "hook.one", .nav = "channels"

static const struct fl_page pages[] = {
	{ "GET", "/channels/hooks", "channel.manage", NULL, .view = "hook/list", .sets = { { "hooks", Q_HOOK_LIST } }, .title = "hook.title", .nav = "channels",
	  .summary = "Where alerts go" },
	{ "GET", "/channels/hooks/new", "channel.manage", NULL, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/channels/hooks", "channel.manage", add_fields, NEW, .run = hook_keep, .gives = Q_HOOK_SAVE, .then = "/channels/hooks/{id}?done=saved", .flags = FL_CREATED, .summary = "Adds a place alerts go to" },
	{ "GET", "/channels/hooks/{id}", "channel.manage", NULL, SHOW, .summary = "A place alerts go to, with what was sent" },
	{ "POST", "/channels/hooks/{id}", "channel.manage", set_fields, SHOW, .run = hook_keep, .gives = Q_HOOK_SAVE, .then = "/channels/hooks/{id}?done=saved", .summary = "Changes a place alerts go to" },
	{ "POST", "/channels/hooks/{id}/try", "channel.manage", NULL, .does = Q_HOOK_TRY, .then = "/channels/hooks/{id}?done=hook_tried", .rings = "q:automation",
	  .summary = "Sends a test" },
	{ "POST", "/channels/hooks/posts/{id}/again", "channel.manage", NULL, .does = Q_HOOK_POST_AGAIN, .then = "/channels/hooks/{hook_id}?done=hook_again", .rings = "q:automation",
	  .summary = "Sends a post again that failed" },
	{ 0 },
};

static const struct fl_job_kind jobs[] = {
	{ .kind = "hook.post", .queue = "automation", .timeout_s = 30, .max_attempts = HOOK_ATTEMPTS, .load = hook_post_load, .call = hook_post_call, .save = hook_post_save,
	  .dead = hook_post_dead, .rings = "t:notes t:jobs", .cache_new = fl_words_new },
	{ .kind = "hook.progress", .queue = "automation", .timeout_s = 30, .max_attempts = 5, .call = hook_progress_call },
	{ 0 },
};

static const struct fl_sweep sweeps[] = {
	{ .name = "hook-posts", .every_s = 86400, .q = Q_SWEEP_HOOK_FORGET, .help = "removes alerts sent 30 days ago" },
	{ 0 },
};

const struct fl_app hook_app = { .name = "hook", .pages = pages, .jobs = jobs, .sweeps = sweeps };

enum fl_rc hook_keep(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str secret = fl_req_get(req, "secret"), sealed = { NULL, 0 };
	int64_t version = 0;
	struct fl_str seen = fl_req_get(req, "version");

	if (secret.n)
		sealed = fl_keyring_seal(cx, HOOK_SEAL, secret);
	if (seen.n)
		FL_TRY(fl_str_int(seen, 1, INT32_MAX, &version));
	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_hook_save(fl_req_get(req, "id"), version, fl_req_get(req, "name"), fl_req_get(req, "url"), fl_req_get(req, "form"), sealed, fl_req_get(req, "events"),
	                             fl_str_eq(fl_req_get(req, "active"), FL_STR("true"))),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such hook");
}
