#include "app/mail/mail.h"

enum { SIGNATURE_HEX = 20, LOCAL_MAX = 64 };

static const char *signature(struct fl_arena *a, struct fl_str secret, const char *org_id, int64_t number)
{
	struct fl_digest d = fl_hmac(secret, fl_str(fl_fmt(a, "mail-reply:%s:%lld", org_id, (long long)number)));

	return fl_hex(a, (struct fl_str){ (const char *)d.b, SIGNATURE_HEX / 2 });
}

const char *mail_reply_address(struct fl_arena *a, struct fl_str secret, const char *org_id, struct fl_str address, int64_t number)
{
	struct fl_str domain = address, local = fl_str_cut(&domain, '@');
	const char *signed_local;

	if (!domain.n)
		return NULL;
	signed_local = fl_fmt(a, "%.*s+r%lld.%s", (int)local.n, local.p, (long long)number, signature(a, secret, org_id, number));
	/* RFC 5321 4.5.3.1.1; a longer one goes by References alone */
	return strlen(signed_local) <= LOCAL_MAX ? fl_fmt(a, "%s@%.*s", signed_local, (int)domain.n, domain.p) : NULL;
}

int64_t mail_reply_number(struct fl_arena *a, struct fl_str secret, const char *org_id, struct fl_str address)
{
	struct fl_str local = fl_str_cut(&address, '@'), digits;
	int64_t number;

	(void)fl_str_cut(&local, '+');
	if (local.n < 2 || (local.p[0] | 0x20) != 'r')
		return 0;
	local.p++;
	local.n--;
	digits = fl_str_cut(&local, '.');
	if (fl_str_int(digits, 1, INT64_C(1) << 53, &number) != FL_OK || local.n != SIGNATURE_HEX)
		return 0;
	return fl_str_ieq(local, fl_str(signature(a, secret, org_id, number))) ? number : 0;
}

/* The value of a Message-ID header at the start of the head, {NULL, 0} when there is none. */
static struct fl_str message_id(struct fl_str raw)
{
	static const char name[] = "message-id:";

	while (raw.n) {
		struct fl_str line = fl_str_cut(&raw, '\n');

		if (!fl_str_trim(line).n)
			break;
		if (line.n < sizeof(name) - 1 || !fl_str_ieq((struct fl_str){ line.p, sizeof(name) - 1 }, FL_STR("message-id:")))
			continue;
		line = fl_str_trim((struct fl_str){ line.p + sizeof(name) - 1, line.n - (sizeof(name) - 1) });
		/* folded right after the name, as some senders do */
		return line.n || !raw.n || (*raw.p != ' ' && *raw.p != '\t') ? line : fl_str_trim(fl_str_cut(&raw, '\n'));
	}
	return (struct fl_str){ NULL, 0 };
}

const char *mail_dedupe(struct fl_arena *a, struct fl_str raw)
{
	struct fl_str id = message_id(raw);
	bool good = id.n > 4 && id.n <= MAIL_DEDUPE_MAX && id.p[0] == '<' && id.p[id.n - 1] == '>';

	for (size_t i = 0; good && i < id.n; i++)
		good = id.p[i] > 0x20 && id.p[i] < 0x7f;
	return good ? fl_strndup(a, id) : fl_fmt(a, "sha256:%s", fl_sha256_hex(a, raw));
}
