#include "app/mail/mail.h"

#include "base/conf.h"
#include "view/view.h"

enum { BODY_MAX = 1 << 20 };

/* The templates there are; the subject is message mail.subject.NAME. */
static const char *const names[] = {
	"reply", "received", "closed", "notify-review", "approval-waiting", "notify", "account-verify", "account-known",
	"account-reset", "account-email", "account-notice", "visit", "visit-off", "invite",
};
enum { KINDS = FL_COUNT(names) };

static const struct fl_col page_cols[] = { { "url", FL_T_TEXT }, { "locale", FL_T_TEXT } };
static const struct fl_col mail_cols[] = {
	{ "to_name", FL_T_TEXT },  { "org_name", FL_T_TEXT }, { "number", FL_T_TEXT }, { "subject", FL_T_TEXT },
	{ "body", FL_T_TEXT },     { "author", FL_T_TEXT },   { "link", FL_T_TEXT },
};
enum { M_TO_NAME, M_ORG_NAME, M_NUMBER, M_SUBJECT, M_BODY, M_AUTHOR, M_LINK };
static const struct fl_col quote_cols[] = { { "line", FL_T_TEXT } };

static const struct fl_shape shape = {
	.n = 3,
	.set = { { .name = "page", .cols = page_cols, .ncols = FL_COUNT(page_cols), .one = true },
	         { .name = "mail", .cols = mail_cols, .ncols = FL_COUNT(mail_cols), .one = true },
	         { .name = "quote", .cols = quote_cols, .ncols = FL_COUNT(quote_cols) } },
};

struct cache {
	struct fl_arena *process;
	const struct fl_view *view;
	const struct fl_template *text[KINDS], *html[KINDS];
};

void *mail_view_new(struct fl_arena *process)
{
	struct cache *c = FL_NEW(process, struct cache);

	c->process = process;
	return c;
}

static enum fl_rc open_view(struct fl_cx *cx, struct cache *c)
{
	const struct fl_view *view;
	struct fl_cx own;

	if (c->view)
		return FL_OK;
	fl_cx_init(&own, c->process, cx->conf, "", 30);
	if (fl_view_open(&own, cx->conf->share_dir, &view) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "%s", own.err.text);
	for (int i = 0; i < KINDS; i++)
		if (fl_view_bind(&own, view, fl_fmt(c->process, "mail/%s.txt", names[i]), &shape, &c->text[i]) != FL_OK ||
		    fl_view_bind(&own, view, fl_fmt(c->process, "mail/%s", names[i]), &shape, &c->html[i]) != FL_OK)
			return FL_FAIL(cx, FL_BUG, "%s", own.err.text);
	c->view = view;
	return FL_OK;
}

/* The way into Fairlead: the requester's status page by its key, else the page the mail is about. */
static const char *link_of(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_str key = fl_rows_str(row, 0, EMAIL_LOAD_STATUS_KEY), path = fl_rows_str(row, 0, EMAIL_LOAD_PATH);

	if (key.n)
		return fl_fmt(cx->a, "%s/status/%.*s", cx->conf->url, (int)key.n, key.p);
	return path.n ? fl_fmt(cx->a, "%s%.*s", cx->conf->url, (int)path.n, path.p) : "";
}

static struct fl_rows *mail_set(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_rows *m = fl_rows_new(cx->a, mail_cols, FL_COUNT(mail_cols), 1);

	fl_rows_set_str(m, 0, M_TO_NAME, fl_rows_str(row, 0, EMAIL_LOAD_TO_NAME));
	fl_rows_set_str(m, 0, M_ORG_NAME, fl_rows_str(row, 0, EMAIL_LOAD_ORG_NAME));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_NUMBER))
		fl_rows_set_str(m, 0, M_NUMBER, fl_str(fl_fmt(cx->a, "%lld", (long long)fl_rows_int(row, 0, EMAIL_LOAD_NUMBER))));
	fl_rows_set_str(m, 0, M_SUBJECT, fl_rows_str(row, 0, EMAIL_LOAD_SUBJECT));
	fl_rows_set_str(m, 0, M_BODY, fl_rows_str(row, 0, EMAIL_LOAD_BODY));
	fl_rows_set_str(m, 0, M_AUTHOR, fl_rows_str(row, 0, EMAIL_LOAD_AUTHOR));
	fl_rows_set_str(m, 0, M_LINK, fl_str(link_of(cx, row)));
	return m;
}

static struct fl_rows *quote_set(struct fl_cx *cx, struct fl_str text)
{
	struct fl_str rest = text;
	struct fl_rows *q;
	int n = 0;

	while (rest.n && ++n)
		(void)fl_str_cut(&rest, '\n');
	q = fl_rows_new(cx->a, quote_cols, FL_COUNT(quote_cols), n);
	rest = text;
	for (int i = 0; i < n; i++)
		fl_rows_set_str(q, i, 0, fl_str_cut(&rest, '\n'));
	return q;
}

enum fl_rc mail_render(struct fl_cx *cx, void *cache, const struct fl_rows *row, struct mail_body *out)
{
	struct cache *c = cache;
	struct fl_rows *page = fl_rows_new(cx->a, page_cols, FL_COUNT(page_cols), 1), *mail = mail_set(cx, row);
	const char *locale = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_LOCALE), *number = fl_rows_dup(cx->a, mail, 0, M_NUMBER);
	const char *subject = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_SUBJECT);
	struct fl_buf text = fl_buf(cx->a, BODY_MAX), html = fl_buf(cx->a, BODY_MAX);
	struct fl_model model = { .set = { page, mail, quote_set(cx, fl_rows_str(row, 0, EMAIL_LOAD_QUOTE)) }, .locale = locale,
	                          .zone = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_ZONE), .now_us = cx->now_us, .rights = "" };
	int i = 0;

	FL_TRY(open_view(cx, c));
	while (i < KINDS && !fl_str_eq(fl_str(names[i]), fl_rows_str(row, 0, EMAIL_LOAD_TEMPLATE)))
		i++;
	if (i == KINDS)
		return FL_FAIL(cx, FL_INVALID, "no such mail template");
	fl_rows_set_str(page, 0, 0, fl_str(cx->conf->url));
	fl_rows_set_str(page, 0, 1, fl_str(locale));
	fl_view_html(c->text[i], &model, &text);
	fl_view_html(c->html[i], &model, &html);
	if (text.over || html.over)
		return FL_FAIL(cx, FL_INVALID, "the mail is too long");
	out->subject = fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "mail.subject.%s", names[i]), "number", number ? number : "",
	                               "subject", subject ? subject : "", "org", fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_ORG_NAME), NULL);
	out->text = fl_buf_get(&text);
	out->html = fl_buf_get(&html);
	return FL_OK;
}
