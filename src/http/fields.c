/* The fields step: forms, query strings and JSON bodies through one table. */
#include "http/web.h"

static void wrong(struct request *r, struct fl_value *v, const char *message)
{
	if (!v->wrong)
		r->nwrong++;
	v->wrong = message;
}

static struct fl_value *find(struct request *r, struct fl_str name)
{
	for (int i = 0; i < r->route->nbody; i++)
		if (fl_str_eq(fl_str(r->route->fields[i].name), name))
			return &r->values[i];
	return NULL;
}

/* A name nobody asked for, remembered as a value of its own so that it is reported like any other mistake. */
static enum fl_rc unknown(struct request *r, struct fl_str name)
{
	r->nwrong++;
	return FL_FAIL_FIELD(&r->cx, FL_INVALID, fl_strndup(r->cx.a, fl_str_clip(name, 100)), "wrong.unknown");
}

/* The JSON text of a list or object that comes pair by pair, open for one more: it grows in place, so that a thousand pairs cost what they hold and not as many copies. */
static struct fl_buf *open_text(struct request *r, struct fl_value *v, char bracket)
{
	struct fl_buf **b = &r->text[v - r->values];

	if (!*b) {
		*b = FL_NEW(r->cx.a, struct fl_buf);
		**b = fl_buf(r->cx.a, WEB_BODY_MAX_BYTES);
		fl_buf_putc(*b, bracket);
	} else if (!(*b)->over) {
		(*b)->n--; /* its closing bracket */
		fl_buf_putc(*b, ',');
	}
	return *b;
}

static void close_text(struct request *r, struct fl_value *v, struct fl_buf *b, char bracket)
{
	fl_buf_putc(b, bracket);
	if (b->over)
		wrong(r, v, "wrong.too_long");
	else
		v->s = fl_buf_get(b);
}

static void append_element(struct request *r, struct fl_value *v, struct fl_str element)
{
	struct fl_buf *b = open_text(r, v, '[');

	fl_buf_json(b, element);
	close_text(r, v, b, ']');
}

/* "field.x=1" of a form becomes member x of the object named field. The encoded name cannot stand inside an encoded value, whose quotes are
 * escaped, so that a plain search tells whether the member is there already. */
static bool into_object(struct request *r, struct fl_str name, struct fl_str value)
{
	struct fl_str rest = name, head = fl_str_cut(&rest, '.');
	struct fl_value *v = rest.n ? find(r, head) : NULL;
	struct fl_buf key = fl_buf(r->cx.a, WEB_BODY_MAX_BYTES), *b;

	if (!v || v->field->kind != FL_K_OBJECT)
		return false;
	fl_buf_json(&key, rest);
	fl_buf_putc(&key, ':');
	if (key.over) {
		wrong(r, v, "wrong.too_long");
		return true;
	}
	if (v->s.n && memmem(v->s.p, v->s.n, key.p, key.n)) {
		wrong(r, v, "wrong.repeated");
		return true;
	}
	b = open_text(r, v, '{');
	fl_buf_str(b, fl_buf_get(&key));
	fl_buf_json(b, value);
	close_text(r, v, b, '}');
	return true;
}

/* Counts a pair of the body or the address. */
static enum fl_rc count_pair(struct request *r)
{
	if (++r->npairs <= WEB_PAIRS_MAX)
		return FL_OK;
	r->status = 413;
	return FL_FAIL(&r->cx, FL_INVALID, "more than %d fields", WEB_PAIRS_MAX);
}

static enum fl_rc take_pair(struct request *r, struct fl_str name, struct fl_str value)
{
	struct fl_value *v = find(r, name);

	FL_TRY(count_pair(r));
	if (fl_str_eq(name, FL_STR("_token"))) {
		r->key = value;
		return FL_OK;
	}
	if (!v && into_object(r, name, value))
		return FL_OK;
	/* "done" is the banner of the page we came from, "of" what it speaks of. */
	if (!v && !r->unsafe && (fl_str_eq(name, FL_STR("done")) || fl_str_eq(name, FL_STR("of"))))
		return FL_OK;
	if (!v)
		return unknown(r, name);
	if (v->field->kind == FL_K_LIST) {
		append_element(r, v, value);
		return FL_OK;
	}
	if (v->field->kind == FL_K_OBJECT) {
		wrong(r, v, "wrong.object");
		return FL_OK;
	}
	if (v->s.p)
		wrong(r, v, "wrong.repeated");
	v->s = value;
	v->raw = value;
	return FL_OK;
}

