#include "app/mail/mail.h"

#include "app/note/leave.h"
#include "app/words.h"
#include "base/conf.h"
#include "view/view.h"

enum { BODY_MAX = 1 << 20, DATE_BYTES = 10 };

/* The templates there are; the subject is message mail.subject.NAME. */
static const char *const names[] = {
	"reply", "received", "closed", "notify-review", "approval-waiting", "notify", "account-verify", "account-known",
	"account-reset", "account-email", "account-notice", "incident", "visit", "visit-moved", "visit-off", "visit-soon", "invite",
	"note-reminder", "note-warning", "note-breach", "note-assigned", "note-mention", "digest",
	"meeting", "meeting-off", "event", "event-off", "event-reply",
};
enum { KINDS = FL_COUNT(names) };

static const struct fl_col page_cols[] = { { "url", FL_T_TEXT }, { "locale", FL_T_TEXT }, { "zone", FL_T_TEXT } };
static const struct fl_col mail_cols[] = {
	{ "to_name", FL_T_TEXT },  { "org_name", FL_T_TEXT }, { "number", FL_T_TEXT }, { "subject", FL_T_TEXT },
	{ "body", FL_T_TEXT },     { "author", FL_T_TEXT },   { "link", FL_T_TEXT },   { "what", FL_T_TEXT },
	{ "due", FL_T_TIME },      { "late", FL_T_BOOL },     { "leave", FL_T_TEXT },
	{ "logo", FL_T_TEXT },     { "rule", FL_T_TEXT },     { "note", FL_T_TEXT },
};
enum { M_TO_NAME, M_ORG_NAME, M_NUMBER, M_SUBJECT, M_BODY, M_AUTHOR, M_LINK, M_WHAT, M_DUE, M_LATE, M_LEAVE, M_LOGO, M_RULE, M_NOTE };
static const struct fl_col quote_cols[] = { { "line", FL_T_TEXT } };
static const struct fl_col item_cols[] = { { "what", FL_T_TEXT }, { "number", FL_T_TEXT }, { "subject", FL_T_TEXT }, { "link", FL_T_TEXT } };

static const struct fl_shape shape = {
	.n = 4,
	.set = { { .name = "page", .cols = page_cols, .ncols = FL_COUNT(page_cols), .one = true },
	         { .name = "mail", .cols = mail_cols, .ncols = FL_COUNT(mail_cols), .one = true },
	         { .name = "quote", .cols = quote_cols, .ncols = FL_COUNT(quote_cols) },
	         { .name = "items", .cols = item_cols, .ncols = FL_COUNT(item_cols) } },
};

/* In the order of names. */
struct bound {
	const struct fl_template *text[KINDS], *html[KINDS];
};

static enum fl_rc bind_all(struct fl_cx *cx, struct fl_words *w, const struct bound **out)
{
	struct bound *all;
	struct fl_cx own;

	FL_TRY(fl_words_open(cx, w));
	*out = w->bound;
	if (w->bound)
		return FL_OK;
	fl_cx_init(&own, w->process, cx->conf, "", 30);
	all = FL_NEW(w->process, struct bound);
	for (int i = 0; i < KINDS; i++)
		if (fl_view_bind(&own, w->view, fl_fmt(w->process, "mail/%s.txt", names[i]), &shape, &all->text[i]) != FL_OK ||
		    fl_view_bind(&own, w->view, fl_fmt(w->process, "mail/%s", names[i]), &shape, &all->html[i]) != FL_OK)
			return FL_FAIL(cx, FL_BUG, "%s", own.err.text);
	*out = w->bound = all;
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

/* The words of a kind of notification. */
static struct fl_str kind_words(struct fl_cx *cx, const struct fl_words *c, const char *locale, const char *kind)
{
	return kind && kind[0] ? fl_str(fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "note.kind.%s", kind), NULL)) : FL_STR("");
}

const char *mail_leave_link(struct fl_cx *cx, const struct fl_rows *row)
{
	struct fl_str user = fl_rows_str(row, 0, EMAIL_LOAD_USER_ID), kind = fl_rows_str(row, 0, EMAIL_LOAD_KIND);

	if (!user.n || !kind.n)
		return NULL;
	return fl_fmt(cx->a, "%s/unsubscribe/%s", cx->conf->url, note_leave_token(cx, fl_str(fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_ORG_ID)), user, kind));
}

