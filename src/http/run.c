/* Enter, claim, does, sets: for a page of statements one pipeline, which commits at its Sync. */
#include "base/conf.h"
#include "http/web.h"

static struct fl_arg arg_of(const struct request *r, const struct web_arg *from)
{
	struct fl_str s;
	int64_t i;

	switch (from->source) {
	case WEB_ADDRESS:
		return fl_arg_str(fl_str(r->req.address));
	case WEB_USER_AGENT:
		return fl_arg_str(fl_str(r->req.user_agent));
	case WEB_REQUEST_ID:
		return fl_arg_str(fl_str(r->cx.request_id));
	case WEB_LOCALE:
		return fl_arg_str(fl_str(r->cx.who.locale));
	case WEB_TOKEN_HASH:
		return (struct fl_arg){ .kind = FL_A_BYTES, .s = fl_digest_str(&r->token_hash) };
	case WEB_URL:
		return fl_arg_str(fl_str(r->web->conf->url));
	case WEB_FORM_AGE:
		return (struct fl_arg){ .kind = FL_A_INT, .i = r->form_age_s };
	case WEB_VALUE:
		break;
	}
	/* What was typed wrong is no argument: only a form shown again asks for its sets with it. */
	s = r->values[from->value].s;
	if (!s.p || r->values[from->value].wrong)
		return (struct fl_arg){ .kind = FL_A_NULL };
	if (from->type == FL_T_BOOL)
		return (struct fl_arg){ .kind = FL_A_BOOL, .i = fl_str_eq(s, FL_STR("true")) };
	if (from->type == FL_T_INT && fl_str_int(s, INT64_MIN, INT64_MAX, &i) == FL_OK)
		return (struct fl_arg){ .kind = FL_A_INT, .i = i };
	return fl_arg_str(s);
}

static struct fl_call call_of(const struct request *r, enum fl_q q, const struct web_arg *args)
{
	struct fl_call c = { .q = (int)q, .nargs = fl_queries[q].nin };

	for (int i = 0; i < c.nargs; i++)
		c.args[i] = arg_of(r, &args[i]);
	return c;
}

static struct fl_call enter_as(const struct request *r, struct fl_str hash, const char *org, const char *permission, bool read_only)
{
	struct fl_str which = { org[0] ? org : NULL, strlen(org) };

	return q_enter(hash, which, permission ? fl_str(permission) : (struct fl_str){ NULL, 0 }, read_only, fl_str(r->cx.request_id), fl_str(r->req.address),
	               fl_conf_strict(r->web->conf), r->is_early && !read_only);
}

/* Which sites may show the page; and whether the one that sends is among them, for a page that was not opened here. */
static void add_sites(struct request *r, struct fl_batch *b, bool read_only)
{
	const char *origin = web_foreign_origin(r);

	if (read_only || origin[0])
		fl_batch_add(b, q_form_sites(fl_str(origin), !read_only), &r->sites);
}

/* Before anything else: blocked addresses, who asks, and for administration a second factor proven lately; all in the one round trip. */
static void add_enter(struct request *r, struct fl_batch *b, bool read_only)
{
	struct fl_str hash = fl_digest_str(&r->token_hash);
	const struct fl_page *p = r->route->page;
	bool traced = strcmp(r->cx.trace_id, r->cx.request_id) != 0;

	/* A trace begun elsewhere; one made from the request id needs no word. */
	if (!read_only && (traced || r->progress_url.n))
		fl_batch_add(b, q_cause(fl_str(traced ? r->cx.trace_id : ""), r->progress_url), NULL);
	if (p->flags & FL_PUBLIC)
		return;
	if (p->flags & FL_ADMIN && read_only && (p->view || p->sets[0].name)) /* not what nginx asks before each of them */
		fl_batch_add(b, q_admin_look(hash, fl_str(r->path), fl_str(r->cx.request_id)), NULL);
	fl_batch_add(b, enter_as(r, hash, r->org_header, p->permission, read_only), &r->who);
	if (p->flags & FL_EMBED)
		add_sites(r, b, read_only);
	if (p->flags & FL_ADMIN)
		fl_batch_add(b, q_admin_proven(hash, r->web->conf->admin_factor_s), NULL);
}

/* Method and path: the same key may be used once for each address. A kept result is shown again only to who made it: his token is in the
 * hash of the key. */
