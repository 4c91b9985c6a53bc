#include <stdio.h>
#include <unistd.h>

#include "base/keyring.h"
#include "ctl/ctl.h"

static const struct preset {
	const char *name, *label, *issuer, *scopes;
} presets[] = {
	{ "google", "Google", "https://accounts.google.com", "openid email profile" },
	/* With more scopes Apple answers by a form of its own site, which no cookie of ours may come along with. */
	{ "apple", "Apple", "https://appleid.apple.com", "openid" },
	{ "microsoft", "Microsoft", "https://login.microsoftonline.com/common/v2.0", "openid email profile" },
};

static const struct preset *find(const char *name)
{
	for (size_t i = 0; i < FL_COUNT(presets); i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}

/* The client secret, one line of standard input; empty for a public client. */
static struct fl_str read_secret(struct ctl *c)
{
	char *line = fl_alloc(c->cx->a, 4098);

	if (isatty(STDIN_FILENO))
		fputs("Client secret (empty for none): ", stderr);
	if (!fgets(line, 4097, stdin))
		return (struct fl_str){ NULL, 0 };
	line[strcspn(line, "\r\n")] = '\0';
	return line[0] ? fl_keyring_seal(c->cx, "oidc client", fl_str(line)) : (struct fl_str){ NULL, 0 };
}

int ctl_oidc_set(struct ctl *c)
{
	const char *key = ctl_arg(c, 0), *client = ctl_arg(c, 1);
	const struct preset *p = key ? find(key) : NULL;
	const char *issuer = ctl_option(c, "issuer", p ? p->issuer : NULL), *label = ctl_option(c, "label", p ? p->label : key);
	struct fl_str secret;

	if (!key || !client || !issuer) {
		fputs("usage: fairlead oidc set google|apple|microsoft|NAME CLIENT-ID [--issuer URL] [--label \"LABEL\"] [--scopes \"openid ...\"] < secret\n", stderr);
		return 2;
	}
	if (strncmp(issuer, "https://", 8) != 0 && strcmp(c->conf->env, "local") != 0) {
		fputs("fairlead: the issuer must begin with https://\n", stderr);
		return 2;
	}
	secret = read_secret(c);
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db,
	              q_oidc_set(fl_str(key), fl_str(label), fl_str(issuer), fl_str(client), secret,
	                         fl_str(ctl_option(c, "scopes", p ? p->scopes : "openid email profile"))),
	              NULL) != FL_OK)
		return ctl_fail(c, "oidc set");
	printf("%s\nRegister this address at the provider: %s/oidc/callback\n", key, c->conf->url);
	return 0;
}

int ctl_oidc_off(struct ctl *c)
{
	const char *key = ctl_arg(c, 0);
	struct fl_rows *r;

	if (!key) {
		fputs("usage: fairlead oidc off NAME\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_oidc_off(fl_str(key)), &r) != FL_OK)
		return ctl_fail(c, "oidc off");
	if (!r->nrows) {
		fprintf(stderr, "fairlead: no provider is called %s\n", key);
		return 1;
	}
	return 0;
}