/* 1 Monday to 7 (T. Sakamoto's count). */
static int weekday_of(int year, int month, int day)
{
	static const int shift[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
	int y = year - (month < 3), sunday = (y + y / 4 - y / 100 + y / 400 + shift[month - 1] + day) % 7;

	return sunday ? sunday : 7;
}

/* What begins with a date, such as 2026-11-23 12:00, begins with its day in words; any other text is as it was. */
static struct fl_str with_day(struct fl_cx *cx, const struct fl_words *c, const char *locale, struct fl_str text)
{
	int64_t year, month, day;

	if (text.n < DATE_BYTES || text.p[4] != '-' || text.p[7] != '-' || fl_str_int((struct fl_str){ text.p, 4 }, 1, 9999, &year) != FL_OK ||
	    fl_str_int((struct fl_str){ text.p + 5, 2 }, 1, 12, &month) != FL_OK || fl_str_int((struct fl_str){ text.p + 8, 2 }, 1, 31, &day) != FL_OK)
		return text;
	const char *weekday = fl_fmt(cx->a, "schedule.weekday.%d", weekday_of((int)year, (int)month, (int)day)), *in = fl_fmt(cx->a, "calendar.month.%d", (int)month);
	const char *spoken = fl_view_message(c->view, cx->a, locale, "mail.day", "weekday", fl_view_message(c->view, cx->a, locale, weekday, NULL), "day", fl_fmt(cx->a, "%d", (int)day),
	                                     "month", fl_view_message(c->view, cx->a, locale, in, NULL), "year", fl_fmt(cx->a, "%d", (int)year), NULL);
	struct fl_str rest = { text.p + DATE_BYTES, text.n - DATE_BYTES };

	return fl_str(fl_fmt(cx->a, "%s%s%.*s", spoken, rest.n && rest.p[0] == ' ' ? "," : "", (int)rest.n, rest.p));
}

static bool is_about_a_time(const char *template)
{
	return strncmp(template, "visit", 5) == 0 || strncmp(template, "event", 5) == 0;
}

static struct fl_rows *mail_set(struct fl_cx *cx, const struct fl_words *c, const struct fl_rows *row, const char *locale)
{
	struct fl_rows *m = fl_rows_new(cx->a, mail_cols, FL_COUNT(mail_cols), 1);
	const char *leave = mail_leave_link(cx, row);

	fl_rows_set_str(m, 0, M_TO_NAME, fl_rows_str(row, 0, EMAIL_LOAD_TO_NAME));
	fl_rows_set_str(m, 0, M_ORG_NAME, fl_rows_str(row, 0, EMAIL_LOAD_ORG_NAME));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_NUMBER))
		fl_rows_set_str(m, 0, M_NUMBER, fl_str(fl_fmt(cx->a, "%lld", (long long)fl_rows_int(row, 0, EMAIL_LOAD_NUMBER))));
	fl_rows_set_str(m, 0, M_SUBJECT, fl_rows_str(row, 0, EMAIL_LOAD_SUBJECT));
	if (is_about_a_time(fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_TEMPLATE)))
		fl_rows_set_str(m, 0, M_BODY, with_day(cx, c, locale, fl_rows_str(row, 0, EMAIL_LOAD_BODY)));
	else
		fl_rows_set_str(m, 0, M_BODY, fl_rows_str(row, 0, EMAIL_LOAD_BODY));
	fl_rows_set_str(m, 0, M_AUTHOR, fl_rows_str(row, 0, EMAIL_LOAD_AUTHOR));
	fl_rows_set_str(m, 0, M_LINK, fl_str(link_of(cx, row)));
	fl_rows_set_str(m, 0, M_WHAT, kind_words(cx, c, locale, fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_KIND)));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_DUE))
		fl_rows_set_int(cx->a, m, 0, M_DUE, fl_rows_time_us(row, 0, EMAIL_LOAD_DUE));
	fl_rows_set_int(cx->a, m, 0, M_LATE, fl_rows_bool(row, 0, EMAIL_LOAD_LATE));
	if (leave)
		fl_rows_set_str(m, 0, M_LEAVE, fl_str(leave));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_LOGO))
		fl_rows_set_str(m, 0, M_LOGO, fl_str(fl_fmt(cx->a, "%s/logo/%s", cx->conf->url, fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_LOGO))));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_RULE))
		fl_rows_set_str(m, 0, M_RULE, fl_rows_str(row, 0, EMAIL_LOAD_RULE));
	if (!fl_rows_null(row, 0, EMAIL_LOAD_NOTE))
		fl_rows_set_str(m, 0, M_NOTE, fl_rows_str(row, 0, EMAIL_LOAD_NOTE));
	return m;
}

