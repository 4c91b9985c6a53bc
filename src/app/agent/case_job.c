#include "app/agent/agent.h"
#include "app/agent/mind.h"
#include "base/conf.h"
#include "base/json.h"

enum {
	ORGS = 24,                   /* kept in a process */
	PIPELINES_BYTES = 4 << 20,
	FREE_SHARE = 32, /* a count lets this process make one in so many of what is left without counting again */
	FREE_S = 10,
	ASKED_US = 60 * 1000000, /* longer than a round may take */
};

struct agent_cache {
	struct agent_known known[ORGS];
};

void *agent_cache_new(struct fl_arena *process)
{
	return FL_NEW(process, struct agent_cache);
}

/* The entry of an organisation; the one used longest ago makes room. Never NULL. */
static struct agent_known *known_of(struct agent_cache *cache, const char *org_id)
{
	struct agent_known *oldest = &cache->known[0];

	for (int i = 0; i < ORGS; i++) {
		struct agent_known *k = &cache->known[i];

		if (strcmp(k->org_id, org_id) == 0)
			return k;
		if (k->used_tick_us < oldest->used_tick_us)
			oldest = k;
	}
	fl_arena_free(oldest->pipelines_a);
	fl_arena_free(oldest->model_a);
	*oldest = (struct agent_known){ .stamp = "", .model_version = -1 };
	memcpy(oldest->org_id, org_id, strnlen(org_id, FL_UUID_TEXT - 1));
	return oldest;
}

enum fl_rc agent_case_load(struct fl_job *const *jobs, int n, struct fl_batch *b)
{
	struct agent_known *k = known_of(jobs[0]->cache, jobs[0]->org_id);
	struct fl_buf ids = fl_buf(jobs[0]->cx->a, 4096);
	bool bring = !k->asked_by[0] || strcmp(k->asked_by, jobs[0]->id) == 0 || fl_tick_us() - k->asked_tick_us > ASKED_US, is_free;

	for (int i = 0; i < n; i++) {
		struct fl_str id = fl_json_str(jobs[i]->payload, "intake_id");

		if (!fl_uuid_valid(id))
			return FL_FAIL(jobs[i]->cx, FL_INVALID, "intake_id is missing");
		fl_buf_putc(&ids, i ? ',' : '{');
		fl_buf_str(&ids, id);
	}
	fl_buf_putc(&ids, '}');
	k->used_tick_us = fl_tick_us();
	is_free = k->free >= n && k->used_tick_us < k->free_until_tick_us;
	/* Where a round asks for an organisation more than once, one of the reads brings what the process lacks. */
	if (bring) {
		memcpy(k->asked_by, jobs[0]->id, sizeof(k->asked_by));
		k->asked_tick_us = k->used_tick_us;
	}
	fl_batch_add(b, q_intake_case(fl_buf_get(&ids)), NULL);
	fl_batch_add(b, q_agent_known(bring, k->model_version, fl_str(k->stamp), !is_free), NULL);
	return FL_OK;
}

static void take_pipelines(struct agent_known *k, struct json_object *list, struct fl_str stamp)
{
	int n = list ? (int)json_object_array_length(list) : 0;
	struct fl_arena *a;

	fl_arena_free(k->pipelines_a);
	k->pipelines_a = a = fl_arena_new(PIPELINES_BYTES);
	k->stamp = fl_strndup(a, stamp);
	k->pipelines = FL_NEW_ARRAY(a, n + 1, struct agent_pipeline);
	k->npipelines = n;
	for (int i = 0; i < n; i++) {
		struct json_object *p = json_object_array_get_idx(list, (size_t)i);
		struct fl_str intent = fl_json_str(p, "intent");

		k->pipelines[i] = (struct agent_pipeline){ .id = fl_strndup(a, fl_json_str(p, "id")), .name = fl_strndup(a, fl_json_str(p, "name")),
			                                   .description = fl_strndup(a, fl_json_str(p, "description")),
			                                   .intent = intent.p ? fl_strndup(a, intent) : NULL };
	}
}

/* What the load brought replaces what the process had. */
static enum fl_rc take_known(struct fl_job *job, struct agent_known *k)
{
	const struct fl_rows *s = job->set[1];
	bool news = !fl_rows_null(s, 0, AGENT_KNOWN_PIPELINES), first = !k->stamp[0];
	struct json_object *list = NULL;
	const char *why;