static const char *claim_route(struct request *r)
{
	return fl_fmt(r->cx.a, "%s %s", r->method, r->path);
}

/* What a form without a token says, and from where, stands for one. Programs say what is the same by a key. */
static bool words_are_key(const struct request *r)
{
	return r->key.n == 0 && !r->json && r->route->page->flags & FL_ONCE;
}

static void add_claim(struct request *r, struct fl_batch *b)
{
	struct fl_buf text = fl_buf(r->cx.a, WEB_BODY_MAX_BYTES * 2);
	struct fl_digest *key = FL_NEW(r->cx.a, struct fl_digest), *body = FL_NEW(r->cx.a, struct fl_digest);

	bool words = words_are_key(r);

	if ((r->key.n == 0 && !words) || !r->unsafe || r->route->page->flags & FL_PUBLIC)
		return;
	for (int i = 0; i < r->route->nbody; i++) {
		fl_buf_printf(&text, "%zu:", r->values[i].s.n);
		fl_buf_str(&text, r->values[i].s);
	}
	fl_buf_str(&text, r->route->page->flags & FL_RAW_BODY ? r->body : (struct fl_str){ NULL, 0 });
	for (int i = 0; i < r->req.nfiles; i++) {
		struct fl_digest d = fl_sha256(r->req.files[i].content);

		fl_buf_str(&text, fl_digest_str(&d));
	}
	*body = fl_sha256(fl_buf_get(&text));
	if (words)
		fl_buf_str(&text, fl_str(r->req.address));
	*key = fl_hmac(fl_digest_str(&r->token_hash), words ? fl_buf_get(&text) : r->key);
	fl_batch_add(b, (words ? q_claim_words : q_claim)(fl_str(claim_route(r)), fl_digest_str(key), fl_digest_str(body)), NULL);
}

/* A set that names the page's own effect is what the effect answered: shown once, never fetched. */
static bool is_effect(const struct request *r, int set)
{
	return r->route->page->does && r->route->page->sets[set].q == r->route->page->does;
}

static void add_sets(struct request *r, struct fl_batch *b)
{
	for (int i = 0; i < r->route->nsets; i++)
		if (!is_effect(r, i))
			fl_batch_add(b, call_of(r, r->route->page->sets[i].q, r->route->set_args[i]), &r->set[i]);
	if (r->route->wants_frame && !r->json)
		fl_batch_add(b, q_frame(), &r->frame);
}

/* Takes what fl_enter answered into the context. */
static void know(struct request *r)
{
	const struct fl_rows *w = r->who;
	struct fl_who *who = &r->cx.who;
	const char *kind;

	if (!w || w->nrows == 0)
		return;
	r->entered = true;
	kind = fl_rows_dup(r->cx.a, w, 0, ENTER_KIND);
	memcpy(who->kind, kind, strnlen(kind, sizeof(who->kind) - 1));
	fl_rows_uuid(w, 0, ENTER_ORG_ID, who->org_id);
	if (who->org_id[0] && r->auth != WEB_PATH)
		web_budget_learn(r->web->budget, &r->token_hash, who->org_id);
	fl_rows_uuid(w, 0, ENTER_USER_ID, who->user_id);
	kind = fl_rows_dup(r->cx.a, w, 0, ENTER_ROLE);
	memcpy(who->role, kind, strnlen(kind, sizeof(who->role) - 1));
	who->name = fl_rows_dup(r->cx.a, w, 0, ENTER_USER_NAME);
	who->org_name = fl_rows_dup(r->cx.a, w, 0, ENTER_ORG_NAME);
	who->zone = fl_rows_dup(r->cx.a, w, 0, ENTER_ZONE);
	who->dates = fl_rows_dup(r->cx.a, w, 0, ENTER_DATE_FORMAT);
	who->currency = fl_rows_dup(r->cx.a, w, 0, ENTER_CURRENCY);
	/* Strangers at a public door read in the language they ask for. */
	if (who->user_id[0])
		who->locale = fl_rows_dup(r->cx.a, w, 0, ENTER_LOCALE);
}

void web_know_reader(struct request *r)
{
	struct fl_batch *b = fl_batch_new(r->cx.a);
	struct fl_error err = r->cx.err;
	struct fl_str hash = fl_digest_str(&r->token_hash);

	if (r->auth != WEB_COOKIE || r->cx.who.user_id[0] || r->status >= 429)
		return;
	fl_batch_add(b, enter_as(r, hash, "", NULL, true), &r->who);
	fl_batch_add(b, q_frame(), &r->frame);
	if (fl_batch_run(&r->cx, r->db, b) == FL_OK)
		know(r);
	else
		r->who = r->frame = NULL;
	r->cx.err = err;
}