/* What a digest gathers. */
static enum fl_rc item_set(struct fl_cx *cx, const struct fl_words *c, const struct fl_rows *row, const char *locale, struct fl_rows **out)
{
	struct fl_str text = fl_rows_str(row, 0, EMAIL_LOAD_ITEMS);
	struct json_object *all = NULL;
	const char *why = NULL;
	size_t n;

	if (text.n && fl_json_parse(cx->a, text, &(struct fl_json_limits){ .bytes = 4 << 20, .depth = 8, .keys = 10000 }, &all, &why) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the items of a digest: %s", why);
	n = all ? json_object_array_length(all) : 0;
	*out = fl_rows_new(cx->a, item_cols, FL_COUNT(item_cols), (int)n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(all, i);
		struct fl_str path = fl_json_str(one, "path");
		int64_t number = fl_json_int(one, "number", 0);

		fl_rows_set_str(*out, (int)i, 0, kind_words(cx, c, locale, fl_strndup(cx->a, fl_json_str(one, "kind"))));
		if (number)
			fl_rows_set_str(*out, (int)i, 1, fl_str(fl_fmt(cx->a, "%lld", (long long)number)));
		fl_rows_set_str(*out, (int)i, 2, fl_json_str(one, "subject"));
		fl_rows_set_str(*out, (int)i, 3, fl_str(fl_fmt(cx->a, "%s%.*s", cx->conf->url, (int)path.n, path.p)));
	}
	return FL_OK;
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

static const char *subject_of(struct fl_cx *cx, const struct fl_words *c, const char *locale, const char *name, const struct fl_rows *mail)
{
	const char *number = fl_rows_dup(cx->a, mail, 0, M_NUMBER), *subject = fl_rows_dup(cx->a, mail, 0, M_SUBJECT), *author = fl_rows_dup(cx->a, mail, 0, M_AUTHOR);
	const char *late = fl_rows_bool(mail, 0, M_LATE) ? fl_fmt(cx->a, "%s ", fl_view_message(c->view, cx->a, locale, "note.sms.late", NULL)) : "";

	return fl_view_message(c->view, cx->a, locale, fl_fmt(cx->a, "mail.subject.%s", name), "number", number ? number : "", "subject", subject ? subject : "", "author",
	                       author ? author : "", "what", fl_rows_dup(cx->a, mail, 0, M_WHAT), "late", late, "org", fl_rows_dup(cx->a, mail, 0, M_ORG_NAME), NULL);
}

enum fl_rc mail_render(struct fl_cx *cx, struct fl_words *c, const struct fl_rows *row, struct mail_body *out)
{
	const struct bound *bound = NULL;
	struct fl_rows *page = fl_rows_new(cx->a, page_cols, FL_COUNT(page_cols), 1), *mail, *items = NULL;
	const char *locale = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_LOCALE);
	struct fl_buf text = fl_buf(cx->a, BODY_MAX), html = fl_buf(cx->a, BODY_MAX);
	struct fl_model model = { .locale = locale, .zone = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_ZONE), .dates = fl_rows_dup(cx->a, row, 0, EMAIL_LOAD_DATES),
		                  .now_us = cx->now_us, .rights = "" };
	int i = 0;

	FL_TRY(bind_all(cx, c, &bound));
	while (i < KINDS && !fl_str_eq(fl_str(names[i]), fl_rows_str(row, 0, EMAIL_LOAD_TEMPLATE)))
		i++;
	if (i == KINDS)
		return FL_FAIL(cx, FL_INVALID, "no such mail template");
	fl_rows_set_str(page, 0, 0, fl_str(cx->conf->url));
	fl_rows_set_str(page, 0, 1, fl_str(locale));
	fl_rows_set_str(page, 0, 2, fl_str(model.zone));
	mail = mail_set(cx, c, row, locale);
	FL_TRY(item_set(cx, c, row, locale, &items));
	model.set[0] = page;
	model.set[1] = mail;
	model.set[2] = quote_set(cx, fl_rows_str(row, 0, EMAIL_LOAD_QUOTE));
	model.set[3] = items;
	fl_view_html(bound->text[i], &model, &text);
	fl_view_html(bound->html[i], &model, &html);
	if (text.over || html.over)
		return FL_FAIL(cx, FL_INVALID, "the mail is too long");
	out->subject = subject_of(cx, c, locale, names[i], mail);
	out->text = fl_buf_get(&text);
	out->html = fl_buf_get(&html);
	return FL_OK;
}
