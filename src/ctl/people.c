#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

int ctl_org_add(struct ctl *c)
{
	const char *slug = ctl_arg(c, 0), *name = ctl_arg(c, 1);
	struct fl_rows *r;

	if (!slug || !name) {
		fputs("usage: fairlead org add SHORT-NAME \"NAME\" [--language en|es] [--zone ZONE] [--currency EUR] [--with-pipelines]\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db,
	              q_org_add(fl_str(slug), fl_str(name), fl_str(ctl_option(c, "language", "en")), fl_str(ctl_option(c, "zone", "UTC")),
	                        fl_str(ctl_option(c, "currency", "EUR"))),
	              &r) != FL_OK)
		return ctl_fail(c, "org add");
	if (ctl_flag(c, "with-pipelines") && fl_db_run(c->cx, c->db, q_org_seed(fl_str(fl_rows_dup(c->cx->a, r, 0, ORG_ADD_ID))), NULL) != FL_OK)
		return ctl_fail(c, "org add --with-pipelines");
	printf("%s\n", fl_rows_dup(c->cx->a, r, 0, ORG_ADD_ID));
	return 0;
}

int ctl_org_list(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_orgs_list(), &r) != FL_OK)
		return ctl_fail(c, "org list");
	for (int i = 0; i < r->nrows; i++)
		printf("%s  %-20s %3lld people  %s%s\n", fl_rows_dup(c->cx->a, r, i, ORGS_LIST_ID), fl_rows_dup(c->cx->a, r, i, ORGS_LIST_SLUG),
		       (long long)fl_rows_int(r, i, ORGS_LIST_PEOPLE), fl_rows_dup(c->cx->a, r, i, ORGS_LIST_NAME),
		       fl_rows_null(r, i, ORGS_LIST_SUSPENDED_AT) ? "" : " (suspended)");
	return 0;
}

/* One line of standard input, without its end; NULL when it is shorter than allowed. */
static const char *read_password(struct ctl *c)
{
	char *line = fl_alloc(c->cx->a, 1026);

	if (isatty(STDIN_FILENO))
		fputs("Password (at least 12 characters): ", stderr);
	if (!fgets(line, 1025, stdin))
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return strlen(line) >= 12 ? line : NULL;
}

int ctl_user_add(struct ctl *c)
{
	const char *email = ctl_arg(c, 0), *name = ctl_arg(c, 1), *password;
	struct fl_rows *r;
	char *hash;

	if (!email || !name) {
		fputs("usage: fairlead user add ADDRESS \"NAME\" [--org SHORT-NAME --role ROLE] [--admin] < password\n", stderr);
		return 2;
	}
	if (ctl_option(c, "role", NULL) && !ctl_option(c, "org", NULL)) {
		fputs("fairlead: a role is one in an organisation; name it with --org\n", stderr);
		return 2;
	}
	password = read_password(c);
	if (!password) {
		fputs("fairlead: give a password of at least 12 characters on standard input\n", stderr);
		return 2;
	}
	if (fl_password_hash(c->cx->a, fl_str(password), &hash) != FL_OK) {
		fputs("fairlead: the password could not be hashed; is libcrypt complete?\n", stderr);
		return 1;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db,
	              q_user_add(fl_str(email), fl_str(name), fl_str(hash), fl_str(ctl_option(c, "org", NULL)), fl_str(ctl_option(c, "role", "member")),
	                         ctl_flag(c, "admin")),
	              &r) != FL_OK)
		return ctl_fail(c, "user add");
	printf("%s\n", fl_rows_dup(c->cx->a, r, 0, USER_ADD_ID));
	return 0;
}

int ctl_key_add(struct ctl *c)
{
	const char *org = ctl_arg(c, 0), *name = ctl_arg(c, 1), *lasts = ctl_option(c, "days", NULL), *key;
	struct fl_digest hash;
	int64_t days = 0;

	if (!org || !name || (lasts && fl_str_int(fl_str(lasts), 1, 3650, &days) != FL_OK)) {
		fputs("usage: fairlead key add SHORT-NAME \"NAME\" [--role ROLE] [--days 1 to 3650]\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	key = fl_fmt(c->cx->a, "fl_%s", fl_secret_new(c->cx->a));
	hash = fl_sha256(fl_str(key));
	if (fl_db_run(c->cx, c->db,
	              q_key_add(fl_str(org), fl_str(name), fl_str(ctl_option(c, "role", "operator")),
	                        fl_digest_str(&hash), days),
	              NULL) != FL_OK)
		return ctl_fail(c, "key add");
	printf("%s\n", key);
	return 0;
}
