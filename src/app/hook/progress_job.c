/* Job hook.progress: how far a job is, to the address its caller gave (QUE-08). The address is a stranger's: the room outside refuses private ones and
 * follows no redirect. Not signed, there is no secret between us: an address nobody guesses serves. */
#include "app/hook/hook.h"
#include "outside/http.h"

enum { WAIT_MS = 10000, ANSWER_MAX = 64 << 10 };

enum fl_rc hook_progress_call(struct fl_job *job)
{
	struct json_object *body = fl_json_get(job->payload, "body");
	const struct fl_http_header headers[] = { { "Content-Type", FL_STR("application/json") }, { "webhook-id", fl_str(job->id) } };
	struct fl_http_request req = { .method = "POST", .headers = headers, .nheaders = FL_COUNT(headers), .total_ms = WAIT_MS, .max_bytes = ANSWER_MAX,
	                               .tenant = true };
	struct fl_str url = fl_json_str(job->payload, "url");
	struct fl_http_answer answer;

	if (!url.n || !body)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no url or no body");
	req.url = fl_strndup(job->cx->a, url);
	req.body = fl_str(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
	return fl_http(job->cx, job->outside, &req, &answer);
}
