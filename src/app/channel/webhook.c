#include "app/channel/webhook.h"

#include "app/channel/signature.h"
#include "app/document/document.h"
#include "base/keyring.h"

enum { TEXT_MAX = 200, SUBJECT_MAX = 300, BODY_MAX = 20000, FILES_MAX = 20 };

static const char *const parts[] = { "subject", "body", "name", "email", "phone" };

/* Where each part is looked for when the source does not say. */
static const char *const usual[][3] = {
	{ "subject", "data.subject", "title" }, { "body", "data.body", "message" },  { "name", "data.name", "from.name" },
	{ "email", "data.email", "from.email" }, { "phone", "data.phone", "from.phone" },
};

static struct fl_str sealed(struct fl_cx *cx, struct fl_str secret)
{
	return secret.n ? fl_keyring_seal(cx, "webhook", secret) : (struct fl_str){ NULL, 0 };
}

static struct fl_str mapping(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_buf b = fl_buf(cx->a, 8192);
	struct fl_jw w = fl_jw(&b);

	fl_jw_open(&w, NULL, '{');
	for (size_t i = 0; i < FL_COUNT(parts); i++) {
		struct fl_str path = fl_req_get(req, fl_fmt(cx->a, "map_%s", parts[i]));

		if (path.n)
			fl_jw_str(&w, parts[i], path);
	}
	fl_jw_close(&w, '}');
	return fl_buf_get(&b);
}

enum fl_rc webhook_add(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str secret = sealed(cx, fl_req_get(req, "secret"));

	FL_TRY(fl_req_enter(cx, req));
	return fl_db_run(cx, req->db, q_webhook_add(fl_req_get(req, "name"), fl_req_get(req, "scheme"), secret, mapping(cx, req)), &req->effect);
}

enum fl_rc webhook_set(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str secret = sealed(cx, fl_req_get(req, "secret"));

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db,
	                 q_webhook_set(fl_req_get(req, "id"), fl_req_get(req, "name"), fl_req_get(req, "scheme"), secret, mapping(cx, req)),
	                 &req->effect));
	return req->effect->nrows ? FL_OK : FL_FAIL(cx, FL_NOT_FOUND, "no such webhook source");
}

static struct fl_str header(struct fl_req *req, const char *name)
{
	return fl_str(req->header(req, name));
}

static struct signature signature_of(struct fl_req *req, const char *scheme)
{
	struct signature s = { .body = req->body, .id = header(req, "HTTP_WEBHOOK_ID"), .timestamp = header(req, "HTTP_WEBHOOK_TIMESTAMP") };

	if (strcmp(scheme, "github") == 0)
		s.sent = header(req, "HTTP_X_HUB_SIGNATURE_256");
	else if (strcmp(scheme, "stripe") == 0)
		s.sent = header(req, "HTTP_STRIPE_SIGNATURE");
	else if (strcmp(scheme, "token") == 0)
		s.sent = header(req, "HTTP_X_WEBHOOK_TOKEN");
	else
		s.sent = header(req, "HTTP_WEBHOOK_SIGNATURE");
	return s;
}

/* The provider's own id of what it sent. Stripe's is inside the body, whose bytes are the same at every attempt; a plain token without an id
 * may say the same thing twice and mean it. */
static struct fl_str provider_id(struct fl_cx *cx, struct fl_req *req, const char *scheme)
{
	const char *name = strcmp(scheme, "standard") == 0 ? "HTTP_WEBHOOK_ID" : strcmp(scheme, "github") == 0 ? "HTTP_X_GITHUB_DELIVERY" : "HTTP_X_WEBHOOK_ID";
	struct fl_str id = strcmp(scheme, "stripe") == 0 ? (struct fl_str){ "", 0 } : header(req, name);

	if (id.n > 0 && id.n <= 200 && fl_str_utf8(id))
		return id;
	if (strcmp(scheme, "token") == 0)
		return fl_str(fl_uuid_new_text(cx->a));
	return fl_str(fl_sha256_hex(cx->a, req->body));
}

/* A member as one text, without the characters no field of ours may hold; {NULL, 0} when it is not there or empty. */
static struct fl_str text_at(struct fl_cx *cx, struct json_object *root, const char *path, size_t max, bool lines)
{
	struct json_object *v = fl_json_get(root, path);
	struct fl_buf b = fl_buf(cx->a, max * 4);
	struct fl_str s;

	if (!v)
		return (struct fl_str){ NULL, 0 };
	s = fl_str_clip(json_object_is_type(v, json_type_string) ? (struct fl_str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) }
	                                                         : fl_str(json_object_to_json_string_ext(v, JSON_C_TO_STRING_PRETTY)),
	                max);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c != 0x7f)
			fl_buf_putc(&b, (char)c);
		else if (c == '\n' || c == '\t')
			fl_buf_putc(&b, lines ? (char)c : ' ');
	}
	s = fl_str_trim(fl_buf_get(&b));
	return s.n ? s : (struct fl_str){ NULL, 0 };
}

