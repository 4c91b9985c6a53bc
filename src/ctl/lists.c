#include <stdio.h>

#include "ctl/ctl.h"

int ctl_user_list(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_users(), &r) != FL_OK)
		return ctl_fail(c, "user list");
	for (int i = 0; i < r->nrows; i++)
		printf("%s  %-32s %-24s %s%s%s%s\n", fl_rows_dup(c->cx->a, r, i, CTL_USERS_ID), fl_rows_dup(c->cx->a, r, i, CTL_USERS_EMAIL),
		       fl_rows_dup(c->cx->a, r, i, CTL_USERS_NAME), fl_rows_dup(c->cx->a, r, i, CTL_USERS_ORGS), fl_rows_bool(r, i, CTL_USERS_ADMIN) ? " (platform admin)" : "",
		       fl_rows_bool(r, i, CTL_USERS_DISABLED) ? " (disabled)" : "", fl_rows_bool(r, i, CTL_USERS_LOCKED) ? " (locked)" : "");
	return 0;
}

int ctl_key_list(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_keys(), &r) != FL_OK)
		return ctl_fail(c, "key list");
	for (int i = 0; i < r->nrows; i++)
		printf("%s  %-16s %-10s %-24s%s%s\n", fl_rows_dup(c->cx->a, r, i, CTL_KEYS_ID), fl_rows_dup(c->cx->a, r, i, CTL_KEYS_ORG),
		       fl_rows_dup(c->cx->a, r, i, CTL_KEYS_ROLE), fl_rows_dup(c->cx->a, r, i, CTL_KEYS_NAME),
		       fl_rows_null(r, i, CTL_KEYS_REVOKED_AT) ? "" : " (revoked)",
		       !fl_rows_null(r, i, CTL_KEYS_EXPIRES_AT) && fl_rows_time_us(r, i, CTL_KEYS_EXPIRES_AT) < c->cx->now_us ? " (expired)" : "");
	return 0;
}

int ctl_key_revoke(struct ctl *c)
{
	const char *id = ctl_arg(c, 0);
	struct fl_rows *r;

	if (!id) {
		fputs("usage: fairlead key revoke ID\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_key_revoke(fl_str(id)), &r) != FL_OK)
		return ctl_fail(c, "key revoke");
	if (!r->nrows) {
		fprintf(stderr, "fairlead: no key has the id %s; `fairlead key list` shows ids\n", id);
		return 1;
	}
	printf("%s\n", id);
	return 0;
}

int ctl_address_list(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_blocked(), &r) != FL_OK)
		return ctl_fail(c, "address list");
	for (int i = 0; i < r->nrows; i++)
		printf("%-24s until %s  %s (%s)\n", fl_rows_dup(c->cx->a, r, i, CTL_BLOCKED_NETWORK), fl_rows_dup(c->cx->a, r, i, CTL_BLOCKED_UNTIL),
		       fl_rows_dup(c->cx->a, r, i, CTL_BLOCKED_REASON), fl_rows_null(r, i, CTL_BLOCKED_BY_NAME) ? "by the program" : fl_rows_dup(c->cx->a, r, i, CTL_BLOCKED_BY_NAME));
	return 0;
}

int ctl_address_unblock(struct ctl *c)
{
	const char *network = ctl_arg(c, 0);
	struct fl_rows *r;

	if (!network) {
		fputs("usage: fairlead address unblock NETWORK\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_unblock(fl_str(network)), &r) != FL_OK)
		return ctl_fail(c, "address unblock");
	if (!r->nrows) {
		fprintf(stderr, "fairlead: %s is not blocked; `fairlead address list` shows what is\n", network);
		return 1;
	}
	printf("%s\n", network);
	return 0;
}

int ctl_config_show(struct ctl *c)
{
	for (const struct fl_conf_name *n = fl_conf_names; n->name; n++) {
		const char *v = fl_conf_show(c->cx->a, c->conf, n->name);

		printf("%s=%s\n", n->name, v ? v : "");
	}
	return 0;
}