	/* once: the jobs of a round share it */
	if (k->asked_by[0] && fl_rows_bool(s, 0, AGENT_KNOWN_BROUGHT)) {
		k->asked_by[0] = '\0';
		if (news && fl_json_parse(job->cx->a, fl_rows_str(s, 0, AGENT_KNOWN_PIPELINES), &fl_json_limits_api, &list, &why) != FL_OK)
			return FL_FAIL(job->cx, FL_BUG, "pipelines: %s", why);
		if (news || first)
			take_pipelines(k, list, fl_rows_str(s, 0, AGENT_KNOWN_STAMP));
		return agent_mind_take(job->cx, k, fl_rows_int(s, 0, AGENT_KNOWN_MODEL), fl_rows_str(s, 0, AGENT_KNOWN_BYTES), news || first);
	}
	if (k->model_version >= 0)
		return FL_OK;
	k->asked_by[0] = '\0';
	return FL_FAIL(job->cx, FL_LATER, "the model was not brought");
}

static void take_allowance(struct agent_case *c, int64_t left)
{
	struct agent_known *k = c->known;
	struct fl_digest limits = fl_sha256(c->agent);
	int64_t now = fl_tick_us();

	if (memcmp(&limits, &k->limits, sizeof(limits)) != 0)
		k->free = 0;
	k->limits = limits;
	c->over = left < 1;
	if (k->free > 0 && now < k->free_until_tick_us) {
		k->free--;
		return;
	}
	c->count = true;
	k->free = left / FREE_SHARE;
	k->free_until_tick_us = now + FREE_S * FL_SECOND_US;
}

const struct agent_pipeline *agent_pipeline_find(const struct agent_known *k, struct fl_str id)
{
	for (int i = 0; i < k->npipelines; i++)
		if (fl_str_eq(fl_str(k->pipelines[i].id), id))
			return &k->pipelines[i];
	return NULL;
}

static int row_of(const struct fl_rows *s, struct fl_str id)
{
	char one[FL_UUID_TEXT];
	int i;

	for (i = 0; i < s->nrows; i++) {
		fl_rows_uuid(s, i, INTAKE_CASE_ID, one);
		if (fl_str_eq(fl_str(one), id))
			break;
	}
	return i;
}

enum fl_rc agent_case_read(struct fl_job *job, struct agent_case *out)
{
	const struct fl_rows *s = job->set[0], *known = job->set[1];
	struct fl_arena *a = job->cx->a;
	struct fl_str id = fl_json_str(job->payload, "intake_id"), status;
	char given[FL_UUID_TEXT];
	int row = row_of(s, id);

	if (row == s->nrows)
		return FL_FAIL(job->cx, FL_NOT_FOUND, "the request is gone");
	*out = (struct agent_case){ .known = known_of(job->cache, job->org_id) };
	FL_TRY(take_known(job, out->known));
	memcpy(out->intake_id, id.p, FL_UUID_TEXT - 1);
	status = fl_rows_str(s, row, INTAKE_CASE_STATUS);
	if (!fl_str_eq(status, FL_STR("NEW")) && !fl_str_eq(status, FL_STR("ROUTING")))
		return FL_FAIL(job->cx, FL_NOT_FOUND, "decided already");
	/* comes again when they are read, or have been waited for long enough */
	if (fl_rows_bool(s, row, INTAKE_CASE_WAITS))
		return FL_FAIL(job->cx, FL_NOT_FOUND, "its files are being read");
	out->subject = fl_rows_str(s, row, INTAKE_CASE_SUBJECT);
	out->body = fl_rows_str(s, row, INTAKE_CASE_BODY);
	out->agent = fl_rows_str(known, 0, AGENT_KNOWN_AGENT);
	out->auto_threshold = fl_rows_float(known, 0, AGENT_KNOWN_AUTO);
	out->approval_threshold = fl_rows_float(known, 0, AGENT_KNOWN_APPROVAL);
	out->chain = fl_rows_dup(a, known, 0, AGENT_KNOWN_CHAIN);
	if (!out->chain)
		out->chain = job->cx->conf->decision_chain;
	out->instructions = fl_rows_dup(a, known, 0, AGENT_KNOWN_INSTRUCTIONS);
	out->capabilities = fl_rows_dup(a, known, 0, AGENT_KNOWN_CAPABILITIES);
	out->form = fl_rows_dup(a, s, row, INTAKE_CASE_FORM);
	fl_rows_uuid(s, row, INTAKE_CASE_GIVEN, given);
	out->given = agent_pipeline_find(out->known, fl_str(given));
	take_allowance(out, fl_rows_int(known, 0, AGENT_KNOWN_ALLOWANCE));
	return FL_OK;
}