static struct fl_str part(struct fl_cx *cx, struct json_object *root, struct json_object *map, size_t i)
{
	static const size_t max[] = { SUBJECT_MAX, BODY_MAX, TEXT_MAX, TEXT_MAX, TEXT_MAX };
	struct fl_str path = fl_json_str(map, parts[i]), s = { NULL, 0 };

	if (path.n)
		return text_at(cx, root, fl_strndup(cx->a, path), max[i], i == 1);
	for (size_t k = 0; !s.p && k < FL_COUNT(usual[i]); k++)
		s = text_at(cx, root, usual[i][k], max[i], i == 1);
	return s;
}

/* Attachments inside the body: [{"name" or "filename", "content" or "data" in base64}], as services that pass mail on send them. */
static enum fl_rc keep_files(struct fl_cx *cx, struct fl_req *req, struct json_object *root)
{
	struct json_object *list = fl_json_get(root, "attachments");
	struct fl_file files[FILES_MAX];
	struct fl_str json;
	char id[FL_UUID_TEXT];
	int n = 0;

	if (!list)
		list = fl_json_get(root, "data.attachments");
	if (!list || !json_object_is_type(list, json_type_array))
		return FL_OK;
	for (size_t i = 0; i < json_object_array_length(list) && n < FILES_MAX; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct fl_str name = fl_json_str(one, "name"), content = fl_json_str(one, "content"), data = { NULL, 0 };

		if (!content.p)
			content = fl_json_str(one, "data");
		if (content.p && fl_base64_decode(cx->a, content, &data) == FL_OK)
			files[n++] = (struct fl_file){ .name = name.n ? name : fl_json_str(one, "filename"), .content = data };
	}
	if (n)
		req->rings = "q:intake-routing t:intake " FL_FILE_BELLS;
	fl_rows_uuid(req->effect, 0, WEBHOOK_TAKE_ID, id);
	FL_TRY(document_keep_all(cx, cx->who.org_id, files, n, &json));
	return fl_db_run(cx, req->db, q_intake_files_add(fl_str(id), json), NULL);
}

static enum fl_rc take(struct fl_cx *cx, struct fl_req *req, const struct fl_rows *door, struct fl_str source, struct fl_str id)
{
	struct json_object *root, *map;
	struct fl_str p[FL_COUNT(parts)];
	const char *why = NULL;

	if (fl_json_parse(cx->a, req->body, &fl_json_limits_api, &root, &why) != FL_OK || !json_object_is_type(root, json_type_object)) {
		req->status = 400;
		return FL_FAIL(cx, FL_INVALID, "the body is not a JSON object: %s", why ? why : "another kind of value");
	}
	FL_TRY(fl_json_parse(cx->a, fl_rows_str(door, 0, WEBHOOK_DOOR_MAPPING), &fl_json_limits_api, &map, NULL));
	for (size_t i = 0; i < FL_COUNT(parts); i++)
		p[i] = part(cx, root, map, i);
	if (!p[0].p)
		p[0] = fl_rows_str(door, 0, WEBHOOK_DOOR_NAME);
	if (!p[1].p)
		p[1] = text_at(cx, root, "data", BODY_MAX, true);
	if (p[3].p && !memchr(p[3].p, '@', p[3].n))
		p[3] = (struct fl_str){ NULL, 0 };
	req->rings = "q:intake-routing t:intake";
	FL_TRY(fl_db_run(cx, req->db, q_webhook_take(source, id, p[0], p[1], p[2], p[3], p[4]), &req->effect));
	return keep_files(cx, req, root);
}

enum fl_rc webhook_receive(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_rows *door, *claimed;
	struct fl_str secret, source, id;
	struct signature sig;
	const char *scheme;

	FL_TRY(fl_req_enter(cx, req));
	FL_TRY(fl_db_run(cx, req->db, q_webhook_door(), &door));
	if (door->nrows == 0)
		return FL_FAIL(cx, FL_NOT_FOUND, "no such webhook source");
	scheme = fl_rows_dup(cx->a, door, 0, WEBHOOK_DOOR_SCHEME);
	if (fl_keyring_unseal(cx, "webhook", fl_rows_str(door, 0, WEBHOOK_DOOR_SECRET), &secret) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the secret of a webhook source was sealed with another key");
	sig = signature_of(req, scheme);
	if (!signature_fits(cx->a, scheme, secret, &sig, cx->now_us / FL_SECOND_US)) {
		req->status = 401;
		return FL_FAIL(cx, FL_DENIED, "error.signature");
	}
	source = fl_str(fl_rows_dup(cx->a, door, 0, WEBHOOK_DOOR_ID));
	id = provider_id(cx, req, scheme);
	FL_TRY(fl_db_run(cx, req->db, q_webhook_claim(source, id), &claimed));
	if (!fl_rows_null(claimed, 0, WEBHOOK_CLAIM_ID)) {
		req->effect = claimed;
		req->status = 200;
		return FL_OK;
	}
	return take(cx, req, door, source, id);
}
