/* Job hook.post. The address belongs to a customer: the room outside refuses private ones and follows no redirect. A post that is cut off goes
 * again under the same webhook-id. */
#include "app/hook/hook.h"

#include "app/words.h"
#include "base/hash.h"
#include "base/keyring.h"
#include "outside/http.h"
#include "view/view.h"

enum { BODY_MAX = 128 << 10, WAIT_MS = 20000, ANSWER_MAX = 64 << 10, STATUS_BUSY = -1 };

/* Seconds after a failed attempt: ten attempts over 75 hours. */
static const int64_t pauses_s[HOOK_ATTEMPTS - 1] = { 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600 };

enum fl_rc hook_post_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "post_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no post_id");
	fl_batch_add(b, q_hook_post_load(id), NULL);
	return FL_OK;
}

/* "A promised time was missed: REQ-1042 Invoice (Quayside) https://..." in the organisation's language. */
static const char *words_of(struct fl_cx *cx, const struct fl_words *c, const struct fl_rows *row)
{
	const char *locale = fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_LOCALE), *type = fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_TYPE);
	const char *number = fl_rows_null(row, 0, HOOK_POST_LOAD_NUMBER) ? "" : fl_fmt(cx->a, "REQ-%lld ", (long long)fl_rows_int(row, 0, HOOK_POST_LOAD_NUMBER));

	return fl_fmt(cx->a, "%s: %s%s (%s) %s%s", fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "hook.type.%s", type), NULL), number,
	              fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_SUBJECT), fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_ORG_NAME), cx->conf->url,
	              fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_PATH));
}

static void body_json(struct fl_cx *cx, struct fl_jw *w, const struct fl_rows *row, struct fl_str id, const char *words)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "id", id);
	fl_jw_str(w, "type", fl_rows_str(row, 0, HOOK_POST_LOAD_TYPE));
	fl_jw_str(w, "timestamp", fl_rows_str(row, 0, HOOK_POST_LOAD_AT));
	fl_jw_cstr(w, "organization_id", fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_ORG_ID));
	fl_jw_cstr(w, "subject_id", fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_SUBJECT_ID));
	fl_jw_int(w, "sequence", fl_rows_int(row, 0, HOOK_POST_LOAD_SEQ));
	fl_jw_cstr(w, "text", words);
	fl_jw_raw(w, "data", fl_rows_str(row, 0, HOOK_POST_LOAD_PAYLOAD));
	fl_jw_close(w, '}');
}

/* How grave a pager takes it: a promise that is near, missed, or missed for so long that others are asked; all else is for information. */
static const char *severity_of(struct fl_str type)
{
	static const struct {
		const char *type, *severity;
	} grave[] = { { "sla.warned", "warning" }, { "sla.breached", "error" }, { "task.sla_breached", "error" }, { "sla.escalated", "critical" } };

	for (size_t i = 0; i < FL_COUNT(grave); i++)
		if (fl_str_eq(type, fl_str(grave[i].type)))
			return grave[i].severity;
	return "info";
}

enum { INCIDENT_DIGITS = 16 };

/* What a pager takes for one incident: one event, for a trigger under the key of an open incident wakes nobody. A promise that is missed is not that which
 * was near, a resolution missed is not a first answer missed, and a second step up the chain is not the first. Two hooks that hear of one event agree. */
static const char *incident_of(struct fl_cx *cx, const struct fl_rows *row)
{
	return fl_fmt(cx->a, "%s.%s.%.*s", fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_TYPE), fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_SUBJECT_ID), INCIDENT_DIGITS,
	              fl_sha256_hex(cx->a, fl_rows_str(row, 0, HOOK_POST_LOAD_PAYLOAD)));
}

static void body_pager(struct fl_cx *cx, struct fl_jw *w, const struct fl_rows *row, struct fl_str key, const char *words)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_str(w, "routing_key", key);
	fl_jw_cstr(w, "event_action", "trigger");
	fl_jw_cstr(w, "dedup_key", incident_of(cx, row));
	fl_jw_open(w, "payload", '{');
	fl_jw_cstr(w, "summary", words);
	fl_jw_cstr(w, "source", fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_ORG_NAME));
	fl_jw_cstr(w, "severity", severity_of(fl_rows_str(row, 0, HOOK_POST_LOAD_TYPE)));
	fl_jw_raw(w, "custom_details", fl_rows_str(row, 0, HOOK_POST_LOAD_PAYLOAD));
	fl_jw_close(w, '}');
	fl_jw_close(w, '}');
}

/* "v1,BASE64" over "ID.SECONDS.BODY"; a secret "whsec_BASE64" signs by what it stands for (Standard Webhooks 1.0). */
static const char *signature_of(struct fl_cx *cx, struct fl_str secret, struct fl_str id, const char *seconds, struct fl_str body)
{
	struct fl_buf b = fl_buf(cx->a, body.n + id.n + 64);
	struct fl_str key = secret, raw;
	struct fl_digest d;

	if (secret.n > 6 && memcmp(secret.p, "whsec_", 6) == 0 && fl_base64_decode(cx->a, (struct fl_str){ secret.p + 6, secret.n - 6 }, &raw) == FL_OK)
		key = raw;
	fl_buf_str(&b, id);
	fl_buf_putc(&b, '.');
	fl_buf_puts(&b, seconds);
	fl_buf_putc(&b, '.');
	fl_buf_str(&b, body);
	d = fl_hmac(key, fl_buf_get(&b));
	return fl_fmt(cx->a, "v1,%s", fl_base64(cx->a, fl_digest_str(&d)));
}