static enum fl_rc take_pairs(struct request *r, struct fl_str text)
{
	enum fl_rc rc = FL_OK;

	while (text.p) {
		struct fl_str pair = fl_str_cut(&text, '&'), name, value, raw_name;

		if (pair.n == 0)
			continue;
		raw_name = fl_str_cut(&pair, '=');
		if (web_decode(r->cx.a, raw_name, &name) != FL_OK || web_decode(r->cx.a, pair, &value) != FL_OK) {
			r->status = 400;
			return FL_FAIL(&r->cx, FL_INVALID, "a field is not UTF-8, or an escape in it is none");
		}
		if (take_pair(r, name, value) != FL_OK)
			rc = FL_INVALID;
		if (r->status)
			return rc;
	}
	return rc;
}

static bool fits_kind(const struct fl_field *f, struct json_object *v)
{
	switch (f->kind) {
	case FL_K_INT:
		return json_object_is_type(v, json_type_int);
	case FL_K_NUMBER:
		return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
	case FL_K_BOOL:
		return json_object_is_type(v, json_type_boolean);
	case FL_K_LIST:
		return json_object_is_type(v, json_type_array);
	case FL_K_OBJECT:
		return json_object_is_type(v, json_type_object);
	default:
		return json_object_is_type(v, json_type_string);
	}
}

static enum fl_rc not_json(struct request *r)
{
	const char *why;
	size_t at;

	r->status = 400;
	if (fl_json_check(r->cx.a, r->body, &fl_json_limits_api, &why, &at) != FL_OK)
		return FL_FAIL(&r->cx, FL_INVALID, "the body is not JSON: %s, at byte %zu", why, at);
	return FL_FAIL(&r->cx, FL_INVALID, "the body is JSON, but not an object");
}

static enum fl_rc take_json(struct request *r)
{
	struct json_object *root;

	if (r->body.n == 0)
		return FL_OK;
	if (fl_json_parse(r->cx.a, r->body, &fl_json_limits_api, &root, NULL) != FL_OK || !json_object_is_type(root, json_type_object))
		return not_json(r);
	json_object_object_foreach(root, name, member)
	{
		struct fl_value *v = find(r, fl_str(name));

		if (!v) {
			(void)unknown(r, fl_str(name));
			continue;
		}
		if (!member)
			continue;
		v->s = json_object_is_type(member, json_type_string)
		               ? (struct fl_str){ json_object_get_string(member), (size_t)json_object_get_string_len(member) }
		               : fl_str(json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN));
		v->raw = v->s;
		if (!fits_kind(v->field, member))
			wrong(r, v, "wrong.type");
	}
	return r->nwrong ? FL_INVALID : FL_OK;
}

static bool is_type(const struct request *r, const char *want)
{
	struct fl_str type = fl_str(web_param(r, "CONTENT_TYPE")), head = fl_str_trim(fl_str_cut(&type, ';'));

	return fl_str_ieq(head, fl_str(want));
}