enum fl_rc web_ask_sites(struct request *r)
{
	struct fl_batch *b = fl_batch_new(r->cx.a);
	struct fl_digest *hash = FL_NEW(r->cx.a, struct fl_digest);
	struct fl_str key = fl_digest_str(hash);

	for (int i = 0; i < r->embed->nsegments; i++)
		if (r->embed->param[i] >= 0)
			*hash = fl_sha256(r->path_value[i]);
	fl_batch_add(b, enter_as(r, key, "", r->embed->page->permission, true), NULL);
	add_sites(r, b, true);
	return fl_batch_run(&r->cx, r->db, b);
}

static void frame_of_set(struct request *r)
{
	if (r->route->page->flags & FL_FRAMED)
		r->frame = r->set[0];
}

/* A one-row set without its row is a page that does not exist for this reader. */
static enum fl_rc check_ones(struct request *r)
{
	for (int i = 0; i < r->route->nsets; i++)
		if (r->route->page->sets[i].many == FL_ONE && r->set[i] && r->set[i]->nrows == 0)
			return FL_FAIL(&r->cx, FL_NOT_FOUND, "no such %s", r->route->page->sets[i].name);
	return FL_OK;
}

static enum fl_rc replay(struct request *r, enum fl_rc rc)
{
	if (!r->cx.err.sqlstate || strcmp(r->cx.err.sqlstate, "FL208") != 0)
		return rc;
	if (fl_json_parse(r->cx.a, fl_str(r->cx.err.field), &fl_json_limits_api, &r->replay, NULL) != FL_OK)
		return FL_FAIL(&r->cx, FL_BUG, "the kept result is no JSON");
	r->cx.err = (struct fl_error){ 0 };
	return FL_OK;
}

static enum fl_rc run_statements(struct request *r)
{
	const struct fl_page *p = r->route->page;
	struct fl_batch *b = fl_batch_new(r->cx.a);
	enum fl_rc rc;

	r->is_early = r->rested && p->does && p->flags & FL_ACCEPTED;
	add_enter(r, b, !r->unsafe);
	add_claim(r, b);
	if (p->does)
		fl_batch_add(b, call_of(r, p->does, r->route->does_args), &r->effect);
	if (!p->does || (p->view && !p->then && !r->json))
		add_sets(r, b);
	if (b->n == 0)
		return FL_OK;
	rc = fl_batch_run(&r->cx, r->db, b);
	know(r);
	if (rc != FL_OK)
		return replay(r, rc);
	if (p->does && r->effect->nrows == 0)
		return FL_FAIL(&r->cx, FL_NOT_FOUND, "nothing to do it to");
	for (int i = 0; i < r->route->nsets; i++)
		if (is_effect(r, i))
			r->set[i] = r->effect;
	frame_of_set(r);
	return check_ones(r);
}

enum fl_rc web_flush(struct request *r)
{
	return r->is_early || r->replay ? fl_db_run(&r->cx, r->db, q_flush(), NULL) : FL_OK;
}

enum fl_rc web_enter(struct fl_cx *cx, struct fl_req *req)
{
	struct request *r = req->edge;
	struct fl_batch *b = fl_batch_new(cx->a);
	enum fl_rc rc;

	FL_TRY(fl_tx_begin(cx, r->db));
	r->in_tx = true;
	add_enter(r, b, !r->unsafe);
	add_claim(r, b);
	if (r->route->wants_frame && !r->json)
		fl_batch_add(b, q_frame(), &r->frame);
	rc = b->n ? fl_batch_run(cx, r->db, b) : FL_OK;
	know(r);
	return rc;
}

/* Files came with what a statement does: `run` keeps them in its transaction. */
static enum fl_rc does_then_run(struct request *r)
{
	const struct fl_page *p = r->route->page;
	struct fl_batch *b = fl_batch_new(r->cx.a);

	FL_TRY(web_enter(&r->cx, &r->req));
	fl_batch_add(b, call_of(r, p->does, r->route->does_args), &r->req.effect);
	FL_TRY(fl_batch_run(&r->cx, r->db, b));
	if (r->req.effect->nrows == 0)
		return FL_FAIL(&r->cx, FL_NOT_FOUND, "nothing to do it to");
	return p->run(&r->cx, &r->req);
}