/* By the secret, and by the one before it while both count. */
static enum fl_rc signatures(struct fl_cx *cx, const struct fl_rows *row, struct fl_str secret, struct fl_str id, const char *seconds, struct fl_str body, const char **out)
{
	struct fl_str was;

	*out = signature_of(cx, secret, id, seconds, body);
	if (fl_rows_null(row, 0, HOOK_POST_LOAD_SECRET_WAS))
		return FL_OK;
	FL_TRY(fl_keyring_unseal(cx, HOOK_SEAL, fl_rows_str(row, 0, HOOK_POST_LOAD_SECRET_WAS), &was));
	*out = fl_fmt(cx->a, "%s %s", *out, signature_of(cx, was, id, seconds, body));
	return FL_OK;
}

static enum fl_rc send(struct fl_job *job, const struct fl_rows *row, struct fl_str secret, struct fl_str body, int *status)
{
	struct fl_cx *cx = job->cx;
	struct fl_str id = fl_json_str(job->payload, "post_id");
	const char *seconds = fl_fmt(cx->a, "%lld", (long long)(cx->now_us / FL_SECOND_US));
	bool is_signed = fl_str_eq(fl_rows_str(row, 0, HOOK_POST_LOAD_FORM), FL_STR("json"));
	const char *signature = "";

	if (is_signed)
		FL_TRY(signatures(cx, row, secret, id, seconds, body, &signature));
	const struct fl_http_header headers[] = {
		{ "Content-Type", FL_STR("application/json") },
		{ "webhook-id", id },
		{ "webhook-timestamp", fl_str(seconds) },
		{ "webhook-signature", fl_str(signature) },
	};
	struct fl_http_request req = { .method = "POST", .url = fl_rows_dup(cx->a, row, 0, HOOK_POST_LOAD_URL), .headers = headers, .nheaders = is_signed ? 4 : 3,
	                               .body = body, .total_ms = WAIT_MS, .max_bytes = ANSWER_MAX, .tenant = true };
	struct fl_http_answer answer;
	enum fl_rc rc = fl_http(cx, job->outside, &req, &answer);

	*status = answer.status;
	if (rc == FL_LATER && job->attempt >= 1 && job->attempt < HOOK_ATTEMPTS && cx->err.retry_after_s < pauses_s[job->attempt - 1])
		cx->err.retry_after_s = (int)pauses_s[job->attempt - 1];
	return rc;
}

enum fl_rc hook_post_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	const struct fl_rows *row = job->set[0];
	struct fl_buf body = fl_buf(cx->a, BODY_MAX);
	struct fl_jw w = fl_jw(&body);
	struct fl_str secret = { NULL, 0 }, form;
	int *status = FL_NEW(cx->a, int);
	const char *words;

	if (!row->nrows)
		return FL_OK;
	job->state = status;
	if (fl_rows_bool(row, 0, HOOK_POST_LOAD_BUSY)) {
		*status = STATUS_BUSY;
		return FL_OK;
	}
	FL_TRY(fl_words_open(cx, job->cache));
	if (!fl_rows_null(row, 0, HOOK_POST_LOAD_SECRET))
		FL_TRY(fl_keyring_unseal(cx, HOOK_SEAL, fl_rows_str(row, 0, HOOK_POST_LOAD_SECRET), &secret));
	form = fl_rows_str(row, 0, HOOK_POST_LOAD_FORM);
	words = words_of(cx, job->cache, row);
	if (fl_str_eq(form, FL_STR("json"))) {
		body_json(cx, &w, row, fl_json_str(job->payload, "post_id"), words);
	} else if (fl_str_eq(form, FL_STR("pager"))) {
		body_pager(cx, &w, row, secret, words);
	} else {
		fl_jw_open(&w, NULL, '{');
		fl_jw_cstr(&w, "text", words);
		fl_jw_close(&w, '}');
	}
	if (body.over)
		return FL_FAIL(cx, FL_INVALID, "the post is too long");
	return send(job, row, secret, fl_buf_get(&body), status);
}

enum fl_rc hook_post_save(struct fl_job *job, struct fl_batch *b)
{
	const int *status = job->state;
	struct fl_str id = fl_json_str(job->payload, "post_id");

	if (!status)
		fl_batch_add(b, q_hook_post_off(id), NULL);
	else if (*status == STATUS_BUSY)
		fl_batch_add(b, q_hook_post_later(id), NULL);
	else
		fl_batch_add(b, q_hook_posted(id, FL_STR("sent"), *status, (struct fl_str){ NULL, 0 }), NULL);
	return FL_OK;
}

enum fl_rc hook_post_dead(struct fl_job *job, struct fl_batch *b)
{
	const int *status = job->state;
	struct fl_str id = job->payload ? fl_json_str(job->payload, "post_id") : (struct fl_str){ NULL, 0 };

	if (id.n)
		fl_batch_add(b, q_hook_posted(id, FL_STR("failed"), status ? *status : 0, fl_str(job->cx->err.text)), NULL);
	return FL_OK;
}