static bool is_web_address(struct fl_str s)
{
	size_t at = s.n > 8 && memcmp(s.p, "https://", 8) == 0 ? 8 : s.n > 7 && memcmp(s.p, "http://", 7) == 0 ? 7 : s.n;

	for (size_t i = at; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return at < s.n;
}

/* X-Progress-Url. Strangers, and browsers with their cookies, cannot make us call somewhere: only who sends a key or a token that fl_enter knows, so not
 * where anybody may write and not where the token of the path speaks. */
static enum fl_rc take_progress(struct request *r)
{
	struct fl_str url = fl_str(web_param(r, "HTTP_X_PROGRESS_URL"));

	if (url.n == 0 || r->auth != WEB_BEARER || r->route->page->flags & (FL_PUBLIC | FL_TOKEN_IN_PATH))
		return FL_OK;
	if (url.n > 500 || !is_web_address(url))
		return FL_FAIL_FIELD(&r->cx, FL_INVALID, "X-Progress-Url", "wrong.hook_url");
	r->progress_url = url;
	return FL_OK;
}

static enum fl_rc not_taken(struct request *r, const char *why)
{
	r->status = 415;
	return FL_FAIL(&r->cx, FL_INVALID, "%s", why);
}

static enum fl_rc take_body(struct request *r)
{
	struct fl_str key = fl_str(web_param(r, "HTTP_IDEMPOTENCY_KEY"));
	const char *coding = web_param(r, "HTTP_CONTENT_ENCODING");
	bool files = r->route->page->flags & FL_FILES;

	if (key.n > 255)
		return FL_FAIL_FIELD(&r->cx, FL_INVALID, "Idempotency-Key", "wrong.too_long");
	r->key = key;
	FL_TRY(take_progress(r));
	if (r->route->page->flags & FL_RAW_BODY)
		return FL_OK;
	if (coding[0] && strcasecmp(coding, "identity") != 0) /* which is none (RFC 9110, 8.4) */
		return not_taken(r, "a body is sent as it is, without Content-Encoding");
	if (is_type(r, "application/json")) {
		r->json = true;
		return take_json(r);
	}
	if (files && is_type(r, "multipart/form-data"))
		return web_multipart(r, take_pair);
	if (r->body.n == 0 || is_type(r, "application/x-www-form-urlencoded"))
		return take_pairs(r, r->body.n ? r->body : (struct fl_str){ NULL, 0 });
	return not_taken(r, files ? "a body is application/json, application/x-www-form-urlencoded or multipart/form-data" : "a body is application/json or application/x-www-form-urlencoded");
}

/* What stands for a value that did not come. */
static void fill(struct request *r, struct fl_value *v)
{
	/* An empty box in a form or a bare name= in an address means nothing was given. */
	if (v->s.n == 0 && v->field->kind != FL_K_SECRET)
		v->s = (struct fl_str){ NULL, 0 };
	/* A box that is not ticked does not come at all. */
	if (!v->s.p && v->field->kind == FL_K_BOOL && r->unsafe && !r->json)
		v->s = FL_STR("false");
	if (!v->s.p && v->field->deflt)
		v->s = fl_str(v->field->deflt);
	if (!v->s.p && v->field->kind == FL_K_BOOL && r->unsafe)
		v->s = FL_STR("false");
}

static void check_all(struct request *r)
{
	for (int i = 0; i < r->route->nfields; i++) {
		struct fl_value *v = &r->values[i];
		const char *why;

		if (v->wrong)
			continue;
		fill(r, v);
		why = v->s.p ? web_check(r->cx.a, v) : NULL;
		if (!why && v->field->required && v->s.n == 0)
			why = "wrong.required";
		if (why)
			wrong(r, v, why);
	}
}

enum fl_rc web_fields(struct request *r)
{
	const struct web_route *t = r->route;
	enum fl_rc rc;

	for (int i = 0; i < t->nfields; i++)
		r->values[i] = (struct fl_value){ .field = &t->fields[i] };
	rc = r->unsafe ? take_body(r) : take_pairs(r, r->query[0] ? fl_str(r->query) : (struct fl_str){ NULL, 0 });
	if (rc != FL_OK && r->status)
		return rc;
	for (int i = 0; i < t->nsegments; i++)
		if (t->param[i] >= 0)
			r->values[t->param[i]].s = r->path_value[i];
	check_all(r);
	/* A path that holds no identifier is a page that does not exist, whoever asks. */
	for (int i = t->nbody; i < t->nfields; i++)
		if (r->values[i].wrong) {
			r->nwrong = 0;
			return FL_FAIL(&r->cx, FL_NOT_FOUND, "no such page");
		}
	if (rc == FL_OK && r->nwrong == 0)
		return FL_OK;
	if (r->cx.err.rc == FL_OK)
		(void)FL_FAIL(&r->cx, FL_INVALID, "%d fields are wrong", r->nwrong);
	return FL_INVALID;
}
