#include "outside/sms.h"

#include "base/hash.h"
#include "base/json.h"
#include "outside/http.h"

enum { STOPPED_BY_RECIPIENT = 21610, FOUND_MAX_BYTES = 1 << 20, FORM_BYTES = 24 << 10 /* 1,600 characters of four bytes, three signs each, and the rest */ };

bool fl_sms_ready(const struct fl_conf *conf)
{
	return conf->twilio_account[0] && conf->twilio_token[0];
}

/* name=value of a form (application/x-www-form-urlencoded, WHATWG URL 5.2). */
static void pair(struct fl_buf *b, const char *name, struct fl_str value)
{
	if (b->n)
		fl_buf_putc(b, '&');
	fl_buf_puts(b, name);
	fl_buf_putc(b, '=');
	fl_buf_url(b, value);
}

static enum fl_rc ask(struct fl_cx *cx, struct fl_outside *o, const char *method, struct fl_str form, struct json_object **out)
{
	const struct fl_conf *c = cx->conf;
	const char *who = fl_base64(cx->a, fl_str(fl_fmt(cx->a, "%s:%s", c->twilio_account, c->twilio_token)));
	const char *url = fl_fmt(cx->a, "%s/2010-04-01/Accounts/%s/Messages.json", c->twilio_url, c->twilio_account);
	bool get = strcmp(method, "GET") == 0;
	const struct fl_http_header headers[] = {
		{ "Authorization", fl_str(fl_fmt(cx->a, "Basic %s", who)) },
		{ "Content-Type", FL_STR("application/x-www-form-urlencoded") },
	};
	struct fl_http_request req = { .method = method, .url = get ? fl_fmt(cx->a, "%s?%.*s", url, (int)form.n, form.p) : url, .headers = headers,
		                       .nheaders = get ? 1 : 2, .body = get ? (struct fl_str){ NULL, 0 } : form, .max_bytes = FOUND_MAX_BYTES };
	struct fl_http_answer answer;
	enum fl_rc rc = fl_http(cx, o, &req, &answer);

	*out = NULL;
	if (answer.body.n && fl_json_parse(cx->a, answer.body, &fl_json_limits_api, out, NULL) != FL_OK)
		*out = NULL;
	if (rc == FL_INVALID && (answer.status == 401 || answer.status == 403))
		return FL_FAIL(cx, FL_DENIED, "the SMS gateway refused our account");
	if (rc == FL_OK && !*out)
		return FL_FAIL(cx, FL_LATER, "the SMS gateway's answer is no JSON");
	return rc;
}

enum fl_rc fl_sms_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_sms *m, const char **id, bool *stopped)
{
	struct fl_buf form = fl_buf(cx->a, FORM_BYTES);
	struct json_object *answer, *code;
	struct fl_str sid;
	enum fl_rc rc;

	*stopped = false;
	pair(&form, "To", m->to);
	pair(&form, "From", m->from);
	pair(&form, "Body", m->body);
	pair(&form, "StatusCallback", fl_str(fl_fmt(cx->a, "%s/webhooks/sms/status", cx->conf->url)));
	if (form.over)
		return FL_FAIL(cx, FL_INVALID, "the message is too long");
	rc = ask(cx, o, "POST", fl_buf_get(&form), &answer);
	if (rc == FL_INVALID && answer) {
		code = fl_json_get(answer, "code");
		*stopped = code && json_object_get_int64(code) == STOPPED_BY_RECIPIENT;
		return FL_FAIL(cx, FL_INVALID, "the SMS gateway refused the message: %s", fl_strndup(cx->a, fl_str_clip(fl_json_str(answer, "message"), 200)));
	}
	FL_TRY(rc);
	sid = fl_json_str(answer, "sid");
	if (!sid.n)
		return FL_FAIL(cx, FL_LATER, "the SMS gateway's answer has no sid");
	*id = fl_strndup(cx->a, fl_str_clip(sid, 64));
	return FL_OK;
}

enum fl_rc fl_sms_find(struct fl_cx *cx, struct fl_outside *o, const struct fl_sms *m, const char **id)
{
	struct fl_buf form = fl_buf(cx->a, 2048);
	const char *known = fl_strndup(cx->a, m->known);
	struct json_object *answer, *list;

	pair(&form, "To", m->to);
	pair(&form, "From", m->from);
	pair(&form, "DateSent>", m->since);
	FL_TRY(ask(cx, o, "GET", fl_buf_get(&form), &answer));
	list = fl_json_get(answer, "messages");
	for (size_t i = 0; list && json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		const char *sid = fl_strndup(cx->a, fl_str_clip(fl_json_str(one, "sid"), 64));

		if (sid[0] && fl_str_eq(fl_json_str(one, "body"), m->body) && fl_str_eq(fl_json_str(one, "to"), m->to) && !strstr(known, sid)) {
			*id = sid;
			return FL_OK;
		}
	}
	return FL_FAIL(cx, FL_NOT_FOUND, "the SMS gateway has no such message");
}
