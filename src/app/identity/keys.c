#include "app/identity/keys.h"

#include "base/conf.h"

enum { KEYS = sizeof IDENTITY_KEYS - 1, KEYS_S = 400 * 86400 }; /* the longest that browsers keep a cookie */

static const char *const fields[KEYS] = { "home", "notes", "new", "down", "up", "open", "choose", "reply", "edit", "why", "all" };

/* Whether letter i may stand there: one that none before it has. */
static bool is_letter(const char *chosen, size_t i)
{
	return chosen[i] == '-' || (chosen[i] >= 'a' && chosen[i] <= 'z' && (i == 0 || !memchr(chosen, chosen[i], i)));
}

bool identity_keys_fit(struct fl_str chosen)
{
	if (chosen.n != KEYS)
		return false;
	for (size_t i = 0; i < KEYS; i++)
		if (!is_letter(chosen.p, i))
			return false;
	return true;
}

enum fl_rc identity_keys(struct fl_cx *cx, struct fl_req *req)
{
	bool local = strcmp(cx->conf->env, "local") == 0;
	char chosen[KEYS + 1] = { 0 };

	FL_TRY(fl_req_enter(cx, req));
	for (size_t i = 0; i < KEYS; i++) {
		struct fl_str letter = fl_req_get(req, fields[i]);
		chosen[i] = !letter.n ? '-' : letter.p[0] >= 'A' && letter.p[0] <= 'Z' ? (char)(letter.p[0] - 'A' + 'a') : letter.p[0];
		if (!is_letter(chosen, i) || (letter.n && chosen[i] == '-'))
			return FL_FAIL_FIELD(cx, FL_INVALID, fields[i], "wrong.key");
	}
	req->set_cookie = fl_fmt(cx->a, IDENTITY_KEYS_COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", chosen, strcmp(chosen, IDENTITY_KEYS) == 0 ? 0 : KEYS_S,
	                         local ? "" : "; Secure");
	return FL_OK;
}
