#include "outside/mime_out.h"

#include <time.h>

#include "outside/inside.h"
#include "outside/smtp.h"

enum { MESSAGE_BYTES = 4 << 20, LINE = 76, WORD = 42 /* bytes in one encoded word: 56 in base64, 68 with its frame */ };

static bool plain(struct fl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* Encoded words (RFC 2047), each of whole characters. */
static void encode_words(struct fl_cx *cx, struct fl_buf *b, struct fl_str s)
{
	while (s.n) {
		struct fl_str part = fl_str_clip(s, WORD);

		if (part.n == 0)
			part.n = 1;
		fl_buf_printf(b, "=?utf-8?B?%s?=", fl_base64(cx->a, part));
		s.p += part.n;
		s.n -= part.n;
		if (s.n)
			fl_buf_puts(b, "\r\n ");
	}
}

/* Unstructured text: as it is when short ASCII, else encoded. */
static void add_words(struct fl_cx *cx, struct fl_buf *b, struct fl_str s)
{
	if (plain(s) && s.n <= 60 && !memmem(s.p ? s.p : "", s.n, "=?", 2))
		fl_buf_str(b, s);
	else
		encode_words(cx, b, s);
}

/* A name is a quoted string where nothing in it has to be escaped, else encoded: a phrase has no other words (RFC 5322, 3.2.5), and what stands bare there
 * could be read as an address. */
static enum fl_rc add_address(struct fl_cx *cx, struct fl_buf *b, const char *header, const char *name, const char *address)
{
	struct fl_str n = fl_str(name);
	bool quoted = plain(n) && n.n <= 60 && !strpbrk(name, "\"\\?=");
	size_t length = (quoted ? n.n : n.n / 3 * 4 + 16) + strlen(address);

	if (has_line_break(n) || !fl_str_utf8(n) || !fl_mail_address_valid(fl_str(address)))
		return FL_FAIL_FIELD(cx, FL_INVALID, header, "the address in %s is malformed", header);
	fl_buf_printf(b, "%s: ", header);
	if (n.n && quoted)
		fl_buf_printf(b, "\"%s\"", name);
	else
		encode_words(cx, b, n);
	fl_buf_puts(b, n.n == 0 ? "" : length > 64 ? "\r\n " : " ");
	fl_buf_printf(b, "<%s>\r\n", address);
	return FL_OK;
}

/* A header whose value we were given ready; folded at its spaces. */
static enum fl_rc add_header(struct fl_cx *cx, struct fl_buf *b, const char *header, const char *value)
{
	struct fl_str rest = fl_str(value);

	if (!value)
		return FL_OK;
	if (!plain(rest) || rest.n > 8000)
		return FL_FAIL_FIELD(cx, FL_INVALID, header, "%s holds a line break or other characters than ASCII", header);
	fl_buf_printf(b, "%s:", header);
	while (rest.n) {
		struct fl_str word = fl_str_cut(&rest, ' ');

		if (!word.n)
			continue;
		fl_buf_puts(b, word.p == value ? " " : "\r\n ");
		fl_buf_str(b, word);
	}
	fl_buf_puts(b, "\r\n");
	return FL_OK;
}

static void add_date(struct fl_buf *b, int64_t date_us)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(date_us / FL_SECOND_US);
	struct tm tm;

	gmtime_r(&t, &tm);
	fl_buf_printf(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n", days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
	              tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static enum fl_rc add_headers(struct fl_cx *cx, struct fl_buf *b, const struct fl_mime_mail *m)
{
	if (has_line_break(m->subject) || !fl_str_utf8(m->subject))
		return FL_FAIL_FIELD(cx, FL_INVALID, "Subject", "the subject holds a line break or is not UTF-8");
	add_date(b, m->date_us);
	FL_TRY(add_address(cx, b, "From", m->from_name, m->from));
	FL_TRY(add_address(cx, b, "To", m->to_name, m->to));
	if (m->reply_to)
		FL_TRY(add_address(cx, b, "Reply-To", "", m->reply_to));
	fl_buf_puts(b, "Subject: ");
	add_words(cx, b, m->subject);
	fl_buf_puts(b, "\r\n");
	FL_TRY(add_header(cx, b, "Message-ID", m->message_id));
	FL_TRY(add_header(cx, b, "In-Reply-To", m->in_reply_to));
	FL_TRY(add_header(cx, b, "References", m->references));
	if (m->auto_submitted)
		fl_buf_printf(b, "Auto-Submitted: %s\r\n", m->in_reply_to ? "auto-replied" : "auto-generated");
	if (m->unsubscribe) {
		FL_TRY(add_header(cx, b, "List-Unsubscribe", fl_fmt(cx->a, "<%s>", m->unsubscribe)));
		fl_buf_puts(b, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	}
	fl_buf_puts(b, "MIME-Version: 1.0\r\n");
	return FL_OK;
}

static void add_part(struct fl_cx *cx, struct fl_buf *b, const char *type, struct fl_str body)
{
	struct fl_str code = fl_str(fl_base64(cx->a, body));

	fl_buf_printf(b, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
	for (size_t i = 0; i < code.n; i += LINE) {
		fl_buf_add(b, code.p + i, code.n - i < LINE ? code.n - i : LINE);
		fl_buf_puts(b, "\r\n");
	}
}

enum fl_rc fl_mime_compose(struct fl_cx *cx, const struct fl_mime_mail *mail, struct fl_str *out)
{
	struct fl_buf b = fl_buf(cx->a, MESSAGE_BYTES);
	const char *boundary;

	FL_TRY(add_headers(cx, &b, mail));
	if (!mail->html.n) {
		add_part(cx, &b, "text/plain", mail->text);
	} else {
		/* "_" is no character of base64, so the line cannot occur inside a part */
		boundary = fl_fmt(cx->a, "_=%s", fl_secret_new(cx->a));
		fl_buf_printf(&b, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", boundary, boundary);
		add_part(cx, &b, "text/plain", mail->text);
		fl_buf_printf(&b, "--%s\r\n", boundary);
		add_part(cx, &b, "text/html", mail->html);
		if (mail->calendar.n) {
			fl_buf_printf(&b, "--%s\r\n", boundary);
			add_part(cx, &b, fl_fmt(cx->a, "text/calendar; method=%s", mail->calendar_method ? mail->calendar_method : "REQUEST"), mail->calendar);
		}
		fl_buf_printf(&b, "--%s--\r\n", boundary);
	}
	if (b.over)
		return FL_FAIL(cx, FL_INVALID, "the mail is over %d bytes", MESSAGE_BYTES);
	*out = fl_buf_get(&b);
	return FL_OK;
}