static bool same_columns(const struct fl_rows *rows, const struct fl_query *q)
{
	if (rows->ncols != q->nout)
		return false;
	for (int i = 0; rows->cols != q->out && i < q->nout; i++)
		if (strcmp(rows->cols[i].name, q->out[i].name) != 0 || rows->cols[i].type != q->out[i].type)
			return false;
	return true;
}

/* Whether a content type is among those that a page names. */
static bool is_told(const char *list, const char *type)
{
	struct fl_str rest = fl_str(list ? list : ""), one;

	while (rest.p) {
		one = fl_str_cut(&rest, ' ');
		if (fl_str_eq(one, FL_STR("*")) || (one.n && strncmp(type, one.p, one.n) == 0))
			return true;
	}
	return false;
}

/* The API's description is made from the table: what code answers is held to it. */
static enum fl_rc as_told(struct request *r)
{
	const struct fl_page *p = r->route->page;
	const char *type = r->req.file.p ? r->req.file_type : r->req.type ? r->req.type : r->content_type;

	if (r->req.effect && !same_columns(r->req.effect, &fl_queries[p->does ? p->does : p->gives]))
		return FL_FAIL(&r->cx, FL_BUG, "the answer's columns are not those of the page's row");
	if (type && !is_told(p->file, type))
		return FL_FAIL(&r->cx, FL_BUG, "the page's row does not tell of %s", type);
	return FL_OK;
}

static enum fl_rc run_code(struct request *r)
{
	const struct fl_page *p = r->route->page;
	int turn = web_turn_take(r);
	enum fl_rc rc = p->does ? does_then_run(r) : p->run(&r->cx, &r->req);

	web_turn_end(turn);
	if (rc == FL_OK)
		rc = as_told(r);
	if (rc == FL_OK && r->in_tx)
		rc = fl_tx_commit(&r->cx, r->db);
	else if (r->in_tx)
		fl_tx_abort(&r->cx, r->db);
	r->in_tx = false;
	if (rc != FL_OK)
		rc = replay(r, rc);
	if (r->req.effect)
		r->effect = r->req.effect;
	for (int i = 0; i < r->route->nsets; i++)
		if (r->req.set[i])
			r->set[i] = r->req.set[i];
	return rc;
}

/* A session from another network, refused: the transaction that found out left nothing, so the audit gets its row from one of its own. */
static enum fl_rc noted(struct request *r, enum fl_rc rc)
{
	struct fl_error kept = r->cx.err;

	if (rc != FL_DENIED || !kept.text || strcmp(kept.text, "error.other_network") != 0)
		return rc;
	FL_TRY(fl_db_run(&r->cx, r->db, q_session_refused(fl_str(r->req.address), r->req.token_hash, fl_str(r->cx.request_id)), NULL));
	r->cx.err = kept;
	return rc;
}

enum fl_rc web_may_enter(struct request *r)
{
	struct fl_batch *b = fl_batch_new(r->cx.a);
	enum fl_rc rc;

	if (r->route->page->flags & FL_PUBLIC)
		return FL_OK;
	if (r->token.n == 0)
		return FL_FAIL(&r->cx, FL_DENIED, "error.signed_out");
	add_enter(r, b, true);
	rc = fl_batch_run(&r->cx, r->db, b);
	know(r);
	return rc;
}

enum fl_rc web_enter_and_run(struct request *r)
{
	const struct fl_page *p = r->route->page;

	if (!(p->flags & FL_PUBLIC) && r->token.n == 0)
		return FL_FAIL(&r->cx, FL_DENIED, "error.signed_out");
	return noted(r, p->run && (!p->does || r->req.nfiles) ? run_code(r) : run_statements(r));
}

enum fl_rc web_show_again(struct request *r)
{
	struct fl_batch *b = fl_batch_new(r->cx.a);
	struct fl_error kept = r->cx.err;
	enum fl_rc rc;

	add_enter(r, b, true);
	add_sets(r, b);
	rc = b->n ? fl_batch_run(&r->cx, r->db, b) : FL_OK;
	know(r);
	frame_of_set(r);
	if (rc == FL_OK)
		rc = check_ones(r);
	if (rc == FL_OK)
		r->cx.err = kept;
	return rc;
}
